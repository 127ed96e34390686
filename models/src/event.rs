//! The events of a queue: one per linearization point, recorded while the lock is held.

/// The four conditions that threads wait for, each with a condition variable of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// Receivers wait here for an item, a sentinel or the close.
    NotEmpty,
    /// Senders wait here for room or the close.
    NotFull,
    /// `join` waits here for an empty queue without unfinished tasks.
    Completed,
    /// `flush` waits here for the end of the grace period.
    Flushed,
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
    /// Sentinels are added.
    PushSentinels {
        /// The number of sentinels.
        count: usize,
        /// Whether they stand in front of everything, otherwise behind.
        front: bool,
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
    /// `recv_full` returns fewer items than its limit, because of what is at the front, which stays,
    /// or because its time is over.
    EndBatch,
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
    /// All items are taken out; after `Close` in the same critical section, the sentinels too.
    Drain {
        /// The number of items.
        items: usize,
        /// The number of sentinels; `None` if they stay, in their order.
        sentinels: Option<usize>,
    },
    /// A sender handle is cloned.
    AddSender,
    /// A sender handle is dropped; the last one closes.
    DropSender,
    /// A receiver handle is cloned.
    AddReceiver,
    /// A receiver handle is dropped; the last one closes and drains.
    DropReceiver,
    /// `leave_if_idle` drops a receiver handle, or returns it.
    Leave {
        /// Whether it drops it.
        granted: bool,
    },
    /// A weak handle is upgraded to a sender, or is not.
    UpgradeSender {
        /// Whether it is.
        granted: bool,
    },
    /// A weak handle is upgraded to a receiver, or is not.
    UpgradeReceiver {
        /// Whether it is.
        granted: bool,
    },
    /// A task ends.
    TaskDone {
        /// The generation of the task: see [`State`](crate::State).
        generation: u64,
    },
    /// A task ends, and its item is appended; it needs no room.
    PutBack {
        /// The generation of the task.
        generation: u64,
    },
    /// `join` returns.
    Joined,
    /// `flush` begins: it waits for what has been accepted until now.
    BeginFlush,
    /// A flush begins a grace period: none is active, or no thread waits for its end.
    BeginGrace,
    /// `flush` returns.
    Flushed,
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
    /// A future is dropped while it waits: it leaves the wait without a recheck.
    Cancel {
        /// The condition that it waited for.
        condition: Condition,
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
