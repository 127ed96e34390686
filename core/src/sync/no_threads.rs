//! Stands in for [`threads`](super::threads) where a model checker runs the threads: `scope` starts
//! threads of the system, which loom cannot schedule.

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

/// Is never reached: there is no `Scope` without [`scope`].
pub(crate) fn spawn<'scope>(
    _threads: &'scope Scope<'scope, '_>,
    _name: Option<String>,
    _body: impl FnOnce() + Send + 'scope,
) {
    unreachable!("a thread is started in a scope only");
}
