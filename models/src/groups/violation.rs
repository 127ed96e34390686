//! What is looked at in the worlds of a group, and what can be wrong.

use std::fmt;

use crate::{Claim, Rejection};

/// What must hold of a group, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Property {
    /// C7: no participant is left behind in a world where nothing can happen but spurious wakeups.
    NoHang,
    /// C7: every step that is no spurious wakeup makes one number smaller, so that all ends.
    Termination,
    /// C8: when the group tells, nobody holds a token, somebody waits, and every participant has
    /// left or waits without a deadline for something that is not there.
    NoFalseAlarm,
    /// C8: when that is so, somebody is about to find out.
    NoMiss,
    /// C8: when the group tells, everybody who is blocked is told, their operations end without
    /// sleeping again, and no other operation answers that it would block forever.
    AllReported,
    /// The queues in the group keep the rules of a queue.
    QueueRules,
}

/// A set of properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Properties(u8);

/// A fault seen in the exploration of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Nothing can happen any more except spurious wakeups.
    Stuck {
        /// How many participants have not left.
        participants: usize,
    },
    /// A step that does not bring the end closer.
    RankNotDecreased {
        /// The measure before the step.
        before: usize,
        /// The measure after it.
        after: usize,
    },
    /// The group tells, and it is not so.
    FalseAlarm,
    /// It is so, nobody is about to find out, and nobody was told.
    Missed,
    /// The group tells, and not all who are blocked are told, or others are.
    WrongRecipients {
        /// How many are blocked.
        blocked: usize,
        /// How many of them are told.
        reported: usize,
    },
    /// An operation sleeps on after its participant was told.
    BlockedAfterReport,
    /// An operation answers that it would block forever, and its participant was not told.
    Unreported,
    /// The specification of the queue refuses an event.
    Refused(Rejection),
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NoHang,
        Self::Termination,
        Self::NoFalseAlarm,
        Self::NoMiss,
        Self::AllReported,
        Self::QueueRules,
    ];

    /// What it is in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoHang => "C7, nobody hangs",
            Self::Termination => "C7, everything ends",
            Self::NoFalseAlarm => "C8, no false alarm",
            Self::NoMiss => "C8, no miss",
            Self::AllReported => "C8, everybody is told, once",
            Self::QueueRules => "C6, the rules of a queue",
        }
    }
}

impl Properties {
    /// Every property.
    pub const ALL: Self = Self(u8::MAX);

    /// One property.
    pub const fn only(property: Property) -> Self {
        Self(1 << property as u8)
    }

    /// All but one.
    #[must_use]
    pub const fn without(self, property: Property) -> Self {
        Self(self.0 & !(1 << property as u8))
    }

    /// Whether the property is among them.
    pub const fn contains(self, property: Property) -> bool {
        self.0 & (1 << property as u8) != 0
    }

    /// A fault counts if it breaks a property that is looked at.
    pub(super) fn report(self, violation: Violation) -> Result<(), Violation> {
        if self.contains(violation.property()) {
            Err(violation)
        } else {
            Ok(())
        }
    }
}

impl Violation {
    /// The property that is broken.
    pub const fn property(&self) -> Property {
        match self {
            Self::Stuck { .. } => Property::NoHang,
            Self::RankNotDecreased { .. } => Property::Termination,
            Self::FalseAlarm => Property::NoFalseAlarm,
            Self::Missed => Property::NoMiss,
            Self::WrongRecipients { .. } | Self::BlockedAfterReport | Self::Unreported => {
                Property::AllReported
            }
            Self::Refused(_) => Property::QueueRules,
        }
    }

    /// The claim that is broken; `None` if the explorer itself went astray.
    pub fn claim(&self) -> Option<Claim> {
        match self.property() {
            Property::NoHang | Property::Termination => Some(Claim::C7),
            Property::NoFalseAlarm | Property::NoMiss | Property::AllReported => Some(Claim::C8),
            Property::QueueRules => match self {
                Self::Refused(rejection) => rejection.claim(),
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
        if let Self::Refused(rejection) = self {
            return write!(formatter, "{rejection}");
        }
        write!(formatter, "{} ({}) is broken: ", self.property(), self.property().title())?;
        match self {
            Self::Stuck { participants } => {
                write!(formatter, "nothing can happen any more, and {participants} hang")
            }
            Self::RankNotDecreased { before, after } => write!(
                formatter,
                "a step that may repeat for ever: the measure goes from {before} to {after}"
            ),
            Self::WrongRecipients { blocked, reported } => {
                write!(formatter, "{blocked} are blocked, and {reported} of them are told")
            }
            Self::FalseAlarm => formatter.write_str("they are told, and somebody can go on"),
            Self::Missed => formatter.write_str("they block for ever, and nobody finds out"),
            Self::BlockedAfterReport => formatter.write_str("it was told, and sleeps on"),
            Self::Unreported | Self::Refused(_) => {
                formatter.write_str("it says that it would block forever, and was not told")
            }
        }
    }
}
