//! Everything a condition variable may do happens, in both engines, and nothing else.

use crate::toy::{program, toy, Bugs, Op};
use sentinel_queue_kernel::{harness, loom, shuttle, Hostility, Limits, Recognition, Waiters};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use Op::{Pop, Push};

type Seen<T> = Arc<Mutex<BTreeSet<T>>>;

fn limits(waiters: Waiters, spurious: u32, timeouts: u32) -> Limits {
    Limits { hostility: Hostility { waiters, spurious, timeouts }, ..Limits::default() }
}

/// Runs one body on both engines; both must see exactly the same set.
macro_rules! both {
    ($limits:expr, $body:ident, $argument:expr) => {{
        let limits = $limits;
        let (in_loom, in_shuttle) = (Seen::default(), Seen::default());
        let (one, two) = (Arc::clone(&in_loom), Arc::clone(&in_shuttle));
        let first = loom::explore(&limits, move || bodies::$body($argument, &one));
        let second = shuttle::explore(&limits, move || bodies::$body($argument, &two));
        assert!(first.complete && second.complete, "{:?} {:?}", first.failure, second.failure);
        let (in_loom, in_shuttle) = (in_loom.lock().unwrap().clone(), in_shuttle.lock().unwrap());
        assert_eq!(in_loom, *in_shuttle);
        in_loom
    }};
}

/// Bodies over the kernel itself.
mod bodies {
    use super::{harness, Arc, Seen};
    use sentinel_queue_kernel::{Condvar, Mutex};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::time::Instant;

    struct Shared {
        asleep: Mutex<usize>,
        bell: Condvar,
    }

    impl Shared {
        fn new() -> Arc<Self> {
            Arc::new(Shared { asleep: Mutex::new(0), bell: Condvar::new() })
        }
    }

    /// So many threads wait; one, or main, notifies once. Records which one wakes.
    pub(super) fn woken((sleepers, by_main): (usize, bool), seen: &Seen<usize>) {
        let shared = Shared::new();
        for thread in 0..sleepers {
            let (shared, seen) = (Arc::clone(&shared), Arc::clone(seen));
            harness::spawn(move || {
                let mut asleep = shared.asleep.lock();
                *asleep += 1;
                shared.bell.wait(&mut asleep);
                if *asleep == sleepers {
                    seen.lock().unwrap().insert(thread);
                }
                *asleep = 0;
            });
        }
        let notifier = Arc::clone(&shared);
        if !by_main {
            harness::spawn(move || {
                let asleep = notifier.asleep.lock();
                if *asleep == sleepers {
                    notifier.bell.notify_one();
                }
            });
        }
        harness::all_spawned();
        harness::quiesce();
        if by_main {
            let _asleep = shared.asleep.lock();
            shared.bell.notify_one();
        }
        harness::quiesce();
        let _asleep = shared.asleep.lock();
        shared.bell.notify_all();
    }

    /// One waits, one sets a flag and notifies: is the flag set, and did the clock end it?
    pub(super) fn ends((timed, all): (bool, bool), seen: &Seen<(bool, bool)>) {
        let shared = Shared::new();
        let done = Arc::new(AtomicUsize::new(0));
        let (waiter, seen, finished) = (Arc::clone(&shared), Arc::clone(seen), Arc::clone(&done));
        harness::spawn(move || {
            let mut flag = waiter.asleep.lock();
            if *flag == 0 {
                let timed_out = if timed {
                    waiter.bell.wait_until(&mut flag, Instant::now())
                } else {
                    waiter.bell.wait(&mut flag);
                    false
                };
                seen.lock().unwrap().insert((*flag == 1, timed_out));
            }
            finished.store(1, Relaxed);
        });
        let notifier = Arc::clone(&shared);
        harness::spawn(move || {
            *notifier.asleep.lock() = 1;
            let _flag = notifier.asleep.lock();
            if all {
                notifier.bell.notify_all();
            } else {
                notifier.bell.notify_one();
            }
        });
        harness::all_spawned();
        harness::finish();
        assert_eq!(done.load(Relaxed), 1);
    }
}

#[test]
fn a_choice_has_every_value() {
    for sleepers in 1..=3 {
        let any = both!(limits(Waiters::Any, 0, 0), woken, (sleepers, false));
        assert_eq!(any, (0..sleepers).collect(), "notified by a thread");
    }
    for sleepers in 2..=3 {
        let any = both!(limits(Waiters::Any, 0, 0), woken, (sleepers, true));
        assert_eq!(any, (0..sleepers).collect(), "notified by main");
    }
}

#[test]
fn a_wait_ends_only_by_its_notification_without_hostility() {
    let ends = both!(limits(Waiters::Any, 0, 0), ends, (true, false));
    assert_eq!(ends, BTreeSet::from([(true, false)]));
}

#[test]
fn a_wait_ends_for_no_reason_with_a_budget() {
    let ends = both!(limits(Waiters::Any, 1, 0), ends, (false, false));
    assert_eq!(ends, BTreeSet::from([(false, false), (true, false)]));
}

#[test]
fn a_timer_may_be_first_at_any_moment_also_just_before_a_notification() {
    for all in [false, true] {
        let ends = both!(limits(Waiters::Any, 0, 1), ends, (true, all));
        assert_eq!(ends, BTreeSet::from([(false, true), (true, true), (true, false)]));
    }
}

#[test]
fn a_timed_wait_may_also_end_for_no_reason() {
    let ends = both!(limits(Waiters::Any, 1, 1), ends, (true, false));
    let all = [(false, false), (false, true), (true, false), (true, true)];
    assert_eq!(ends, BTreeSet::from(all));
}

/// The reason the kernel exists: one condition for both sides deadlocks when threads > 2 x capacity,
/// and a first-in-first-out condition variable hides it at exactly this size.
#[test]
fn fifo_hides_the_deadlock_of_a_single_condition_and_any_waiter_shows_it() {
    let threads = vec![vec![Push, Push], vec![Push, Push], vec![Pop, Pop], vec![Pop], vec![Pop]];
    let bugs = Bugs { one_condition: true, ..Bugs::default() };
    let run = |waiters| {
        let threads = threads.clone();
        let limits = Limits { recognition: Recognition::Careful, ..limits(waiters, 0, 0) };
        shuttle::explore(&limits, move || {
            program::<toy::Queue>(&threads, 2, bugs);
        })
    };
    let fifo = run(Waiters::Fifo);
    println!("fifo: {} executions in {:?}, {} pruned", fifo.executions, fifo.elapsed, fifo.pruned);
    assert!(fifo.complete, "{:?}", fifo.failure);
    let any = run(Waiters::Any);
    println!("any: {} executions in {:?}", any.executions, any.elapsed);
    assert!(any.failure.expect("a thread sleeps forever").message.contains("sleeps without"));
}
