//! The properties of a group, and their violations.

use std::fmt;

use crate::{Claim, Rejection};

/// A property of a group, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Property {
    /// C7: no participant remains in a terminal state.
    NoHang,
    /// C7: every transition but a spurious wakeup decreases the ranking function, so every
    /// execution ends.
    Termination,
    /// C8: when the group reports, no token is held, there is a participant, and every participant
    /// waits without a deadline for a condition that does not hold.
    NoFalseAlarm,
    /// C8: when there is a deadlock, a detection is in progress.
    NoMiss,
    /// C8: a report reaches every blocked participant; their operations end without sleeping again;
    /// and no other operation returns that it would block forever.
    AllReported,
    /// The queues in the group obey the specification of a queue.
    QueueRules,
}

/// A set of properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Properties(u8);

/// A violation found in the exploration of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The state is terminal, and participants remain.
    Stuck {
        /// The number of participants that have not left.
        participants: usize,
    },
    /// A transition does not decrease the rank.
    RankNotDecreased {
        /// The rank before it.
        before: usize,
        /// The rank after it.
        after: usize,
    },
    /// A deadlock is reported, and there is none.
    FalseAlarm,
    /// There is a deadlock, no detection is in progress, and none was reported.
    Missed,
    /// The recipients of a report are not exactly the blocked participants.
    WrongRecipients {
        /// The number of blocked participants.
        blocked: usize,
        /// The number of them that are recipients.
        reported: usize,
    },
    /// An operation sleeps on after a report.
    BlockedAfterReport,
    /// An operation returns that it would block forever, without a report.
    Unreported,
    /// The specification of the queue rejects an event.
    Rejected(Rejection),
}

impl Property {
    /// All properties.
    pub const ALL: [Self; 6] = [
        Self::NoHang,
        Self::Termination,
        Self::NoFalseAlarm,
        Self::NoMiss,
        Self::AllReported,
        Self::QueueRules,
    ];

    /// Returns the property in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoHang => "C7, no hang",
            Self::Termination => "C7, termination",
            Self::NoFalseAlarm => "C8, no false alarm",
            Self::NoMiss => "C8, no missed deadlock",
            Self::AllReported => "C8, every blocked participant gets the report, once",
            Self::QueueRules => "C6, the specification of a queue",
        }
    }
}

impl Properties {
    /// Every property.
    pub const ALL: Self = Self(u8::MAX);

    /// Returns the set of one property.
    pub const fn only(property: Property) -> Self {
        Self(1 << property as u8)
    }

    /// Removes a property.
    #[must_use]
    pub const fn without(self, property: Property) -> Self {
        Self(self.0 & !(1 << property as u8))
    }

    /// Returns whether the property is in the set.
    pub const fn contains(self, property: Property) -> bool {
        self.0 & (1 << property as u8) != 0
    }

    /// Returns the violation as an error if its property is checked.
    pub(super) fn report(self, violation: Violation) -> Result<(), Violation> {
        if self.contains(violation.property()) {
            Err(violation)
        } else {
            Ok(())
        }
    }
}

impl Violation {
    /// Returns the violated property.
    pub const fn property(&self) -> Property {
        match self {
            Self::Stuck { .. } => Property::NoHang,
            Self::RankNotDecreased { .. } => Property::Termination,
            Self::FalseAlarm => Property::NoFalseAlarm,
            Self::Missed => Property::NoMiss,
            Self::WrongRecipients { .. } | Self::BlockedAfterReport | Self::Unreported => {
                Property::AllReported
            }
            Self::Rejected(_) => Property::QueueRules,
        }
    }

    /// Returns the violated claim; `None` if the record itself makes no sense.
    pub fn claim(&self) -> Option<Claim> {
        match self.property() {
            Property::NoHang | Property::Termination => Some(Claim::C7),
            Property::NoFalseAlarm | Property::NoMiss | Property::AllReported => Some(Claim::C8),
            Property::QueueRules => match self {
                Self::Rejected(rejection) => rejection.claim(),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{self:?}"))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Rejected(rejection) = self {
            return write!(formatter, "{rejection}");
        }
        write!(formatter, "{} ({}) is violated: ", self.property(), self.property().title())?;
        match self {
            Self::Stuck { participants } => {
                write!(formatter, "the state is terminal, and {participants} participants hang")
            }
            Self::RankNotDecreased { before, after } => write!(
                formatter,
                "a step that may repeat forever: the rank goes from {before} to {after}"
            ),
            Self::WrongRecipients { blocked, reported } => {
                write!(formatter, "{blocked} are blocked, and {reported} of them get the report")
            }
            Self::FalseAlarm => {
                formatter.write_str("a deadlock is reported, and a participant can proceed")
            }
            Self::Missed => formatter.write_str("a deadlock, and no detection is in progress"),
            Self::BlockedAfterReport => formatter.write_str("it got the report, and sleeps on"),
            Self::Unreported | Self::Rejected(_) => {
                formatter.write_str("it returns that it would block forever, without a report")
            }
        }
    }
}
