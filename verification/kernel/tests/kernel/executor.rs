//! Futures on the kernel: every moment of a wakeup is explored, and what a future may not do fails the
//! execution, on both engines.

use sentinel_queue_kernel::executor::{block_on, poll_once};
use sentinel_queue_kernel::{
    harness, loom, shuttle, threads, Condvar, Hostility, Limits, Mutex, Outcome, Recognition,
    Waiters,
};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A flag that a task waits for.
struct Flag {
    /// Whether it is set, and the waker of the task that waits.
    state: Mutex<(bool, Option<Waker>)>,
    bug: Bug,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    None,
    /// It keeps the waker of the first poll.
    KeepsFirstWaker,
    /// It wakes the task and holds the mutex.
    WakesUnderMutex,
    /// It drops the waker that it replaces, and holds the mutex.
    DropsUnderMutex,
    /// It wakes no task.
    WakesNone,
}

impl Flag {
    fn new(bug: Bug) -> Arc<Self> {
        Arc::new(Flag { state: Mutex::new((false, None)), bug })
    }

    fn set(&self) {
        let mut state = self.state.lock();
        state.0 = true;
        let waker = state.1.take();
        match (self.bug, waker) {
            (Bug::WakesNone, waker) => {
                drop(state);
                drop(waker);
            }
            (Bug::WakesUnderMutex, Some(waker)) => waker.wake(),
            (_, waker) => {
                drop(state);
                waker.into_iter().for_each(Waker::wake);
            }
        }
    }
}

/// Waits for a flag.
struct IsSet(Arc<Flag>);

impl Future for IsSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Flag { bug, .. } = *self.0;
        let new = context.waker().clone();
        let mut state = self.0.state.lock();
        if state.0 {
            drop(state);
            return Poll::Ready(());
        }
        let old = match &state.1 {
            Some(_) if bug == Bug::KeepsFirstWaker => Some(new),
            _ => state.1.replace(new),
        };
        if bug == Bug::DropsUnderMutex {
            drop(old);
        } else {
            drop(state);
            drop(old);
        }
        Poll::Pending
    }
}

fn limits(spurious: u32) -> Limits {
    let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts: 0 };
    Limits { hostility, ..Limits::default() }
}

/// One thread waits for the flag, and another one sets it.
fn waits_and_sets(bug: Bug) {
    let flag = Flag::new(bug);
    let other = Arc::clone(&flag);
    harness::spawn(move || block_on(IsSet(flag)));
    harness::spawn(move || other.set());
    harness::all_spawned();
    harness::finish();
}

fn both(spurious: u32, bug: Bug) -> [Outcome; 2] {
    let body = move || waits_and_sets(bug);
    [loom::explore(&limits(spurious), body), shuttle::explore(&limits(spurious), body)]
}

fn assert_fails(outcome: &Outcome, message: &str) {
    let failure = outcome.failure.as_ref().expect("this must fail");
    assert!(failure.message.contains(message), "{}", failure.message);
}

#[test]
fn a_task_is_woken_in_every_schedule() {
    for spurious in [0, 1] {
        let [first, second] = both(spurious, Bug::None);
        assert!(first.complete && second.complete, "{:?} {:?}", first.failure, second.failure);
        assert!(first.executions > 1 && second.executions > 1, "it races");
    }
    let on_threads = threads::stress(200, Duration::from_secs(60), || waits_and_sets(Bug::None));
    assert!(on_threads.failure.is_none(), "{:?}", on_threads.failure);
}

#[test]
fn a_task_that_is_not_woken_is_a_deadlock() {
    for outcome in both(0, Bug::WakesNone) {
        assert_fails(&outcome, "deadlock");
    }
}

#[test]
fn a_kept_waker_shows_when_a_future_is_polled_again() {
    for outcome in both(0, Bug::KeepsFirstWaker) {
        assert!(outcome.complete, "it is polled again only when it was woken");
    }
    for outcome in both(1, Bug::KeepsFirstWaker) {
        assert_fails(&outcome, "deadlock");
    }
}

#[test]
fn a_waker_that_runs_under_a_mutex_fails() {
    for outcome in both(0, Bug::WakesUnderMutex) {
        assert_fails(&outcome, "a waker is woken by a thread that holds a mutex");
    }
    for outcome in both(1, Bug::DropsUnderMutex) {
        assert_fails(&outcome, "a waker is dropped by a thread that holds a mutex");
    }
}

/// A future that is polled once may be dropped before it is woken, and after.
#[test]
fn a_future_is_dropped_at_every_moment() {
    for explore in [in_loom, in_shuttle] {
        let seen = Seen::default();
        let also = Arc::clone(&seen);
        let outcome = explore(Box::new(move || {
            let flag = Flag::new(Bug::None);
            let (other, seen) = (Arc::clone(&flag), Arc::clone(&also));
            harness::spawn(move || {
                let ready = poll_once(&mut IsSet(Arc::clone(&flag))).is_ready();
                let set = flag.state.lock().0;
                seen.lock().unwrap().insert((ready, set));
            });
            harness::spawn(move || other.set());
            harness::all_spawned();
            harness::finish();
        }));
        assert!(outcome.complete, "{outcome:?}");
        let all = [(false, false), (false, true), (true, true)];
        assert_eq!(*seen.lock().unwrap(), BTreeSet::from(all));
    }
}

/// Whether the future was ready, and whether the flag was set when it was dropped.
type Seen = Arc<std::sync::Mutex<BTreeSet<(bool, bool)>>>;
type Body = Box<dyn Fn() + Send + Sync>;

fn in_loom(body: Body) -> Outcome {
    loom::explore(&limits(0), body)
}

fn in_shuttle(body: Body) -> Outcome {
    shuttle::explore(&limits(0), body)
}

#[test]
fn a_search_that_recognizes_states_refuses_futures() {
    let limits = Limits { recognition: Recognition::Careful, ..limits(0) };
    let outcome = shuttle::explore(&limits, || waits_and_sets(Bug::None));
    assert_fails(&outcome, "may not run futures");
}

/// A panic of a waker that the code under check catches fails the execution all the same.
#[test]
fn a_caught_panic_of_a_waker_fails() {
    let body = || {
        let all = Arc::new((Mutex::new(()), Condvar::new()));
        let waker = std::sync::Mutex::new(None);
        let mut future = std::future::poll_fn(|context| {
            *waker.lock().unwrap() = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(poll_once(&mut future).is_pending());
        let _held = all.0.lock();
        let waker = waker.lock().unwrap().take().expect("polled");
        let woken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake()));
        assert!(woken.is_err());
    };
    assert_fails(&loom::explore(&limits(0), body), "holds a mutex");
    assert_fails(&shuttle::explore(&limits(0), body), "holds a mutex");
}
