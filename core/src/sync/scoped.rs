//! Threads that end before what they borrow from does: the system's own, whatever the backend. The
//! checkers have their own threads; under them a group is run by hand.

pub(crate) use std::thread::{scope, Scope, ScopedJoinHandle};

/// Starts a thread of that name.
pub(crate) fn spawn<'scope, T: Send + 'scope>(
    threads: &'scope Scope<'scope, '_>,
    name: String,
    body: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let builder = std::thread::Builder::new().name(name);
    builder.spawn_scoped(threads, body).expect("the system starts a thread")
}
