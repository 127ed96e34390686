//! Tokens: a failing schedule as one word, which runs exactly that schedule again.
//!
//! `any.0.0-aaabc@1:send,recv/close` is the kernel's token, which holds the hostility and the
//! schedule, and the program; `+mutant7`, `+reentrant`, `+clients` and `+record` say what was
//! different from an ordinary run.

use crate::engine::replay;
use crate::program::Program;
use crate::run::Checks;
use crate::search::Counterexample;
use sentinel_queue_kernel::Outcome;
use std::fmt;

/// Everything that it takes to run one schedule again.
#[derive(Clone, Debug)]
pub struct Token {
    schedule: String,
    program: Program,
    checks: Checks,
}

impl Token {
    /// The token of a failure.
    pub fn of(found: &Counterexample, checks: &Checks) -> Self {
        Token {
            schedule: found.failure.token.clone(),
            program: found.program.clone(),
            checks: checks.clone(),
        }
    }

    /// What failed, and how to see it again.
    pub fn headline(&self, found: &Counterexample) -> String {
        let message = &found.failure.message;
        if self.schedule.contains('-') {
            format!("{}\n  {message}\n  replay: cargo verify --replay '{self}'", self.program)
        } else {
            format!("{}\n  {message}\n  (real threads: no schedule to replay)", self.program)
        }
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a token such as any.0.0-aaabc@1:send,recv/close");
        let (schedule, rest) = text.trim().split_once('@').ok_or_else(wrong)?;
        let mut parts = rest.split('+');
        let program = parts.next().unwrap_or("").replace(',', " ").replace('/', " | ");
        let program = program.parse().map_err(|_| wrong())?;
        let mut checks = Checks::ALL;
        for part in parts {
            match (part, part.strip_prefix("mutant").map(str::parse)) {
                ("reentrant", _) => checks.reentrant = true,
                ("clients", _) => checks.record = false,
                ("record", _) => checks.clients = false,
                (_, Some(Ok(number))) => checks.mutant = Some(number),
                _ => return Err(wrong()),
            }
        }
        Ok(Token { schedule: schedule.to_owned(), program, checks })
    }

    /// Runs the schedule again.
    ///
    /// # Errors
    ///
    /// When the schedule's part of the token is none.
    pub fn replay(&self) -> Result<Outcome, String> {
        replay(&self.schedule, &self.program, &self.checks).map_err(|error| error.to_string())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.to_string().replace(": ", ":").replace(" | ", "/");
        write!(formatter, "{}@{}", self.schedule, program.replace(' ', ","))?;
        if let Some(number) = self.checks.mutant {
            write!(formatter, "+mutant{number}")?;
        }
        let marks = [
            (self.checks.reentrant, "+reentrant"),
            (!self.checks.record, "+clients"),
            (!self.checks.clients, "+record"),
        ];
        for (_, mark) in marks.iter().filter(|(there, _)| *there) {
            formatter.write_str(mark)?;
        }
        Ok(())
    }
}
