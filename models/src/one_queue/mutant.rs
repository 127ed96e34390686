//! Seeded bugs, as values of a configuration: the explorer must find a violation of each.

use std::fmt;

use crate::Claim;

/// One seeded bug, in the queue or, where said so, in the program around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutant {
    /// `close_now` hands the items back and leaves them queued as well.
    CloseNowKeepsItems,
    /// A send on a full queue reports that the item is in, and drops it.
    FullQueueDropsItem,
    /// The last receiver closes and leaves items queued that no thread can receive.
    LastReceiverDoesNotDrain,
    /// A worker loop continues after its sentinel (a bug of the loop).
    WorkerSurvivesSentinel,
    /// `recv_many` takes what is queued behind a sentinel.
    BatchCrossesSentinel,
    /// `close_now` takes out the sentinels and does not count them.
    CloseNowForgetsSentinels,
    /// `force_send` takes out whatever is at the front, sentinels too.
    EvictsSentinel,
    /// A receive takes the newest item.
    NewestFirst,
    /// `force_send` hands back the newest item instead of the oldest.
    EvictsNewest,
    /// A send ignores the capacity.
    SendIgnoresCapacity,
    /// A sentinel takes room, and its sender waits for it.
    SentinelTakesRoom,
    /// A send does not check whether the queue is closed.
    SendIgnoresClose,
    /// `close` wakes the receivers and not the senders.
    CloseWakesReceiversOnly,
    /// `close` wakes one waiter of each condition.
    CloseWakesOne,
    /// A receive returns *closed* as soon as the queue is closed, although items are queued.
    ClosedBeforeDrained,
    /// The last sender leaves the queue open.
    LastSenderDoesNotClose,
    /// The last receiver leaves the queue open.
    LastReceiverDoesNotClose,
    /// A push notifies no receiver.
    NeverNotifyReceivers,
    /// A take notifies no sender.
    NeverNotifySenders,
    /// A push notifies only if the queue was empty.
    NotifyOnlyWhenEmpty,
    /// A take notifies only if the queue was full.
    NotifyOnlyWhenFull,
    /// A section notifies one waiter, however much it changed.
    OneNotificationPerBatch,
    /// No sender or receiver is notified while a wakeup of the same condition is pending.
    OneWakeupInFlight,
    /// A wait that ends by its deadline leaves the count of pending notifications as it is.
    TimeoutKeepsNotification,
    /// The coordinator sends one sentinel too few (a bug of the program).
    OneSentinelTooFew,
    /// A send on a full queue retries in a loop instead of waiting.
    SpinsInsteadOfWaiting,
    /// A wait that ends by its deadline gives up without a recheck.
    TimeoutWithoutRecheck,
    /// A receive whose deadline has passed takes an item and returns *timeout*.
    TimeoutTakesItem,
    /// An operation with a deadline gives up at the first wakeup after which its condition does not
    /// hold.
    GivesUpEarly,
    /// `join` returns as soon as nothing is queued.
    JoinIgnoresTasks,
    /// `join` waits for the sentinels too.
    JoinCountsSentinels,
    /// The end of a task notifies no joiner.
    TaskDoneDoesNotNotify,
    /// A worker that dies leaves its task unfinished.
    DeathKeepsTask,
    /// A future that is dropped passes on no wakeup.
    DroppedFutureKeepsWakeup,
    /// A future that is dropped receives an item first if there is one.
    DroppedFutureTakes,
}

impl Mutant {
    /// All mutants.
    pub const ALL: [Self; 35] = [
        Self::CloseNowKeepsItems,
        Self::FullQueueDropsItem,
        Self::LastReceiverDoesNotDrain,
        Self::WorkerSurvivesSentinel,
        Self::BatchCrossesSentinel,
        Self::CloseNowForgetsSentinels,
        Self::EvictsSentinel,
        Self::NewestFirst,
        Self::EvictsNewest,
        Self::SendIgnoresCapacity,
        Self::SentinelTakesRoom,
        Self::SendIgnoresClose,
        Self::CloseWakesReceiversOnly,
        Self::CloseWakesOne,
        Self::ClosedBeforeDrained,
        Self::LastSenderDoesNotClose,
        Self::LastReceiverDoesNotClose,
        Self::NeverNotifyReceivers,
        Self::NeverNotifySenders,
        Self::NotifyOnlyWhenEmpty,
        Self::NotifyOnlyWhenFull,
        Self::OneNotificationPerBatch,
        Self::OneWakeupInFlight,
        Self::TimeoutKeepsNotification,
        Self::OneSentinelTooFew,
        Self::SpinsInsteadOfWaiting,
        Self::TimeoutWithoutRecheck,
        Self::TimeoutTakesItem,
        Self::GivesUpEarly,
        Self::JoinIgnoresTasks,
        Self::JoinCountsSentinels,
        Self::TaskDoneDoesNotNotify,
        Self::DeathKeepsTask,
        Self::DroppedFutureKeepsWakeup,
        Self::DroppedFutureTakes,
    ];

