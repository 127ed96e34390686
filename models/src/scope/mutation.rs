//! Designs of a group that do not work, each the right one but for one thing.

use std::fmt;

use super::Property;

/// One fault of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutation {
    /// Who waits is counted, and the queues are not asked: whoever was released and is not back
    /// counts as blocked.
    CountsOnly,
    /// Who waits for others to leave counts as blocked although they have left.
    AwaitedNotAsked,
    /// Who was told counts as waiting until it is back.
    ToldStillCounted,
    /// Waits with a deadline are entered too.
    TimedWaitsCounted,
    /// Tokens hold nobody back.
    TokenIgnored,
    /// The queues are asked one after the other, and whether the book has changed meanwhile is not.
    EpochNotCompared,
    /// Whoever comes back does first what it came for, and strikes itself out afterwards.
    StruckOutLate,
    /// Nobody enters itself, and so nobody examines: as without a group.
    NobodyEntered,
    /// Nobody examines when a participant begins to wait.
    NoExaminationOnWait,
    /// Nobody examines when a participant leaves.
    NoExaminationOnLeave,
    /// Nobody examines when a token is dropped.
    NoExaminationOnToken,
    /// An examination looks at one queue's waiters only, those of its own; if they are all who are
    /// present, it tells.
    ExaminesOwnQueue,
    /// Whoever has examined goes to sleep without looking whether it was told.
    ToldNotAskedAgain,
    /// Whoever has examined goes to sleep without looking at the queue again.
    QueueNotAskedAgain,
    /// Only who examines is told.
    TellsItself,
    /// Whoever is woken by one who has told takes that for being told.
    WakingIsTelling,
    /// Only who waits on the first queue is woken.
    WakesOneQueue,
    /// Only receivers are woken.
    WakesOneSide,
    /// Who waits for others to leave is told, and not woken.
    AwaitersNotWoken,
    /// Whoever has examined in vain examines again instead of going to sleep.
    ExaminesForever,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::CountsOnly,
        Self::AwaitedNotAsked,
        Self::ToldStillCounted,
        Self::TimedWaitsCounted,
        Self::TokenIgnored,
        Self::EpochNotCompared,
        Self::StruckOutLate,
        Self::NobodyEntered,
        Self::NoExaminationOnWait,
        Self::NoExaminationOnLeave,
        Self::NoExaminationOnToken,
        Self::ExaminesOwnQueue,
        Self::ToldNotAskedAgain,
        Self::QueueNotAskedAgain,
        Self::TellsItself,
        Self::WakingIsTelling,
        Self::WakesOneQueue,
        Self::WakesOneSide,
        Self::AwaitersNotWoken,
        Self::ExaminesForever,
    ];

    /// The property that the fault was made to break. It may break others too.
    pub const fn breaks(self) -> Property {
        match self {
            Self::CountsOnly
            | Self::AwaitedNotAsked
            | Self::ToldStillCounted
            | Self::TimedWaitsCounted
            | Self::TokenIgnored
            | Self::EpochNotCompared
            | Self::StruckOutLate => Property::NoFalseAlarm,
            Self::NobodyEntered
            | Self::NoExaminationOnWait
            | Self::NoExaminationOnLeave
            | Self::NoExaminationOnToken
            | Self::ExaminesOwnQueue => Property::NoMiss,
            Self::ToldNotAskedAgain | Self::TellsItself | Self::WakingIsTelling => {
                Property::EverybodyTold
            }
            Self::QueueNotAskedAgain => Property::QueueRules,
            Self::WakesOneQueue | Self::WakesOneSide | Self::AwaitersNotWoken => Property::NoHang,
            Self::ExaminesForever => Property::Termination,
        }
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` honours a width, which the kill table needs.
        formatter.pad(&format!("{self:?}"))
    }
}
