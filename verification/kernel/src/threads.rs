//! The kernel over real threads: the standard library's mutex and condition variable, recording
//! events in order under the lock. Nothing is explored here; it is for stress runs, and for what
//! checkers cannot do, such as unwinding through a critical section.

mod sync;
mod execution;

use crate::harness::{Backend, Sleeper};
use sentinel_queue_models::{Event, Recorded};
use std::borrow::Cow;

pub use execution::stress;
pub use std::time::Instant;
pub use sync::{Condvar, Mutex, MutexGuard};

/// The backend.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

/// Records what the running thread does in its critical section.
///
/// # Panics
/// Outside of a critical section of a created queue.
pub fn record(event: Event) {
    execution::current(|thread| thread.record(event));
}

/// Does nothing here; see [`crate::shuttle::publish`].
pub fn publish(_digest: u64) {}

/// Does nothing here; see [`crate::shuttle::publish_all`].
pub fn publish_all(_change: &'static str, _state: &dyn std::fmt::Debug) {}

impl Backend for Threads {
    const NAME: &'static str = "threads";
    const QUIESCES: bool = false;

    fn spawn(body: impl FnOnce() + Send + 'static) {
        execution::spawn(Box::new(body));
    }

    fn all_spawned() {}

    /// Does nothing: the quiescence of real threads cannot be detected.
    fn quiesce() {}

    /// Joins every thread.
    fn finish() {
        execution::join();
    }

    fn me() -> usize {
        execution::current(|thread| thread.me())
    }

    /// Returns nothing: the waiters of real threads are unknown.
    fn sleepers() -> Vec<Sleeper> {
        Vec::new()
    }

    fn operation_finished(_result: u64) {}

    fn note(_text: impl Into<Cow<'static, str>>) {}

    fn take_record() -> Vec<Recorded> {
        execution::current(execution::CurrentThread::take_record)
    }
}
