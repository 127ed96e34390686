//! Seeded bugs of the detector: each design differs from the right one in one point.

use std::fmt;

use super::Property;

/// One seeded bug of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutant {
    /// Blocked participants are counted, and the queues are not checked: a thread that is released
    /// and has not resumed counts as blocked.
    CountsOnly,
    /// A joiner counts as blocked although the joined threads have left.
    DeparturesNotChecked,
    /// A thread that has received a report counts as blocked until it resumes.
    ReportedStillCounted,
    /// Waits with a deadline are registered too.
    TimedWaitsCounted,
    /// Tokens do not delay a report.
    TokenIgnored,
    /// The queues are checked one after the other, and the epoch is not compared.
    EpochNotCompared,
    /// A resumed thread retries first, and unregisters afterwards.
    UnregisteredLate,
    /// No thread registers, so there is no detection: as without a group.
    NothingRegistered,
    /// There is no detection when a participant blocks.
    NoDetectionOnWait,
    /// There is no detection when a participant leaves.
    NoDetectionOnLeave,
    /// There is no detection when a token is dropped.
    NoDetectionOnToken,
    /// A detection considers the waiters of its own queue only; if they are all participants, it
    /// reports.
    ChecksOwnQueueOnly,
    /// After a detection a thread sleeps without rechecking whether a deadlock was reported to it.
    ReportNotRechecked,
    /// After a detection a thread sleeps without rechecking the queue.
    QueueNotRechecked,
    /// Only the thread that ran the detection receives the report.
    ReportsOnlyItself,
    /// A thread that is woken by the detector takes the wakeup for a report.
    WakeupTakenForReport,
    /// Only waiters on the first queue are notified.
    NotifiesOneQueue,
    /// Only receivers are notified.
    NotifiesReceiversOnly,
    /// Joiners receive the report, and are not notified.
    JoinersNotNotified,
    /// A thread whose detection found nothing starts another one instead of sleeping.
    DetectsForever,
}

impl Mutant {
    /// All mutants.
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

    /// Returns the property that the mutant was made to violate. It may violate others too.
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

    /// Returns the name of the bug in the code or in the proofs, if it is seeded there, too: where it
    /// is the same fault of the design.
    pub const fn elsewhere(self) -> Option<&'static str> {
        Some(match self {
            Self::CountsOnly => "blocked threads are counted, no queue is asked",
            Self::DeparturesNotChecked => "a joiner counts as blocked though its join is granted",
            Self::ReportedStillCounted => "a deadlocked participant stays counted until it runs",
            Self::TimedWaitsCounted => "a wait with a deadline counts as blocked forever",
            Self::TokenIgnored => "a token is ignored",
            Self::EpochNotCompared => "the epoch is not compared",
            Self::NoDetectionOnLeave => "no check when a participant leaves",
            Self::NoDetectionOnToken => "no check when a token is released",
            Self::QueueNotRechecked => {
                "a participant sleeps after the check though its queue is ready"
            }
            Self::NotifiesOneQueue => "only the waiters of the first queue are woken",
            Self::JoinersNotNotified => "joiners are not woken from a deadlock",
            Self::NotifiesReceiversOnly => "senders are not woken from a deadlock",
            Self::UnregisteredLate
            | Self::NothingRegistered
            | Self::NoDetectionOnWait
            | Self::ChecksOwnQueueOnly
            | Self::ReportNotRechecked
            | Self::ReportsOnlyItself
            | Self::WakeupTakenForReport
            | Self::DetectsForever => return None,
        })
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}
