//! The interleaving as text: which thread locked, waited, notified which one, and why each woke.

use crate::execution::{Activity, Execution, WaiterKind};
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
        condvar: usize,
        kind: WaiterKind,
    },
    Woke {
        condvar: usize,
        reason: Reason,
    },
    NotifyOne {
        condvar: usize,
        woken: Option<usize>,
        waiters: usize,
    },
    NotifyAll {
        condvar: usize,
        woken: Vec<usize>,
        expired: Vec<usize>,
    },
    /// The state under a mutex of no queue has changed.
    Change(&'static str),
    Note(Cow<'static, str>),
    Quiescent,
    Finished,
}

/// The reason of a wakeup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Notified,
    Spurious,
    TimedOut,
}

/// Returns the whole execution so far.
pub(crate) fn render(execution: &Execution) -> String {
    let mut text = String::new();
    for (line, entry) in execution.trace.iter().enumerate() {
        let words = describe(execution, &entry.step);
        let who = name(entry.thread);
        writeln!(text, "{line:>4}  {who:<9} {words}").expect("strings take everything");
    }
    for thread in execution.sleepers() {
        writeln!(text, "      {}", asleep(execution, thread)).expect("strings take everything");
    }
    text
}

/// Describes where a waiter waits.
pub(crate) fn asleep(execution: &Execution, thread: usize) -> String {
    let who = name(thread);
    match execution.threads[thread].activity {
        Activity::Asleep(condvar) => {
            format!("{who} sleeps until {}", condition_name(execution, condvar))
        }
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

fn condition_name(execution: &Execution, condvar: usize) -> String {
    let condition = execution.wait_queues[condvar].condition;
    condition.map_or_else(|| format!("condition {condvar}"), |condition| format!("{condition:?}"))
}

fn mutex(execution: &Execution, lock: usize) -> String {
    match execution.locks[lock].queue {
        Some(queue) => format!("queue {queue}"),
        None => format!("mutex {lock}"),
    }
}

fn describe(execution: &Execution, step: &Step) -> String {
    match step {
        Step::Lock { lock } => format!("locks {}", mutex(execution, *lock)),
        Step::Unlock { lock } => format!("unlocks {}", mutex(execution, *lock)),
        Step::Event { queue, event } => format!("    queue {queue}: {event:?}"),
        Step::Wait { condvar, kind } => {
            let how = match kind {
                WaiterKind::Untimed => "waits until",
                WaiterKind::Spurious => "waits, to wake for no reason, until",
                WaiterKind::Timed | WaiterKind::Expired => "waits, its timer running, until",
            };
            format!("    {how} {}", condition_name(execution, *condvar))
        }
        Step::Woke { condvar, reason } => {
            format!("    wakes from {}: {reason:?}", condition_name(execution, *condvar))
        }
        Step::NotifyOne { condvar, woken, waiters } => {
            let which = woken.map_or_else(|| "no thread".to_owned(), name);
            format!(
                "    notifies one of {waiters} at {}: {which}",
                condition_name(execution, *condvar)
            )
        }
        Step::NotifyAll { condvar, woken, expired } => {
            let expired = if expired.is_empty() {
                String::new()
            } else {
                format!("; timer was first for {}", names(expired))
            };
            format!(
                "    notifies all at {}: [{}]{expired}",
                condition_name(execution, *condvar),
                names(woken)
            )
        }
        Step::Change(change) => format!("    {change}"),
        Step::Note(text) => format!("-- {text}"),
        Step::Quiescent => "sees that every other thread has finished or sleeps".to_owned(),
        Step::Finished => "finishes".to_owned(),
    }
}
