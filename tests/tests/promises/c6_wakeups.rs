//! C6: no thread sleeps while what it waits for is there, in both directions, whichever way an item
//! goes.

use crate::operations::{BLOCKING_RECEIVES, NONBLOCKING_RECEIVES, SENDS};
use sentinel_queue::{bounded, unbounded, Receiver, Sender};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::thread::{self, JoinHandle};

fn spawn_blocked_receivers(count: usize, rx: &Receiver<usize>) -> Vec<JoinHandle<usize>> {
    let receivers = (0..count)
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || rx.recv().unwrap())
        })
        .collect();
    spin_until(|| rx.stats().waiting_receivers == count);
    receivers
}

fn spawn_blocked_senders(count: usize, tx: &Sender<usize>) -> Vec<JoinHandle<()>> {
    let senders = (0..count)
        .map(|item| {
            let tx = tx.clone();
            thread::spawn(move || tx.send(item).unwrap())
        })
        .collect();
    spin_until(|| tx.stats().waiting_senders == count);
    senders
}

fn join_all<R>(threads: Vec<JoinHandle<R>>) -> Vec<R> {
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn every_way_in_wakes_every_way_out() {
    with_watchdog(|| {
        for (_, send) in SENDS {
            for (_, receive) in BLOCKING_RECEIVES {
                let (tx, rx) = bounded(1);
                let receiver = thread::spawn(move || receive(&rx));
                spin_until(|| tx.stats().waiting_receivers == 1);
                send(&tx, 7);
                assert_eq!(receiver.join().unwrap(), Some(7));
            }
        }
    });
}

#[test]
fn every_way_out_wakes_a_blocked_sender() {
    with_watchdog(|| {
        for (_, receive) in BLOCKING_RECEIVES.into_iter().chain(NONBLOCKING_RECEIVES) {
            let (tx, rx) = bounded(1);
            tx.send(7).unwrap();
            let senders = spawn_blocked_senders(1, &tx);
            assert_eq!(receive(&rx), Some(7));
            join_all(senders);
            assert_eq!(rx.recv(), Ok(0));
        }
    });
}

#[test]
fn two_sends_in_a_row_wake_two_receivers() {
    // The first wakeup is still in flight when the second item comes.
    with_watchdog(|| {
        for _ in 0..500 {
            let (tx, rx) = unbounded();
            let receivers = spawn_blocked_receivers(2, &rx);
            tx.send(1).unwrap();
            tx.send(2).unwrap();
            assert_eq!(join_all(receivers).iter().sum::<usize>(), 3);
            assert_eq!(rx.stats().waiting_receivers, 0);
        }
    });
}

#[test]
fn batch_sent_wakes_as_many_receivers() {
    with_watchdog(|| {
        for count in 0..=5 {
            let (tx, rx) = unbounded();
            let receivers = spawn_blocked_receivers(5, &rx);
            tx.send_many(0..count).unwrap();
            spin_until(|| rx.stats().waiting_receivers == 5 - count);
            tx.send_many(count..5).unwrap();
            let mut received = join_all(receivers);
            received.sort_unstable();
            assert_eq!(received, [0, 1, 2, 3, 4]);
        }
    });
}

#[test]
fn batch_received_wakes_as_many_senders() {
    with_watchdog(|| {
        for count in 1..=4 {
            let (tx, rx) = bounded(4);
            tx.send_many([9; 4]).unwrap();
            let senders = spawn_blocked_senders(5, &tx);
            assert_eq!(rx.recv_many(&mut Vec::new(), count), Ok(count));
            spin_until(|| rx.stats().waiting_senders == 5 - count);
            assert!(rx.is_full());
            assert_eq!(rx.iter().take(9 - count).count(), 9 - count);
            join_all(senders);
        }
    });
}

#[test]
fn more_threads_than_twice_the_capacity_never_stall() {
    // With one condition for both sides this would stop: a wakeup would go to the wrong side.
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        let receivers: Vec<_> = (0..4)
            .map(|_| {
                let rx = rx.clone();
                thread::spawn(move || rx.iter().sum::<usize>())
            })
            .collect();
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let tx = tx.clone();
                thread::spawn(move || (0..2000).for_each(|item| tx.send(item).unwrap()))
            })
            .collect();
        join_all(senders);
        drop(tx);
        let total: usize = join_all(receivers).into_iter().sum();
        assert_eq!(total, 4 * (1999 * 2000 / 2));
    });
}

#[test]
fn items_and_sentinels_together_wake_as_many() {
    with_watchdog(|| {
        for _ in 0..200 {
            let (tx, rx) = unbounded();
            let receivers: Vec<_> = (0..4)
                .map(|_| {
                    let rx = rx.clone();
                    thread::spawn(move || rx.recv())
                })
                .collect();
            spin_until(|| tx.stats().waiting_receivers == 4);
            tx.send(1).unwrap();
            tx.send_sentinel().unwrap();
            tx.send(2).unwrap();
            tx.send_sentinel().unwrap();
            let (items, sentinels): (Vec<_>, Vec<_>) =
                join_all(receivers).into_iter().partition(Result::is_ok);
            assert_eq!((items.len(), sentinels.len()), (2, 2));
        }
    });
}

#[test]
fn quiet_queue_counts_no_waiters() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        let receivers = spawn_blocked_receivers(3, &rx);
        tx.send_many(0..3).unwrap();
        join_all(receivers);
        tx.send(0).unwrap();
        let senders = spawn_blocked_senders(3, &tx);
        assert_eq!(rx.iter().take(3).count(), 3);
        join_all(senders);
        let stats = rx.stats();
        assert_eq!((stats.waiting_receivers, stats.waiting_senders), (0, 0));
        assert_eq!((stats.len, stats.accepted), (1, 7));
    });
}
