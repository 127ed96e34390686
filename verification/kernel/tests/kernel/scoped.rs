//! Threads of a scope: they are explored like all others, whichever thread starts them.

use sentinel_queue_kernel::shuttle::scoped::{scope, spawn};
use sentinel_queue_kernel::shuttle::{explore, sample, Sampler};
use sentinel_queue_kernel::{harness, Condvar, Limits, Mutex, Outcome, Recognition};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex as Shared};

/// The orders in which three threads lock, the third being started by the second.
fn body(orders: &Shared<BTreeSet<String>>) {
    harness::all_spawned();
    let order = Mutex::new(String::new());
    let enter = |letter| order.lock().push(letter);
    scope(|threads| {
        _ = spawn(threads, None, None, || enter('a'));
        _ = spawn(threads, None, None, || {
            enter('b');
            _ = spawn(threads, None, None, || enter('c'));
            enter('d');
        });
    });
    orders.lock().unwrap().insert(order.lock().clone());
}

fn run(work: impl FnOnce(Box<dyn Fn() + Send + Sync>) -> Outcome) -> (Outcome, BTreeSet<String>) {
    let orders = Arc::new(Shared::new(BTreeSet::new()));
    let seen = Arc::clone(&orders);
    let outcome = work(Box::new(move || body(&seen)));
    let orders = orders.lock().unwrap().clone();
    (outcome, orders)
}

#[test]
fn every_order_is_explored_once() {
    let (outcome, orders) = run(|body| explore(&Limits::default(), body));
    assert!(outcome.complete, "{:?}", outcome.failure);
    // `b` is before `c` and `d`, and `a` anywhere: 2 x 4.
    assert_eq!(orders.len(), 8, "{orders:?}");
    // Main locks last of all, so that there is nothing else to choose.
    assert_eq!(outcome.executions, 8);
}

#[test]
fn threads_that_two_others_start_are_distinguished_in_every_sample() {
    let sampler = Sampler::Random;
    let (outcome, orders) = run(|body| sample(sampler, 7, 500, &Limits::default(), body));
    assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
    assert_eq!(orders.len(), 8, "{orders:?}");
}

#[test]
fn threads_that_two_others_start_are_refused_by_a_search_of_states() {
    let limits = Limits { recognition: Recognition::Careful, ..Limits::default() };
    let outcome = explore(&limits, || {
        harness::all_spawned();
        let mutex = Mutex::new(());
        scope(|threads| {
            for _ in 0..2 {
                _ = spawn(threads, None, None, || {
                    drop(mutex.lock());
                    _ = spawn(threads, None, None, || ());
                });
            }
        });
    });
    let failure = outcome.failure.expect("their numbers are a race");
    assert!(failure.message.contains("start in one order"), "{}", failure.message);
}

#[test]
fn sleeper_in_a_scope_is_a_deadlock() {
    let outcome = explore(&Limits::default(), || {
        harness::all_spawned();
        let (mutex, condition) = (Mutex::new(()), Condvar::new());
        scope(|threads| _ = spawn(threads, None, None, || condition.wait(&mut mutex.lock())));
    });
    let failure = outcome.failure.expect("no thread wakes it");
    assert!(failure.message.contains("deadlock"), "{}", failure.message);
}

#[test]
fn scope_before_all_are_spawned_is_refused() {
    let outcome =
        explore(&Limits::default(), || scope(|threads| _ = spawn(threads, None, None, || ())));
    let failure = outcome.failure.expect("main has not said that all are spawned");
    assert!(failure.message.contains("all_spawned comes before"), "{}", failure.message);
}
