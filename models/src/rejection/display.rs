//! Violations in words.

use std::fmt;

use crate::{Condition, Rejection};

/// What the threads that wait on a side are waiting for.
pub(crate) const fn describe_condition(condition: Condition) -> &'static str {
    match condition {
        Condition::NotEmpty => "something to receive",
        Condition::NotFull => "room to send",
        Condition::Completed => "everything to be done",
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(claim) = self.claim() {
            write!(formatter, "{claim} ({}) is broken: ", claim.title())?;
        }
        self.tell(formatter)
    }
}

impl Rejection {
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
            Self::ExcessNotification { condition, ready, notified } => write!(
                formatter,
                "a notification about {} is one too many: {ready} can go on, {notified} know",
                describe_condition(condition)
            ),
            Self::LostWakeup { condition, ready, waiting, notified, .. } => {
                tell_lost_wakeup(formatter, condition, ready, waiting, notified)
            }
            _ => self.tell_about_side(formatter),
        }
    }

    fn tell_about_side(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, condition) = match *self {
            Self::ActedAsleep { condition } => {
                ("an event of a thread that sleeps, waiting for", condition)
            }
            Self::WokeElsewhere { woke, .. } => ("a wakeup out of another wait, for", woke),
            Self::OtherBusiness { woke } => {
                ("another operation than the one that waited for", woke)
            }
            Self::ReturnedWithoutRecheck { woke } => {
                ("a woken thread left without looking although there was", woke)
            }
            Self::GaveUpEarly { condition } => ("time was left to wait for", condition),
            Self::RefusedWhenReady { condition } => {
                ("an operation gave up although there was", condition)
            }
            Self::RefusedAsClosed { condition } => {
                ("an operation answered closed, and it is not over with", condition)
            }
            Self::RefusedAsOpen { condition } => {
                ("a closed queue was not called closed to one that wants", condition)
            }
            Self::SleptWhenReady { condition } => {
                ("a thread went to sleep although there was", condition)
            }
            Self::SleptOnClosed { condition } => {
                ("a thread went to sleep on a closed queue, waiting for", condition)
            }
            Self::NeedlessNotification { condition } => {
                ("a notification nobody waits for, about", condition)
            }
            _ => return formatter.write_str(self.told()),
        };
        write!(formatter, "{sentence} {}", describe_condition(condition))
    }

    /// The sentence of the violations that carry nothing.
    const fn told(&self) -> &'static str {
        match self {
            Self::NotCreated => "an event of a queue that was never made",
            Self::CreatedTwice => "the queue was made twice",
            Self::NotAsleep => "a wakeup of a thread that does not sleep",
            Self::AwakeAfterWait => "a thread that goes to sleep did something else first",
            Self::SentinelWaited => "a sentinel waited for room, which it does not need",
            Self::PushOnClosed => "an item was accepted by a closed queue",
            Self::SentinelOnClosed => "a sentinel was accepted by a closed queue",
            Self::EvictOnClosed => "an item was evicted from a closed queue",
            Self::EvictWithRoom => "an item was evicted although there was room",
            Self::EvictWithoutPush => "an item was evicted and none took its location",
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
        "the lock is free, {waiting} wait for {}, {able} could go on, and only {notified} know",
        describe_condition(condition)
    )
}

impl std::error::Error for Rejection {}
