//! What a client program needs besides the facade: threads, and the waiters of quiescent states.
//! A program written over these functions runs on every engine.

use crate::condvar::after_block;
use crate::digest;
use crate::engine::{self, threads, Checker, Engine};
use crate::execution::{self, Activity};
use crate::panics::{self, Panic};
use crate::trace::Step;
use sentinel_queue_models::{Condition, Recorded, RegistryRecorded};
use std::borrow::Cow;
use std::hash::Hash;

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

/// Returns whether [`quiesce`] has an effect. Real threads cannot detect quiescence.
pub fn quiesces() -> bool {
    engine::current() != Engine::Threads
}

/// Returns whether threads of a [scope](crate::shuttle::scoped) can be started.
pub fn has_scopes() -> bool {
    engine::current() == Engine::Checker(Checker::Shuttle)
}

/// Starts a thread. Called by main alone, before [`all_spawned`]; the threads are numbered 1, 2, ...
/// in this order.
///
/// # Panics
/// In another thread than main, and when there are too many threads.
pub fn spawn(body: impl FnOnce() + Send + 'static) {
    let Engine::Checker(checker) = engine::current() else { return threads::spawn(body) };
    assert!(checker.me() == 0, "only main spawns, or the numbers of the threads would be a race");
    let thread = execution::with(|execution| execution.add_thread(checker.most_threads()));
    checker.start(move || run(checker, thread, body));
}

/// Declares that main has started every thread. Between its first spawn and this call main may
/// lock nothing.
pub fn all_spawned() {
    if let Engine::Checker(checker) = engine::current() {
        execution::with(execution::Execution::open);
        checker.all_spawned();
    }
}

/// Blocks main until every other thread has finished or waits in a condition variable. With real
/// threads it does nothing.
///
/// # Panics
/// In another thread than main, and before [`all_spawned`].
pub fn quiesce() {
    if let Engine::Checker(checker) = engine::current() {
        quiesce_under(checker);
    }
}

fn quiesce_under(checker: Checker) {
    assert!(checker.me() == 0, "only main waits for quiescence");
    assert!(execution::with(|execution| execution.is_open()), "all_spawned comes before quiesce");
    if execution::with(execution::Execution::begin_quiescing) {
        while execution::with(|execution| !execution.is_quiescent()) {
            checker.sleep();
        }
    }
    execution::with(|execution| {
        execution.end_quiescing();
        execution.note(0, Step::Quiescent);
    });
}

/// Blocks main until every other thread has finished; a thread that still waits is a deadlock.
pub fn finish() {
    let Engine::Checker(checker) = engine::current() else { return threads::join() };
    quiesce_under(checker);
    let stuck = execution::with(|execution| {
        let any_waiting = execution.sleepers().next().is_some();
        if any_waiting {
            execution.fail(execution.deadlock());
        }
        any_waiting
    });
    if stuck {
        checker.stop();
    }
}

/// Returns the number of the running thread; main is 0. Without meaning once the execution has
/// failed.
pub fn me() -> usize {
    match engine::current() {
        Engine::Threads => threads::current(|thread| thread.me()),
        // The checker of a failed execution may no longer know.
        Engine::Checker(_) if execution::has_failed() => usize::MAX,
        Engine::Checker(checker) => checker.me(),
    }
}

/// Returns the waiters that have not been notified. Exact after [`quiesce`]; those of real threads
/// are unknown.
pub fn sleepers() -> Vec<Sleeper> {
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

/// Declares that the running thread has finished an operation of its program and that all it keeps
/// of it is `result`. Lets the stateful search recognize more states.
pub fn operation_finished(result: &impl Hash) {
    let Engine::Checker(checker) = engine::current() else { return };
    if execution::with(|execution| execution.recognizes()) {
        let (me, result) = (checker.me(), digest::of(result));
        execution::with(|execution| execution.operation_finished(me, result));
    }
}

/// Returns whether this execution has reached a state seen before: it ends in a way in which another
/// one ends, too.
pub fn repeats() -> bool {
    execution::with(|execution| execution.repeats())
}

/// Lets this execution fail at the end of the first critical section whose notifications are not
/// those that it has recorded. With real threads it does nothing.
pub fn compare_notifications() {
    if let Engine::Checker(_) = engine::current() {
        execution::with(execution::Execution::compare_notifications);
    }
}

/// Adds a line to the interleaving.
pub fn note(text: impl Into<Cow<'static, str>>) {
    let Engine::Checker(checker) = engine::current() else { return };
    if !execution::has_failed() {
        let me = checker.me();
        execution::with(|execution| execution.note(me, Step::Note(text.into())));
    }
}

/// Takes the events of this execution since the last call, in order.
pub fn take_record() -> Vec<Recorded> {
    match engine::current() {
        Engine::Threads => threads::current(threads::CurrentThread::take_record),
        Engine::Checker(_) => execution::with(execution::Execution::take_record),
    }
}

/// Takes the steps of the registry of a group since the last call, in order.
pub fn take_registry_record() -> Vec<RegistryRecorded> {
    match engine::current() {
        Engine::Threads => threads::current(threads::CurrentThread::take_registry_record),
        Engine::Checker(_) => execution::with(execution::Execution::take_registry_record),
    }
}

/// Runs the body of a thread and accounts for its end. A panic fails the execution.
pub(crate) fn run(checker: Checker, thread: usize, body: impl FnOnce()) {
    match panics::caught(body) {
        Ok(()) => {}
        Err(Panic::Stop) => checker.stop(),
        Err(Panic::Text(message)) => {
            execution::with(|execution| execution.fail(message));
            checker.stop();
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
        checker.stop();
    }
    after_block(checker, &block);
}
