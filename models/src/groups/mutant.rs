//! Designs of a group that do not work, each the right one but for one thing.

use std::fmt;

use super::Property;

/// One fault of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutant {
    /// Who waits is counted, and the queues are not asked: whoever was released and is not back
    /// counts as blocked.
    CountsOnly,
    /// Who waits for others to leave counts as blocked although they have left.
    DeparturesNotChecked,
    /// Who was told counts as waiting until it is back.
    ReportedStillCounted,
    /// Waits with a deadline are entered too.
    TimedWaitsCounted,
    /// Tokens hold nobody back.
    TokenIgnored,
    /// The queues are asked one after the other, and whether the book has changed meanwhile is not.
    EpochNotCompared,
    /// Whoever comes back does first what it came for, and strikes itself out afterwards.
    UnregisteredLate,
    /// Nobody enters itself, and so nobody examines: as without a group.
    NothingRegistered,
    /// Nobody examines when a participant begins to wait.
    NoDetectionOnWait,
    /// Nobody examines when a participant leaves.
    NoDetectionOnLeave,
    /// Nobody examines when a token is dropped.
    NoDetectionOnToken,
    /// An examination looks at one queue's waiters only, those of its own; if they are all who are
    /// present, it tells.
    ChecksOwnQueueOnly,
    /// Whoever has examined goes to sleep without looking whether it was told.
    ReportNotRechecked,
    /// Whoever has examined goes to sleep without looking at the queue again.
    QueueNotRechecked,
    /// Only who examines is told.
    ReportsOnlyItself,
    /// Whoever is woken by one who has told takes that for being told.
    WakeupTakenForReport,
    /// Only who waits on the first queue is woken.
    NotifiesOneQueue,
    /// Only receivers are woken.
    NotifiesReceiversOnly,
    /// Who waits for others to leave is told, and not woken.
    JoinersNotNotified,
    /// Whoever has examined in vain examines again instead of going to sleep.
    DetectsForever,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::CountsOnly,
        Self::DeparturesNotChecked,
        Self::ReportedStillCounted,
        Self::TimedWaitsCounted,
        Self::TokenIgnored,
        Self::EpochNotCompared,
        Self::UnregisteredLate,
        Self::NothingRegistered,
        Self::NoDetectionOnWait,
        Self::NoDetectionOnLeave,
        Self::NoDetectionOnToken,
        Self::ChecksOwnQueueOnly,
        Self::ReportNotRechecked,
        Self::QueueNotRechecked,
        Self::ReportsOnlyItself,
        Self::WakeupTakenForReport,
        Self::NotifiesOneQueue,
        Self::NotifiesReceiversOnly,
        Self::JoinersNotNotified,
        Self::DetectsForever,
    ];

    /// The property that the fault was made to break. It may break others too.
    pub const fn target(self) -> Property {
        match self {
            Self::CountsOnly
            | Self::DeparturesNotChecked
            | Self::ReportedStillCounted
            | Self::TimedWaitsCounted
            | Self::TokenIgnored
            | Self::EpochNotCompared
            | Self::UnregisteredLate => Property::NoFalseAlarm,
            Self::NothingRegistered
            | Self::NoDetectionOnWait
            | Self::NoDetectionOnLeave
            | Self::NoDetectionOnToken
            | Self::ChecksOwnQueueOnly => Property::NoMiss,
            Self::ReportNotRechecked | Self::ReportsOnlyItself | Self::WakeupTakenForReport => {
                Property::AllReported
            }
            Self::QueueNotRechecked => Property::QueueRules,
            Self::NotifiesOneQueue | Self::NotifiesReceiversOnly | Self::JoinersNotNotified => {
                Property::NoHang
            }
            Self::DetectsForever => Property::Termination,
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` honours a width, which the kill table needs.
        formatter.pad(&format!("{self:?}"))
    }
}
