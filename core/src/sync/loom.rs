//! The backend for a crate that model-checks itself with loom and has this queue inside.
//!
//! It is as hostile as stock loom, not more: waiters wake in the order in which they came and never
//! spuriously. The claims of this project are checked over the kernel of its repository instead.
//!
//! A thread is scheduled at every lock and every wait. A notification is no point of its own: all
//! are sent under the lock, so the next lock shows their order.
//!
//! While a thread unwinds, loom cannot be called: its execution may have ended by a deadlock. A lock
//! taken then is granted without loom, and notifies nothing.

use super::Instant;
use loom::thread::Thread;
use std::collections::VecDeque;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::thread::panicking;

pub(crate) struct Mutex<T> {
    /// The lock that loom schedules.
    gate: loom::sync::Mutex<()>,
    /// Never contended: the gate excludes.
    data: std::sync::Mutex<T>,
}

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Always there except during a wait.
    data: Option<std::sync::MutexGuard<'a, T>>,
    /// There as `data` is, except in a thread that unwinds.
    gate: Option<loom::sync::MutexGuard<'a, ()>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex { gate: loom::sync::Mutex::new(()), data: std::sync::Mutex::new(value) }
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let mut guard = MutexGuard { mutex: self, data: None, gate: None };
        guard.acquire();
        guard
    }
}

impl<'a, T> MutexGuard<'a, T> {
    #[track_caller]
    fn acquire(&mut self) {
        let mutex: &'a Mutex<T> = self.mutex;
        if !panicking() {
            self.gate = Some(mutex.gate.lock().expect("loom has no poisoning"));
        }
        let data = mutex.data.try_lock();
        self.data = Some(data.expect("a thread that unwinds met a suspended critical section"));
    }

    fn release(&mut self) {
        self.data = None;
        let gate = self.gate.take();
        if panicking() {
            // A critical section does not panic, so the execution is over.
            mem::forget(gate);
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.data.as_ref().expect("the lock is held outside of a wait")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.data.as_mut().expect("the lock is held outside of a wait")
    }
}

#[derive(Default)]
pub(crate) struct Condvar {
    /// Changed under the mutex of the caller only.
    waiters: std::sync::Mutex<VecDeque<Thread>>,
}

impl Condvar {
    #[track_caller]
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        assert!(!panicking(), "a thread that unwinds cannot wait in a model");
        self.with_waiters(|waiters| waiters.push_back(loom::thread::current()));
        // Nothing is scheduled between the release and `park`.
        guard.release();
        loom::thread::park();
        guard.acquire();
    }

    /// Returns true. loom has no clock: the wait ends as soon as this thread is scheduled again,
    /// after any number of steps of the others.
    #[allow(clippy::unused_self)] // the shape of the production backend
    #[track_caller]
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) -> bool {
        guard.release();
        guard.acquire();
        true
    }

    /// Does not wait: a later start of the operation is a schedule of its own.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub(crate) fn yield_while<T>(&self, _: &mut MutexGuard<'_, T>, _unready: impl Fn(&T) -> bool) {}

    pub(crate) fn notify_one(&self) {
        self.notify(1);
    }

    pub(crate) fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    fn notify(&self, count: usize) {
        if panicking() {
            return;
        }
        self.with_waiters(|waiters| {
            let count = count.min(waiters.len());
            waiters.drain(..count).for_each(|thread| thread.unpark());
        });
    }

    fn with_waiters<R>(&self, change: impl FnOnce(&mut VecDeque<Thread>) -> R) -> R {
        change(&mut self.waiters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The size of a chunk of items.
pub(crate) const ITEM_BYTES: usize = 2048;

pub(crate) use loom::thread::ThreadId;

pub(crate) fn current_thread() -> ThreadId {
    loom::thread::current().id()
}
