//! The backend for a crate that checks itself with shuttle and has this queue inside.
//!
//! A thread is scheduled at every lock, wait and notification. Any waiter may be the one that a
//! notification wakes; none wakes spuriously.
//!
//! While an execution ends, shuttle unwinds its threads and runs their destructors: they may lock and
//! notify then as ever.

use super::Instant;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

pub(crate) use shuttle::thread::ThreadId;

pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` only inside of a wait.
    held: Option<shuttle::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        MutexGuard { mutex: self, held: Some(held) }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("the lock is held outside of a wait")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("the lock is held outside of a wait")
    }
}

#[derive(Default)]
pub(crate) struct Condvar(shuttle::sync::Condvar);

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().expect("the lock is held when a wait begins");
        guard.held = Some(self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns true. shuttle has no clock: the wait ends as soon as this thread is scheduled again,
    /// after any number of steps of the others.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) -> bool {
        guard.held = None;
        shuttle::thread::yield_now();
        guard.held = guard.mutex.lock().held;
        true
    }

    /// Does not wait: a later start of the operation is a schedule of its own.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub(crate) fn yield_while<T>(&self, _: &mut MutexGuard<'_, T>, _unready: impl Fn(&T) -> bool) {}

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// The size of a chunk of items.
pub(crate) const ITEM_BYTES: usize = 2048;

pub(crate) fn current_thread() -> ThreadId {
    shuttle::thread::current().id()
}
