//! What the explorer finds wrong, and the claim that it breaks.

use std::fmt;
use std::ops::Range;

use crate::rejection::describe_condition;
use crate::{Claim, Condition, Rejection};

/// A fault seen in the exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The specification refuses an event.
    Refused(Rejection),
    /// Items were lost or multiplied: what is queued does not follow from what callers were told.
    ItemsUnbalanced {
        /// How many should be queued.
        due: usize,
        /// How many are.
        queued: usize,
    },
    /// The same, about sentinels.
    SentinelsUnbalanced {
        /// How many should be queued.
        due: usize,
        /// How many are.
        queued: usize,
    },
    /// A caller was given other items than the ones that were next.
    OutOfOrder {
        /// The items given.
        given: Range<u64>,
        /// The items that were due.
        due: Range<u64>,
    },
    /// A worker loop took a second sentinel.
    SecondSentinel,
    /// The sender of a sentinel went to sleep.
    SentinelWaited,
    /// An operation answered *timeout* after it had taken or brought something.
    EffectOfTimeout,
    /// More tasks are unfinished than there are workers with one.
    TaskForgotten,
    /// Everybody has ended, and items are left.
    ItemsLeft {
        /// How many.
        items: usize,
    },
    /// Nothing can happen any more except spurious wakeups, and somebody was promised an end.
    Stuck {
        /// How many threads have not ended.
        threads: usize,
    },
    /// Nothing can happen any more except spurious wakeups, and somebody sleeps without reason.
    BlockedThoughReady {
        /// What they wait for.
        condition: Condition,
    },
    /// A step that does not bring the end closer, so that it could be repeated for ever.
    RankNotDecreased {
        /// The measure before the step.
        before: usize,
        /// The measure after it.
        after: usize,
    },
}

impl Violation {
    /// The claim that is broken; `None` if the explorer itself went astray.
    pub fn claim(&self) -> Option<Claim> {
        Some(match self {
            Self::Refused(rejection) => return rejection.claim(),
            Self::ItemsUnbalanced { .. } | Self::ItemsLeft { .. } => Claim::C1,
            Self::SentinelsUnbalanced { .. } | Self::SecondSentinel => Claim::C2,
            Self::OutOfOrder { .. } => Claim::C3,
            Self::SentinelWaited => Claim::C4,
            Self::BlockedThoughReady { .. } => Claim::C6,
            Self::Stuck { .. } | Self::RankNotDecreased { .. } => Claim::C7,
            Self::EffectOfTimeout => Claim::C9,
            Self::TaskForgotten => Claim::C11,
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Refused(rejection) = self {
            return write!(formatter, "{rejection}");
        }
        if let Some(claim) = self.claim() {
            write!(formatter, "{claim} ({}) is broken: ", claim.title())?;
        }
        match self {
            Self::ItemsUnbalanced { due, queued } => write!(
                formatter,
                "by what its callers were told {due} items are queued, and {queued} are"
            ),
            Self::SentinelsUnbalanced { due, queued } => write!(
                formatter,
                "by what its callers were told {due} sentinels are queued, and {queued} are"
            ),
            Self::OutOfOrder { given, due } => {
                write!(formatter, "items {given:?} were given out, and {due:?} were next")
            }
            Self::ItemsLeft { items } => {
                write!(formatter, "everybody has ended, and {items} items are left")
            }
            Self::Stuck { threads } => {
                write!(formatter, "nothing can happen any more, and {threads} threads hang")
            }
            Self::BlockedThoughReady { condition } => {
                write!(
                    formatter,
                    "somebody sleeps for ever although there is {}",
                    describe_condition(*condition)
                )
            }
            Self::RankNotDecreased { before, after } => write!(
                formatter,
                "a step that may repeat for ever: the measure goes from {before} to {after}"
            ),
            _ => formatter.write_str(self.told()),
        }
    }
}

impl Violation {
    fn told(&self) -> &'static str {
        match self {
            Self::SecondSentinel => "a worker loop took a second sentinel",
            Self::SentinelWaited => "the sender of a sentinel went to sleep",
            Self::EffectOfTimeout => "an operation answered timeout and had an effect",
            _ => "more tasks are unfinished than workers have one in hand",
        }
    }
}
