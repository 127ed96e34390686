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

pub use shuttle::thread::{scope, Scope};

/// Starts a thread. Nothing here knows it by its name.
///
/// # Panics
/// Before `all_spawned`, when there are too many threads, and when a search that recognizes states
/// meets threads that may be started in either of two orders.
pub fn spawn<'scope>(
    threads: &'scope Scope<'scope, '_>,
    _name: Option<String>,
    body: impl FnOnce() + Send + 'scope,
) {
    let parent = Shuttle::me();
    session::with(|session| session.add_scoped_thread(parent, Shuttle::THREADS));
    // Two may be about to start one. All new threads are alike to the kernel, so what it has added
    // belongs to whichever comes first.
    threads.spawn(move || run::<Shuttle>(Shuttle::me(), body));
}
