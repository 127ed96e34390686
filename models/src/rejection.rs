//! What can be wrong with an event, each told as a sentence, and the claim that it breaks.

use crate::{Cell, Claim, Condition};

mod display;

pub(crate) use display::describe_condition;

/// Why the specification refuses an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// Something happened to a queue before its `Create`.
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
        /// What it waits for.
        condition: Condition,
    },
    /// A wakeup of a thread that does not sleep.
    NotAsleep,
    /// A wakeup from another wait than the one the thread is in.
    WokeElsewhere {
        /// What it waits for.
        waits: Condition,
        /// What it is said to have waited for.
        woke: Condition,
    },
    /// After `Wait` something other than the release of the lock.
    AwakeAfterWait,
    /// After a wakeup something other than a further attempt of the same operation.
    OtherBusiness {
        /// What it had waited for.
        woke: Condition,
    },
    /// A woken thread left without an answer, although it could have gone on.
    ReturnedWithoutRecheck {
        /// What it had waited for.
        woke: Condition,
    },
    /// An operation with time left gave up after a wakeup.
    GaveUpEarly {
        /// What it had waited for.
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
        /// How many fit.
        capacity: usize,
        /// How many there would be.
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
        /// How many were taken.
        taken: usize,
        /// How many are queued.
        queued: usize,
    },
    /// Items behind a sentinel were taken.
    CrossedSentinel {
        /// How many were taken.
        taken: usize,
        /// How many are queued before the sentinel.
        before: usize,
    },
    /// A sentinel was taken where none is at the front.
    NoSentinel {
        /// What is there.
        front: Option<Cell>,
    },
    /// An operation gave up although it could have gone on.
    RefusedWhenReady {
        /// What it would have waited for.
        condition: Condition,
    },
    /// An operation answered *closed* and the queue is open, or drained it is not.
    RefusedAsClosed {
        /// What it would have waited for.
        condition: Condition,
    },
    /// An operation gave up for another reason although the queue is closed, which comes first.
    RefusedAsOpen {
        /// What it would have waited for.
        condition: Condition,
    },
    /// A thread went to sleep although it could have gone on.
    SleptWhenReady {
        /// What it waits for.
        condition: Condition,
    },
    /// A thread went to sleep on a closed queue.
    SleptOnClosed {
        /// What it waits for.
        condition: Condition,
    },
    /// What is queued was taken out by an operation that did not close.
    DrainWithoutClose,
    /// Something queued was left behind, or more was taken out than there was.
    DrainedWrongly {
        /// How many items were taken out.
        items: usize,
        /// How many were queued.
        queued: usize,
    },
    /// The same, about sentinels.
    DrainedSentinelsWrongly {
        /// How many sentinels were taken out.
        sentinels: usize,
        /// How many were queued.
        queued: usize,
    },
    /// A handle was cloned or dropped that cannot be there.
    NoSuchHandle,
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
        /// How many items are queued.
        items: usize,
        /// How many tasks are unfinished.
        unfinished: usize,
    },
    /// A notification although nobody waits without one.
    NeedlessNotification {
        /// The side.
        condition: Condition,
    },
    /// A notification although enough wakeups are on their way.
    ExcessNotification {
        /// The side.
        condition: Condition,
        /// How many could go on.
        ready: usize,
        /// How many have been told.
        notified: usize,
    },
    /// The lock is free, somebody sleeps un-notified, and what they wait for is there.
    LostWakeup {
        /// The side.
        condition: Condition,
        /// Whether the queue is closed.
        closed: bool,
        /// How many could go on.
        ready: usize,
        /// How many are inside the wait.
        waiting: usize,
        /// How many of them have been told.
        notified: usize,
    },
}

impl Rejection {
    /// The claim that is broken; `None` if the record itself makes no sense.
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
            | Self::LastReceiverDidNotClose => Claim::C5,
            Self::ReturnedWithoutRecheck { .. }
            | Self::GaveUpEarly { .. }
            | Self::RefusedWhenReady { .. } => Claim::C9,
            Self::NoSuchTask | Self::JoinedEarly { .. } => Claim::C11,
            _ => return self.claim_about_sleep(),
        })
    }

    /// The claim that is broken by one who sleeps, or by a notification.
    const fn claim_about_sleep(&self) -> Option<Claim> {
        match self {
            Self::SleptWhenReady { condition: Condition::Completed }
            | Self::LostWakeup { condition: Condition::Completed, .. } => Some(Claim::C11),
            Self::SleptOnClosed { .. } | Self::LostWakeup { closed: true, .. } => Some(Claim::C5),
            Self::SleptWhenReady { .. }
            | Self::NeedlessNotification { .. }
            | Self::ExcessNotification { .. }
            | Self::LostWakeup { .. } => Some(Claim::C6),
            _ => None,
        }
    }
}
