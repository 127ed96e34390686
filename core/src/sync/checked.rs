//! The backend of the checking builds: the checking kernel, and a record of every step.

use super::Condition;
pub(crate) use sentinel_queue_kernel::{Condvar, Mutex, MutexGuard};

impl From<Condition> for sentinel_queue_models::Condition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::NotEmpty => Self::NotEmpty,
            Condition::NotFull => Self::NotFull,
            Condition::Completed => Self::Completed,
            Condition::Flushed { .. } => Self::Flushed,
        }
    }
}

impl From<super::WaitTarget> for sentinel_queue_models::WaitTarget {
    fn from(target: super::WaitTarget) -> Self {
        match target {
            super::WaitTarget::Queue { queue, condition } => {
                Self::Queue { queue: queue - 1, condition: condition.into() }
            }
            super::WaitTarget::Participant { number } => Self::Participant { number },
            super::WaitTarget::AllOthers => Self::AllOthers,
        }
    }
}

/// The size of a chunk of items: of two, so that programs of a few items cross its edges.
pub(crate) const ITEM_BYTES: usize = 80;

/// Records what happens, where it happens, for the comparison with the model.
macro_rules! record {
    ($($event:tt)*) => {
        sentinel_queue_kernel::record(sentinel_queue_models::Event::$($event)*)
    };
}
pub(crate) use record;

/// Records likewise a step of the registry of a group.
macro_rules! record_in_group {
    ($($event:tt)*) => {
        sentinel_queue_kernel::record_in_group(sentinel_queue_models::RegistryEvent::$($event)*)
    };
}
pub(crate) use record_in_group;

/// Tells the search what a lock protects where no event does, after every change of it; and the
/// reader of an interleaving what that change was.
macro_rules! publish {
    ($change:expr, $state:expr) => {
        sentinel_queue_kernel::publish($change, || $state)
    };
}
pub(crate) use publish;

/// The kernel numbers its threads.
pub(crate) type ThreadId = usize;

pub(crate) fn current_thread() -> ThreadId {
    sentinel_queue_kernel::harness::me()
}
