//! The only file that knows which lock, condition variable and clock are in use.
//!
//! The rest of the crate sees a mutex and condition variables shaped like parking_lot's, and
//! synchronizes by nothing else: no atomics, no `try_lock`, no parking. What it may rely on is what
//! the checkers grant: the mutex excludes; `notify_one` wakes at least one waiter if there is one, any
//! one; waits may wake spuriously; a timed wait may end at any moment. Only `scope` waits otherwise,
//! when all is said: until the system's threads that it started, which have left by then, are gone.
//!
//! Which backend is compiled is decided here and nowhere else:
//!
//! - by default parking_lot;
//! - in the shadow packages of this repository, whose build scripts set `sentinel_queue_model`, the
//!   checking kernel, so that the very same source is explored;
//! - with `RUSTFLAGS="--cfg sentinel_queue_loom"`, loom's own mutex and condition variable, for
//!   people who model-check their own crate with this queue inside.

use std::panic::Location;
use std::time::Duration;

pub(crate) use backend::{current_thread, linger, publish, record};
pub(crate) use backend::{Condvar, Mutex, MutexGuard, ThreadId, ITEM_BYTES};
pub(crate) use std::time::Instant;

#[cfg(sentinel_queue_loom)]
#[path = "sync/loom.rs"]
mod backend;

#[cfg(any(
    sentinel_queue_model = "loom",
    sentinel_queue_model = "shuttle",
    sentinel_queue_model = "threads"
))]
#[path = "sync/kernel.rs"]
pub(crate) mod backend;

#[cfg(not(any(
    sentinel_queue_loom,
    sentinel_queue_model = "loom",
    sentinel_queue_model = "shuttle",
    sentinel_queue_model = "threads"
)))]
#[path = "sync/parking_lot.rs"]
mod backend;

#[cfg(not(sentinel_queue_model = "shuttle"))]
pub(crate) mod scoped;
#[cfg(sentinel_queue_model = "shuttle")]
pub(crate) use sentinel_queue_kernel::shuttle::scoped;

/// How long an operation may wait. Made once, at the door of the crate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// Not at all.
    Now,
    /// Until then; also in the past, which still allows for one attempt.
    At(Instant),
    /// For ever. Whoever does so may have to be told where: the caller.
    Never(&'static Location<'static>),
}

impl Deadline {
    pub(crate) fn is_never(self) -> bool {
        matches!(self, Deadline::Never(_))
    }

    /// Whether there is time left to look again in a moment.
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

    /// A time too far away for the clock, such as `Duration::MAX`, is never.
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
