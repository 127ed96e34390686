//! The interleaving as a person reads it: who locked, waited, notified whom, and why somebody woke.

use crate::session::{Activity, Session, Sleep};
use sentinel_queue_models::Event;
use std::borrow::Cow;
use std::fmt::Write;

/// One line.
pub(crate) struct Entry {
    pub(crate) thread: usize,
    pub(crate) step: Step,
}

/// What happened.
pub(crate) enum Step {
    Lock {
        lock: usize,
    },
    Unlock {
        lock: usize,
    },
    Event {
        queue: usize,
        event: Event,
    },
    Wait {
        bed: usize,
        sleep: Sleep,
    },
    Woke {
        bed: usize,
        reason: Reason,
    },
    NotifyOne {
        bed: usize,
        woken: Option<usize>,
        sleepers: usize,
    },
    NotifyAll {
        bed: usize,
        woken: Vec<usize>,
        late: Vec<usize>,
    },
    /// What is protected by a mutex of no queue has changed.
    Change(&'static str),
    Note(Cow<'static, str>),
    Quiescent,
    Finished,
}

/// Why a sleeper came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Notified,
    Spurious,
    TimedOut,
}

/// The whole execution so far.
pub(crate) fn render(session: &Session) -> String {
    let mut text = String::new();
    for (line, entry) in session.journal.iter().enumerate() {
        let words = describe(session, &entry.step);
        let who = name(entry.thread);
        writeln!(text, "{line:>4}  {who:<9} {words}").expect("strings take everything");
    }
    for thread in session.sleepers() {
        writeln!(text, "      {}", asleep(session, thread)).expect("strings take everything");
    }
    text
}

/// Where a sleeper sleeps.
pub(crate) fn asleep(session: &Session, thread: usize) -> String {
    let who = name(thread);
    match session.threads[thread].activity {
        Activity::Asleep(bed) => format!("{who} sleeps until {}", fact(session, bed)),
        other => format!("{who} is {other:?}"),
    }
}

fn name(thread: usize) -> String {
    if thread == 0 {
        "main".to_owned()
    } else {
        format!("thread {thread}")
    }
}

fn names(threads: &[usize]) -> String {
    threads.iter().map(|thread| name(*thread)).collect::<Vec<_>>().join(", ")
}

fn fact(session: &Session, bed: usize) -> String {
    let condition = session.beds[bed].condition;
    condition.map_or_else(|| format!("condition {bed}"), |condition| format!("{condition:?}"))
}

fn mutex(session: &Session, lock: usize) -> String {
    match session.locks[lock].queue {
        Some(queue) => format!("queue {queue}"),
        None => format!("mutex {lock}"),
    }
}

fn describe(session: &Session, step: &Step) -> String {
    match step {
        Step::Lock { lock } => format!("locks {}", mutex(session, *lock)),
        Step::Unlock { lock } => format!("unlocks {}", mutex(session, *lock)),
        Step::Event { queue, event } => format!("    queue {queue}: {event:?}"),
        Step::Wait { bed, sleep } => {
            let how = match sleep {
                Sleep::Firm => "waits until",
                Sleep::Spurious => "waits, to wake for no reason, until",
                Sleep::Timed | Sleep::Late => "waits, its timer running, until",
            };
            format!("    {how} {}", fact(session, *bed))
        }
        Step::Woke { bed, reason } => format!("    wakes from {}: {reason:?}", fact(session, *bed)),
        Step::NotifyOne { bed, woken, sleepers } => {
            let whom = woken.map_or_else(|| "nobody".to_owned(), name);
            format!("    notifies one of {sleepers} at {}: {whom}", fact(session, *bed))
        }
        Step::NotifyAll { bed, woken, late } => {
            let late = if late.is_empty() {
                String::new()
            } else {
                format!("; timer was first for {}", names(late))
            };
            format!("    notifies all at {}: [{}]{late}", fact(session, *bed), names(woken))
        }
        Step::Change(change) => format!("    {change}"),
        Step::Note(text) => format!("-- {text}"),
        Step::Quiescent => "sees that everybody has finished or sleeps".to_owned(),
        Step::Finished => "finishes".to_owned(),
    }
}
