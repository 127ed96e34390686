//! Checks of the checkers: searches that share as little as possible enumerate the same schedules.

use crate::stock;
use crate::toy::{execute, program, toy, Bugs, Op, Toy};
use sentinel_queue_kernel::{
    harness, loom, record, shuttle, Hostility, Limits, Mutex, Outcome, Recognition, Waiters,
};
use sentinel_queue_models::Event;
use std::sync::Arc;
use Op::{Close, Pop, PopTimed, Push};

toy!(on_stock, crate::stock);

type Threads = Vec<Vec<Op>>;

fn limits(waiters: Waiters, spurious: u32, timeouts: u32) -> Limits {
    let hostility = Hostility { waiters, spurious, timeouts };
    Limits { hostility, keep_traces: true, ..Limits::default() }
}

fn by_loom(threads: &Threads, capacity: usize, bugs: Bugs, limits: &Limits) -> Outcome {
    let threads = threads.clone();
    loom::explore(limits, move || {
        program::<toy::Queue>(&threads, capacity, bugs);
    })
}

fn by_shuttle(threads: &Threads, capacity: usize, bugs: Bugs, limits: &Limits) -> Outcome {
    let threads = threads.clone();
    shuttle::explore(limits, move || {
        program::<toy::Queue>(&threads, capacity, bugs);
    })
}

/// The threads alone, without a watching main: what stock loom can run too.
fn bodies<Q: Toy>(threads: &Threads, capacity: usize) -> Vec<Box<dyn FnOnce() + Send>> {
    let queue = Arc::new(Q::new(capacity, Bugs::default()));
    let body = |ops: &Vec<Op>| -> Box<dyn FnOnce() + Send> {
        let queue = Arc::clone(&queue);
        let ops = ops.clone();
        Box::new(move || {
            for op in ops {
                execute(&*queue, op, 0);
            }
        })
    };
    threads.iter().map(body).collect()
}

fn alone(threads: &Threads, capacity: usize) {
    bodies::<toy::Queue>(threads, capacity).into_iter().for_each(harness::spawn);
    harness::all_spawned();
}

/// Programs in which every thread ends in every schedule.
fn terminating() -> Vec<(Threads, usize)> {
    vec![
        (vec![vec![Push], vec![Pop]], 1),
        (vec![vec![Push, Push], vec![Pop, Pop]], 1),
        (vec![vec![Push, Push], vec![Pop, Pop]], 2),
        (vec![vec![Push, Push], vec![Pop], vec![Pop]], 1),
        (vec![vec![Push], vec![Push], vec![Pop, Pop]], 1),
        (vec![vec![Push, Close], vec![Pop], vec![Pop]], 1),
        (vec![vec![Push, Push], vec![Pop], vec![Close]], 1),
        (vec![vec![Push], vec![Push], vec![Close]], 1),
        (vec![vec![Pop], vec![Pop], vec![Close, Push]], 2),
    ]
}

#[test]
fn the_fifo_kernel_and_stock_loom_enumerate_the_same_lock_orders() {
    for (threads, capacity) in terminating() {
        let fifo = limits(Waiters::Fifo, 0, 0);
        let (one, two, three) = (threads.clone(), threads.clone(), threads.clone());
        let stock = stock::lock_orders(move || bodies::<on_stock::Queue>(&one, capacity));
        let in_loom = loom::explore(&fifo, move || {
            alone(&two, capacity);
        });
        let in_shuttle = shuttle::explore(&fifo, move || {
            alone(&three, capacity);
        });
        println!(
            "{threads:?} capacity {capacity}: {} lock orders, loom {} and shuttle {} executions",
            stock.len(),
            in_loom.executions,
            in_shuttle.executions
        );
        assert!(in_loom.complete && in_shuttle.complete);
        assert_eq!(stock, in_loom.traces, "{threads:?}");
        assert_eq!(stock, in_shuttle.traces, "{threads:?}");
        assert_eq!(in_shuttle.executions, stock.len() as u64, "each lock order exactly once");
    }
}

#[test]
fn loom_and_shuttle_enumerate_the_same_schedules_of_the_hostile_kernel() {
    let push_twice = vec![vec![Push, Push], vec![Pop], vec![Pop]];
    let push_close = vec![vec![Push, Close], vec![Pop], vec![Pop]];
    let two_senders = vec![vec![Push], vec![Push], vec![Pop, Pop]];
    for (threads, capacity, waiters, spurious, timeouts) in [
        (push_twice.clone(), 1, Waiters::Any, 0, 0),
        (push_twice, 2, Waiters::Lifo, 0, 0),
        (push_close.clone(), 1, Waiters::Any, 0, 0),
        (push_close.clone(), 1, Waiters::Any, 1, 0),
        (push_close, 2, Waiters::Fifo, 1, 0),
        (two_senders, 1, Waiters::Any, 0, 0),
        (vec![vec![Push], vec![PopTimed], vec![Pop]], 1, Waiters::Any, 0, 1),
        (vec![vec![Push], vec![PopTimed], vec![PopTimed]], 1, Waiters::Any, 1, 1),
        (vec![vec![Push], vec![PopTimed], vec![PopTimed]], 1, Waiters::Fifo, 0, 1),
        (vec![vec![Push], vec![Pop], vec![PopTimed]], 1, Waiters::Lifo, 1, 1),
        (vec![vec![Close], vec![PopTimed], vec![PopTimed]], 1, Waiters::Any, 0, 1),
        (vec![vec![PopTimed, PopTimed], vec![Push]], 1, Waiters::Any, 1, 2),
        (vec![vec![Pop], vec![Pop], vec![Pop], vec![Push]], 1, Waiters::Any, 0, 0),
    ] {
        let limits = limits(waiters, spurious, timeouts);
        let first = by_loom(&threads, capacity, Bugs::default(), &limits);
        let second = by_shuttle(&threads, capacity, Bugs::default(), &limits);
        println!(
            "{threads:?} capacity {capacity} {waiters:?} {spurious}/{timeouts}: {} schedules, loom \
             {} and shuttle {} executions",
            first.traces.len(),
            first.executions,
            second.executions
        );
        assert!(first.complete, "{:?}", first.failure);
        assert!(second.complete, "{:?}", second.failure);
        assert_eq!(first.traces, second.traces, "{threads:?}");
        assert_eq!(second.executions, second.traces.len() as u64, "each schedule exactly once");
    }
}

