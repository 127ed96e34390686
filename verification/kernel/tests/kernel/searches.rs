//! Bounds cut a search short only audibly; samplings are reproducible; the record is taken under
//! the lock; nested mutexes work; real threads run the same programs.

use crate::toy::{program, toy, Bugs, Op};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::Mutex as Held;
use sentinel_queue_kernel::{harness, loom, record, shuttle, threads, Condvar, Limits};
use sentinel_queue_models::{Condition, Event, Recorded};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use Op::{Close, Pop, Push};

const SAMPLERS: [Sampler; 3] = [Sampler::Random, Sampler::UniformWalk, Sampler::Pct { depth: 5 }];

fn body(threads: Vec<Vec<Op>>, bugs: Bugs) -> impl Fn() + Send + Sync + 'static {
    move || program::<toy::Queue>(&threads, 1, bugs)
}

fn loom_body(threads: Vec<Vec<Op>>) -> impl Fn() + Send + Sync + 'static {
    move || program::<toy::Queue>(&threads, 1, Bugs::default())
}

fn small() -> Vec<Vec<Op>> {
    vec![vec![Push, Close], vec![Pop], vec![Pop]]
}

#[test]
fn a_bounded_or_stopped_search_is_not_complete() {
    let bounded = Limits { preemptions: Some(1), ..Limits::default() };
    let stopped = Limits { executions: Some(5), ..Limits::default() };
    let late = Limits { time: Some(Duration::ZERO), ..Limits::default() };
    let many = || vec![vec![Push, Push], vec![Pop, Pop], vec![Push], vec![Pop]];
    let outcomes = [
        shuttle::explore(&bounded, body(small(), Bugs::default())),
        loom::explore(&bounded, loom_body(small())),
        shuttle::explore(&stopped, body(small(), Bugs::default())),
        loom::explore(&stopped, loom_body(small())),
        shuttle::explore(&late, body(many(), Bugs::default())),
        loom::explore(&late, loom_body(many())),
    ];
    for (place, outcome) in outcomes.iter().enumerate() {
        assert!(!outcome.complete && outcome.failure.is_none(), "{place}: {outcome:?}");
        assert_eq!(outcome.cut_short.is_some(), place >= 2, "{place}: {outcome:?}");
    }
    assert_eq!(outcomes[2].executions, 5);
    assert_eq!(outcomes[3].executions, 5);
}

#[test]
fn an_execution_that_is_too_long_is_a_failure() {
    let short = Limits { steps: 12, ..Limits::default() };
    let found = shuttle::explore(&short, body(small(), Bugs::default())).failure.unwrap();
    assert!(found.message.contains("max_steps"), "{}", found.message);
    let found = loom::explore(&short, loom_body(small())).failure.unwrap();
    assert!(found.message.contains("branches"), "{}", found.message);
}

#[test]
fn samplings_find_the_bug_and_their_tokens_replay() {
    let threads = || vec![vec![Pop], vec![Pop], vec![Push, Push]];
    let bugs = Bugs { one_condition: true, ..Bugs::default() };
    for sampler in SAMPLERS {
        let run = || shuttle::sample(sampler, 7, 20_000, &Limits::default(), body(threads(), bugs));
        let (first, second) = (run(), run());
        println!("{sampler:?}: found after {} executions", first.executions);
        assert_eq!(first.executions, second.executions, "the seed fixes everything");
        let found = first.failure.expect("the bug is not that rare");
        assert_eq!(Some(&found), second.failure.as_ref());
        let again = shuttle::replay(&found.token, body(threads(), bugs)).unwrap();
        assert_eq!(again.executions, 1);
        assert_eq!(again.failure, Some(found));
    }
}

#[test]
fn samplings_of_eight_threads_run_all_they_were_asked_for() {
    let threads = || vec![vec![Push]; 4].into_iter().chain(vec![vec![Pop]; 4]).collect::<Vec<_>>();
    for sampler in SAMPLERS {
        let body = body(threads(), Bugs::default());
        let outcome = shuttle::sample(sampler, 1, 500, &Limits::default(), body);
        assert_eq!((outcome.executions, outcome.complete), (500, false));
        assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
    }
}

#[test]
fn a_wrong_token_is_refused() {
    for token in ["", "any.0-ab", "all.0.0-ab", "any.0.0-a b", "any.x.0-a"] {
        assert!(shuttle::replay(token, || {}).is_err(), "{token:?}");
    }
    let misfit = shuttle::replay("any.0.0-azzz", body(small(), Bugs::default())).unwrap();
    assert!(misfit.failure.unwrap().message.contains("not one of this program"));
}

