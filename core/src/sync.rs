//! The only file that knows which lock, condition variable and clock are in use.
//!
//! The rest of the crate sees a mutex and condition variables shaped like parking_lot's, and
//! synchronizes by nothing else: no atomics, no `try_lock`, no parking. What it may rely on is what
//! the checkers grant: the mutex excludes; `notify_one` wakes at least one waiter if there is one, any
//! one; waits may wake spuriously; a timed wait may end at any moment. The one exception is `scope`,
//! which finally joins its OS threads; all of them have left the group by then.
//!
//! Which backend is compiled is decided here and nowhere else:
//!
//! - by default parking_lot;
//! - in the shadow packages of this repository, whose build scripts set `sentinel_queue_model`, the
//!   checking kernel, so that the very same source is explored;
//! - under `--cfg loom` with the feature `loom`, loom's own threads and mutex, for crates that
//!   model-check themselves with this queue inside. The cfg without the feature does not compile:
//!   loom's threads would hang in parking_lot. The feature without the cfg changes nothing, so
//!   it is additive. Every function on the way to a wait is `track_caller` there, so that with
//!   `LOOM_LOCATION` loom names the caller's line; elsewhere it is not, which saves instructions;
//! - under Miri, `std::sync`.

use std::panic::Location;
use std::time::Duration;

pub(crate) use backend::{current_thread, publish, record};
pub(crate) use backend::{Condvar, Mutex, MutexGuard, ThreadId, ITEM_BYTES};
pub(crate) use std::time::Instant;

#[cfg(any(
    sentinel_queue_model = "loom",
    sentinel_queue_model = "shuttle",
    sentinel_queue_model = "threads"
))]
#[path = "sync/checked.rs"]
pub(crate) mod backend;

#[cfg(all(
    loom,
    feature = "loom",
    not(any(
        sentinel_queue_model = "loom",
        sentinel_queue_model = "shuttle",
        sentinel_queue_model = "threads"
    ))
))]
#[path = "sync/loom.rs"]
mod backend;

#[cfg(all(
    loom,
    not(feature = "loom"),
    not(any(
        sentinel_queue_model = "loom",
        sentinel_queue_model = "shuttle",
        sentinel_queue_model = "threads"
    ))
))]
compile_error!(
    "under `--cfg loom` sentinel-queue needs its feature `loom`: add to Cargo.toml, in the section \
     [target.'cfg(loom)'.dependencies], sentinel-queue = { version = \"0.1\", features = [\"loom\"] }"
);

#[cfg(all(
    miri,
    not(loom),
    not(any(
        sentinel_queue_model = "loom",
        sentinel_queue_model = "shuttle",
        sentinel_queue_model = "threads"
    ))
))]
#[path = "sync/std_sync.rs"]
mod backend;

#[cfg(not(any(
    all(loom, feature = "loom"),
    all(miri, not(loom)),
    any(
        sentinel_queue_model = "loom",
        sentinel_queue_model = "shuttle",
        sentinel_queue_model = "threads"
    )
)))]
#[path = "sync/parking_lot.rs"]
mod backend;

#[cfg(not(any(all(loom, feature = "loom"), sentinel_queue_model = "shuttle")))]
#[path = "sync/threads.rs"]
pub(crate) mod scoped;
#[cfg(all(loom, feature = "loom", not(sentinel_queue_model = "shuttle")))]
#[path = "sync/no_threads.rs"]
pub(crate) mod scoped;
#[cfg(sentinel_queue_model = "shuttle")]
pub(crate) use sentinel_queue_kernel::shuttle::scoped;

/// How long an operation may wait; made once, by the public function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// Does not wait.
    Now,
    /// Until then; an instant in the past still allows one attempt.
    At(Instant),
    /// Forever; carries the call site for deadlock reports.
    Never(&'static Location<'static>),
}

impl Deadline {
    pub(crate) fn is_never(self) -> bool {
        matches!(self, Deadline::Never(_))
    }

    /// Returns whether there is time left for another look.
    pub(crate) fn has_time(self) -> bool {
        match self {
            Deadline::Now => false,
            Deadline::At(instant) => Instant::now() < instant,
            Deadline::Never(_) => true,
        }
    }

    #[track_caller]
    pub(crate) fn never() -> Self {
        Deadline::Never(Location::caller())
    }

    /// Returns the deadline after `timeout`; one beyond the clock's range, as `Duration::MAX`, is
    /// never.
    #[track_caller]
    pub(crate) fn after(timeout: Duration) -> Self {
        match Instant::now().checked_add(timeout) {
            Some(instant) => Deadline::At(instant),
            None => Deadline::never(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_timeout_is_never() {
        assert!(matches!(Deadline::after(Duration::MAX), Deadline::Never(_)));
        assert!(matches!(Deadline::after(Duration::ZERO), Deadline::At(_)));
    }
}
