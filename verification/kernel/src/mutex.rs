//! The mutex. Acquiring is the only operation visible to a checker; the value lives in a standard
//! mutex that is never contended, so that no unsafe code is needed.

use crate::digest::of;
use crate::engine::Engine;
use crate::execution;
use crate::trace::Step;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex as StdMutex, MutexGuard as StdGuard, TryLockError};

/// A mutual exclusion lock inside an execution.
pub struct Mutex<T, E: Engine> {
    id: usize,
    inner: E::EngineMutex,
    value: StdMutex<T>,
}

/// The right to use the value; dropping it releases the mutex.
pub struct MutexGuard<'a, T, E: Engine> {
    mutex: &'a Mutex<T, E>,
    access: Option<StdGuard<'a, T>>,
    engine_guard: Option<E::EngineGuard<'a>>,
}

impl<T, E: Engine> Mutex<T, E> {
    /// Creates an unlocked mutex.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new(value: T) -> Self {
        let id = execution::with(|execution| {
            execution.assert_active("a mutex");
            execution.locks.push(execution::Lock::default());
            execution.locks.len() - 1
        });
        Mutex { id, inner: E::new_mutex(), value: StdMutex::new(value) }
    }

    /// Blocks until the mutex is free and acquires it.
    ///
    /// # Panics
    /// When this thread holds it already.
    pub fn lock(&self) -> MutexGuard<'_, T, E> {
        let mut guard = MutexGuard { mutex: self, access: None, engine_guard: None };
        guard.acquire();
        guard
    }

    fn access(&self) -> StdGuard<'_, T> {
        match self.value.try_lock() {
            Ok(access) => access,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                panic!("a failed execution meets a mutex that another thread holds")
            }
        }
    }
}

impl<T, E: Engine> MutexGuard<'_, T, E> {
    pub(crate) fn lock_id(&self) -> usize {
        self.mutex.id
    }

    pub(crate) fn acquire(&mut self) {
        if execution::has_failed() {
            self.access = Some(self.mutex.access());
            return;
        }
        let me = E::me();
        let id = self.mutex.id;
        execution::with(|execution| execution.request_lock(me, id));
        self.engine_guard = Some(E::lock(&self.mutex.inner));
        execution::with(|execution| execution.acquired(me, id));
        self.access = Some(self.mutex.access());
    }

    pub(crate) fn release(&mut self) {
        self.access = None;
        let Some(engine_guard) = self.engine_guard.take() else { return };
        if execution::has_failed() {
            // The checker is being torn down and must not be called.
            std::mem::forget(engine_guard);
            return;
        }
        let me = E::me();
        execution::with(|execution| execution.released(me, self.mutex.id));
        drop(engine_guard);
        if me == 0 {
            E::main_released();
        }
    }
}

impl<T, E: Engine> Deref for MutexGuard<'_, T, E> {
    type Target = T;

    fn deref(&self) -> &T {
        self.access.as_ref().expect("a guard has access except inside a wait")
    }
}

impl<T, E: Engine> DerefMut for MutexGuard<'_, T, E> {
    fn deref_mut(&mut self) -> &mut T {
        self.access.as_mut().expect("a guard has access except inside a wait")
    }
}

impl<T, E: Engine> Drop for MutexGuard<'_, T, E> {
    fn drop(&mut self) {
        self.release();
    }
}

/// Records an event of the running thread.
pub(crate) fn record<E: Engine>(event: sentinel_queue_models::Event) {
    execution::with(|execution| execution.assert_active("an event"));
    if !execution::has_failed() {
        let me = E::me();
        execution::with(|execution| execution.record(me, event));
    }
}

/// Publishes a digest of the state under the running thread's innermost mutex.
pub(crate) fn publish<E: Engine>(digest: u64) {
    execution::with(|execution| execution.assert_active("a digest"));
    if !execution::has_failed() {
        let me = E::me();
        execution::with(|execution| execution.publish(me, digest));
    }
}

/// Publishes the digest of the state's `Debug` output if the search recognizes states. The name of
/// the change becomes a line of the interleaving.
pub(crate) fn publish_all<E: Engine>(change: &'static str, state: &dyn Debug) {
    if !execution::has_failed() {
        let me = E::me();
        execution::with(|execution| execution.note(me, Step::Change(change)));
    }
    if execution::with(|execution| execution.recognizes()) {
        publish::<E>(of(&format!("{state:?}")));
    }
}
