//! Rejections of an event by the specification, and the claim of each.

use crate::{Cell, Claim, Condition};

mod display;

/// Why the specification rejects an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// An event of a queue before its `Create`.
    NotCreated,
    /// A second `Create` of the same queue.
    CreatedTwice,
    /// Two threads inside the lock.
    LockHeld {
        /// The thread that holds it.
        by: usize,
    },
    /// An event of a thread that sleeps.
    ActedAsleep {
        /// The condition that it waits for.
        condition: Condition,
    },
    /// A wakeup of a thread that does not sleep.
    NotAsleep,
    /// A wakeup from another wait than the one the thread is in.
    WokeElsewhere {
        /// The condition that it waits for.
        waits: Condition,
        /// The condition that it is recorded to have waited for.
        woke: Condition,
    },
    /// After `Wait` something other than the release of the lock.
    AwakeAfterWait,
    /// After a wakeup something other than a further attempt of the same operation.
    OtherBusiness {
        /// The condition that it waited for.
        woke: Condition,
    },
    /// A woken thread returned without a response, although its condition holds.
    ReturnedWithoutRecheck {
        /// The condition that it waited for.
        woke: Condition,
    },
    /// An operation whose deadline has not passed gave up after a wakeup.
    GaveUpEarly {
        /// The condition that it waited for.
        condition: Condition,
    },
    /// A sentinel waited for room, which it does not need.
    SentinelWaited,
    /// An item was accepted although the queue is closed.
    PushOnClosed,
    /// A sentinel was accepted although the queue is closed.
    SentinelOnClosed,
    /// An item was evicted although the queue is closed.
    EvictOnClosed,
    /// More items than there is room for.
    OverCapacity {
        /// The capacity.
        capacity: usize,
        /// The number of items that there would be.
        items: usize,
    },
    /// An item was evicted although there is room.
    EvictWithRoom,
    /// An item was evicted and none took its place.
    EvictWithoutPush,
    /// A take of no item at all.
    TookNothing,
    /// More items were taken than are queued.
    TookTooMany {
        /// The number taken.
        taken: usize,
        /// The number queued.
        queued: usize,
    },
    /// Items behind a sentinel were taken.
    CrossedSentinel {
        /// The number taken.
        taken: usize,
        /// The number queued before the sentinel.
        before: usize,
    },
    /// A sentinel was taken where none is at the front.
    NoSentinel {
        /// The cell at the front.
        front: Option<Cell>,
    },
    /// An operation gave up although its condition holds.
    RefusedWhenReady {
        /// The condition that it would have waited for.
        condition: Condition,
    },
    /// An operation returned *closed*, and the queue is open or not drained.
    RefusedAsClosed {
        /// The condition that it would have waited for.
        condition: Condition,
    },
    /// An operation gave up for another reason although the queue is closed, which comes first.
    RefusedAsOpen {
        /// The condition that it would have waited for.
        condition: Condition,
    },
    /// A thread went to sleep although its condition holds.
    SleptWhenReady {
        /// The condition that it waits for.
        condition: Condition,
    },
    /// A thread went to sleep on a closed queue.
    SleptOnClosed {
        /// The condition that it waits for.
        condition: Condition,
    },
    /// Sentinels were taken out by an operation that did not close.
    DrainWithoutClose,
    /// Not exactly the queued items were taken out.
    DrainedWrongly {
        /// The number of items taken out.
        items: usize,
        /// The number that was queued.
        queued: usize,
    },
    /// The same, for sentinels.
    DrainedSentinelsWrongly {
        /// The number of sentinels taken out.
        sentinels: usize,
        /// The number that was queued.
        queued: usize,
    },
    /// A handle was cloned or dropped that does not exist.
    NoSuchHandle,
    /// `leave_if_idle` dropped the receiver although there was something for it to do, or did not
    /// although there was nothing.
    LeftWrongly {
        /// Whether it dropped it.
        granted: bool,
    },
    /// A weak handle was upgraded although that side is gone, or was not although it lives.
    UpgradedWrongly {
        /// Whether it was.
        granted: bool,
    },
    /// The last sender is gone and the queue is open.
    LastSenderDidNotClose,
    /// The last receiver is gone and the queue is open.
    LastReceiverDidNotClose,
    /// The last receiver is gone and something is queued.
    LastReceiverDidNotDrain,
    /// A task ended that had not begun.
    NoSuchTask,
    /// `join` returned although something is queued or unfinished.
    JoinedEarly {
        /// The number of items queued.
        items: usize,
        /// The number of unfinished tasks.
        unfinished: usize,
    },
    /// An event of a flush that has not begun, or that is over.
    NoSuchFlush,
    /// `flush` returned although something that was accepted before it may not be done.
    FlushedEarly {
        /// The number of old items and tasks.
        old: usize,
    },
    /// A grace period began although a thread waits for the end of the one before, or is served by
    /// it.
    ExtendedGracePeriod,
    /// A dropped future did more than to leave its wait.
    ActedCancelled,
    /// A dropped future left its wait, and another waiter that could proceed was not notified.
    KeptWakeup {
        /// The condition.
        condition: Condition,
    },
    /// A notification although no thread waits without one.
    NeedlessNotification {
        /// The condition.
        condition: Condition,
    },
    /// A notification although enough wakeups are pending.
    ExcessNotification {
        /// The condition.
        condition: Condition,
        /// The number of waiters that could proceed.
        ready: usize,
        /// The number of waiters notified.
        notified: usize,
    },
    /// The lock is free, a thread sleeps un-notified, and its condition holds.
    LostWakeup {
        /// The condition.
        condition: Condition,
        /// Whether the queue is closed.
        closed: bool,
        /// The number of waiters that could proceed.
        ready: usize,
        /// The number of waiters.
        waiting: usize,
        /// The number of them that are notified.
        notified: usize,
    },
}

