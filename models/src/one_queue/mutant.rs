//! Faults, as values of a configuration: what the explorer must find if its properties bite.

use std::fmt;

use crate::Claim;

/// One fault, in the queue or, where said so, in the program around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutant {
    /// `close_now` hands the items back and leaves them queued as well.
    CloseNowKeepsItems,
    /// A send on a full queue answers that the item is in, and drops it.
    FullQueueDropsItem,
    /// The last receiver closes and leaves what is queued where nobody can get it.
    LastReceiverDoesNotDrain,
    /// A worker loop goes on after its sentinel (a fault of the loop).
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
    /// A send does not look at the capacity.
    SendIgnoresCapacity,
    /// A sentinel takes a place, and its sender waits for one.
    SentinelTakesRoom,
    /// A send does not look whether the queue is closed.
    SendIgnoresClose,
    /// `close` wakes the receivers and forgets the senders.
    CloseWakesReceiversOnly,
    /// `close` wakes one of each side.
    CloseWakesOne,
    /// A receive answers *closed* as soon as the queue is closed, whatever is queued.
    ClosedBeforeDrained,
    /// The last sender leaves the queue open.
    LastSenderDoesNotClose,
    /// The last receiver leaves the queue open.
    LastReceiverDoesNotClose,
    /// A push notifies nobody.
    NeverNotifyReceivers,
    /// A take notifies nobody.
    NeverNotifySenders,
    /// A push notifies only if the queue was empty.
    NotifyOnlyWhenEmpty,
    /// A take notifies only if the queue was full.
    NotifyOnlyWhenFull,
    /// However much a section changed, it notifies one.
    OneNotificationPerBatch,
    /// No sender or receiver is notified while a wakeup of that side is under way.
    OneWakeupInFlight,
    /// A wait that ends by the clock leaves the count of pending notifications as it is.
    TimeoutKeepsNotification,
    /// The coordinator sends one sentinel too few (a fault of the program).
    OneSentinelTooFew,
    /// A full queue is tried again and again instead of being waited for.
    SpinsInsteadOfWaiting,
    /// A wait that ends by the clock gives up without looking.
    TimeoutWithoutRecheck,
    /// A receive that is out of time takes an item and answers *timeout*.
    TimeoutTakesItem,
    /// An operation with a deadline gives up at the first wakeup that brings it nothing.
    GivesUpEarly,
    /// `join` returns as soon as nothing is queued.
    JoinIgnoresTasks,
    /// `join` waits for the sentinels too.
    JoinCountsSentinels,
    /// The end of a task notifies nobody.
    TaskDoneDoesNotNotify,
    /// A worker that dies leaves its task unfinished.
    DeathKeepsTask,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 33] = [
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
    ];

    /// The claim that the fault was made to break. It may break others too.
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
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` honours a width, which the kill table needs.
        formatter.pad(&format!("{self:?}"))
    }
}
