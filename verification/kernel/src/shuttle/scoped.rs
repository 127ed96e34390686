//! Threads that end before what they borrow from does: shuttle's own, known to the kernel.
//!
//! Unlike the clients of a harness these may be started at any time, by any thread. That loses no
//! schedule: to start a thread is a local step, as it touches nothing that another thread can see,
//! and the new one begins with local steps of its own. Threads are numbered in the order in which
//! they are started, which in the search is a function of the order of critical sections.

use super::Shuttle;
use crate::engine::Engine;
use crate::harness::run;
use crate::session;
use std::io;
use std::marker::PhantomData;

pub use shuttle::thread::{scope, Scope, ScopedJoinHandle};

/// Stands for the system's handles. There is nothing to wait for once a thread has left its group: it
/// has no thread-locals here, and the scope waits for its last steps.
#[derive(Clone, Default)]
pub struct Handles<'scope>(PhantomData<&'scope ()>);

/// The same.
pub type HandlesRef<'scope> = Handles<'scope>;

impl<'scope> Handles<'scope> {
    /// Returns another one.
    #[must_use]
    pub fn share(&self) -> HandlesRef<'scope> {
        self.clone()
    }

    /// Detaches the thread.
    pub fn add(&self, _number: usize, thread: ScopedJoinHandle<'scope, ()>) {
        drop(thread);
    }

    /// Does nothing.
    pub fn join(&self, _number: usize) {}

    /// Does nothing.
    pub fn detach(&self, _number: usize) {}
}

/// Starts a thread, which never fails. Nothing here knows it by its name, nor has it a stack size.
///
/// # Errors
/// Never; the signature is that of what this takes the place of.
///
/// # Panics
/// Before `all_spawned`, when there are too many threads, and when a search that recognizes states
/// meets threads that may be started in either of two orders.
pub fn spawn<'scope>(
    threads: &'scope Scope<'scope, '_>,
    _name: Option<String>,
    _stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, ()>> {
    let parent = Shuttle::me();
    session::with(|session| session.add_scoped_thread(parent, Shuttle::THREADS));
    // Two may be about to start one. All new threads are alike to the kernel, so what it has added
    // belongs to whichever comes first.
    Ok(threads.spawn(move || run::<Shuttle>(Shuttle::me(), body)))
}
