//! Everything that is explored in seconds, and its pinned size.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use sentinel_queue_models::one_queue::Protocol;
use sentinel_queue_models::suite::{runs, Programs, Report, Tier};
use sentinel_queue_models::Claim;

/// Applies a function to all elements, on all processors; the results are in the order of the
/// elements.
fn in_parallel<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(one) = all.get(number) else { break };
                let result = each(one);
                results.lock().expect("no thread panics with it").push((number, result));
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics with it");
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn all_small_configurations_hold_and_have_their_pinned_size() {
    let runs = runs(Tier::Test);
    let reports = in_parallel(&runs, |run| run.explore(|_, _| ()));
    for report in &reports {
        println!("{report}");
    }
    let wrong: Vec<&Report> = reports.iter().filter(|report| !report.holds()).collect();
    assert!(wrong.is_empty(), "counts.txt or the model is out of date: {wrong:#?}");
    let about_one = runs.iter().zip(&reports);
    let about_one = about_one.filter(|(run, _)| matches!(run.programs, Programs::OneQueue(..)));
    let explored: usize = about_one.map(|(_, report)| report.configurations).sum();
    assert_eq!(explored, Protocol::ALL.len() * (4 * 4 * 3 * 3 + 3 * 3 * 2));
}

#[test]
fn every_run_of_the_verify_tier_is_pinned() {
    for run in runs(Tier::Verify) {
        assert!(sentinel_queue_models::suite::pinned(&run.name).is_some(), "{}", run.name);
    }
}

#[test]
fn every_claim_is_put_to_the_test_by_some_run() {
    let runs = runs(Tier::Test);
    for claim in Claim::ALL {
        assert!(runs.iter().any(|run| run.programs.claims().contains(&claim)), "{claim}");
    }
}