    /// Returns the claim that the mutant was made to violate. It may violate others too.
    pub const fn target(self) -> Claim {
        match self {
            Self::CloseNowKeepsItems
            | Self::FullQueueDropsItem
            | Self::LastReceiverDoesNotDrain => Claim::C1,
            Self::WorkerSurvivesSentinel
            | Self::BatchCrossesSentinel
            | Self::CloseNowForgetsSentinels
            | Self::EvictsSentinel => Claim::C2,
            Self::NewestFirst | Self::EvictsNewest => Claim::C3,
            Self::SendIgnoresCapacity | Self::SentinelTakesRoom => Claim::C4,
            Self::SendIgnoresClose
            | Self::CloseWakesReceiversOnly
            | Self::CloseWakesOne
            | Self::ClosedBeforeDrained
            | Self::LastSenderDoesNotClose
            | Self::LastReceiverDoesNotClose => Claim::C5,
            Self::NeverNotifyReceivers
            | Self::NeverNotifySenders
            | Self::NotifyOnlyWhenEmpty
            | Self::NotifyOnlyWhenFull
            | Self::OneNotificationPerBatch
            | Self::OneWakeupInFlight
            | Self::TimeoutKeepsNotification => Claim::C6,
            Self::OneSentinelTooFew | Self::SpinsInsteadOfWaiting => Claim::C7,
            Self::TimeoutWithoutRecheck | Self::TimeoutTakesItem | Self::GivesUpEarly => Claim::C9,
            Self::JoinIgnoresTasks
            | Self::JoinCountsSentinels
            | Self::TaskDoneDoesNotNotify
            | Self::DeathKeepsTask => Claim::C11,
            Self::DroppedFutureKeepsWakeup | Self::DroppedFutureTakes => Claim::C12,
        }
    }

    /// Returns the name of the bug in the code or in the proofs, if it is seeded there, too: where it
    /// is the same fault of the design.
    pub const fn elsewhere(self) -> Option<&'static str> {
        Some(match self {
            Self::LastReceiverDoesNotDrain => "the last receiver closes and keeps the items",
            Self::WorkerSurvivesSentinel => "a worker survives its sentinel",
            Self::BatchCrossesSentinel => "recv_many crosses a sentinel",
            Self::NewestFirst => "last in, first out",
            Self::EvictsNewest => "an eviction takes the newest",
            Self::SendIgnoresCapacity => "send ignores the capacity",
            Self::SendIgnoresClose => "a closed queue accepts",
            Self::CloseWakesReceiversOnly => "a close does not wake senders",
            Self::CloseWakesOne => "one notification for a close",
            Self::ClosedBeforeDrained => "closed wins over ready",
            Self::LastSenderDoesNotClose => "the last sender does not close",
            Self::LastReceiverDoesNotClose => "the last receiver does not close",
            Self::OneNotificationPerBatch => "a batch wakes one",
            Self::NeverNotifyReceivers => "receivers are never notified",
            Self::NeverNotifySenders => "senders are never notified",
            Self::SentinelTakesRoom => "a sentinel takes up room",
            Self::EvictsSentinel => "an eviction removes the sentinel before it",
            Self::GivesUpEarly => "gives up before its deadline",
            Self::OneWakeupInFlight => "elided while one wakeup is in flight",
            Self::TimeoutWithoutRecheck => "a timeout without a recheck",
            Self::JoinIgnoresTasks => "join ignores unfinished tasks",
            Self::TaskDoneDoesNotNotify => "the end of a task notifies no thread",
            Self::DroppedFutureKeepsWakeup => "a dropped future passes no wakeup on",
            Self::DroppedFutureTakes => "a dropped receive takes an item",
            Self::CloseNowKeepsItems
            | Self::FullQueueDropsItem
            | Self::CloseNowForgetsSentinels
            | Self::NotifyOnlyWhenEmpty
            | Self::NotifyOnlyWhenFull
            | Self::TimeoutKeepsNotification
            | Self::OneSentinelTooFew
            | Self::SpinsInsteadOfWaiting
            | Self::TimeoutTakesItem
            | Self::JoinCountsSentinels
            | Self::DeathKeepsTask => return None,
        })
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}
