//! The engines that execute a program, and the tokens of their schedules.
//!
//! A token is one word that runs exactly one schedule again. In `any.0.0-aaabc@1:send,recv/close` the
//! kernel's token, which holds the hostility and the schedule, stands before the `@`, and the program
//! after it. Marks follow where the run was not an ordinary one: `+reentrant`, `+clients`, `+record`;
//! `+compared` (or `+orders`) if it was run to compare its outcomes (or orders of effects) with and
//! without a group; `+outcome` with the digest of the outcome that must not be; `+mutant7`.

use crate::client::builds::{Checked, Mutated};
use crate::explore::run::run;
use crate::explore::{Checks, Compared};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Limits, Outcome, TokenError};
use sentinel_queue_models::program::Program;
use sentinel_queue_mutants::in_groups;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The time after which an execution on real threads counts as hung.
const WATCHDOG: Duration = Duration::from_secs(20);

/// The same for mutants, which are expected to hang.
const WATCHDOG_OF_MUTANTS: Duration = Duration::from_secs(2);

/// An engine, and the schedules that it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Engine {
    /// loom: all schedules.
    Loom,
    /// shuttle with the local-first search: all schedules.
    Shuttle,
    /// shuttle: sampled schedules.
    Sample {
        /// The sampler.
        sampler: Sampler,
        /// The seed.
        seed: u64,
        /// The number of schedules.
        schedules: usize,
    },
    /// Real threads.
    Threads {
        /// The number of executions.
        executions: u64,
    },
}

impl Engine {
    /// Returns the name in reports.
    pub fn name(self) -> String {
        match self {
            Engine::Loom => "loom".to_owned(),
            Engine::Shuttle => "shuttle DFS".to_owned(),
            Engine::Sample { sampler: Sampler::Random, .. } => "shuttle random".to_owned(),
            Engine::Sample { sampler: Sampler::UniformWalk, .. } => "shuttle URW".to_owned(),
            Engine::Sample { sampler: Sampler::Pct { depth }, .. } => {
                format!("shuttle PCT({depth})")
            }
            Engine::Threads { .. } => "threads".to_owned(),
        }
    }

    /// Returns whether it runs all schedules; the others sample some.
    pub fn is_search(self) -> bool {
        matches!(self, Engine::Loom | Engine::Shuttle)
    }
}

/// Runs a program.
pub fn execute(engine: Engine, program: &Program, checks: &Checks, limits: &Limits) -> Outcome {
    let body = body(program, checks);
    match engine {
        Engine::Loom => loom::explore(limits, body),
        Engine::Shuttle => shuttle::explore(limits, body),
        Engine::Sample { sampler, seed, schedules } => {
            shuttle::sample(sampler, seed, schedules, limits, body)
        }
        Engine::Threads { executions } => {
            let mutated = checks.mutant.is_some();
            threads::stress(executions, if mutated { WATCHDOG_OF_MUTANTS } else { WATCHDOG }, body)
        }
    }
}

/// Runs exactly one schedule of a program again, whichever engine has found it.
///
/// # Errors
///
/// When the text is no token of a schedule.
pub fn replay(token: &str, program: &Program, checks: &Checks) -> Result<Outcome, TokenError> {
    shuttle::replay(token, body(program, checks))
}

/// Returns the body of one execution, in the build that the checks need.
fn body(program: &Program, checks: &Checks) -> Box<dyn Fn() + Send + Sync> {
    let (program, checks) = (Arc::new(program.clone()), checks.clone());
    match checks.mutant {
        None => Box::new(move || run::<Checked>(&program, &checks)),
        Some(_) => Box::new(move || run::<Mutated>(&program, &checks)),
    }
}

/// A schedule of a program, with the checks that failed.
#[derive(Clone, Debug)]
pub struct Token {
    schedule: String,
    program: Program,
    checks: Checks,
}

/// The kernel's message when it cannot follow a token.
const MISMATCH: &str = "the token is not one of this program";

impl Token {
    /// Creates the token of a schedule of a program.
    pub fn of(program: &Program, checks: &Checks, schedule: &str) -> Self {
        let (program, checks) = (program.clone(), checks.clone());
        Token { schedule: schedule.to_owned(), program, checks }
    }

