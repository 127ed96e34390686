//! Rejections in words.

use std::fmt;

use crate::event::describe_condition;
use crate::{Condition, Rejection};

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(claim) = self.claim() {
            write!(formatter, "{claim} ({}) is violated: ", claim.title())?;
        }
        self.describe(formatter)
    }
}

impl Rejection {
    /// Writes the sentence of a rejection with fields; the others have theirs in `fixed_text`.
    fn describe(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            Self::FlushedEarly { old } => {
                write!(formatter, "flush returned with {old} items or tasks left of before")
            }
            Self::ExcessNotification { condition, ready, notified } => write!(
                formatter,
                "a notification about {} is one too many: {ready} can proceed, {notified} are notified",
                describe_condition(condition)
            ),
            Self::LostWakeup { condition, ready, waiting, notified, .. } => {
                describe_lost_wakeup(formatter, condition, ready, waiting, notified)
            }
            _ => self.describe_condition_rule(formatter),
        }
    }

    fn describe_condition_rule(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, condition) = match *self {
            Self::ActedAsleep { condition } => {
                ("an event of a thread that sleeps, waiting for", condition)
            }
            Self::WokeElsewhere { woke, .. } => ("a wakeup out of another wait, for", woke),
            Self::OtherBusiness { woke } => {
                ("another operation than the one that waited for", woke)
            }
            Self::ReturnedWithoutRecheck { woke } => {
                ("a woken thread returned without a recheck although there was", woke)
            }
            Self::GaveUpEarly { condition } => {
                ("an operation gave up before its deadline, wanting", condition)
            }
            Self::RefusedWhenReady { condition } => {
                ("an operation gave up although there was", condition)
            }
            Self::RefusedAsClosed { condition } => {
                ("an operation returned closed too early, wanting", condition)
            }
            Self::RefusedAsOpen { condition } => {
                ("an operation on a closed queue did not return closed, wanting", condition)
            }
            Self::SleptWhenReady { condition } => {
                ("a thread went to sleep although there was", condition)
            }
            Self::SleptOnClosed { condition } => {
                ("a thread went to sleep on a closed queue, waiting for", condition)
            }
            Self::KeptWakeup { condition } => {
                ("a dropped future passed no wakeup on, although there is", condition)
            }
            Self::NeedlessNotification { condition } => {
                ("a notification without a waiter, about", condition)
            }
            _ => return formatter.write_str(self.fixed_text()),
        };
        write!(formatter, "{sentence} {}", describe_condition(condition))
    }

    /// Returns the sentence of a rejection without fields.
    const fn fixed_text(&self) -> &'static str {
        match self {
            Self::NotCreated => "an event of a queue that was never created",
            Self::CreatedTwice => "the queue was created twice",
            Self::NotAsleep => "a wakeup of a thread that does not sleep",
            Self::AwakeAfterWait => "a thread that goes to sleep did something else first",
            Self::SentinelWaited => "a sentinel waited for room, which it does not need",
            Self::PushOnClosed => "an item was accepted by a closed queue",
            Self::SentinelOnClosed => "a sentinel was accepted by a closed queue",
            Self::EvictOnClosed => "an item was evicted from a closed queue",
            Self::EvictWithRoom => "an item was evicted although there was room",
            Self::EvictWithoutPush => "an item was evicted and none took its location",
            Self::TookNothing => "a receive succeeded without an item",
            Self::DrainWithoutClose => {
                "sentinels were taken out by an operation that did not close the queue"
            }
            Self::LeftWrongly { granted: true } => {
                "a receiver left although something is queued, or it is the last of an open queue"
            }
            Self::LeftWrongly { granted: false } => "a receiver that could leave did not",
            Self::UpgradedWrongly { granted: true } => "a handle of a side that is gone was made",
            Self::UpgradedWrongly { granted: false } => "no handle was made, and that side lives",
            Self::NoSuchFlush => "an event of a flush that has not begun, or that is over",
            Self::ExtendedGracePeriod => {
                "a grace period began although a thread waits for the end of another"
            }
            Self::ActedCancelled => "a dropped future did more than to leave its wait",
            Self::NoSuchHandle => "a handle was used that does not exist",
            Self::LastSenderDidNotClose => "the last sender is gone and the queue is open",
            Self::LastReceiverDidNotClose => "the last receiver is gone and the queue is open",
            Self::LastReceiverDidNotDrain => "the last receiver is gone and items are queued",
            Self::NoSuchTask => "a task ended that had not begun",
            _ => "the specification does not allow it",
        }
    }
}

fn describe_lost_wakeup(
    formatter: &mut fmt::Formatter<'_>,
    condition: Condition,
    ready: usize,
    waiting: usize,
    notified: usize,
) -> fmt::Result {
    let able = match ready {
        crate::state::UNLIMITED => "all".to_owned(),
        number => number.to_string(),
    };
    write!(
        formatter,
        "the lock is free, {waiting} wait for {}, {able} could proceed, and only {notified} are notified",
        describe_condition(condition)
    )
}

impl std::error::Error for Rejection {}
