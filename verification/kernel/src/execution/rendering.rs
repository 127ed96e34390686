//! The interleaving as text.

use super::{Activity, Execution};
use crate::trace::{Step, WaiterKind};
use std::fmt::Write;

impl Execution {
    /// Returns the whole execution so far.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        for (line, entry) in self.trace.iter().enumerate() {
            let words = describe(self, &entry.step);
            let who = name(entry.thread);
            writeln!(text, "{line:>4}  {who:<9} {words}").expect("strings take everything");
        }
        for thread in self.sleepers() {
            writeln!(text, "      {}", self.asleep(thread)).expect("strings take everything");
        }
        text
    }

    /// Describes where a waiter waits.
    pub(super) fn asleep(&self, thread: usize) -> String {
        let who = name(thread);
        match self.threads[thread].activity {
            Activity::Asleep(condvar) => {
                format!("{who} sleeps until {}", condition_name(self, condvar))
            }
            other => format!("{who} is {other:?}"),
        }
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
