//! What the kernel cannot model fails the execution, with a message that says what; on both
//! engines. So do deadlocks that only the engines can see.

use sentinel_queue_kernel::{
    harness, loom, record, shuttle, Condvar, Hostility, Limits, Mutex, Outcome, Waiters,
};
use sentinel_queue_models::{Condition, Event};
use std::sync::Arc;

fn limits() -> Limits {
    let hostility = Hostility { waiters: Waiters::Any, spurious: 0, timeouts: 0 };
    Limits { hostility, ..Limits::default() }
}

fn assert_fails(outcome: Outcome, message: &str) {
    assert!(!outcome.complete);
    let failure = outcome.failure.expect("this must fail");
    assert!(failure.message.contains(message), "{}", failure.message);
}

macro_rules! misuse {
    ($($name:ident: $message:literal;)*) => {
        $(
            #[test]
            fn $name() {
                assert_fails(loom::explore(&limits(), bodies::$name), $message);
                assert_fails(shuttle::explore(&limits(), bodies::$name), $message);
            }
        )*
    };
}

mod bodies {
    use super::{harness, record, Arc, Condition, Condvar, Event, Mutex};

    pub(super) fn a_notification_without_the_mutex() {
        Condvar::new().notify_one();
    }

    pub(super) fn a_notification_with_another_mutex() {
        let all = Arc::new((Mutex::new(()), Condvar::new(), Mutex::new(())));
        let sleeper = Arc::clone(&all);
        harness::spawn(move || sleeper.1.wait(&mut sleeper.0.lock()));
        harness::all_spawned();
        harness::quiesce();
        let _other = all.2.lock();
        all.1.notify_all();
    }

    pub(super) fn one_condition_with_two_mutexes() {
        let all = Arc::new((Mutex::new(()), Condvar::new(), Mutex::new(())));
        let sleeper = Arc::clone(&all);
        harness::spawn(move || sleeper.1.wait(&mut sleeper.0.lock()));
        harness::all_spawned();
        harness::quiesce();
        all.1.wait(&mut all.2.lock());
    }

    pub(super) fn locking_twice() {
        let mutex = Mutex::new(());
        let _held = mutex.lock();
        let _again = mutex.lock();
    }

    pub(super) fn too_many_threads() {
        (0..30).for_each(|_| harness::spawn(|| {}));
    }

    pub(super) fn main_locks_while_it_spawns() {
        let mutex = Mutex::new(());
        harness::spawn(|| {});
        let _held = mutex.lock();
    }

    pub(super) fn a_thread_spawns() {
        harness::spawn(|| harness::spawn(|| {}));
        harness::all_spawned();
    }

    pub(super) fn quiescence_before_all_are_spawned() {
        harness::quiesce();
    }

    pub(super) fn an_event_outside_of_a_critical_section() {
        record(Event::Close);
    }

    pub(super) fn an_event_before_create() {
        let mutex = Mutex::new(());
        let _held = mutex.lock();
        record(Event::Close);
    }

    pub(super) fn a_queue_created_twice() {
        let mutex = Mutex::new(());
        let _held = mutex.lock();
        record(Event::Create { capacity: None });
        record(Event::Create { capacity: None });
    }

    /// Main holds the mutex, and the condition variable has a waiter.
    fn beside_a_waiter(act: impl FnOnce(&Condvar)) {
        harness::compare_notifications();
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let create = pair.0.lock();
        record(Event::Create { capacity: None });
        drop(create);
        let waiter = Arc::clone(&pair);
        harness::spawn(move || {
            let mut held = waiter.0.lock();
            record(Event::Wait { condition: Condition::NotEmpty });
            waiter.1.wait(&mut held);
        });
        harness::all_spawned();
        harness::quiesce();
        let held = pair.0.lock();
        act(&pair.1);
        drop(held);
        harness::finish();
    }

    pub(super) fn a_notification_that_is_not_done() {
        beside_a_waiter(|_| record(Event::Notify { condition: Condition::NotEmpty, all: false }));
    }

