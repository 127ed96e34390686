//! The events of a queue: one per linearization point, recorded while the lock is held.

/// The three conditions that threads wait for, each with a condition variable of its own.
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
    /// The queue is created: empty, open, one sender, one receiver.
    Create {
        /// The number of items that it may hold; `None` is unbounded.
        capacity: Option<usize>,
    },
    /// Items are appended.
    Push {
        /// The number of items.
        items: usize,
    },
    /// `force_send` on a full queue hands the oldest item back; a `Push` follows.
    Evict,
    /// Sentinels are appended.
    PushSentinels {
        /// The number of sentinels.
        count: usize,
    },
    /// The oldest items are taken.
    Take {
        /// The number of items.
        items: usize,
        /// Whether each of them is an unfinished task from now on.
        tasks: bool,
    },
    /// The sentinel at the front is taken.
    TakeSentinel,
    /// An operation ends without effect.
    Refuse {
        /// The condition that it waited for, or would have.
        condition: Condition,
        /// Whether the queue is closed; otherwise the operation does not wait, or its deadline has
        /// passed.
        closed: bool,
    },
    /// The queue is closed; repeats are allowed and change nothing.
    Close,
    /// Everything queued is taken out, after `Close` in the same critical section.
    Drain {
        /// The number of items.
        items: usize,
        /// The number of sentinels.
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
        /// The condition that it waits for.
        condition: Condition,
    },
    /// The thread is back from sleep and holds the lock.
    Wake {
        /// The condition that it waited for.
        condition: Condition,
        /// Whether the deadline ended the wait.
        timed_out: bool,
    },
    /// Waiters are notified.
    Notify {
        /// The condition.
        condition: Condition,
        /// Whether all of them are, or any one.
        all: bool,
    },
    /// The lock is released: the critical section is over.
    Unlock,
}

/// An event, its thread and its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The thread, numbered in the order of its start.
    pub thread: usize,
    /// The queue, numbered in the order of creation.
    pub queue: usize,
    /// The event.
    pub event: Event,
}
