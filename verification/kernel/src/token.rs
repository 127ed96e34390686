//! Schedules as text: the order in which threads got a mutex, and the values of all choices.
//! Together they determine an execution, in every engine, because nothing else is visible to the
//! threads. So a token made by loom can be replayed by shuttle.

use crate::bounds::{Hostility, Waiters};
use std::fmt;

/// The maximum number of threads, and of options of a choice: each has its own letter.
pub(crate) const MOST: usize = 26;

/// One step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// This thread acquires the mutex that it requested.
    Thread(u8),
    /// A choice has this value.
    Choice(u8),
}

/// Error returned for a text that is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError(String);

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not the token of a schedule", self.0)
    }
}

impl std::error::Error for TokenError {}

impl Symbol {
    fn letter(self) -> char {
        char::from(match self {
            Symbol::Thread(thread) => b'a' + thread,
            Symbol::Choice(value) if value < 10 => b'0' + value,
            Symbol::Choice(value) => b'A' + value - 10,
        })
    }

    fn parse(letter: char) -> Option<Symbol> {
        let byte = u8::try_from(letter).ok()?;
        match byte {
            b'a'..=b'z' => Some(Symbol::Thread(byte - b'a')),
            b'0'..=b'9' => Some(Symbol::Choice(byte - b'0')),
            b'A'..=b'Z' => Some(Symbol::Choice(byte - b'A' + 10)),
            _ => None,
        }
    }
}

/// Returns the lock order and the choices alone.
pub(crate) fn letters(schedule: &[Symbol]) -> String {
    schedule.iter().map(|symbol| symbol.letter()).collect()
}

/// Returns the whole token: hostility and schedule.
pub(crate) fn encode(hostility: Hostility, schedule: &[Symbol]) -> String {
    let waiters = match hostility.waiters {
        Waiters::Any => "any",
        Waiters::Fifo => "fifo",
        Waiters::Lifo => "lifo",
    };
    format!("{waiters}.{}.{}-{}", hostility.spurious, hostility.timeouts, letters(schedule))
}

/// Parses a token: the inverse of [`encode`].
pub(crate) fn decode(token: &str) -> Result<(Hostility, Vec<Symbol>), TokenError> {
    parse(token.trim()).ok_or_else(|| TokenError(token.to_owned()))
}

fn parse(token: &str) -> Option<(Hostility, Vec<Symbol>)> {
    let (bounds, schedule) = token.split_once('-')?;
    let mut bounds = bounds.split('.');
    let waiters = match bounds.next()? {
        "any" => Waiters::Any,
        "fifo" => Waiters::Fifo,
        "lifo" => Waiters::Lifo,
        _ => return None,
    };
    let spurious = bounds.next()?.parse().ok()?;
    let timeouts = bounds.next()?.parse().ok()?;
    let schedule = schedule.chars().map(Symbol::parse).collect::<Option<Vec<_>>>()?;
    bounds.next().is_none().then_some((Hostility { waiters, spurious, timeouts }, schedule))
}