    pub(super) fn a_notification_that_is_not_recorded() {
        beside_a_waiter(Condvar::notify_one);
    }

    pub(super) fn a_notification_that_is_done_elsewhere() {
        beside_a_waiter(|condvar| {
            record(Event::Notify { condition: Condition::NotFull, all: false });
            condvar.notify_one();
        });
    }

    pub(super) fn a_caught_panic_that_used_the_kernel() {
        let mutex = Mutex::new(());
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _held = mutex.lock();
            panic!("inside a critical section");
        }));
        assert!(result.is_err());
    }

    pub(super) fn mutexes_in_a_circle() {
        let pair = Arc::new((Mutex::new(()), Mutex::new(())));
        let other = Arc::clone(&pair);
        harness::spawn(move || {
            let _first = pair.0.lock();
            let _second = pair.1.lock();
        });
        harness::spawn(move || {
            let _first = other.1.lock();
            let _second = other.0.lock();
        });
        harness::all_spawned();
        harness::finish();
    }

    pub(super) fn a_sleeper_that_keeps_another_mutex() {
        let all = Arc::new((Mutex::new(()), Condvar::new(), Mutex::new(())));
        let sleeper = Arc::clone(&all);
        harness::spawn(move || {
            let _kept = sleeper.2.lock();
            sleeper.1.wait(&mut sleeper.0.lock());
        });
        harness::spawn(move || {
            let _wanted = all.2.lock();
            let _held = all.0.lock();
            all.1.notify_one();
        });
        harness::all_spawned();
        harness::finish();
    }

    pub(super) fn a_panic_while_handles_that_lock_are_dropped() {
        struct Handle(Arc<Mutex<u32>>);
        impl Drop for Handle {
            fn drop(&mut self) {
                *self.0.lock() += 1;
            }
        }
        let mutex = Arc::new(Mutex::new(0));
        for thread in 0..3 {
            let handle = Handle(Arc::clone(&mutex));
            harness::spawn(move || {
                let seen = *handle.0.lock();
                assert!(seen + thread != 2, "found");
            });
        }
        harness::all_spawned();
        harness::finish();
    }
}

misuse! {
    a_notification_without_the_mutex: "without holding the mutex";
    a_notification_with_another_mutex: "without holding the mutex";
    one_condition_with_two_mutexes: "used with two mutexes";
    locking_twice: "locked by this thread already";
    too_many_threads: "too many threads";
    main_locks_while_it_spawns: "between its first spawn and all_spawned";
    a_thread_spawns: "only main spawns";
    quiescence_before_all_are_spawned: "all_spawned comes before quiesce";
    an_event_outside_of_a_critical_section: "outside of the critical sections";
    an_event_before_create: "outside of the critical sections";
    a_queue_created_twice: "created twice";
    a_notification_that_is_not_done: "is recorded and not done";
    a_notification_that_is_not_recorded: "is done and not recorded";
    a_notification_that_is_done_elsewhere: "is recorded and not done";
    a_caught_panic_that_used_the_kernel: "inside a critical section";
    mutexes_in_a_circle: "deadlock: threads lock mutexes in a circle";
    a_sleeper_that_keeps_another_mutex: "deadlock";
    a_panic_while_handles_that_lock_are_dropped: "found";
}

#[test]
fn nothing_works_outside_of_an_execution() {
    let outside = [
        std::panic::catch_unwind(|| *Mutex::new(()).lock()),
        std::panic::catch_unwind(|| Condvar::new().notify_all()),
        std::panic::catch_unwind(|| record(Event::Close)),
    ];
    assert!(outside.iter().all(Result::is_err));
}

#[test]
fn a_fifth_thread_is_too_many_for_loom() {
    let four = |more: usize| {
        move || {
            (0..4 + more).for_each(|_| harness::spawn(|| {}));
            harness::all_spawned();
            harness::finish();
        }
    };
    assert!(loom::explore(&limits(), four(0)).complete);
    assert_fails(loom::explore(&limits(), four(1)), "too many threads");
}
