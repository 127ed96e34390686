//! The events of a queue: one per linearization point, recorded while the lock is held; and those of
//! the registry of a group.

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
    /// A flush begins a grace period: none is active, or one that began before it and that no thread
    /// waits for.
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

/// What a thread is blocked on in a group. Queues are numbered in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitTarget {
    /// A condition of a queue.
    Queue {
        /// The queue.
        queue: usize,
        /// The condition.
        condition: Condition,
    },
    /// A participant leaves.
    Participant {
        /// Its number.
        number: usize,
    },
    /// All others leave.
    AllOthers,
}

/// One step of the registry of a group, recorded under its lock; what is asked of a queue and where
/// its waiters are woken, under that of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryEvent {
    /// A participant is registered.
    Register {
        /// Its number.
        participant: usize,
    },
    /// The thread runs a participant from now on.
    Bind {
        /// Its number.
        participant: usize,
    },
    /// A participant leaves.
    Leave {
        /// Its number.
        participant: usize,
        /// Whether joiners are woken.
        wakes: bool,
        /// Whether a check is due.
        detects: bool,
    },
    /// A token is acquired.
    Acquire,
    /// A token is released.
    Release {
        /// Whether a check is due.
        detects: bool,
    },
    /// The thread registers as blocked; one that is no participant only if it joins.
    Block {
        /// What it is blocked on.
        target: WaitTarget,
        /// Whether a check is due.
        detects: bool,
    },
    /// The thread looks whether it was marked as deadlocked, before it sleeps; if not, it sleeps.
    Recheck {
        /// Whether it was.
        deadlocked: bool,
    },
    /// The thread counts as running again.
    Resume {
        /// Whether it was marked as deadlocked.
        deadlocked: bool,
    },
    /// A check begins, or finds that it need not.
    Open {
        /// Whether all participants are blocked, and no join is granted.
        begins: bool,
    },
    /// The check asks the queue.
    Ask {
        /// The condition.
        condition: Condition,
        /// Whether it is ready.
        ready: bool,
    },
    /// The check ends, since its epoch is over.
    Stale,
    /// The check has found a deadlock.
    Mark {
        /// The participants that are marked.
        participants: Vec<usize>,
    },
    /// The check wakes all waiters of the queue.
    NotifyAll,
}

impl RegistryEvent {
    /// Returns whether it wakes all that wait under its lock: joiners, or the waiters of the queue.
    pub fn wakes_all(&self) -> bool {
        matches!(self, Self::Leave { wakes: true, .. } | Self::Mark { .. } | Self::NotifyAll)
    }
}

/// A step of a registry, its thread, and its place in the record of the queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRecorded {
    /// The number of the events of queues before it.
    pub position: usize,
    /// The thread.
    pub thread: usize,
    /// The queue whose lock it holds, if it holds one.
    pub queue: Option<usize>,
    /// The step.
    pub event: RegistryEvent,
}
