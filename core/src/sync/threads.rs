//! Threads that end before what they borrow from does. loom has no such threads: there a group is
//! run by hand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub(crate) use super::engine::{scope, spawn, Scope, ScopedJoinHandle};

type Map<'scope> = HashMap<usize, ScopedJoinHandle<'scope, ()>>;

/// The engine's handles of the threads of one scope, by the numbers of their participants. The scope
/// owns them, since the engine's scope would wait in vain for one that a user has leaked.
#[derive(Default)]
pub(crate) struct Handles<'scope>(Arc<Mutex<Map<'scope>>>);

/// Reaches them while the scope is open.
#[derive(Clone)]
pub(crate) struct HandlesRef<'scope>(Weak<Mutex<Map<'scope>>>);

impl<'scope> Handles<'scope> {
    pub(crate) fn share(&self) -> HandlesRef<'scope> {
        HandlesRef(Arc::downgrade(&self.0))
    }
}

impl<'scope> HandlesRef<'scope> {
    pub(crate) fn add(&self, number: usize, thread: ScopedJoinHandle<'scope, ()>) {
        if let Some(map) = self.0.upgrade() {
            lock(&map).insert(number, thread);
        }
    }

    /// Waits until the engine's thread is gone, its thread-locals included.
    pub(crate) fn join(&self, number: usize) {
        if let Some(thread) = self.take(number) {
            // What it panicked with is known already.
            drop(thread.join());
        }
    }

    pub(crate) fn detach(&self, number: usize) {
        drop(self.take(number));
    }

    fn take(&self, number: usize) -> Option<ScopedJoinHandle<'scope, ()>> {
        let map = self.0.upgrade()?;
        let thread = lock(&map).remove(&number);
        thread
    }
}

/// Nothing that can panic runs under this lock.
fn lock<'a, 'scope>(map: &'a Mutex<Map<'scope>>) -> MutexGuard<'a, Map<'scope>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
