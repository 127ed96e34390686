//! Failures are values, in both engines: deadlocks, panics, misuse. Nothing aborts, nothing is
//! silently accepted, and a token reproduces the schedule.

use crate::toy::{program, toy, Bugs, Op};
use sentinel_queue_kernel::{loom, shuttle, Failure, Hostility, Limits, Outcome, Waiters};
use Op::{Pop, Push};

fn failure(outcome: Outcome) -> Failure {
    assert!(!outcome.complete, "a failed search is not complete");
    outcome.failure.expect("this must fail")
}

fn limits(spurious: u32, timeouts: u32) -> Limits {
    let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts };
    Limits { hostility, ..Limits::default() }
}

/// Runs a program with a bug on both engines, and replays both failures.
fn both_find(threads: &[Vec<Op>], bugs: Bugs, limits: &Limits, message: &str) {
    let program_of = |threads: &[Vec<Op>]| threads.to_vec();
    let (one, two) = (program_of(threads), program_of(threads));
    let found = [
        failure(loom::explore(limits, move || {
            program::<toy::Queue>(&one, 1, bugs);
        })),
        failure(shuttle::explore(limits, move || {
            program::<toy::Queue>(&two, 1, bugs);
        })),
    ];
    for found in found {
        assert!(found.message.contains(message), "{}\n{}", found.message, found.interleaving);
        let threads = program_of(threads);
        let again = shuttle::replay(&found.token, move || {
            program::<toy::Queue>(&threads, 1, bugs);
        });
        let again = failure(again.unwrap());
        assert_eq!(found.token, again.token);
        assert!(again.message.contains(message), "{}", again.message);
        assert_eq!(found.interleaving, again.interleaving);
        println!("{}\n{}\n{}", found.message, found.token, found.interleaving);
    }
}

#[test]
fn a_deadlock_is_a_value_and_replays() {
    let bugs = Bugs { close_wakes_one: true, ..Bugs::default() };
    both_find(&[vec![Pop], vec![Pop]], bugs, &limits(0, 0), "deadlock: thread");
}

#[test]
fn a_lost_wakeup_is_seen_at_quiescence() {
    let bugs = Bugs { one_condition: true, ..Bugs::default() };
    both_find(&[vec![Push, Push], vec![Pop], vec![Pop]], bugs, &limits(0, 0), "sleeps without");
}

#[test]
fn a_panic_in_a_critical_section_is_a_value_and_replays() {
    let bugs = Bugs { looks_once: true, ..Bugs::default() };
    both_find(&[vec![Pop]], bugs, &limits(1, 0), "an item was pushed");
}

/// The next search of a thread finds nothing of this one, whether it has failed or not.
#[test]
fn a_search_leaves_nothing_behind() {
    let search = |bugs| {
        let body =
            move || program::<toy::Queue>(&[vec![Push, Push], vec![Pop], vec![Pop]], 1, bugs);
        [loom::explore(&limits(0, 0), body), shuttle::explore(&limits(1, 0), body)]
            .map(|it| (it.executions, it.choices, it.complete, it.failure.map(|it| it.token)))
    };
    let wrong = Bugs { one_condition: true, ..Bugs::default() };
    let alone = [Bugs::default(), wrong].map(search);
    assert!(alone[0].iter().all(|(_, _, complete, _)| *complete), "{alone:?}");
    for bugs in [Bugs::default(), wrong, wrong, Bugs::default(), Bugs::default()] {
        let expected = &alone[usize::from(bugs.one_condition)];
        assert_eq!(search(bugs), *expected);
    }
}
