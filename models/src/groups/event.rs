//! What happens in a step, in words: who did what under which lock.

use crate::one_queue::describe;
use crate::rejection::describe_condition;
use crate::{Condition, Event};

/// One thing that happens in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// An event of a queue.
    OnQueue {
        /// The queue.
        queue: usize,
        /// The event.
        event: Event,
    },
    /// Enters itself in the book as waiting.
    Registers {
        /// Where it will wait.
        queue: usize,
        /// For what.
        condition: Condition,
    },
    /// Waits for the end of others.
    Joins,
    /// Looked again whether others have left, and sleeps.
    JoinsAgain,
    /// Returns from its sleep.
    WakesOnQueue {
        /// Where.
        queue: usize,
        /// Whether the clock ended it.
        timed_out: bool,
    },
    /// Returns from its wait for the end of others.
    WakesFromJoin,
    /// Those have left whose end it waited for.
    Joined,
    /// Learns that it would block forever.
    IsReported,
    /// Strikes itself out of the book, too late.
    UnregistersLate,
    /// Looks into the book.
    StartsDetection {
        /// Whether everybody waits.
        deadlocked: bool,
    },
    /// Asks a queue.
    ChecksQueue {
        /// The queue.
        queue: usize,
        /// What its sleepers wait for.
        condition: Condition,
        /// Whether it is there.
        ready: bool,
    },
    /// Finds that the book has changed.
    FindsNewEpoch,
    /// Tells those who wait that they would block forever.
    ReportsDeadlock {
        /// How many.
        count: usize,
    },
    /// Wakes who sleeps on a queue.
    NotifiesAll {
        /// The queue.
        queue: usize,
    },
    /// Leaves the group.
    Leaves,
    /// Drops a token.
    DropsToken,
    /// Dies.
    Dies,
}

impl GroupEvent {
    /// In words; queues have numbers if there are several.
    pub(super) fn describe(self, queues: usize) -> Option<String> {
        let on = |queue: usize| match queues {
            1 => String::new(),
            _ => format!(" (queue {})", queue + 1),
        };
        Some(match self {
            Self::WakesOnQueue { queue, timed_out: false } => format!("wakes up{}", on(queue)),
            Self::WakesOnQueue { queue, timed_out: true } => format!("is out of time{}", on(queue)),
            // That it was told stands before it.
            Self::OnQueue { event: Event::Refuse { closed: false, .. }, .. } => {
                "gives up".to_owned()
            }
            Self::OnQueue { queue, event } => describe(event)? + &on(queue),
            Self::Registers { queue, condition } => {
                format!(
                    "is about to wait for {}{}, and enters itself",
                    describe_condition(condition),
                    on(queue)
                )
            }
            Self::ChecksQueue { queue, condition, ready } => {
                let there = if ready { "it is there" } else { "it is not there" };
                format!("asks for {}{}: {there}", describe_condition(condition), on(queue))
            }
            Self::NotifiesAll { queue } => format!("wakes who sleeps{}", on(queue)),
            Self::ReportsDeadlock { count: 1 } => {
                "tells one that it would block forever".to_owned()
            }
            Self::ReportsDeadlock { count } => {
                format!("tells {count} that they would block forever")
            }
            other => other.fixed_text().to_owned(),
        })
    }

    const fn fixed_text(self) -> &'static str {
        match self {
            Self::Joins => "waits for others to leave",
            Self::JoinsAgain => "goes on waiting for others to leave",
            Self::WakesFromJoin => "wakes up",
            Self::Joined => "finds that they have left",
            Self::IsReported => "learns that it would block forever",
            Self::UnregistersLate => "strikes itself out",
            Self::StartsDetection { deadlocked: true } => "examines: everybody waits",
            Self::StartsDetection { deadlocked: false } => "examines: somebody runs",
            Self::FindsNewEpoch => "finds that the book has changed",
            Self::Leaves => "leaves",
            Self::DropsToken => "drops a token",
            _ => "dies",
        }
    }
}
