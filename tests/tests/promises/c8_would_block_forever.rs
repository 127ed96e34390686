//! C8: would-block-forever is reported if and only if there is a deadlock, and by every blocked
//! operation.

use crate::operations::RECEIVE_ERRORS;
use sentinel_queue::report::{Operation, Outcome};
use sentinel_queue::{scope, Group, JoinError, RecvError, RecvTimeoutError};
use sentinel_queue::{SendError, WouldBlockForever};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::panic::Location;
use std::thread;
use std::time::Duration;

#[test]
fn token_holds_the_report_back() {
    with_watchdog(|| {
        let group = Group::new();
        let (tx, rx) = group.unbounded();
        let external = group.external();
        let stats = tx.clone();
        let participant = group.participant("worker");
        let worker = thread::spawn(move || participant.run(|| (rx.recv(), rx.recv())));
        spin_until(|| stats.stats().waiting_receivers == 1);
        assert_eq!(group.report(), None);
        tx.send(7).unwrap();
        spin_until(|| stats.stats().waiting_receivers == 1 && stats.is_empty());
        assert_eq!(group.report(), None);
        drop(external); // now it is true
        assert_eq!(worker.join().unwrap(), (Ok(7), Err(RecvError::WouldBlockForever)));
        assert!(group.report().is_some());
    });
}

/// What a token holds goes before the token does: the receiver sees the end of the sender, and never
/// the moment between.
#[test]
fn handle_in_a_token_is_gone_before_it_counts_no_longer() {
    with_watchdog(|| {
        for _ in 0..200 {
            let outcome = scope(|s| {
                let (tx, rx) = s.unbounded();
                let tx = s.external().with(tx);
                let again = tx.clone();
                let outsiders = [tx, again].map(|tx| thread::spawn(move || tx.send(1)));
                let received: Vec<_> = std::iter::from_fn(|| Some(rx.recv())).take(3).collect();
                assert_eq!(received, [Ok(1), Ok(1), Err(RecvError::Closed)]);
                for outsider in outsiders {
                    outsider.join().unwrap().unwrap();
                }
            });
            assert!(outcome.is_ok());
        }
    });
}

#[test]
fn wait_with_a_deadline_is_no_wait_forever() {
    with_watchdog(|| {
        let outcome = scope(|s| {
            let (tx, rx) = s.unbounded();
            let (late, early) = (rx.clone(), tx.clone());
            s.spawn(move || {
                let timeout = Duration::from_millis(1);
                assert_eq!(late.recv_timeout(timeout), Err(RecvTimeoutError::Timeout));
                early.send(1).unwrap();
            });
            while rx.is_empty() {
                thread::yield_now();
            }
            assert_eq!(rx.recv(), Ok(1));
        });
        assert!(outcome.is_ok());
    });
}

/// A pending wakeup: an item is queued, its receiver has not resumed yet, and every other thread stops.
#[test]
fn released_waiter_is_not_counted_as_stuck() {
    with_watchdog(|| {
        for _ in 0..2_000 {
            let outcome = scope(|s| {
                let (tx, rx) = s.unbounded();
                s.spawn(move || assert_eq!(rx.recv(), Ok(1)));
                tx.send(1).unwrap();
            });
            assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        }
    });
}

#[test]
fn participant_that_leaves_last_makes_it_true() {
    with_watchdog(|| {
        let group = Group::new();
        let (tx, rx) = group.unbounded::<u8>();
        let unused = group.participant("never started");
        let participant = group.participant("worker");
        let receiver = rx.clone();
        let worker = thread::spawn(move || participant.run(|| receiver.recv()));
        spin_until(|| tx.stats().waiting_receivers == 1);
        assert_eq!(group.report(), None);
        drop(unused);
        assert_eq!(worker.join().unwrap(), Err(RecvError::WouldBlockForever));
        let report = group.report().unwrap();
        assert_eq!((report.departed.len(), report.departed[0].outcome), (1, Outcome::NeverRan));
    });
}

/// Returns a deadlock with a thread for each operation that can block, after two others have left,
/// and the line in which it begins.
fn all_blocked() -> (u32, WouldBlockForever<()>) {
    let line = line!() + 1;
    let outcome = scope(|s| {
        let (full, _inbox) = s.bounded(1);
        let (_commander, orders) = s.unbounded::<u8>();
        let (office, work) = s.unbounded();
        full.send(1_u16).unwrap();
        full.send_sentinels(2).unwrap();
        office.send_many(['a', 'b']).unwrap();
        office.close();
        let _held = work.recv_task().unwrap();
        let judy = s.spawn_named("judy", || panic!("on purpose"));
        assert!(judy.join().is_err());
        s.spawn_named("bob", || ()).join().unwrap();
        let steve = s.spawn_named("steve", move || {
            assert_eq!(full.send(2), Err(SendError::WouldBlockForever(2)));
        });
        let nancy = s.spawn_named("nancy", move || {
            assert_eq!(orders.recv(), Err(RecvError::WouldBlockForever));
        });
        let john = s.spawn_named("john", move || {
            assert_eq!(office.join(), Err(JoinError));
        });
        for thread in [steve, nancy, john] {
            thread.join().unwrap();
        }
    });
    (line, outcome.unwrap_err())
}

