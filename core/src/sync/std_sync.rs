//! The backend for Miri, which cannot call the operating system as parking_lot does: `std::sync`.

use super::Instant;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

pub(crate) use std::thread::ThreadId;

pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

/// Holds the lock; `None` only inside of a wait.
pub(crate) struct MutexGuard<'a, T>(Option<std::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("the lock is held outside of a wait")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("the lock is held outside of a wait")
    }
}

#[derive(Default)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.0.take().expect("the lock is held when a wait begins");
        guard.0 = Some(self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns whether the wait ended by the clock.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        let held = guard.0.take().expect("the lock is held when a wait begins");
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.0.wait_timeout(held, left);
        let (held, result) = waited.unwrap_or_else(PoisonError::into_inner);
        guard.0 = Some(held);
        result.timed_out()
    }

    /// Does not yield: speed does not matter here.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub(crate) fn try_yield<T>(&self, _guard: &mut MutexGuard<'_, T>) -> bool {
        false
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// The size of a chunk of items, in bytes: small, so that tests of a few items cross its edges.
pub(crate) const ITEM_BYTES: usize = 80;

macro_rules! record {
    ($($event:tt)*) => {{}};
}
pub(crate) use record;

macro_rules! publish {
    ($change:expr, $state:expr) => {
        let _: &'static str = $change;
    };
}
pub(crate) use publish;

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}