/// The record of the first execution of a search.
fn recorded(record: &Arc<Mutex<Vec<Recorded>>>) {
    let taken = harness::take_record();
    record.lock().unwrap().clone_from(&taken);
}

#[test]
fn the_record_has_every_critical_section_in_order_and_no_auxiliary_mutex() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let inside = Arc::clone(&kept);
    let outcome = shuttle::explore(&Limits::default(), move || {
        let queues = Arc::new((Held::new(()), Held::new(()), Held::new(())));
        let create = |queue: &Held<()>, capacity| {
            let _held = queue.lock();
            record(Event::Create { capacity });
        };
        create(&queues.1, Some(1));
        create(&queues.0, None);
        let theirs = Arc::clone(&queues);
        harness::spawn(move || {
            let _queue = theirs.0.lock();
            record(Event::Push { items: 1 });
            let _group = theirs.2.lock();
            record(Event::Close);
        });
        harness::all_spawned();
        harness::finish();
        recorded(&inside);
    });
    assert!(outcome.complete, "{:?}", outcome.failure);
    let own = |thread, queue, event| Recorded { thread, queue, event };
    let expected = [
        own(0, 0, Event::Create { capacity: Some(1) }),
        own(0, 0, Event::Unlock),
        own(0, 1, Event::Create { capacity: None }),
        own(0, 1, Event::Unlock),
        own(1, 1, Event::Push { items: 1 }),
        own(1, 1, Event::Close),
        own(1, 1, Event::Unlock),
    ];
    assert_eq!(*kept.lock().unwrap(), expected);
}

fn nested() {
    let pair = Arc::new((Held::new(0), Held::new(0)));
    for _ in 0..2 {
        let pair = Arc::clone(&pair);
        harness::spawn(move || {
            let mut queue = pair.0.lock();
            *queue += 1;
            *pair.1.lock() += *queue;
        });
    }
    let both = Arc::clone(&pair);
    harness::spawn(move || *both.1.lock() += 10);
    harness::all_spawned();
    harness::finish();
    assert_eq!((*pair.0.lock(), *pair.1.lock()), (2, 13));
}

#[test]
fn nested_mutexes_are_explored_by_both() {
    let limits = Limits { keep_traces: true, ..Limits::default() };
    let in_loom = loom::explore(&limits, nested);
    let in_shuttle = shuttle::explore(&limits, nested);
    println!("loom {}, shuttle {}", in_loom.executions, in_shuttle.executions);
    assert!(in_loom.complete && in_shuttle.complete, "{:?}", in_loom.failure);
    // Loom distinguishes schedules only by the order at each mutex, shuttle by the whole order.
    assert!(in_loom.traces.is_subset(&in_shuttle.traces));
}

#[test]
fn real_threads_run_the_same_programs_and_record_them() {
    let record = Arc::new(Mutex::new(Vec::new()));
    let inside = Arc::clone(&record);
    let outcome = threads::stress(200, Duration::from_secs(30), move || {
        program::<toy::Queue>(&small(), 1, Bugs::default());
        recorded(&inside);
    });
    assert_eq!((outcome.executions, outcome.failure), (200, None));
    let record = record.lock().unwrap();
    let count = |wanted: Event| record.iter().filter(|recorded| recorded.event == wanted).count();
    assert_eq!(record[0].event, Event::Create { capacity: Some(1) });
    // Main cannot wait for quiescence here, so its close may come before the push.
    let refused = Event::Refuse { condition: Condition::NotFull, closed: true };
    assert_eq!(count(Event::Push { items: 1 }) + count(refused), 1);
    assert_eq!(count(Event::Close), 2);
    assert_eq!(record.last().unwrap().event, Event::Unlock);
}

#[test]
fn a_panic_and_a_hang_of_real_threads_are_failures() {
    let panics = threads::stress(1, Duration::from_secs(30), || {
        harness::spawn(|| panic!("on purpose"));
        harness::finish();
    });
    assert!(panics.failure.unwrap().message.contains("on purpose"));
    let hangs = threads::stress(1, Duration::from_millis(200), || {
        let mutex = Held::new(());
        Condvar::new().wait(&mut mutex.lock());
    });
    assert!(hangs.failure.unwrap().message.contains("a hang"));
}
