//! The facade over the standard library, without poisoning, as the shipped backend has it.

use super::world;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar as Bell, Mutex as Inner, MutexGuard as Held, PoisonError};
use std::time::Instant;

/// A mutual exclusion lock that records its releases.
#[derive(Debug)]
pub struct Mutex<T> {
    id: usize,
    inner: Inner<T>,
}

/// The right to use what a [`Mutex`] protects.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    held: Option<Held<'a, T>>,
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new(value: T) -> Self {
        Mutex { id: world::here(world::Place::new_mutex), inner: Inner::new(value) }
    }

    /// Waits until the mutex is free and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        world::here(|place| place.locked(self.id));
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
            world::here(|place| place.unlocking(self.mutex.id));
        }
    }
}

/// A condition variable.
#[derive(Debug, Default)]
pub struct Condvar(Bell);

impl Condvar {
    /// A condition variable without sleepers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases the mutex, sleeps, and takes the mutex again.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let wait = |held| self.0.wait(held).unwrap_or_else(PoisonError::into_inner);
        around(guard, |held| (wait(held), ()));
    }

    /// Does not yield, and returns `false`, as under the other engines.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub fn try_yield<T>(&self, _guard: &mut MutexGuard<'_, T>) -> bool {
        false
    }

    /// The same, at the latest until `deadline`; whether it ended by the clock.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let result = around(guard, |held| {
            self.0.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner)
        });
        result.timed_out()
    }

    /// Wakes one sleeper.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every sleeper.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

fn around<'a, T, R>(
    guard: &mut MutexGuard<'a, T>,
    wait: impl FnOnce(Held<'a, T>) -> (Held<'a, T>, R),
) -> R {
    let id = guard.mutex.id;
    world::here(|place| place.unlocking(id));
    let (held, result) = wait(guard.held.take().expect("held before a wait"));
    guard.held = Some(held);
    world::here(|place| place.locked(id));
    result
}
