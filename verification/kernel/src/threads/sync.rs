//! The facade over the standard library, without poisoning, as the shipped backend has it.

use super::execution;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar as StdCondvar, Mutex as StdMutex, MutexGuard as StdGuard, PoisonError};
use std::time::Instant;

/// A mutual exclusion lock that records its releases.
#[derive(Debug)]
pub struct Mutex<T> {
    id: usize,
    inner: StdMutex<T>,
}

/// The right to use what a [`Mutex`] protects.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    held: Option<StdGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new(value: T) -> Self {
        Mutex {
            id: execution::current(execution::CurrentThread::new_mutex),
            inner: StdMutex::new(value),
        }
    }

    /// Blocks until the mutex is free and acquires it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        execution::current(|thread| thread.locked(self.id));
        MutexGuard { mutex: self, held: Some(held) }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("held except inside a wait")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("held except inside a wait")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.held.is_some() {
            execution::current(|thread| thread.unlocking(self.mutex.id));
        }
    }
}

/// A condition variable.
#[derive(Debug, Default)]
pub struct Condvar(StdCondvar);

impl Condvar {
    /// Creates a condition variable without waiters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases the mutex, blocks, and acquires the mutex again.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let wait = |held| self.0.wait(held).unwrap_or_else(PoisonError::into_inner);
        around(guard, |held| (wait(held), ()));
    }

    /// Returns `false` without yielding, as under the other engines.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub fn try_yield<T>(&self, _guard: &mut MutexGuard<'_, T>) -> bool {
        false
    }

    /// Waits at most until `deadline`; returns whether it timed out.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let result = around(guard, |held| {
            self.0.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner)
        });
        result.timed_out()
    }

    /// Wakes one waiter.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every waiter.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

fn around<'a, T, R>(
    guard: &mut MutexGuard<'a, T>,
    wait: impl FnOnce(StdGuard<'a, T>) -> (StdGuard<'a, T>, R),
) -> R {
    let id = guard.mutex.id;
    execution::current(|thread| thread.unlocking(id));
    let (held, result) = wait(guard.held.take().expect("held before a wait"));
    guard.held = Some(held);
    execution::current(|thread| thread.locked(id));
    result
}
