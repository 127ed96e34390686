//! The contents of a queue, and the names of the claims about it.

use std::fmt;

/// One element of the queue's single first-in-first-out order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// An item that a producer sent; it takes room.
    Item,
    /// A request that one worker loop ends; it takes no room.
    Sentinel,
}

/// The claims of the project that this model can check, under the names used everywhere.
///
/// One of the twelve is not here: `C10` (isolation) is about the user's own code, which the model
/// does not have. `C8` is about groups, and so is half of `C7`: see [`groups`](crate::groups).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// Conservation: every accepted item is received, handed back or dropped, once.
    C1,
    /// Sentinels: each ends one receive, and a loop takes at most one.
    C2,
    /// Order: items and sentinels leave in the order in which they came.
    C3,
    /// Capacity: never more items than there is room for; a sentinel needs no room.
    C4,
    /// Close: final, and observed by every operation.
    C5,
    /// No lost wakeup: no thread sleeps un-notified while its condition holds.
    C6,
    /// No hang: every thread that the protocol lets end comes to its end.
    C7,
    /// Would block forever: a group reports a deadlock if and only if there is one, to every
    /// blocked participant.
    C8,
    /// Timeouts: a waiter whose deadline passes rechecks its condition first, and consumes no
    /// wakeup of another.
    C9,
    /// Completion: `join` returns exactly when all items are taken and all tasks are finished.
    C11,
    /// Cancellation: a dropped future takes nothing, loses nothing and passes its wakeup on.
    C12,
}

impl Claim {
    /// All claims, in order.
    pub const ALL: [Self; 11] = [
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C8,
        Self::C9,
        Self::C11,
        Self::C12,
    ];

    /// The claims about one queue: all but `C8`.
    pub const OF_QUEUES: [Self; 10] = [
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C9,
        Self::C11,
        Self::C12,
    ];

    /// Returns the name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::C1 => "conservation",
            Self::C2 => "sentinels",
            Self::C3 => "order",
            Self::C4 => "capacity",
            Self::C5 => "close",
            Self::C6 => "no lost wakeup",
            Self::C7 => "no hang",
            Self::C8 => "would block forever",
            Self::C9 => "timeouts",
            Self::C11 => "completion",
            Self::C12 => "cancellation",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{self:?}"))
    }
}

/// A set of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claims(u16);

impl Claims {
    /// Every claim.
    pub const ALL: Self = Self(u16::MAX);

    /// No claim.
    pub const NONE: Self = Self(0);

    /// Returns the set of one claim.
    pub const fn only(claim: Claim) -> Self {
        Self(1 << claim as u16)
    }

    /// Returns whether the claim is in the set.
    pub const fn contains(self, claim: Claim) -> bool {
        self.0 & (1 << claim as u16) != 0
    }
}