    /// Reads a token.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse(text.trim()).ok_or_else(|| {
            format!(
                "{text:?} is not a token such as any.0.0-aaabc@1:send,recv/close or \
                 any.0.0-aaabc@group,1:recv/recv+mutant53"
            )
        })
    }

    /// Runs the schedule again.
    ///
    /// # Errors
    ///
    /// When the schedule of the token is invalid, or is not one of this program.
    pub fn replay(&self) -> Result<Outcome, String> {
        let outcome = replay(&self.schedule, &self.program, &self.checks);
        let outcome = outcome.map_err(|error: TokenError| error.to_string())?;
        let followed = |trace: &String| trace.starts_with(self.letters());
        match &outcome.failure {
            Some(failure) if failure.message == MISMATCH => {
                Err(self.mismatch("none of its program"))
            }
            Some(failure) if failure.token != self.schedule => {
                let fails = Token { schedule: failure.token.clone(), ..self.clone() };
                let which = format!("not the one that fails, {fails}: {}", failure.message);
                Err(self.mismatch(&which))
            }
            None if !outcome.traces.iter().any(followed) => {
                Err(self.mismatch("none of its program"))
            }
            _ => Ok(outcome),
        }
    }

    /// Returns the order of threads and choices.
    fn letters(&self) -> &str {
        self.schedule.split_once('-').map_or("", |(_, letters)| letters)
    }

    fn mismatch(&self, what: &str) -> String {
        format!(
            "{self} was changed, or the code has been since it was written: its schedule is {what}"
        )
    }
}

fn parse(text: &str) -> Option<Token> {
    let (schedule, rest) = text.split_once('@')?;
    let (program, marks) = rest.split_once('+').map_or((rest, None), |(p, m)| (p, Some(m)));
    let program = program.replace(',', " ").replace('/', " | ");
    let marks: Vec<_> = marks.iter().flat_map(|marks| marks.split('+')).collect();
    let checks = marks.iter().try_fold(Checks::ALL, |checks, mark| with_mark(checks, mark))?;
    Some(Token { schedule: schedule.to_owned(), program: program.parse().ok()?, checks })
}

/// Parses the number of an existing mutant.
fn mutant(mark: &str) -> Option<usize> {
    let number = mark.strip_prefix("mutant")?.parse().ok()?;
    in_groups().any(|(last, _)| number <= last).then_some(number)
}

fn with_mark(checks: Checks, mark: &str) -> Option<Checks> {
    let compared = |effects| Compared::WithoutGroup { effects };
    Some(match (mark, mark.strip_prefix("outcome")) {
        ("reentrant", _) => Checks { reentrant: true, ..checks },
        ("clients", _) => Checks { record: false, ..checks },
        ("record", _) => Checks { clients: false, ..checks },
        ("compared", _) => Checks { compared: compared(false), ..checks },
        ("orders", _) => Checks { compared: compared(true), ..checks },
        (_, Some(digest)) => {
            Checks { unwanted: Some(u64::from_str_radix(digest, 16).ok()?), ..checks }
        }
        _ => Checks { mutant: Some(mutant(mark)?), ..checks },
    })
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token { program, checks, .. } = self;
        let compared = |effects| checks.compared == Compared::WithoutGroup { effects };
        let marks = [
            (checks.reentrant, "+reentrant"),
            (!checks.record, "+clients"),
            (!checks.clients, "+record"),
            (compared(false), "+compared"),
            (compared(true), "+orders"),
        ];
        let program = program.to_string();
        let program = program.replace(": ", ":").replace(" | ", "/").replace(' ', ",");
        write!(formatter, "{}@{program}", self.schedule)?;
        for (_, mark) in marks.iter().filter(|(there, _)| *there) {
            formatter.write_str(mark)?;
        }
        if let Some(digest) = checks.unwanted {
            write!(formatter, "+outcome{digest:x}")?;
        }
        checks.mutant.map_or(Ok(()), |number| write!(formatter, "+mutant{number}"))
    }
}
