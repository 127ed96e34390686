//! The embedder's own tests: under loom every interleaving with at most two preemptions, otherwise
//! real threads.

use sentinel_queue_tests_embedder::{thread, Adders};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Runs the body in every interleaving, and returns all different outcomes.
fn outcomes<T: Ord + Send + 'static>(body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    let body = move || {
        let outcome = body();
        sink.lock().unwrap().insert(outcome);
    };
    #[cfg(loom)]
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2); // enough here, and seconds instead of hours
        builder.check(body);
    }
    #[cfg(not(loom))]
    (0..500).for_each(|_| body());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    seen
}

#[test]
fn sentinels_end_every_worker_after_the_last_number() {
    let outcomes = outcomes(|| {
        let adders = Adders::start(2, 1);
        adders.add(1).unwrap();
        adders.add(2).unwrap();
        adders.finish()
    });
    assert_eq!(outcomes, BTreeSet::from([(3, 2)]));
}

#[test]
fn racing_stop_refuses_a_number_or_adds_it() {
    let outcomes = outcomes(|| {
        let adders = Adders::start(1, 1);
        let stopper = thread::spawn(adders.stopper());
        let accepted = adders.add(1).is_ok();
        stopper.join().unwrap();
        let (sum, sentinels) = adders.finish();
        assert_eq!((sum, sentinels), (u32::from(accepted), 0));
        accepted
    });
    assert!(!outcomes.is_empty());
    #[cfg(loom)]
    assert_eq!(outcomes.len(), 2, "loom has seen both orders of the race");
}

/// Returns loom's report of a failing model; the process must survive it.
#[cfg(loom)]
fn failure(body: impl Fn() + Send + Sync + std::panic::UnwindSafe + 'static) -> String {
    let panic = std::panic::catch_unwind(|| loom::model(body)).expect_err("the model fails");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_string(),
    }
}

#[test]
#[cfg(loom)]
fn deadlock_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        let kept = tasks.clone();
        let worker = thread::spawn(move || queue.iter().sum::<u32>());
        tasks.send(1).unwrap();
        drop(tasks);
        worker.join().unwrap(); // `kept` keeps the queue open
        drop(kept);
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
#[cfg(loom)]
fn deadlock_with_full_queue_and_task_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        tasks.send(1).unwrap();
        let task = queue.recv_task().unwrap();
        let sender = thread::spawn(move || while tasks.send(2).is_ok() {});
        sender.join().unwrap();
        drop((task, queue));
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
#[cfg(loom)]
fn failed_assertion_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        let worker = thread::spawn(move || queue.iter().for_each(|task| assert_ne!(task, 2)));
        tasks.send_many([1, 2]).unwrap();
        worker.join().unwrap();
    });
    assert!(message.contains("assertion"), "{message}");
}

#[test]
#[cfg(loom)]
fn scope_in_a_model_says_what_to_use() {
    let message = failure(|| drop(sentinel_queue::scope(|_| ())));
    assert!(message.contains("loom threads") && message.contains("Group"), "{message}");
}
