//! The backend that ships: parking_lot. Its `notify_*` under the lock moves the sleeper over to the
//! lock's own queue, so a notified thread does not wake up only to find the lock taken.

use super::Instant;

pub(crate) use ::parking_lot::{Mutex, MutexGuard};
pub(crate) use std::thread::ThreadId;

/// A condition variable whose answers do not leak: how many were woken is nobody's business.
#[derive(Default)]
pub(crate) struct Condvar(::parking_lot::Condvar);

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.0.wait(guard);
    }

    /// Whether the wait ended by the clock.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        self.0.wait_until(guard, deadline).timed_out()
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// The checking builds record events here. The shipped crate compiles this to nothing at all.
macro_rules! record {
    ($($event:tt)*) => {{}};
}
pub(crate) use record;

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}
