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
//! - in the two checking builds of this repository, whose build scripts set `sentinel_queue_model`, the
//!   checking kernel, so that the very same source is explored;
//! - under `--cfg loom` with the feature `loom`, loom's own threads and mutex, and under
//!   `--cfg shuttle` with the feature `shuttle`, shuttle's, for crates that model-check themselves
//!   with this queue inside. A cfg without its feature does not compile: a checker's threads would
//!   hang in parking_lot. A feature without its cfg changes nothing, so it is additive;
//! - under Miri, `std::sync`.
//!
//! Under loom every function on the way to a wait is `track_caller`, so that with `LOOM_LOCATION`
//! loom names the caller's line; elsewhere it is not, which saves instructions.

use std::panic::Location;
use std::time::Duration;

pub(crate) use backend::current_thread;
#[cfg(sentinel_queue_model)]
pub(crate) use backend::{publish, record, record_in_group};
pub(crate) use backend::{Condvar, Mutex, MutexGuard, ThreadId, ITEM_BYTES};
pub(crate) use std::time::Instant;

/// The most participants that a deadlock check examines per section. In the checking builds so few
/// that three participants need two sections.
pub(crate) const PARTICIPANTS: usize = if cfg!(sentinel_queue_model) { 2 } else { 16 };

#[cfg(sentinel_queue_model)]
#[path = "sync/checked.rs"]
pub(crate) mod backend;

#[cfg(all(loom, feature = "loom", not(sentinel_queue_model)))]
#[path = "sync/loom.rs"]
mod backend;

#[cfg(all(shuttle, feature = "shuttle", not(loom), not(sentinel_queue_model)))]
#[path = "sync/shuttle.rs"]
mod backend;

#[cfg(all(miri, not(loom), not(shuttle), not(sentinel_queue_model)))]
#[path = "sync/std_sync.rs"]
mod backend;

#[cfg(not(any(
    sentinel_queue_model,
    all(loom, feature = "loom"),
    all(shuttle, feature = "shuttle"),
    all(miri, not(loom), not(shuttle)),
)))]
#[path = "sync/parking_lot.rs"]
mod backend;

#[cfg(all(loom, not(feature = "loom"), not(sentinel_queue_model)))]
compile_error!(
    "under `--cfg loom` sentinel-queue needs its feature `loom`: add to Cargo.toml, in the section \
     [target.'cfg(loom)'.dependencies], sentinel-queue = { version = \"0.1\", features = [\"loom\"] }"
);

#[cfg(all(shuttle, not(feature = "shuttle"), not(sentinel_queue_model)))]
compile_error!(
    "under `--cfg shuttle` sentinel-queue needs its feature `shuttle`: add to Cargo.toml, in the \
     section [target.'cfg(shuttle)'.dependencies], \
     sentinel-queue = { version = \"0.1\", features = [\"shuttle\"] }"
);

#[cfg(all(loom, shuttle, not(sentinel_queue_model)))]
compile_error!("sentinel-queue runs under `--cfg loom` or `--cfg shuttle`, not under both at once");

#[cfg(not(any(all(loom, feature = "loom"), sentinel_queue_model)))]
#[path = "sync/threads.rs"]
pub(crate) mod scoped;
#[cfg(all(loom, feature = "loom", not(sentinel_queue_model)))]
#[path = "sync/no_threads.rs"]
pub(crate) mod scoped;
#[cfg(sentinel_queue_model)]
pub(crate) use sentinel_queue_kernel::shuttle::scoped;

/// What [`scoped`] starts its threads with.
#[cfg(all(shuttle, feature = "shuttle", not(loom), not(sentinel_queue_model)))]
#[path = "sync/shuttle_engine.rs"]
mod engine;
#[cfg(not(any(
    all(loom, feature = "loom"),
    all(shuttle, feature = "shuttle"),
    sentinel_queue_model
)))]
#[path = "sync/std_engine.rs"]
mod engine;

/// What a thread or a task can wait for. Each has a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Condition {
    /// Receivers: an item, a sentinel, or the close.
    NotEmpty,
    /// Senders: room, or the close.
    NotFull,
    /// Joiners: an empty queue without unfinished tasks.
    Completed,
    /// Flushes: the end of the grace period of that number, see [`Grace`](crate::grace::Grace).
    Flushed { generation: u64 },
}

impl Condition {
    /// One of each.
    pub(crate) const ALL: [Self; 4] =
        [Self::NotEmpty, Self::NotFull, Self::Completed, Self::Flushed { generation: u64::MAX }];
}

/// What a participant of a group can be blocked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WaitTarget {
    Queue {
        queue: usize,
        condition: Condition,
    },
    /// That participant leaves.
    Participant {
        number: usize,
    },
    /// All others leave.
    AllOthers,
}

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

/// The checking builds record events here. Every other build compiles this to nothing.
#[cfg(not(sentinel_queue_model))]
macro_rules! record {
    ($($event:tt)*) => {{}};
}
/// The checking builds record the steps of a group here. Every other build compiles this to nothing.
#[cfg(not(sentinel_queue_model))]
macro_rules! record_in_group {
    ($($event:tt)*) => {{}};
}
/// The checking builds publish state here. Every other build compiles this to nothing.
#[cfg(not(sentinel_queue_model))]
macro_rules! publish {
    ($change:expr, $state:expr) => {
        let _never_called = || {
            let _: &'static str = $change;
            let _ = $state;
        };
    };
}
#[cfg(not(sentinel_queue_model))]
pub(crate) use {publish, record, record_in_group};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_timeout_is_never() {
        assert!(matches!(Deadline::after(Duration::MAX), Deadline::Never(_)));
        assert!(matches!(Deadline::after(Duration::ZERO), Deadline::At(_)));
    }
}
