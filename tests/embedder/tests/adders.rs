//! The embedder's own tests: under loom every interleaving with at most two preemptions, otherwise
//! real threads.

use sentinel_queue_tests_embedder::{thread, Adders};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Runs the body as often as it takes, and returns all different outcomes.
fn outcomes<T: Ord + Send + 'static>(body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    let body = move || {
        let outcome = body();
        sink.lock().unwrap().insert(outcome);
    };
    #[cfg(sentinel_queue_loom)]
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2); // enough here, and seconds instead of hours
        builder.check(body);
    }
    #[cfg(not(sentinel_queue_loom))]
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
    #[cfg(sentinel_queue_loom)]
    assert_eq!(outcomes.len(), 2, "loom has seen both orders of the race");
}
