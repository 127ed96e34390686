//! What a queue does, told as events: one per linearization point, recorded while the lock is held.

/// The three conditions threads wait for, each with a condition variable of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// Receivers wait here for an item, a sentinel or the close.
    NotEmpty,
    /// Senders wait here for room or the close.
    NotFull,
    /// `join` waits here for an empty queue without unfinished tasks.
    Completed,
}

/// One step of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The queue comes to be: empty, open, one sender, one receiver.
    Create {
        /// How many items it may hold; `None` is unbounded.
        capacity: Option<usize>,
    },
    /// Items are appended.
    Push {
        /// How many.
        items: usize,
    },
    /// `force_send` on a full queue hands the oldest item back; a `Push` follows.
    Evict,
    /// Sentinels are appended.
    PushSentinels {
        /// How many.
        count: usize,
    },
    /// The oldest items are taken.
    Take {
        /// How many.
        items: usize,
        /// Whether each of them is an unfinished task from now on.
        tasks: bool,
    },
    /// The sentinel at the front is taken.
    TakeSentinel,
    /// An operation ends without effect.
    Refuse {
        /// The side it waited on, or would have.
        condition: Condition,
        /// Because the queue is closed; otherwise because it did not want to wait (any longer).
        closed: bool,
    },
    /// The queue is closed; repeats are allowed and change nothing.
    Close,
    /// Everything queued is taken out, after `Close` in the same critical section.
    Drain {
        /// How many items.
        items: usize,
        /// How many sentinels.
        sentinels: usize,
    },
    /// A sender handle is cloned.
    AddSender,
    /// A sender handle is dropped; the last one closes.
    DropSender,
    /// A receiver handle is cloned.
    AddReceiver,
    /// A receiver handle is dropped; the last one closes and drains.
    DropReceiver,
    /// A task ends.
    TaskDone,
    /// `join` returns.
    Joined,
    /// The thread goes to sleep; the lock is released.
    Wait {
        /// The condition it waits for.
        condition: Condition,
    },
    /// The thread is back from sleep and holds the lock.
    Wake {
        /// The condition it waited for.
        condition: Condition,
        /// Whether its wait ended by the clock.
        timed_out: bool,
    },
    /// Sleepers are notified.
    Notify {
        /// Which.
        condition: Condition,
        /// All of them, or any one.
        all: bool,
    },
    /// The lock is released: the critical section is over.
    Unlock,
}

/// An event, who did it, and to which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The thread, numbered in the order of its start.
    pub thread: usize,
    /// The queue, numbered in the order of creation.
    pub queue: usize,
    /// What happened.
    pub event: Event,
}
