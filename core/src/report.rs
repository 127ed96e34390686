//! What a group of threads is told when nobody in it could ever wake anybody.

use crate::state::{Condition, Stats};
use std::error::Error;
use std::fmt;
use std::panic::Location;

/// Who waits where, in a group in which none can wake them: see [`scope`](crate::scope()).
///
/// Its [`Display`](fmt::Display) tells it over several lines, the first of which reads like
/// *this operation would block forever: 3 threads wait, none can wake them*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How often the group has come to this so far, this time included.
    pub occurrence: u64,
    /// The operations that could not go on, and were told so.
    pub blocked: Vec<Blocked>,
    /// Threads that wait for some of these to end. They wait on: those go on, and will.
    pub blocked_on_join: Vec<Blocked>,
    /// The queues of the group that still have a handle.
    pub queues: Vec<QueueReport>,
    /// The threads that had left the group; of many, the latest.
    pub departed: Vec<Departed>,
    /// How many had left before those.
    pub departed_earlier: usize,
}

/// A thread in an operation that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocked {
    /// The name of the thread.
    pub thread: String,
    /// What it wants to do.
    pub operation: Operation,
    /// Where in the program.
    pub caller: &'static Location<'static>,
}

/// What a blocked thread wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// To receive from the queue of that number.
    Receive {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// To send to the queue of that number.
    Send {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// To see the work of that queue done, in [`Queue::join`](crate::Queue::join).
    Join {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// To see other threads of the group end.
    JoinThread {
        /// Its name; `None` for all the others.
        thread: Option<String>,
    },
}

/// A queue at the moment of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueReport {
    /// Its number in the group, from 1, in the order of creation.
    pub number: usize,
    /// The type of its items.
    pub items: &'static str,
    /// Where it was made.
    pub created: &'static Location<'static>,
    /// What it held, and who held it.
    pub stats: Stats,
}

/// A thread that was in the group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Departed {
    /// Its name.
    pub thread: String,
    /// How it left.
    pub outcome: Outcome,
}

/// How a thread has left its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Its body returned.
    Returned,
    /// Its body panicked.
    Panicked,
    /// It never ran: its [`Participant`](crate::Participant) was dropped, or the system did not start
    /// the thread.
    NeverRan,
}

impl Operation {
    pub(crate) fn on(queue: usize, condition: Condition) -> Self {
        match condition {
            Condition::NotEmpty => Operation::Receive { queue },
            Condition::NotFull => Operation::Send { queue },
            Condition::Completed => Operation::Join { queue },
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, verb) = counted(self.blocked.len(), "thread waits", "threads wait");
        write!(f, "this operation would block forever: {count} {verb}, none can wake them")?;
        for blocked in self.blocked.iter().chain(&self.blocked_on_join) {
            write!(f, "\n  {blocked}")?;
        }
        for queue in &self.queues {
            write!(f, "\n  {queue}")?;
        }
        for left in &self.departed {
            write!(f, "\n  {} {}", left.thread, left.outcome)?;
        }
        match self.departed_earlier {
            0 => Ok(()),
            earlier => write!(f, "\n  and {earlier} more had left before"),
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.thread, self.operation, self.caller)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Receive { queue } => write!(f, "waits to receive from queue {queue}"),
            Operation::Send { queue } => write!(f, "waits for room in queue {queue}"),
            Operation::Join { queue } => write!(f, "waits for the work of queue {queue}"),
            Operation::JoinThread { thread: Some(thread) } => {
                write!(f, "waits for {thread} to end")
            }
            Operation::JoinThread { thread: None } => f.write_str("waits for the others to end"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Returned => "has returned",
            Outcome::Panicked => "has panicked",
            Outcome::NeverRan => "never ran",
        })
    }
}

impl fmt::Display for QueueReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats { len, sentinels, senders, receivers, unfinished_tasks, .. } = self.stats;
        write!(f, "queue {} (of {}, made at {}) ", self.number, self.items, self.created)?;
        f.write_str(if self.stats.is_closed { "is closed" } else { "was never closed" })?;
        match self.stats.capacity {
            Some(capacity) => write!(f, ", holds {len} of {capacity} items")?,
            None => write!(f, ", holds {len} items")?,
        }
        let (senders, them) = counted(senders, "sender", "senders");
        write!(f, " and {sentinels} sentinels; alive: {senders} {them}")?;
        let (receivers, them) = counted(receivers, "receiver", "receivers");
        write!(f, ", {receivers} {them}")?;
        match unfinished_tasks {
            0 => Ok(()),
            unfinished => write!(f, "; unfinished tasks: {unfinished}"),
        }
    }
}

fn counted(count: usize, one: &'static str, many: &'static str) -> (usize, &'static str) {
    (count, if count == 1 { one } else { many })
}

/// What a [`scope`](crate::scope()) answers in which threads would have blocked forever, and were
/// told so. It holds what the scope would have answered otherwise.
pub struct WouldBlockForever<T> {
    pub(crate) value: T,
    pub(crate) report: Box<Report>,
}

impl<T> WouldBlockForever<T> {
    /// Who waited where, the last time if it happened more than once.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What the body of the scope has returned.
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// Prints the report as [`Display`](fmt::Display) does, for `unwrap` and `main`; `{:#?}` prints its
/// fields.
impl<T> fmt::Debug for WouldBlockForever<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("WouldBlockForever")
                .field("report", &self.report)
                .finish_non_exhaustive();
        }
        fmt::Display::fmt(&self.report, f)
    }
}

impl<T> fmt::Display for WouldBlockForever<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl<T> Error for WouldBlockForever<T> {}
