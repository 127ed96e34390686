//! The kernel over real threads: the standard library's mutex and condition variable, recording
//! events in order under the lock. Nothing is explored here; it is for stress runs, and for what
//! checkers cannot do, such as unwinding through a critical section.

mod sync;
mod world;

use crate::harness::{Backend, Sleeper};
use sentinel_queue_models::{Event, Recorded};
use std::borrow::Cow;

pub use std::time::Instant;
pub use sync::{Condvar, Mutex, MutexGuard};
pub use world::stress;

/// The backend.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

/// Records what the running thread does in its critical section.
///
/// # Panics
/// Outside of a critical section of a created queue.
pub fn record(event: Event) {
    world::here(|place| place.record(event));
}

/// Does nothing here; see [`crate::shuttle::publish`].
pub fn publish(_digest: u64) {}

/// Does nothing here; see [`crate::shuttle::publish_all`].
pub fn publish_all(_change: &'static str, _state: &dyn std::fmt::Debug) {}

impl Backend for Threads {
    const NAME: &'static str = "threads";
    const QUIESCES: bool = false;

    fn spawn(body: impl FnOnce() + Send + 'static) {
        world::spawn(Box::new(body));
    }

    fn all_spawned() {}

    /// Does nothing: real threads cannot tell that all others sleep.
    fn quiesce() {}

    /// Joins every thread.
    fn finish() {
        world::join();
    }

    fn me() -> usize {
        world::here(|place| place.me())
    }

    /// Nobody, as far as can be known.
    fn sleepers() -> Vec<Sleeper> {
        Vec::new()
    }

    fn operation_finished(_result: u64) {}

    fn note(_text: impl Into<Cow<'static, str>>) {}

    fn take_record() -> Vec<Recorded> {
        world::here(world::Place::take_record)
    }
}
