//! Tokens: a failing schedule as one word, which runs exactly that schedule again.
//!
//! `any.0.0-aaabc@1:send,recv/close` is the kernel's token, which holds the hostility and the
//! schedule, and the program. What was different from an ordinary run follows: `+mutant7`,
//! `+reentrant`, `+clients`, `+record`; of programs in groups `+group`, or `+alone` if it was run
//! without one, `+unjudged`, `+orders` and `+ending` with the digest of the ending that was not to
//! be.

use crate::engine::{replay, Executable};
use crate::program::Program;
use crate::run::Checks;
use crate::scoped::program::GroupProgram;
use crate::scoped::run::{Mode, Work};
use sentinel_queue_kernel::{Outcome, TokenError};
use sentinel_queue_mutants::in_groups;
use std::fmt;

/// Everything that it takes to run one schedule again.
#[derive(Clone, Debug)]
pub struct Token {
    schedule: String,
    what: What,
}

/// What is run.
#[derive(Clone, Debug)]
enum What {
    OfQueue(Program, Checks),
    OfGroup(GroupProgram, Mode),
}

/// What can be run again by a token.
pub trait Replayed: Executable {
    /// The token of a schedule; its text is what counts.
    fn token(&self, checks: &Self::Checks, schedule: &str) -> Token;
}

impl Replayed for Program {
    fn token(&self, checks: &Checks, schedule: &str) -> Token {
        let what = What::OfQueue(self.clone(), checks.clone());
        Token { schedule: schedule.to_owned(), what }
    }
}

impl Replayed for GroupProgram {
    fn token(&self, mode: &Mode, schedule: &str) -> Token {
        let what = What::OfGroup(self.clone(), mode.clone());
        Token { schedule: schedule.to_owned(), what }
    }
}

/// What the kernel says when it cannot go as the token tells it.
const MISFIT: &str = "the token is not one of this program";

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    ///
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse(text.trim()).ok_or_else(|| {
            format!(
                "{text:?} is not a token such as any.0.0-aaabc@1:send,recv/close or \
                 any.0.0-aaabc@1:recv/recv+group+mutant53"
            )
        })
    }

    /// Runs the schedule again.
    ///
    /// # Errors
    ///
    /// When the schedule's part of the token is none, or none of this program.
    pub fn replay(&self) -> Result<Outcome, String> {
        let outcome = match &self.what {
            What::OfQueue(program, checks) => replay(&self.schedule, program, checks),
            What::OfGroup(program, mode) => replay(&self.schedule, program, mode),
        };
        let outcome = outcome.map_err(|error: TokenError| error.to_string())?;
        let followed = |trace: &String| trace.starts_with(self.letters());
        match &outcome.failure {
            Some(failure) if failure.message == MISFIT => Err(self.misfit("none of its program")),
            Some(failure) if failure.token != self.schedule => {
                let fails = Token { schedule: failure.token.clone(), ..self.clone() };
                let which = format!("not the one that fails, {fails}: {}", failure.message);
                Err(self.misfit(&which))
            }
            None if !outcome.traces.iter().any(followed) => Err(self.misfit("none of its program")),
            _ => Ok(outcome),
        }
    }

    /// The order of threads and choices.
    fn letters(&self) -> &str {
        self.schedule.split_once('-').map_or("", |(_, letters)| letters)
    }

    fn misfit(&self, what: &str) -> String {
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
    let what = if marks.iter().any(|mark| ["group", "alone"].contains(mark)) {
        let mode = marks.iter().try_fold(Mode::GROUPED, |mode, mark| with_mode(mode, mark))?;
        What::OfGroup(program.parse().ok()?, mode)
    } else {
        let checks = marks.iter().try_fold(Checks::ALL, |checks, mark| with_check(checks, mark))?;
        What::OfQueue(program.parse().ok()?, checks)
    };
    Some(Token { schedule: schedule.to_owned(), what })
}

/// The number of a mutant that there is.
fn mutant(mark: &str) -> Option<usize> {
    let number = mark.strip_prefix("mutant")?.parse().ok()?;
    in_groups().any(|(last, _)| number <= last).then_some(number)
}

fn with_check(checks: Checks, mark: &str) -> Option<Checks> {
    Some(match mark {
        "reentrant" => Checks { reentrant: true, ..checks },
        "clients" => Checks { record: false, ..checks },
        "record" => Checks { clients: false, ..checks },
        mark => Checks { mutant: Some(mutant(mark)?), ..checks },
    })
}

fn with_mode(mode: Mode, mark: &str) -> Option<Mode> {
    Some(match (mark, mark.strip_prefix("ending")) {
        ("group", _) => mode,
        ("alone", _) => Mode { grouped: false, ..mode },
        ("unjudged", _) => Mode { judged: false, ..mode },
        ("orders", _) => Mode { work: Work::Compare { effects: true }, ..mode },
        (_, Some(digest)) => Mode { unwanted: Some(u64::from_str_radix(digest, 16).ok()?), ..mode },
        _ => Mode { mutant: Some(mutant(mark)?), ..mode },
    })
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, marks, mutant) = match &self.what {
            What::OfQueue(program, checks) => {
                let marks = [
                    (checks.reentrant, "+reentrant"),
                    (!checks.record, "+clients"),
                    (!checks.clients, "+record"),
                ];
                (program.to_string(), marks.to_vec(), checks.mutant)
            }
            What::OfGroup(program, mode) => {
                let marks = [
                    (mode.grouped, "+group"),
                    (!mode.grouped, "+alone"),
                    (!mode.judged, "+unjudged"),
                    (mode.work == Work::Compare { effects: true }, "+orders"),
                ];
                (program.to_string(), marks.to_vec(), mode.mutant)
            }
        };
        let program = program.replace(": ", ":").replace(" | ", "/").replace(' ', ",");
        write!(formatter, "{}@{program}", self.schedule)?;
        for (_, mark) in marks.iter().filter(|(there, _)| *there) {
            formatter.write_str(mark)?;
        }
        if let What::OfGroup(_, Mode { unwanted: Some(digest), .. }) = &self.what {
            write!(formatter, "+ending{digest:x}")?;
        }
        mutant.map_or(Ok(()), |number| write!(formatter, "+mutant{number}"))
    }
}
