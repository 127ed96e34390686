//! Violations found by the explorer, and the claim of each.

use std::fmt;
use std::ops::Range;

use crate::event::describe_condition;
use crate::{Claim, Condition, Rejection};

/// A violation found in the exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The specification rejects an event.
    Rejected(Rejection),
    /// Items were lost or duplicated: what is queued does not follow from what callers learned.
    ItemsUnbalanced {
        /// The number that should be queued.
        due: usize,
        /// The number that is.
        queued: usize,
    },
    /// The same, for sentinels.
    SentinelsUnbalanced {
        /// The number that should be queued.
        due: usize,
        /// The number that is.
        queued: usize,
    },
    /// A caller got other items than the next ones.
    OutOfOrder {
        /// The items that it got.
        given: Range<u64>,
        /// The next items.
        due: Range<u64>,
    },
    /// A worker loop took a second sentinel.
    SecondSentinel,
    /// The sender of a sentinel went to sleep.
    SentinelWaited,
    /// An operation returned *timeout* after it had taken or sent something.
    EffectOfTimeout,
    /// More tasks are unfinished than workers hold one.
    TaskForgotten,
    /// All threads have ended, and items are left.
    ItemsLeft {
        /// The number of items.
        items: usize,
    },
    /// The state is terminal, and a thread that is guaranteed to end has not.
    Stuck {
        /// The number of threads that have not ended.
        threads: usize,
    },
    /// The state is terminal, and a thread sleeps although its condition holds.
    BlockedThoughReady {
        /// The condition.
        condition: Condition,
    },
    /// A transition does not decrease the rank, so it could repeat forever.
    RankNotDecreased {
        /// The rank before it.
        before: usize,
        /// The rank after it.
        after: usize,
    },
}

impl Violation {
    /// Returns the violated claim; `None` if the record itself makes no sense.
    pub fn claim(&self) -> Option<Claim> {
        Some(match self {
            Self::Rejected(rejection) => return rejection.claim(),
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
        if let Self::Rejected(rejection) = self {
            return write!(formatter, "{rejection}");
        }
        if let Some(claim) = self.claim() {
            write!(formatter, "{claim} ({}) is violated: ", claim.title())?;
        }
        match self {
            Self::ItemsUnbalanced { due, queued } => {
                write!(formatter, "{due} items should be queued by the responses, and {queued} are")
            }
            Self::SentinelsUnbalanced { due, queued } => write!(
                formatter,
                "{due} sentinels should be queued by the responses, and {queued} are"
            ),
            Self::OutOfOrder { given, due } => {
                write!(formatter, "items {given:?} were returned, and {due:?} were next")
            }
            Self::ItemsLeft { items } => {
                write!(formatter, "all threads have ended, and {items} items are left")
            }
            Self::Stuck { threads } => {
                write!(formatter, "the state is terminal, and {threads} threads hang")
            }
            Self::BlockedThoughReady { condition } => {
                write!(
                    formatter,
                    "a thread sleeps forever although there is {}",
                    describe_condition(*condition)
                )
            }
            Self::RankNotDecreased { before, after } => write!(
                formatter,
                "a step that may repeat forever: the rank goes from {before} to {after}"
            ),
            _ => formatter.write_str(self.fixed_text()),
        }
    }
}

impl Violation {
    fn fixed_text(&self) -> &'static str {
        match self {
            Self::SecondSentinel => "a worker loop took a second sentinel",
            Self::SentinelWaited => "the sender of a sentinel went to sleep",
            Self::EffectOfTimeout => "an operation returned timeout and had an effect",
            _ => "more tasks are unfinished than workers hold one",
        }
    }
}
