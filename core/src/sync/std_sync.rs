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
    pub(crate) fn yield_while<T>(&self, _: &mut MutexGuard<'_, T>, _unready: impl Fn(&T) -> bool) {}

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// The size of a chunk of items, in bytes: small, so that tests of a few items cross its edges.
pub(crate) const ITEM_BYTES: usize = 80;

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn notified_waiter_returns_with_the_lock() {
        let shared = Arc::new((Mutex::new(0), Condvar::default()));
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut value = shared.0.lock();
                while *value == 0 {
                    shared.1.wait(&mut value);
                }
                *value += 1;
            }
        });
        *shared.0.lock() = 1;
        shared.1.notify_one();
        waiter.join().unwrap();
        assert_eq!(*shared.0.lock(), 2);
    }

    #[test]
    fn wait_until_a_past_instant_times_out_with_the_lock() {
        let (mutex, condition) = (Mutex::new(1), Condvar::default());
        let mut value = mutex.lock();
        assert!(condition.wait_until(&mut value, Instant::now()));
        *value += 1;
        drop(value);
        assert_eq!(*mutex.lock(), 2);
    }

    #[test]
    fn panic_in_a_section_poisons_nothing() {
        let mutex = Mutex::new(1);
        thread::scope(|s| {
            let panicking = s.spawn(|| {
                let _value = mutex.lock();
                panic!("as a global allocator may");
            });
            panicking.join().unwrap_err();
        });
        assert_eq!(*mutex.lock(), 1);
    }
}
