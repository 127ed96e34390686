//! Starts the threads of a scope: those of the system.

use std::io;

pub(crate) use std::thread::{scope, Scope, ScopedJoinHandle};

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
