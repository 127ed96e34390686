//! The mutex. Acquiring is the only operation visible to a checker; under one, the value lives in a
//! standard mutex that is never contended, so that no unsafe code is needed. Real threads contend for
//! that standard mutex itself.

use crate::digest::of;
use crate::engine::{self, threads, CheckerGuard, CheckerMutex, Engine};
use crate::execution;
use sentinel_queue_models::{Event, RegistryEvent};
use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex as StdMutex, MutexGuard as StdGuard, PoisonError, TryLockError};

/// A mutual exclusion lock inside an execution.
pub struct Mutex<T> {
    id: usize,
    /// Nothing with real threads.
    inner: Option<CheckerMutex>,
    value: StdMutex<T>,
}

/// The right to use the value; dropping it releases the mutex.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    access: Option<StdGuard<'a, T>>,
    checker_guard: Option<CheckerGuard<'a>>,
}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new(value: T) -> Self {
        let (id, inner) = match engine::current() {
            Engine::Threads => (threads::current(threads::CurrentThread::new_mutex), None),
            Engine::Checker(checker) => {
                let id = execution::with(|execution| {
                    execution.locks.push(execution::Lock::default());
                    execution.locks.len() - 1
                });
                (id, Some(checker.new_mutex()))
            }
        };
        Mutex { id, inner, value: StdMutex::new(value) }
    }

    /// Blocks until the mutex is free and acquires it.
    ///
    /// # Panics
    /// When this thread holds it already; real threads hang.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let mut guard = MutexGuard { mutex: self, access: None, checker_guard: None };
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

impl<'a, T> MutexGuard<'a, T> {
    pub(crate) fn lock_id(&self) -> usize {
        self.mutex.id
    }

    pub(crate) fn acquire(&mut self) {
        let id = self.mutex.id;
        let Some(inner) = &self.mutex.inner else {
            let held = self.mutex.value.lock().unwrap_or_else(PoisonError::into_inner);
            self.access = Some(held);
            return threads::current(|thread| thread.locked(id));
        };
        if execution::has_failed() {
            self.access = Some(self.mutex.access());
            return;
        }
        let me = engine::checker().me();
        execution::with(|execution| execution.request_lock(me, id));
        self.checker_guard = Some(inner.lock());
        execution::with(|execution| execution.acquired(me, id));
        self.access = Some(self.mutex.access());
    }

    pub(crate) fn release(&mut self) {
        if self.mutex.inner.is_none() {
            if self.access.is_some() {
                threads::current(|thread| thread.unlocking(self.mutex.id));
                self.access = None;
            }
            return;
        }
        self.access = None;
        let Some(checker_guard) = self.checker_guard.take() else { return };
        if execution::has_failed() {
            // The checker is being torn down and must not be called.
            std::mem::forget(checker_guard);
            return;
        }
        let checker = engine::checker();
        let me = checker.me();
        let id = self.mutex.id;
        if let Some(difference) = execution::with(|execution| execution.settle_notifications(id)) {
            std::mem::forget(checker_guard);
            panic!("a notification is {difference}");
        }
        execution::with(|execution| execution.released(me, id));
        drop(checker_guard);
        if me == 0 {
            checker.main_released();
        }
    }

    /// Lets a real thread wait: `wait` releases what it is given and acquires it again.
    pub(crate) fn around<R>(
        &mut self,
        wait: impl FnOnce(StdGuard<'a, T>) -> (StdGuard<'a, T>, R),
    ) -> R {
        let id = self.mutex.id;
        threads::current(|thread| thread.unlocking(id));
        let (held, result) = wait(self.access.take().expect("held before a wait"));
        self.access = Some(held);
        threads::current(|thread| thread.locked(id));
        result
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.access.as_ref().expect("a guard has access except inside a wait")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.access.as_mut().expect("a guard has access except inside a wait")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.release();
    }
}

/// Records what the running thread does in its critical section.
///
/// # Panics
/// Outside of a critical section of a created queue.
pub fn record(event: Event) {
    match engine::current() {
        Engine::Threads => threads::current(|thread| thread.record(event)),
        Engine::Checker(checker) if !execution::has_failed() => {
            let me = checker.me();
            execution::with(|execution| execution.record(me, event));
        }
        Engine::Checker(_) => {}
    }
}

/// Records a step of the registry of a group, like [`record`], in the same order.
///
/// # Panics
/// Outside of a critical section.
pub fn record_in_group(event: RegistryEvent) {
    match engine::current() {
        Engine::Threads => threads::current(|thread| thread.record_in_group(event)),
        Engine::Checker(checker) if !execution::has_failed() => {
            let me = checker.me();
            execution::with(|execution| execution.record_in_group(me, event));
        }
        Engine::Checker(_) => {}
    }
}

/// Publishes the state under the innermost mutex, before it is released. With real threads it does
/// nothing.
///
/// The stateful search recognizes states by the recorded events. What is published is added to that,
/// so that state which the events do not determine (a counter that drifted, say) keeps two executions
/// apart; and a mutex of no queue whose whole state is published after every change is recognized by
/// it. It is not made unless states are recognized. The name of the change is a line of the
/// interleaving, unless the mutex is a queue's, whose events are lines.
///
/// # Panics
/// Outside of an execution.
pub fn publish<S: Hash>(change: &'static str, state: impl FnOnce() -> S) {
    let Engine::Checker(checker) = engine::current() else { return };
    if execution::has_failed() {
        return;
    }
    let me = checker.me();
    let recognizes = execution::with(|execution| {
        execution.note_change(me, change);
        execution.recognizes()
    });
    if recognizes {
        let digest = of(&state());
        execution::with(|execution| execution.publish(me, digest));
    }
}
