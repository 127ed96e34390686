//! C2: a sentinel whose send returned `Ok` ends exactly one receive, or is still queued, or is
//! counted by `close_now`. A loop takes at most one.

use crate::operations::RECEIVE_ERRORS;
use sentinel_queue::{bounded, unbounded, RecvError, RecvTimeoutError, SendError, TryRecvError};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

#[test]
fn sentinel_ends_exactly_one_loop() {
    with_watchdog(|| {
        let (tx, rx) = unbounded::<u32>();
        let over = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..5)
            .map(|_| {
                let (rx, over) = (rx.clone(), Arc::clone(&over));
                thread::spawn(move || {
                    let mut items = rx.iter();
                    let received = items.by_ref().count();
                    over.fetch_add(1, Ordering::SeqCst);
                    (received, items.end())
                })
            })
            .collect();
        spin_until(|| tx.stats().waiting_receivers == 5);
        for ended in 1..=3 {
            tx.send_sentinel().unwrap();
            spin_until(|| over.load(Ordering::SeqCst) == ended);
            spin_until(|| tx.stats().waiting_receivers == 5 - ended);
            assert_eq!(tx.stats().sentinels, 0);
        }
        tx.close();
        let mut ends: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        ends.sort_by_key(|end| end.1 == Some(RecvError::Closed));
        let (by_sentinel, by_close) = ends.split_at(3);
        assert!(by_sentinel.iter().all(|end| *end == (0, Some(RecvError::Sentinel))));
        assert!(by_close.iter().all(|end| *end == (0, Some(RecvError::Closed))));
    });
}

#[test]
fn sentinels_sent_together_end_as_many_loops() {
    with_watchdog(|| {
        for count in 0..=4 {
            let (tx, rx) = unbounded::<u32>();
            let workers = [(); 4].map(|()| {
                let rx = rx.clone();
                thread::spawn(move || rx.recv())
            });
            spin_until(|| tx.stats().waiting_receivers == 4);
            tx.send_sentinels(count).unwrap();
            spin_until(|| tx.stats().waiting_receivers == 4 - count);
            assert_eq!(tx.stats().sentinels, 0);
            tx.close();
            let ends = workers.map(|worker| worker.join().unwrap().unwrap_err());
            assert_eq!(ends.iter().filter(|end| end.is_sentinel()).count(), count);
        }
    });
}

#[test]
fn sentinel_ends_every_kind_of_receive() {
    with_watchdog(|| {
        for (way, end) in RECEIVE_ERRORS {
            let (tx, rx) = unbounded();
            let waiting = thread::spawn({
                let rx = rx.clone();
                move || end(&rx)
            });
            spin_until(|| tx.stats().waiting_receivers == 1);
            tx.send_sentinel().unwrap();
            assert_eq!(waiting.join().unwrap(), RecvError::Sentinel.to_string(), "{way}, asleep");
            tx.send_sentinel().unwrap();
            assert_eq!(end(&rx), RecvError::Sentinel.to_string(), "{way}, awake");
            assert_eq!((tx.stats().sentinels, tx.is_closed()), (0, false), "{way}");
        }
        let (tx, rx) = unbounded::<u32>();
        tx.send_sentinels(3).unwrap();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Sentinel));
        assert_eq!(rx.try_recv_many(&mut Vec::new(), 1), Err(TryRecvError::Sentinel));
        let mut items = rx.try_iter();
        assert_eq!((items.next(), items.end()), (None, Some(TryRecvError::Sentinel)));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn loop_takes_at_most_one_sentinel() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        tx.send_sentinel().unwrap();
        tx.send_sentinel().unwrap();
        tx.send(2).unwrap();
        let mut first = rx.iter();
        assert_eq!((first.next(), first.next()), (Some(1), None));
        assert_eq!((first.next(), first.next()), (None, None), "it is fused");
        assert_eq!(first.end(), Some(RecvError::Sentinel));
        assert_eq!((rx.stats().sentinels, rx.len()), (1, 1));
        let mut second = rx.clone().into_iter();
        assert_eq!((second.next(), second.next()), (None, None));
        assert_eq!(second.end(), Some(RecvError::Sentinel));
        let mut third = rx.try_iter();
        assert_eq!((third.next(), third.next()), (Some(2), None));
        assert_eq!(third.end(), Some(TryRecvError::Empty));
        tx.send(3).unwrap();
        assert_eq!((third.next(), third.end()), (Some(3), None), "it looks again");
        tx.send_sentinels(2).unwrap();
        tx.send(4).unwrap();
        assert_eq!((third.next(), third.next()), (None, None), "it has ended");
        assert_eq!(third.end(), Some(TryRecvError::Sentinel));
    });
}

