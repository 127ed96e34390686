//! The events of an action, and how each is displayed.

use crate::event::describe_condition;
use crate::{Condition, Event};

/// One thing that happens in an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// An event of a queue.
    OnQueue {
        /// The queue.
        queue: usize,
        /// The event.
        event: Event,
    },
    /// A participant registers as blocked.
    Registers {
        /// The queue that it will wait on.
        queue: usize,
        /// The condition.
        condition: Condition,
    },
    /// It waits for others to leave.
    Joins,
    /// It has rechecked whether others have left, and sleeps.
    JoinsAgain,
    /// It returns from its sleep.
    WakesOnQueue {
        /// The queue.
        queue: usize,
        /// Whether the deadline ended the wait.
        timed_out: bool,
    },
    /// It returns from its sleep in a join.
    WakesFromJoin,
    /// The joined threads have left.
    Joined,
    /// A deadlock was reported to it.
    IsReported,
    /// It unregisters, too late.
    UnregistersLate,
    /// It starts a detection.
    StartsDetection {
        /// Whether all participants are blocked.
        deadlocked: bool,
    },
    /// It checks a condition of a queue.
    ChecksQueue {
        /// The queue.
        queue: usize,
        /// The condition.
        condition: Condition,
        /// Whether it holds.
        ready: bool,
    },
    /// It finds that the epoch has changed.
    FindsNewEpoch,
    /// It reports a deadlock.
    ReportsDeadlock {
        /// The number of recipients.
        count: usize,
    },
    /// It notifies all waiters of a queue.
    NotifiesAll {
        /// The queue.
        queue: usize,
    },
    /// It leaves the group.
    Leaves,
    /// It drops a token.
    DropsToken,
    /// It dies.
    Dies,
}

impl GroupEvent {
    /// Describes the event; queues have numbers if there are several.
    pub(super) fn describe(self, queues: usize) -> Option<String> {
        let on = |queue: usize| match queues {
            1 => String::new(),
            _ => format!(" (queue {})", queue + 1),
        };
        Some(match self {
            Self::WakesOnQueue { queue, timed_out: false } => format!("wakes up{}", on(queue)),
            Self::WakesOnQueue { queue, timed_out: true } => format!("times out{}", on(queue)),
            // The report is described before it.
            Self::OnQueue { event: Event::Refuse { closed: false, .. }, .. } => {
                "gives up".to_owned()
            }
            // The release of the lock ends every step.
            Self::OnQueue { event: Event::Unlock, .. } => return None,
            Self::OnQueue { queue, event } => format!("{event}{}", on(queue)),
            Self::Registers { queue, condition } => {
                format!(
                    "registers as blocked, waiting for {}{}",
                    describe_condition(condition),
                    on(queue)
                )
            }
            Self::ChecksQueue { queue, condition, ready } => {
                let there = if ready { "it is there" } else { "it is not there" };
                format!("checks for {}{}: {there}", describe_condition(condition), on(queue))
            }
            Self::NotifiesAll { queue } => format!("notifies all waiters{}", on(queue)),
            Self::ReportsDeadlock { count: 1 } => {
                "reports a deadlock to one participant".to_owned()
            }
            Self::ReportsDeadlock { count } => {
                format!("reports a deadlock to {count} participants")
            }
            other => other.fixed_text().to_owned(),
        })
    }

    const fn fixed_text(self) -> &'static str {
        match self {
            Self::Joins => "waits for others to leave",
            Self::JoinsAgain => "still waits for others to leave",
            Self::WakesFromJoin => "wakes up",
            Self::Joined => "finds that they have left",
            Self::IsReported => "receives the report that it would block forever",
            Self::UnregistersLate => "unregisters",
            Self::StartsDetection { deadlocked: true } => "starts a detection: all are blocked",
            Self::StartsDetection { deadlocked: false } => {
                "starts a detection: not all are blocked"
            }
            Self::FindsNewEpoch => "finds that the epoch has changed",
            Self::Leaves => "leaves",
            Self::DropsToken => "drops a token",
            _ => "dies",
        }
    }
}
