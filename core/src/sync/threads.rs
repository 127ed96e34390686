//! Threads that end before what they borrow from does: the system's own. Only shuttle has such
//! threads of its own, and takes the place of this; under loom a group is run by hand.

pub(crate) use std::thread::{scope, Scope};

/// Starts a thread, of that name if it has one.
pub(crate) fn spawn<'scope>(
    threads: &'scope Scope<'scope, '_>,
    name: Option<String>,
    body: impl FnOnce() + Send + 'scope,
) {
    let builder = std::thread::Builder::new();
    let builder = match name {
        Some(name) => builder.name(name),
        None => builder,
    };
    builder.spawn_scoped(threads, body).expect("the system starts a thread");
}