#[test]
fn full_queue_takes_sentinels_without_waiting() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send('a').unwrap();
        let blocked = thread::spawn({
            let tx = tx.clone();
            move || tx.send('b')
        });
        spin_until(|| tx.stats().waiting_senders == 1);
        tx.send_sentinel().unwrap();
        tx.send_sentinels(1000).unwrap();
        assert_eq!((tx.len(), tx.stats().sentinels, tx.is_full()), (1, 1001, true));
        assert_eq!(rx.recv(), Ok('a'));
        blocked.join().unwrap().unwrap();
        assert_eq!(rx.recv(), Err(RecvError::Sentinel), "it came before what was still waiting");
    });
}

#[test]
fn batch_stops_before_a_sentinel() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        tx.send_sentinel().unwrap();
        tx.send(3).unwrap();
        let mut batch = vec![0];
        assert_eq!(rx.recv_many(&mut batch, 9), Ok(2));
        let timeout = Duration::ZERO;
        let end = rx.recv_many_timeout(&mut batch, 9, timeout);
        assert_eq!(end, Err(RecvTimeoutError::Sentinel));
        assert_eq!(rx.try_recv_many(&mut batch, 9), Ok(1));
        assert_eq!(batch, [0, 1, 2, 3]);
    });
}

#[test]
fn close_keeps_sentinels_and_close_now_counts_them() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send('a').unwrap();
        tx.send_sentinels(4).unwrap();
        tx.close();
        assert_eq!(tx.send_sentinel(), Err(SendError::Closed(())));
        assert_eq!(rx.recv(), Ok('a'));
        assert_eq!(rx.recv(), Err(RecvError::Sentinel));
        assert!(!rx.is_drained(), "three sentinels are left");
        let drained = rx.close_now();
        assert_eq!((drained.items.len(), drained.sentinels), (0, 3));
        assert_eq!(rx.recv(), Err(RecvError::Closed));
        assert_eq!(rx.close_now().sentinels, 0);
    });
}

#[test]
fn sentinels_amid_traffic_end_exactly_as_many_receives() {
    with_watchdog(|| {
        for round in 0..100 {
            let (tx, rx) = bounded(2);
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    let rx = rx.clone();
                    thread::spawn(move || {
                        let (mut items, mut sentinels) = (0, 0);
                        loop {
                            match rx.recv() {
                                Ok(()) => items += 1,
                                Err(RecvError::Sentinel) => sentinels += 1,
                                Err(_) => break (items, sentinels),
                            }
                        }
                    })
                })
                .collect();
            let producers = [round % 3, 5].map(|run| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for _ in 0..20 {
                        tx.send(()).unwrap();
                        tx.send_sentinels(run).unwrap();
                    }
                })
            });
            for producer in producers {
                producer.join().unwrap();
            }
            let left = if round % 2 == 0 { 0 } else { tx.close_now().sentinels };
            drop(tx);
            let received = workers.into_iter().map(|worker| worker.join().unwrap());
            let (items, sentinels) =
                received.fold((0, left), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            assert_eq!(sentinels, 20 * (round % 3 + 5));
            assert!(items <= 40 && (items == 40 || round % 2 == 1));
        }
    });
}