/// All programs of two threads with up to two operations each, and some of three.
fn small_programs() -> Vec<Threads> {
    let ops = [Push, Pop, Close];
    let one = ops.iter().map(|op| vec![*op]);
    let two = ops.iter().flat_map(|first| ops.iter().map(|second| vec![*first, *second]));
    let lists: Vec<Vec<Op>> = one.chain(two).collect();
    let mut programs: Vec<Threads> = lists.iter().map(|list| vec![list.clone()]).collect();
    for (place, first) in lists.iter().enumerate() {
        programs.extend(lists[place..].iter().map(|second| vec![first.clone(), second.clone()]));
    }
    programs.push(vec![vec![Pop], vec![Pop], vec![Push, Push]]);
    programs.push(vec![vec![Push], vec![Push], vec![Pop, Pop]]);
    programs
}

#[test]
fn the_engines_and_the_searches_of_states_find_the_same_failing_programs() {
    let bugs = [
        ("none", Bugs::default(), 0),
        ("one condition", Bugs { one_condition: true, ..Bugs::default() }, 0),
        ("looks once", Bugs { looks_once: true, ..Bugs::default() }, 0),
        ("looks once", Bugs { looks_once: true, ..Bugs::default() }, 1),
        ("close wakes one", Bugs { close_wakes_one: true, ..Bugs::default() }, 0),
    ];
    for (name, bugs, spurious) in bugs {
        let stateless = limits(Waiters::Any, spurious, 0);
        let careful = Limits { recognition: Recognition::Careful, ..stateless.clone() };
        let trusting = Limits { recognition: Recognition::Trusting, ..stateless.clone() };
        let mut failing: [Vec<Threads>; 4] = Default::default();
        let mut executions = [0; 4];
        for threads in small_programs() {
            let outcomes = [
                by_loom(&threads, 1, bugs, &stateless),
                by_shuttle(&threads, 1, bugs, &stateless),
                by_shuttle(&threads, 1, bugs, &careful),
                by_shuttle(&threads, 1, bugs, &trusting),
            ];
            for (place, outcome) in outcomes.iter().enumerate() {
                executions[place] += outcome.executions;
                assert_ne!(outcome.complete, outcome.failure.is_some());
                if outcome.failure.is_some() {
                    failing[place].push(threads.clone());
                }
            }
        }
        println!(
            "{name}, spurious {spurious}: {} of {} programs fail; loom, shuttle, careful, trusting: \
             {executions:?} executions",
            failing[0].len(),
            small_programs().len(),
        );
        assert_eq!(failing[0], failing[1], "{name}: loom and shuttle");
        assert_eq!(failing[1], failing[2], "{name}: stateless and careful");
        assert_eq!(failing[1], failing[3], "{name}: stateless and trusting");
        assert_eq!(failing[0].is_empty(), name == "none", "{name}");
    }
}

#[test]
fn the_searches_of_states_save_executions_and_run_no_other_schedules() {
    let threads = vec![vec![Push, Push], vec![Push], vec![Pop, Pop], vec![Pop]];
    let stateless = limits(Waiters::Any, 0, 0);
    let careful = Limits { recognition: Recognition::Careful, ..stateless.clone() };
    let trusting = Limits { recognition: Recognition::Trusting, ..stateless.clone() };
    let run = |limits: &Limits| by_shuttle(&threads, 1, Bugs::default(), limits);
    let outcomes = [run(&stateless), run(&careful), run(&trusting)];
    let executions = outcomes.each_ref().map(|outcome| outcome.executions);
    println!("stateless, careful, trusting: {executions:?} executions");
    assert!(outcomes.iter().all(|outcome| outcome.complete));
    assert!(outcomes.iter().all(|outcome| outcome.traces.is_subset(&outcomes[0].traces)));
    assert!(executions[2] < executions[1] && executions[1] < executions[0]);
}

/// Two threads with two critical sections each. After both have had one the state does not depend on
/// their order, if what they record is allowed.
#[test]
fn nothing_is_recognized_without_events_that_are_allowed() {
    let search = |events: Option<[Event; 2]>| {
        let limits = Limits { recognition: Recognition::Trusting, ..limits(Waiters::Any, 0, 0) };
        shuttle::explore(&limits, move || {
            let queue = Arc::new(Mutex::new(()));
            let section = |queue: &Mutex<()>, event: Option<Event>| {
                let _held = queue.lock();
                event.into_iter().for_each(record);
            };
            section(&queue, events.map(|[create, _]| create));
            for _ in 0..2 {
                let queue = Arc::clone(&queue);
                let event = events.map(|[_, event]| event);
                harness::spawn(move || (0..2).for_each(|_| section(&queue, event)));
            }
            harness::all_spawned();
            harness::finish();
        })
    };
    let create = Event::Create { capacity: None };
    assert!(search(Some([create, Event::Close])).pruned > 0);
    for silent in [Some([create, Event::TakeSentinel]), None] {
        let outcome = search(silent);
        assert_eq!((outcome.executions, outcome.pruned, outcome.complete), (6, 0, true));
    }
}
