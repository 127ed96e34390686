//! C8: would-block-forever is reported if and only if it is true, and everybody blocked is told.

use sentinel_queue::{scope, Group, RecvError, RecvTimeoutError};
use sentinel_queue_tests::{until, within_reason};
use std::thread;
use std::time::Duration;

#[test]
fn token_holds_the_report_back() {
    within_reason(|| {
        let group = Group::new();
        let (tx, rx) = group.unbounded();
        let external = group.external();
        let stats = tx.clone();
        let participant = group.participant("worker");
        let worker = thread::spawn(move || participant.run(|| (rx.recv(), rx.recv())));
        until(|| stats.stats().waiting_receivers == 1);
        assert_eq!(group.report(), None);
        tx.send(7).unwrap();
        until(|| stats.stats().waiting_receivers == 1 && stats.is_empty());
        assert_eq!(group.report(), None);
        drop(external); // now it is true
        assert_eq!(worker.join().unwrap(), (Ok(7), Err(RecvError::WouldBlockForever)));
        assert!(group.report().is_some());
    });
}

#[test]
fn wait_with_a_deadline_is_no_wait_forever() {
    within_reason(|| {
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

/// A wakeup in flight: the item is there, its receiver not yet back, and everybody else stops.
#[test]
fn released_waiter_is_not_counted_as_stuck() {
    within_reason(|| {
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
    within_reason(|| {
        let group = Group::new();
        let (tx, rx) = group.unbounded::<u8>();
        let unused = group.participant("never started");
        let participant = group.participant("worker");
        let receiver = rx.clone();
        let worker = thread::spawn(move || participant.run(|| receiver.recv()));
        until(|| tx.stats().waiting_receivers == 1);
        assert_eq!(group.report(), None);
        drop(unused);
        assert_eq!(worker.join().unwrap(), Err(RecvError::WouldBlockForever));
        let report = group.report().unwrap();
        assert_eq!((report.left.len(), report.left[0].panicked), (1, false));
    });
}

#[test]
fn report_names_everything() {
    within_reason(|| {
        let line = line!() + 2;
        let ended = scope(|s| {
            let (tx, rx) = s.bounded(3);
            tx.send(1_u16).unwrap();
            tx.send_sentinel().unwrap();
            assert_eq!(rx.recv(), Ok(1));
            assert_eq!(rx.recv(), Err(RecvError::Sentinel));
            assert_eq!(rx.recv(), Err(RecvError::WouldBlockForever));
        });
        let ended = ended.unwrap_err();
        let report = ended.report();
        assert_eq!((report.occurrence, report.blocked.len(), report.queues.len()), (1, 1, 1));
        assert_eq!(report.blocked[0].caller.line(), line + 5);
        let queue = &report.queues[0];
        assert_eq!((queue.number, queue.items, queue.created.line()), (1, "u16", line));
        assert_eq!((queue.stats.capacity, queue.stats.senders), (Some(3), 1));
        let told = ended.to_string();
        assert!(told.contains("waits to receive from queue 1 at "), "{told}");
        assert!(told.contains(file!()), "{told}");
    });
}

/// What a thread returns and nobody wants is dropped while the group still knows of the thread.
#[test]
fn sender_that_a_thread_returns_closes_before_the_thread_is_gone() {
    within_reason(|| {
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

/// Who was told and goes on may give another one what it waits for: then that one has it.
#[test]
fn item_from_somebody_who_was_told_wins() {
    within_reason(|| {
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
        let told = Err(RecvError::WouldBlockForever);
        assert!(two == (told, Ok(1)) || two == (Ok(1), told), "{two:?}");
    });
}

/// Everybody who was told may go on; a later occurrence is reported anew.
#[test]
fn report_is_not_sticky() {
    within_reason(|| {
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
    within_reason(|| {
        let ended = scope(|s| {
            let (_tx, rx) = s.unbounded::<u8>();
            let line = line!() + 1;
            for _task in &rx {}
            line
        });
        let ended = ended.unwrap_err();
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