impl Rejection {
    /// Returns the violated claim; `None` if the record itself makes no sense.
    pub const fn claim(&self) -> Option<Claim> {
        Some(match self {
            Self::OverCapacity { .. } | Self::SentinelWaited => Claim::C4,
            Self::EvictWithRoom
            | Self::EvictWithoutPush
            | Self::TookNothing
            | Self::TookTooMany { .. }
            | Self::DrainedWrongly { .. }
            | Self::LastReceiverDidNotDrain => Claim::C1,
            Self::CrossedSentinel { .. }
            | Self::NoSentinel { .. }
            | Self::DrainedSentinelsWrongly { .. } => Claim::C2,
            Self::PushOnClosed
            | Self::SentinelOnClosed
            | Self::EvictOnClosed
            | Self::RefusedAsClosed { .. }
            | Self::RefusedAsOpen { .. }
            | Self::DrainWithoutClose
            | Self::LastSenderDidNotClose
            | Self::LastReceiverDidNotClose
            | Self::LeftWrongly { .. }
            | Self::UpgradedWrongly { .. } => Claim::C5,
            Self::ReturnedWithoutRecheck { .. }
            | Self::GaveUpEarly { .. }
            | Self::RefusedWhenReady { .. } => Claim::C9,
            Self::NoSuchTask
            | Self::JoinedEarly { .. }
            | Self::FlushedEarly { .. }
            | Self::ExtendedGracePeriod => Claim::C11,
            Self::ActedCancelled | Self::KeptWakeup { .. } => Claim::C12,
            _ => return self.claim_about_sleep(),
        })
    }

    /// Returns the claim that a sleeping thread or a notification violates.
    const fn claim_about_sleep(&self) -> Option<Claim> {
        match self {
            Self::SleptWhenReady { condition: Condition::Completed | Condition::Flushed }
            | Self::LostWakeup { condition: Condition::Completed | Condition::Flushed, .. } => {
                Some(Claim::C11)
            }
            Self::SleptOnClosed { .. } | Self::LostWakeup { closed: true, .. } => Some(Claim::C5),
            Self::SleptWhenReady { .. }
            | Self::NeedlessNotification { .. }
            | Self::ExcessNotification { .. }
            | Self::LostWakeup { .. } => Some(Claim::C6),
            _ => None,
        }
    }
}
