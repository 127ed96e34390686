//! The interleaving: which thread locked, waited, notified which one, and why each woke.

use sentinel_queue_models::Event;
use std::borrow::Cow;

/// One line.
pub(crate) struct Entry {
    pub(crate) thread: usize,
    pub(crate) step: Step,
}

/// What happened.
pub(crate) enum Step {
    Lock {
        lock: usize,
    },
    Unlock {
        lock: usize,
    },
    Event {
        queue: usize,
        event: Event,
    },
    Wait {
        condvar: usize,
        kind: WaiterKind,
    },
    Woke {
        condvar: usize,
        reason: Reason,
    },
    NotifyOne {
        condvar: usize,
        woken: Option<usize>,
        waiters: usize,
    },
    NotifyAll {
        condvar: usize,
        woken: Vec<usize>,
        expired: Vec<usize>,
    },
    /// The state under a mutex of no queue has changed.
    Change(&'static str),
    Note(Cow<'static, str>),
    Quiescent,
    Finished,
}

/// The reason of a wakeup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Notified,
    Spurious,
    TimedOut,
}

/// The ways in which a waiter may wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaiterKind {
    /// Only by a notification.
    Untimed,
    /// Spuriously, as soon as it acquires the mutex.
    Spurious,
    /// By a notification or by its timer, which may expire at any moment.
    Timed,
    /// By its timer, which has expired: a notification has passed it over, though it has not
    /// returned yet. No later notification can choose it.
    Expired,
}
