//! Scoped threads: shuttle's own, registered with the kernel.
//!
//! Unlike the clients of a harness these may be started at any time, by any thread. That loses no
//! schedule: to start a thread is a local step, as it touches nothing that another thread can see,
//! and the new one begins with local steps of its own. Threads are numbered in the order in which
//! they are started, which in the search is a function of the order of critical sections.

use crate::engine::Checker;
use crate::execution;
use crate::harness::run;
use std::io;
use std::marker::PhantomData;

pub use shuttle::thread::{scope, Scope, ScopedJoinHandle};

/// The place of the system's handles. There is nothing to wait for once a thread has left its group:
/// it has no thread-locals here, and the scope waits for its last steps.
#[derive(Clone, Default)]
pub struct Handles<'scope>(PhantomData<&'scope ()>);

/// A reference to [`Handles`].
pub type HandlesRef<'scope> = Handles<'scope>;

impl<'scope> Handles<'scope> {
    /// Returns another reference.
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

/// Starts a thread, which never fails. Its name and stack size are ignored.
///
/// # Errors
/// Never; the signature is that of the production backend.
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
    let shuttle = Checker::Shuttle;
    let (parent, most) = (shuttle.me(), shuttle.most_threads());
    execution::with(|execution| execution.add_scoped_thread(parent, most));
    // Two threads may be about to start one. New threads are alike to the kernel, so its entries may
    // be taken in any order.
    Ok(threads.spawn(move || run(shuttle, shuttle.me(), body)))
}
