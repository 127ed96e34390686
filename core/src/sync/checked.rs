//! The backend of the shadow packages: the checking kernel, and a record of every step.

#[cfg(sentinel_queue_model = "loom")]
pub(crate) use sentinel_queue_kernel::loom as kernel;
#[cfg(sentinel_queue_model = "shuttle")]
pub(crate) use sentinel_queue_kernel::shuttle as kernel;
#[cfg(sentinel_queue_model = "threads")]
pub(crate) use sentinel_queue_kernel::threads as kernel;

pub(crate) use kernel::{Condvar, Mutex, MutexGuard};

impl From<crate::state::Condition> for sentinel_queue_models::Condition {
    fn from(condition: crate::state::Condition) -> Self {
        match condition {
            crate::state::Condition::NotEmpty => Self::NotEmpty,
            crate::state::Condition::NotFull => Self::NotFull,
            crate::state::Condition::Completed => Self::Completed,
            crate::state::Condition::Flushed { .. } => Self::Flushed,
        }
    }
}

/// The size of a chunk of items: of two, so that programs of a few items cross its edges.
pub(crate) const ITEM_BYTES: usize = 80;

/// Records what happens, where it happens, for the comparison with the model.
macro_rules! record {
    ($($event:tt)*) => {
        $crate::sync::backend::kernel::record(sentinel_queue_models::Event::$($event)*)
    };
}
pub(crate) use record;

/// Tells the search what a lock protects where no event does, after every change of it; and the
/// reader of an interleaving what that change was.
macro_rules! publish {
    ($change:expr, $state:expr) => {
        $crate::sync::backend::kernel::publish_all($change, &$state)
    };
}
pub(crate) use publish;

/// The kernel numbers its threads.
pub(crate) type ThreadId = usize;

pub(crate) fn current_thread() -> ThreadId {
    #[cfg(sentinel_queue_model = "loom")]
    use kernel::Loom as Engine;
    #[cfg(sentinel_queue_model = "shuttle")]
    use kernel::Shuttle as Engine;
    #[cfg(sentinel_queue_model = "threads")]
    use kernel::Threads as Engine;
    <Engine as sentinel_queue_kernel::Backend>::me()
}
