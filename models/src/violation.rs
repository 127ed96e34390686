//! What can be wrong with an event, each told as a sentence, and the claim that it breaks.

use std::fmt;

use crate::{Cell, Claim, Side};

/// Why the specification refuses an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
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
        side: Side,
    },
    /// A wakeup of a thread that does not sleep.
    NotAsleep,
    /// A wakeup from another wait than the one the thread is in.
    WokeElsewhere {
        /// What it waits for.
        waits: Side,
        /// What it is said to have waited for.
        woke: Side,
    },
    /// After `Wait` something other than the release of the lock.
    AwakeAfterWait,
    /// After a wakeup something other than a further attempt of the same operation.
    OtherBusiness {
        /// What it had waited for.
        woke: Side,
    },
    /// A woken thread left without having looked whether it could go on.
    LeftWithoutLooking {
        /// What it had waited for.
        woke: Side,
    },
    /// An operation with time left gave up after a wakeup.
    GaveUpEarly {
        /// What it had waited for.
        side: Side,
    },
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
        side: Side,
    },
    /// An operation answered *closed* and the queue is open, or drained it is not.
    RefusedAsClosed {
        /// What it would have waited for.
        side: Side,
    },
    /// An operation gave up for another reason although the queue is closed, which comes first.
    RefusedAsOpen {
        /// What it would have waited for.
        side: Side,
    },
    /// A thread went to sleep although it could have gone on.
    SleptWhenReady {
        /// What it waits for.
        side: Side,
    },
    /// A thread went to sleep on a closed queue.
    SleptOnClosed {
        /// What it waits for.
        side: Side,
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
    NotifiedNobody {
        /// The side.
        side: Side,
    },
    /// A notification although enough wakeups are on their way.
    NotifiedTooMany {
        /// The side.
        side: Side,
        /// How many could go on.
        ready: usize,
        /// How many have been told.
        notified: usize,
    },
    /// The lock is free, somebody sleeps un-notified, and what they wait for is there.
    LostWakeup {
        /// The side.
        side: Side,
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

impl Violation {
    /// The claim that is broken; `None` if the record itself makes no sense.
    pub const fn claim(&self) -> Option<Claim> {
        Some(match self {
            Self::OverCapacity { .. } => Claim::C4,
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
            | Self::SleptOnClosed { .. }
            | Self::DrainWithoutClose
            | Self::LastSenderDidNotClose
            | Self::LastReceiverDidNotClose
            | Self::LostWakeup { closed: true, .. } => Claim::C5,
            Self::LeftWithoutLooking { .. }
            | Self::GaveUpEarly { .. }
            | Self::RefusedWhenReady { .. } => Claim::C9,
            Self::NoSuchTask
            | Self::JoinedEarly { .. }
            | Self::SleptWhenReady { side: Side::AllDone }
            | Self::LostWakeup { side: Side::AllDone, .. } => Claim::C11,
            Self::SleptWhenReady { .. }
            | Self::NotifiedNobody { .. }
            | Self::NotifiedTooMany { .. }
            | Self::LostWakeup { .. } => Claim::C6,
            Self::NotCreated
            | Self::CreatedTwice
            | Self::LockHeld { .. }
            | Self::ActedAsleep { .. }
            | Self::NotAsleep
            | Self::WokeElsewhere { .. }
            | Self::AwakeAfterWait
            | Self::OtherBusiness { .. }
            | Self::NoSuchHandle => return None,
        })
    }
}

/// What the threads that wait on a side are waiting for.
pub(crate) const fn wish(side: Side) -> &'static str {
    match side {
        Side::NotEmpty => "something to receive",
        Side::NotFull => "room to send",
        Side::AllDone => "everything to be done",
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(claim) = self.claim() {
            write!(formatter, "{claim} ({}) is broken: ", claim.title())?;
        }
        self.tell(formatter)
    }
}

impl Violation {
    /// The sentence, for the violations that carry something; the others have it in `told`.
    fn tell(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LockHeld { by } => write!(formatter, "thread {by} holds the lock"),
            Self::OverCapacity { capacity, items } => {
                write!(formatter, "{items} items are stored where {capacity} fit")
            }
            Self::TookTooMany { taken, queued } => {
                write!(formatter, "{taken} items were taken out of {queued}")
            }
            Self::CrossedSentinel { taken, before } => {
                write!(formatter, "{taken} items were taken, {before} are before the sentinel")
            }
            Self::NoSentinel { front } => {
                write!(formatter, "a sentinel was taken, and at the front is {front:?}")
            }
            Self::DrainedWrongly { items, queued } => {
                write!(formatter, "{items} items were taken out, and {queued} were queued")
            }
            Self::DrainedSentinelsWrongly { sentinels, queued } => {
                write!(formatter, "{sentinels} sentinels were taken out, and {queued} were queued")
            }
            Self::JoinedEarly { items, unfinished } => write!(
                formatter,
                "join returned with {items} items queued and {unfinished} tasks unfinished"
            ),
            Self::NotifiedTooMany { side, ready, notified } => write!(
                formatter,
                "a notification about {} is one too many: {ready} can go on, {notified} know",
                wish(side)
            ),
            Self::LostWakeup { side, ready, waiting, notified, .. } => {
                tell_lost_wakeup(formatter, side, ready, waiting, notified)
            }
            _ => self.tell_about_side(formatter),
        }
    }

    fn tell_about_side(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, side) = match *self {
            Self::ActedAsleep { side } => ("an event of a thread that sleeps, waiting for", side),
            Self::WokeElsewhere { woke, .. } => ("a wakeup out of another wait, for", woke),
            Self::OtherBusiness { woke } => {
                ("another operation than the one that waited for", woke)
            }
            Self::LeftWithoutLooking { woke } => {
                ("a woken thread left without looking, having waited for", woke)
            }
            Self::GaveUpEarly { side } => ("time was left to wait for", side),
            Self::RefusedWhenReady { side } => ("an operation gave up although there was", side),
            Self::RefusedAsClosed { side } => {
                ("an operation answered closed, and it is not over with", side)
            }
            Self::RefusedAsOpen { side } => {
                ("a closed queue was not called closed to one that wants", side)
            }
            Self::SleptWhenReady { side } => ("a thread went to sleep although there was", side),
            Self::SleptOnClosed { side } => {
                ("a thread went to sleep on a closed queue, waiting for", side)
            }
            Self::NotifiedNobody { side } => ("a notification nobody waits for, about", side),
            _ => return formatter.write_str(self.told()),
        };
        write!(formatter, "{sentence} {}", wish(side))
    }

    /// The sentence of the violations that carry nothing.
    const fn told(&self) -> &'static str {
        match self {
            Self::NotCreated => "an event of a queue that was never made",
            Self::CreatedTwice => "the queue was made twice",
            Self::NotAsleep => "a wakeup of a thread that does not sleep",
            Self::AwakeAfterWait => "a thread that goes to sleep did something else first",
            Self::PushOnClosed => "an item was accepted by a closed queue",
            Self::SentinelOnClosed => "a sentinel was accepted by a closed queue",
            Self::EvictOnClosed => "an item was evicted from a closed queue",
            Self::EvictWithRoom => "an item was evicted although there was room",
            Self::EvictWithoutPush => "an item was evicted and none took its place",
            Self::TookNothing => "a receive succeeded without an item",
            Self::DrainWithoutClose => "the queue was drained by one who did not close it",
            Self::NoSuchHandle => "a handle was used up that is not there",
            Self::LastSenderDidNotClose => "the last sender is gone and the queue is open",
            Self::LastReceiverDidNotClose => "the last receiver is gone and the queue is open",
            Self::LastReceiverDidNotDrain => "the last receiver is gone and items are queued",
            Self::NoSuchTask => "a task ended that had not begun",
            _ => "the specification does not allow it",
        }
    }
}

fn tell_lost_wakeup(
    formatter: &mut fmt::Formatter<'_>,
    side: Side,
    ready: usize,
    waiting: usize,
    notified: usize,
) -> fmt::Result {
    let able = match ready {
        crate::state::EVERYBODY => "all".to_owned(),
        number => number.to_string(),
    };
    write!(
        formatter,
        "the lock is free, {waiting} wait for {}, {able} could go on, and only {notified} know",
        wish(side)
    )
}

impl std::error::Error for Violation {}
