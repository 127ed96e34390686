//! The backend for people who model-check their own crate with this queue inside: stock loom.
//!
//! It is as hostile as stock loom, not more: waiters wake in the order they came and never
//! spuriously. The claims of this project are checked over the kernel of its repository instead.

use super::Instant;
use std::ops::{Deref, DerefMut};

pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    /// Always there but while this thread waits.
    held: Option<loom::sync::MutexGuard<'a, T>>,
    mutex: &'a Mutex<T>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { held: Some(self.0.lock().expect("loom models no poisoning")), mutex: self }
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

pub(crate) struct Condvar(loom::sync::Condvar);

impl Default for Condvar {
    fn default() -> Self {
        Condvar(loom::sync::Condvar::new())
    }
}

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().expect("the lock is held when a wait begins");
        guard.held = Some(self.0.wait(held).expect("loom models no poisoning"));
    }

    /// loom has no clock: the wait ends as soon as the scheduler comes back to this thread, after
    /// any number of steps of the others.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) -> bool {
        guard.held = None;
        guard.held = guard.mutex.lock().held.take();
        true
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Never: to come a moment later is a schedule of its own, and explored as such.
pub(crate) fn linger<T>(_condition: &Condvar, _guard: &mut MutexGuard<'_, T>) -> bool {
    false
}

/// Nothing is recorded here.
macro_rules! record {
    ($($event:tt)*) => {{}};
}
pub(crate) use record;

/// The size of a chunk of items.
pub(crate) const ITEM_BYTES: usize = 2048;

/// Nothing is told to anybody here.
macro_rules! publish {
    ($change:expr, $state:expr) => {
        let _: &'static str = $change;
    };
}
pub(crate) use publish;

pub(crate) use loom::thread::ThreadId;

pub(crate) fn current_thread() -> ThreadId {
    loom::thread::current().id()
}
