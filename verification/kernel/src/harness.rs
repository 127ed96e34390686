//! What a client program needs besides the facade: threads, and the waiters of quiescent states.
//! A program written over [`Backend`] runs on every backend.

use crate::condvar::after_block;
use crate::engine::Engine;
use crate::execution::{self, Activity};
use crate::panics::{self, Panic};
use crate::trace::Step;
use sentinel_queue_models::{Condition, Recorded};
use std::borrow::Cow;

/// A backend that runs client programs.
pub trait Backend: 'static {
    /// The backend's name.
    const NAME: &'static str;

    /// Whether [`quiesce`](Backend::quiesce) has an effect. Real threads cannot detect quiescence.
    const QUIESCES: bool;

    /// Starts a thread. Called by main alone, before [`all_spawned`](Backend::all_spawned); the
    /// threads are numbered 1, 2, ... in this order.
    fn spawn(body: impl FnOnce() + Send + 'static);

    /// Declares that main has started every thread. Between its first spawn and this call main may
    /// lock nothing.
    fn all_spawned();

    /// Blocks main until every other thread has finished or waits in a condition variable.
    fn quiesce();

    /// Blocks main until every other thread has finished; a thread that still waits is a deadlock.
    fn finish();

    /// Returns the number of the running thread; main is 0. Without meaning once the execution has
    /// failed.
    fn me() -> usize;

    /// Returns the waiters that have not been notified. Exact after [`quiesce`](Backend::quiesce).
    fn sleepers() -> Vec<Sleeper>;

    /// Declares that the running thread has finished an operation of its program and that all it
    /// keeps of it hashes to `result`. Lets the stateful search recognize more states.
    fn operation_finished(result: u64);

    /// Adds a line to the interleaving.
    fn note(text: impl Into<Cow<'static, str>>);

    /// Takes the events of this execution since the last call, in order.
    fn take_record() -> Vec<Recorded>;
}

/// A thread that waits in a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleeper {
    /// The thread.
    pub thread: usize,
    /// The condition that it recorded to wait for.
    pub condition: Option<Condition>,
    /// Whether its wait is timed and its thread has no timeouts left.
    pub timed: bool,
}

impl<E: Engine> Backend for E {
    const NAME: &'static str = E::NAME;
    const QUIESCES: bool = true;

    fn spawn(body: impl FnOnce() + Send + 'static) {
        assert!(E::me() == 0, "only main spawns, or the numbers of the threads would be a race");
        let thread = execution::with(|execution| execution.add_thread(E::THREADS));
        E::start(Box::new(move || run::<E>(thread, body)));
    }

    fn all_spawned() {
        execution::with(execution::Execution::open);
        E::all_spawned();
    }

    fn quiesce() {
        assert!(E::me() == 0, "only main waits for quiescence");
        assert!(
            execution::with(|execution| execution.is_open()),
            "all_spawned comes before quiesce"
        );
        if execution::with(execution::Execution::begin_quiescing) {
            while execution::with(|execution| !execution.is_quiescent()) {
                E::sleep();
            }
        }
        execution::with(|execution| {
            execution.end_quiescing();
            execution.note(0, Step::Quiescent);
        });
    }

    fn finish() {
        <E as Backend>::quiesce();
        let stuck = execution::with(|execution| {
            let any_waiting = execution.sleepers().next().is_some();
            if any_waiting {
                execution.fail(execution.deadlock());
            }
            any_waiting
        });
        if stuck {
            E::stop();
        }
    }

    fn me() -> usize {
        // The checker of a failed execution may no longer know.
        if execution::has_failed() {
            usize::MAX
        } else {
            <E as Engine>::me()
        }
    }

    fn sleepers() -> Vec<Sleeper> {
        execution::with(|execution| {
            let sleeper = |thread: usize| {
                let Activity::Asleep(condvar) = execution.threads[thread].activity else {
                    unreachable!("these threads wait")
                };
                let condition = execution.wait_queues[condvar].condition;
                Sleeper { thread, condition, timed: execution.threads[thread].timed }
            };
            execution.sleepers().map(sleeper).collect()
        })
    }

    fn operation_finished(result: u64) {
        let me = <E as Engine>::me();
        execution::with(|execution| execution.operation_finished(me, result));
    }

    fn note(text: impl Into<Cow<'static, str>>) {
        if !execution::has_failed() {
            let me = <E as Engine>::me();
            execution::with(|execution| execution.note(me, Step::Note(text.into())));
        }
    }

    fn take_record() -> Vec<Recorded> {
        execution::with(execution::Execution::take_record)
    }
}

/// Runs the body of a thread and accounts for its end. A panic fails the execution.
pub(crate) fn run<E: Engine>(thread: usize, body: impl FnOnce()) {
    match panics::caught(body) {
        Ok(()) => {}
        Err(Panic::Stop) => E::stop(),
        Err(Panic::Text(message)) => {
            execution::with(|execution| execution.fail(message));
            E::stop();
        }
    }
    let (failed, block) = execution::with(|execution| {
        if execution.failed() {
            return (true, execution::Blocked::Over);
        }
        execution.note(thread, Step::Finished);
        (false, execution.block(thread, Activity::Finished))
    });
    if failed {
        E::stop();
    }
    after_block::<E>(&block);
}
