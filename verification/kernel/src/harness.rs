//! What a client program needs besides the facade: threads, and a look at quiescent states. One
//! program written over [`Backend`] runs on every backend.

use crate::condvar::follow;
use crate::engine::Engine;
use crate::journal::Step;
use crate::panics::{self, Panic};
use crate::session::{self, Activity};
use sentinel_queue_models::{Condition, Recorded};
use std::borrow::Cow;

/// Where client programs run.
pub trait Backend: 'static {
    /// Its name.
    const NAME: &'static str;

    /// Whether [`quiesce`](Backend::quiesce) means something here. Real threads cannot tell.
    const QUIESCES: bool;

    /// Starts a thread. Only main does, before [`all_spawned`](Backend::all_spawned); the threads
    /// are numbered 1, 2, ... in this order.
    fn spawn(body: impl FnOnce() + Send + 'static);

    /// Main has started every thread. Between its first spawn and this call main locks nothing.
    fn all_spawned();

    /// Main waits until every other thread has finished or sleeps in a condition variable.
    fn quiesce();

    /// Main waits until every other thread has finished; somebody asleep is a deadlock.
    fn finish();

    /// The running thread; main is 0. Without meaning once the execution has failed.
    fn me() -> usize;

    /// Who sleeps and has not been notified. Exact after [`quiesce`](Backend::quiesce).
    fn sleepers() -> Vec<Sleeper>;

    /// The running thread has finished an operation of its program, and all it will remember of it
    /// hashes to `result`. Lets the stateful search recognize more states.
    fn operation_finished(result: u64);

    /// Adds a line to the interleaving.
    fn note(text: impl Into<Cow<'static, str>>);

    /// The events of this execution since the last call, in order.
    fn take_record() -> Vec<Recorded>;
}

/// A thread asleep in a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleeper {
    /// The thread.
    pub thread: usize,
    /// The side it recorded to wait for.
    pub condition: Option<Condition>,
    /// Whether its wait is timed, its thread's timeouts being used up.
    pub timed: bool,
}

impl<E: Engine> Backend for E {
    const NAME: &'static str = E::NAME;
    const QUIESCES: bool = true;

    fn spawn(body: impl FnOnce() + Send + 'static) {
        assert!(E::me() == 0, "only main spawns, or the numbers of the threads would be a race");
        let thread = session::with(|session| session.add_thread(E::THREADS));
        E::start(Box::new(move || run::<E>(thread, body)));
    }

    fn all_spawned() {
        session::with(session::Session::open);
        E::all_spawned();
    }

    fn quiesce() {
        assert!(E::me() == 0, "only main waits for quiescence");
        assert!(session::with(|session| session.is_open()), "all_spawned comes before quiesce");
        if session::with(session::Session::begin_quiescing) {
            while session::with(|session| !session.is_quiescent()) {
                E::sleep();
            }
        }
        session::with(|session| {
            session.end_quiescing();
            session.note(0, Step::Quiescent);
        });
    }

    fn finish() {
        <E as Backend>::quiesce();
        let stuck = session::with(|session| {
            let anybody = session.sleepers().next().is_some();
            if anybody {
                session.fail(session.deadlock());
            }
            anybody
        });
        if stuck {
            E::stop();
        }
    }

    fn me() -> usize {
        // The checker of a failed execution may no longer know.
        if session::inert() {
            usize::MAX
        } else {
            <E as Engine>::me()
        }
    }

    fn sleepers() -> Vec<Sleeper> {
        session::with(|session| {
            let sleeper = |thread: usize| {
                let Activity::Asleep(bed) = session.threads[thread].activity else {
                    unreachable!("sleepers are asleep")
                };
                let condition = session.beds[bed].condition;
                Sleeper { thread, condition, timed: session.threads[thread].timed }
            };
            session.sleepers().map(sleeper).collect()
        })
    }

    fn operation_finished(result: u64) {
        let me = <E as Engine>::me();
        session::with(|session| session.operation_finished(me, result));
    }

    fn note(text: impl Into<Cow<'static, str>>) {
        if !session::inert() {
            let me = <E as Engine>::me();
            session::with(|session| session.note(me, Step::Note(text.into())));
        }
    }

    fn take_record() -> Vec<Recorded> {
        session::with(session::Session::take_record)
    }
}

/// A whole thread: its body, and what its end means to the others. A panic fails the execution.
pub(crate) fn run<E: Engine>(thread: usize, body: impl FnOnce()) {
    match panics::caught(body) {
        Ok(()) => {}
        Err(Panic::Stop) => E::stop(),
        Err(Panic::Text(message)) => {
            session::with(|session| session.fail(message));
            E::stop();
        }
    }
    let (failed, pause) = session::with(|session| {
        if session.failed() {
            return (true, session::Pause::Over);
        }
        session.note(thread, Step::Finished);
        (false, session.pause(thread, Activity::Finished))
    });
    if failed {
        E::stop();
    }
    follow::<E>(&pause);
}
