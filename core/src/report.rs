//! Reports of deadlocks: what a [`scope`](crate::scope()) returns, and [`Group::report`](crate::Group::report).

use crate::state::Stats;
use crate::sync::Condition;
use std::error::Error;
use std::fmt;
use std::panic::Location;

/// A report of a deadlock: which threads of a group are blocked where, none of which can be woken. See
/// [`scope`](crate::scope()).
///
/// Its [`Display`](fmt::Display) has several lines, the first of which reads like *this operation would
/// block forever: deadlock of 3 threads, none can be woken*. That number is the length of
/// [`blocked`](Self::blocked); the threads in [`blocked_on_join`](Self::blocked_on_join) are listed and
/// not counted.
#[doc(alias = "deadlock")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Number of deadlocks reported so far, including this one.
    pub occurrence: u64,
    /// The operations blocked on a queue, which return an error now. If only joins of threads are
    /// blocked, these joins, which return an error instead.
    pub blocked: Vec<Blocked>,
    /// The blocked joins of threads, if another thread is blocked on a queue. They stay blocked until the
    /// threads that they join have left the group.
    pub blocked_on_join: Vec<Blocked>,
    /// The queues of the group that still exist: a handle or a [`Task`](crate::Task) is left. All
    /// numbers in them belong to one moment.
    pub queues: Vec<QueueReport>,
    /// The threads that had left the group: the last 16 at most, the latest last.
    pub departed: Vec<Departed>,
    /// Number of threads that had left before those in `departed`.
    pub departed_earlier: usize,
}

/// A blocked thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocked {
    /// The name of the thread. One without a name is called `thread N`, by its number in the group; the
    /// body of a scope has the name of the thread that runs it, or `scope body` if that has none.
    pub thread: String,
    /// The operation that it is blocked in.
    pub operation: Operation,
    /// The source location of the call that blocks. For an iterator it is that of the call that returned
    /// the iterator; for the wait at the end of a scope, that of the call of `scope`.
    pub caller: &'static Location<'static>,
}

/// An operation in which a thread is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// A receive from the queue of that number.
    Receive {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// A send to the queue of that number.
    Send {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// A [`Queue::join`](crate::Queue::join) of the queue of that number.
    Join {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// A [`Queue::flush`](crate::Queue::flush) of the queue of that number.
    Flush {
        /// As in [`QueueReport::number`].
        queue: usize,
    },
    /// A join of another thread, or of all others.
    JoinThread {
        /// Its name; `None` for all the others.
        thread: Option<String>,
    },
}

/// A snapshot of a queue at the moment of the deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueReport {
    /// Its number in the group, from 1, in the order of creation.
    pub number: usize,
    /// The type of its items.
    pub items: &'static str,
    /// The source location at which it was created.
    pub created: &'static Location<'static>,
    /// Its contents, handles and blocked threads, including the thread that detected the deadlock.
    pub stats: Stats,
}

/// A thread that has left its group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Departed {
    /// Its name.
    pub thread: String,
    /// How it left.
    pub outcome: Outcome,
}

/// How a thread has left its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
            Condition::Flushed { .. } => Operation::Flush { queue },
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, threads) = counted(self.blocked.len(), "thread", "threads");
        write!(f, "this operation would block forever: deadlock of {count} {threads}")?;
        f.write_str(", none can be woken")?;
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
            Operation::Receive { queue } => write!(f, "is blocked in a receive from queue {queue}"),
            Operation::Send { queue } => write!(f, "is blocked in a send to queue {queue}"),
            Operation::Join { queue } => write!(f, "is blocked in a join of queue {queue}"),
            Operation::Flush { queue } => write!(f, "is blocked in a flush of queue {queue}"),
            Operation::JoinThread { thread: Some(thread) } => {
                write!(f, "is blocked until {thread} ends")
            }
            Operation::JoinThread { thread: None } => {
                f.write_str("is blocked until all others end")
            }
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

/// Error returned by a [`scope`](crate::scope()) in which there was a deadlock; contains the value that
/// its body returned.
#[doc(alias("deadlock", "LoopExit"))]
pub struct WouldBlockForever<T> {
    pub(crate) value: T,
    pub(crate) report: Box<Report>,
}

impl<T> WouldBlockForever<T> {
    /// Returns the report of the deadlock, of the last one if there were several.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Returns what the body of the scope returned.
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
