//! What happens in a step, in words: who did what under which lock.

use crate::client::tell;
use crate::violation::wish;
use crate::{Event, Side};

/// One thing that happens in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// An event of a queue.
    At {
        /// The queue.
        queue: usize,
        /// The event.
        event: Event,
    },
    /// Enters itself in the book as waiting.
    Enters {
        /// Where it will wait.
        queue: usize,
        /// For what.
        side: Side,
    },
    /// Waits for the end of others.
    Awaits,
    /// Looked again whether others have left, and sleeps.
    AwaitsOn,
    /// Returns from its sleep.
    WakesAt {
        /// Where.
        queue: usize,
        /// Whether the clock ended it.
        timed_out: bool,
    },
    /// Returns from its wait for the end of others.
    Wakes,
    /// Those have left whose end it waited for.
    Joins,
    /// Learns that it would block forever.
    IsTold,
    /// Strikes itself out of the book, too late.
    StrikesOut,
    /// Looks into the book.
    Examines {
        /// Whether everybody waits.
        stuck: bool,
    },
    /// Asks a queue.
    Asks {
        /// The queue.
        queue: usize,
        /// What its sleepers wait for.
        side: Side,
        /// Whether it is there.
        ready: bool,
    },
    /// Finds that the book has changed.
    FindsChange,
    /// Tells those who wait that they would block forever.
    Tells {
        /// How many.
        count: usize,
    },
    /// Wakes who sleeps on a queue.
    WakesAll {
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

impl Act {
    /// In words; queues have numbers if there are several.
    pub(super) fn tell(self, queues: usize) -> Option<String> {
        let on = |queue: usize| match queues {
            1 => String::new(),
            _ => format!(" (queue {})", queue + 1),
        };
        Some(match self {
            Self::WakesAt { queue, timed_out: false } => format!("wakes up{}", on(queue)),
            Self::WakesAt { queue, timed_out: true } => format!("is out of time{}", on(queue)),
            // That it was told stands before it.
            Self::At { event: Event::Refuse { closed: false, .. }, .. } => "gives up".to_owned(),
            Self::At { queue, event } => tell(event)? + &on(queue),
            Self::Enters { queue, side } => {
                format!("is about to wait for {}{}, and enters itself", wish(side), on(queue))
            }
            Self::Asks { queue, side, ready } => {
                let there = if ready { "it is there" } else { "it is not there" };
                format!("asks for {}{}: {there}", wish(side), on(queue))
            }
            Self::WakesAll { queue } => format!("wakes who sleeps{}", on(queue)),
            Self::Tells { count: 1 } => "tells one that it would block forever".to_owned(),
            Self::Tells { count } => format!("tells {count} that they would block forever"),
            other => other.simply().to_owned(),
        })
    }

    const fn simply(self) -> &'static str {
        match self {
            Self::Awaits => "waits for others to leave",
            Self::AwaitsOn => "goes on waiting for others to leave",
            Self::Wakes => "wakes up",
            Self::Joins => "finds that they have left",
            Self::IsTold => "learns that it would block forever",
            Self::StrikesOut => "strikes itself out",
            Self::Examines { stuck: true } => "examines: everybody waits",
            Self::Examines { stuck: false } => "examines: somebody runs",
            Self::FindsChange => "finds that the book has changed",
            Self::Leaves => "leaves",
            Self::DropsToken => "drops a token",
            _ => "dies",
        }
    }
}
