//! The mutex. Acquiring is the only operation a checker sees; the value lives in a standard mutex
//! that is never contended, so that no unsafe code is needed.

use crate::digest::of;
use crate::engine::Engine;
use crate::journal::Step;
use crate::session;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex as Cell, MutexGuard as Access, TryLockError};

/// A mutual exclusion lock inside an execution.
pub struct Mutex<T, E: Engine> {
    id: usize,
    gate: E::Gate,
    value: Cell<T>,
}

/// The right to use the value; dropping it releases the mutex.
pub struct MutexGuard<'a, T, E: Engine> {
    mutex: &'a Mutex<T, E>,
    access: Option<Access<'a, T>>,
    pass: Option<E::Pass<'a>>,
}

impl<T, E: Engine> Mutex<T, E> {
    /// An unlocked mutex.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new(value: T) -> Self {
        let id = session::with(|session| {
            session.demand_active("a mutex");
            session.locks.push(session::Lock::default());
            session.locks.len() - 1
        });
        Mutex { id, gate: E::gate(), value: Cell::new(value) }
    }

    /// Waits until the mutex is free and takes it.
    ///
    /// # Panics
    /// When this thread holds it already.
    pub fn lock(&self) -> MutexGuard<'_, T, E> {
        let mut guard = MutexGuard { mutex: self, access: None, pass: None };
        guard.acquire();
        guard
    }

    fn access(&self) -> Access<'_, T> {
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
        if session::inert() {
            self.access = Some(self.mutex.access());
            return;
        }
        let me = E::me();
        let id = self.mutex.id;
        session::with(|session| session.want(me, id));
        self.pass = Some(E::enter(&self.mutex.gate));
        session::with(|session| session.acquired(me, id));
        self.access = Some(self.mutex.access());
    }

    pub(crate) fn release(&mut self) {
        self.access = None;
        let Some(pass) = self.pass.take() else { return };
        if session::inert() {
            // The checker is on its way out and must not be told anything.
            std::mem::forget(pass);
            return;
        }
        let me = E::me();
        session::with(|session| session.released(me, self.mutex.id));
        drop(pass);
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
    session::with(|session| session.demand_active("an event"));
    if !session::inert() {
        let me = E::me();
        session::with(|session| session.record(me, event));
    }
}

/// Publishes a digest of the state under the running thread's innermost mutex.
pub(crate) fn publish<E: Engine>(digest: u64) {
    session::with(|session| session.demand_active("a digest"));
    if !session::inert() {
        let me = E::me();
        session::with(|session| session.publish(me, digest));
    }
}

/// The same, of everything that the state prints; only when the search recognizes states at all. What
/// has changed it becomes a line of the interleaving.
pub(crate) fn publish_all<E: Engine>(change: &'static str, state: &dyn Debug) {
    if !session::inert() {
        let me = E::me();
        session::with(|session| session.note(me, Step::Change(change)));
    }
    if session::with(|session| session.recognizes()) {
        publish::<E>(of(&format!("{state:?}")));
    }
}
