//! Starts the threads of a scope: those of shuttle.

use shuttle::sync::mpsc::channel;
use std::io;

pub(crate) use shuttle::thread::{Scope, ScopedJoinHandle};

/// Opens a scope. A thread of its own lasts as long as `body`: when no thread of a scope is left,
/// shuttle 0.9 resumes the one that opened it, whatever that one is blocked in.
pub(crate) fn scope<'env, F, T>(body: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    shuttle::thread::scope(|threads| {
        let (_open, closed) = channel::<()>();
        threads.spawn(move || _ = closed.recv());
        body(threads)
    })
}

/// Starts a thread, which does not fail. A scoped thread of shuttle has neither a name, by which only
/// the group knows it, nor a stack size of its own.
#[allow(clippy::unnecessary_wraps)] // the shape of the production engine
pub(crate) fn spawn<'scope>(
    threads: &'scope Scope<'scope, '_>,
    _name: Option<String>,
    _stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, ()>> {
    Ok(threads.spawn(body))
}