#[test]
fn report_names_every_blocked_and_departed_thread() {
    let (line, ended) = with_watchdog(all_blocked);
    let report = ended.report();
    let waiting: Vec<_> = report.blocked.iter().chain(&report.blocked_on_join).collect();
    let callers: Vec<_> = waiting.iter().map(|blocked| blocked.caller).collect();
    let made: Vec<_> = report.queues.iter().map(|queue| queue.created).collect();
    let lines = |places: &[&Location]| -> Vec<_> {
        assert!(places.iter().all(|place| place.file() == file!()), "{places:?}");
        places.iter().map(|place| place.line() - line).collect()
    };
    assert_eq!((lines(&callers), lines(&made)), (vec![13, 16, 19, 22], vec![1, 2, 3]));
    let alive = "alive: 1 sender, 1 receiver";
    let expected = [
        "this operation would block forever: deadlock of 3 threads, none can be woken".to_owned(),
        format!("  steve is blocked in a send to queue 1 at {}", callers[0]),
        format!("  nancy is blocked in a receive from queue 2 at {}", callers[1]),
        format!("  john is blocked in a join of queue 3 at {}", callers[2]),
        format!("  {} is blocked until steve ends at {}", waiting[3].thread, callers[3]),
        format!(
            "  queue 1 (of u16, made at {}) was never closed, \
             holds 1 of 1 items and 2 sentinels; {alive}",
            made[0]
        ),
        format!(
            "  queue 2 (of u8, made at {}) was never closed, \
             holds 0 items and 0 sentinels; {alive}",
            made[1]
        ),
        format!(
            "  queue 3 (of char, made at {}) is closed, \
             holds 1 items and 0 sentinels; {alive}; unfinished tasks: 1",
            made[2]
        ),
        "  judy has panicked".to_owned(),
        "  bob has returned".to_owned(),
    ];
    assert_eq!(ended.to_string().lines().collect::<Vec<_>>(), expected);
    assert_eq!((report.occurrence, report.departed_earlier), (1, 0));
}

#[test]
fn report_names_the_latest_of_many_who_left() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (_tx, rx) = s.unbounded::<u8>();
            for _ in 0..20 {
                s.spawn(|| ()).join().unwrap();
            }
            rx.recv()
        });
        let ended = ended.unwrap_err();
        assert_eq!((ended.report().departed.len(), ended.report().departed_earlier), (16, 4));
        assert_eq!(ended.report().departed[15].thread, "thread 20");
        assert!(ended.to_string().ends_with("\n  and 4 more had left before"), "{ended}");
    });
}

#[test]
fn every_endless_receive_returns_would_block_forever() {
    with_watchdog(|| {
        let timed = ["recv_timeout", "recv_deadline", "recv_many_timeout"];
        // A task that waits counts as running, see C12.
        let is_endless = |way: &str| !timed.contains(&way) && !way.ends_with("_async");
        for (way, end) in RECEIVE_ERRORS.into_iter().filter(|(way, _)| is_endless(way)) {
            let ended = scope(|s| {
                let (_tx, rx) = s.unbounded();
                assert_eq!(end(&rx), "this operation would block forever", "{way}");
            });
            let ended = ended.unwrap_err();
            let operation = &ended.report().blocked[0].operation;
            assert_eq!(*operation, Operation::Receive { queue: 1 }, "{way}");
        }
    });
}

/// A result that is never joined is dropped while its thread is still a participant.
#[test]
fn sender_that_a_thread_returns_closes_before_the_thread_is_gone() {
    with_watchdog(|| {
        for _ in 0..1_000 {
            let outcome = scope(|s| {
                let (tx, rx) = s.unbounded::<u8>();
                s.spawn(move || tx);
                assert_eq!(rx.recv(), Err(RecvError::Closed));
            });
            assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        }
    });
}

/// A deadlocked thread that resumes may send what another one waits for: then that one receives it.
#[test]
fn item_from_a_deadlocked_thread_wins() {
    with_watchdog(|| {
        let outcome = scope(|s| {
            let (tx, rx) = s.unbounded();
            let other = rx.clone();
            let sender = tx.clone();
            let one = s.spawn(move || {
                let end = rx.recv();
                sender.send(1).unwrap();
                end
            });
            let two = s.spawn(move || (other.recv(), other.recv()));
            let one = one.join().unwrap();
            let two = two.join().unwrap();
            drop(tx);
            (one, two)
        });
        let (one, two) = outcome.unwrap_err().into_inner();
        assert_eq!(one, Err(RecvError::WouldBlockForever));
        let deadlock = Err(RecvError::WouldBlockForever);
        assert!(two == (deadlock, Ok(1)) || two == (Ok(1), deadlock), "{two:?}");
    });
}

/// Every deadlocked thread may resume; a later deadlock is reported anew.
#[test]
fn report_is_not_sticky() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (tx, rx) = s.unbounded();
            for round in 1..=3 {
                assert_eq!(rx.recv(), Err(RecvError::WouldBlockForever));
                tx.send(round).unwrap();
                assert_eq!(rx.recv(), Ok(round));
            }
        });
        assert_eq!(ended.unwrap_err().report().occurrence, 3);
    });
}

#[test]
fn loop_line_is_reported() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (_tx, rx) = s.unbounded::<u8>();
            let line = line!() + 1;
            for _task in &rx {}
            line
        });
        let ended = ended.unwrap_err();
        let first = "this operation would block forever: deadlock of 1 thread, none can be woken\n";
        assert!(ended.to_string().starts_with(first), "{ended}");
        let reported = ended.report().blocked[0].caller.line();
        assert_eq!(reported, ended.into_inner());
    });
}

#[test]
fn thread_that_runs_two_participants_of_a_group_panics() {
    let group = Group::new();
    let (one, two) = (group.participant("one"), group.participant("two"));
    let doubled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        one.run(|| two.run(|| ()));
    }));
    let message = *doubled.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(message, "this thread already runs a participant of the group");
}
