//! Threads that end before what they borrow from does: the system's own. Only shuttle has such
//! threads of its own, and takes the place of this; under loom a group is run by hand.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub(crate) use std::thread::{scope, Scope, ScopedJoinHandle};

type Map<'scope> = HashMap<usize, ScopedJoinHandle<'scope, ()>>;

/// The system's handles of the threads of one scope, by the numbers of their participants. The scope
/// owns them, since the system's scope would wait in vain for one that a user has leaked.
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

    /// Waits until the system's thread is gone, its thread-locals included.
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

/// Starts a thread, of that name and with that stack if they are given.
pub(crate) fn spawn<'scope>(
    threads: &'scope Scope<'scope, '_>,
    name: Option<String>,
    stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, ()>> {
    let mut builder = std::thread::Builder::new();
    if let Some(name) = name {
        builder = builder.name(name);
    }
    if let Some(stack_size) = stack_size {
        builder = builder.stack_size(stack_size);
    }
    builder.spawn_scoped(threads, body)
}
