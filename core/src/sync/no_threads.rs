//! Stands in for [`threads`](super::threads) where a model checker runs the threads: `scope` starts
//! threads of the system, which loom cannot schedule.

use std::io;
use std::marker::PhantomData;

pub(crate) use std::thread::Scope;

/// Panics.
pub(crate) fn scope<'env, F, T>(_body: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    panic!(
        "sentinel_queue::scope starts threads of the system and cannot run in a loom model: \
         start loom threads, and give each a Participant of a sentinel_queue::Group"
    );
}

/// There is no `Scope` without [`scope`], so nothing below is reached.
#[derive(Default)]
pub(crate) struct Handles<'scope>(PhantomData<&'scope ()>);

#[derive(Clone)]
pub(crate) struct HandlesRef<'scope>(PhantomData<&'scope ()>);

impl<'scope> Handles<'scope> {
    pub(crate) fn share(&self) -> HandlesRef<'scope> {
        HandlesRef(self.0)
    }
}

#[allow(clippy::unused_self)] // the shape of the threads' handles
impl HandlesRef<'_> {
    pub(crate) fn add(&self, _number: usize, _thread: NoThread) {}

    pub(crate) fn join(&self, _number: usize) {}

    pub(crate) fn detach(&self, _number: usize) {}
}

/// No thread is ever started.
pub(crate) struct NoThread;

pub(crate) fn spawn<'scope>(
    _threads: &'scope Scope<'scope, '_>,
    _name: Option<String>,
    _stack_size: Option<usize>,
    _body: impl FnOnce() + Send + 'scope,
) -> io::Result<NoThread> {
    unreachable!("a thread is started in a scope only");
}
