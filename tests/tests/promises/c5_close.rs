//! C5: closing is idempotent and final. After it returns no send succeeds; a receive returns *closed*
//! only when the queue is closed and empty; every blocked thread wakes.

use crate::operations::RECEIVE_ERRORS;
use sentinel_queue::{bounded, unbounded, RecvError, SendError, SendTimeoutError, TryRecvError};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

#[test]
fn exactly_one_of_many_closes_returns_true() {
    with_watchdog(|| {
        for _ in 0..100 {
            let (tx, rx) = unbounded::<u32>();
            let closers = [(); 4].map(|()| {
                let (tx, rx) = (tx.clone(), rx.clone());
                thread::spawn(move || usize::from(tx.close()) + usize::from(rx.close()))
            });
            let successes: usize = closers.into_iter().map(|closer| closer.join().unwrap()).sum();
            assert_eq!(successes, 1);
            assert!(tx.is_closed() && rx.is_closed());
        }
    });
}

#[test]
fn close_ends_every_blocked_receive() {
    with_watchdog(|| {
        for (way, end) in RECEIVE_ERRORS {
            let (tx, rx) = unbounded();
            let waiting = [(); 3].map(|()| {
                let rx = rx.clone();
                thread::spawn(move || end(&rx))
            });
            spin_until(|| tx.stats().waiting_receivers == 3);
            tx.close();
            for receiver in waiting {
                assert_eq!(receiver.join().unwrap(), RecvError::Closed.to_string(), "{way}");
            }
            assert_eq!(end(&rx), RecvError::Closed.to_string(), "{way}");
        }
    });
}

#[test]
fn close_returns_its_item_to_every_blocked_sender() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let blocked: Vec<_> = (1..=3)
            .map(|item| {
                let tx = tx.clone();
                thread::spawn(move || match item {
                    1 => assert_eq!(tx.send(1), Err(SendError::Closed(1))),
                    2 => assert_eq!(tx.send_many([2, 3]), Err(SendError::Closed(vec![2, 3]))),
                    _ => {
                        let answer = tx.send_timeout(4, Duration::MAX);
                        assert_eq!(answer, Err(SendTimeoutError::Closed(4)));
                    }
                })
            })
            .collect();
        spin_until(|| rx.stats().waiting_senders == 3);
        rx.close();
        for sender in blocked {
            sender.join().unwrap();
        }
        assert_eq!(rx.iter().collect::<Vec<_>>(), [0]);
        assert_eq!(rx.stats().waiting_senders, 0);
    });
}

#[test]
fn close_now_ends_every_wait_on_either_side() {
    with_watchdog(|| {
        let (tx, rx) = bounded::<u32>(1);
        let receivers = [(); 2].map(|()| {
            let rx = rx.clone();
            thread::spawn(move || rx.recv())
        });
        spin_until(|| tx.stats().waiting_receivers == 2);
        assert!(tx.close_now().items.is_empty());
        let ends = receivers.map(|receiver| receiver.join().unwrap());
        assert_eq!(ends, [Err(RecvError::Closed); 2]);

        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let senders = [1, 2].map(|item| {
            let tx = tx.clone();
            thread::spawn(move || tx.send(item))
        });
        spin_until(|| tx.stats().waiting_senders == 2);
        assert_eq!(rx.close_now().items, [0]);
        let ends = senders.map(|sender| sender.join().unwrap());
        assert_eq!(ends, [Err(SendError::Closed(1)), Err(SendError::Closed(2))]);
    });
}

#[test]
fn send_after_close_returned_never_succeeds() {
    with_watchdog(|| {
        for _ in 0..100 {
            let (tx, rx) = unbounded();
            let closed = Arc::new(AtomicBool::new(false));
            let sender = thread::spawn({
                let closed = Arc::clone(&closed);
                move || loop {
                    let close_has_returned = closed.load(Ordering::SeqCst);
                    let sent = tx.send(0).is_ok();
                    assert!(!(close_has_returned && sent));
                    if close_has_returned {
                        break;
                    }
                }
            });
            spin_until(|| rx.stats().accepted > 0);
            rx.close();
            closed.store(true, Ordering::SeqCst);
            sender.join().unwrap();
        }
    });
}

#[test]
fn item_sent_before_the_last_sender_left_is_received() {
    with_watchdog(|| {
        for _ in 0..2000 {
            let (tx, rx) = unbounded();
            let receiver = thread::spawn(move || (rx.recv(), rx.recv()));
            tx.send(1).unwrap();
            drop(tx);
            assert_eq!(receiver.join().unwrap(), (Ok(1), Err(RecvError::Closed)));
        }
    });
}

#[test]
fn last_sender_dropped_ends_every_loop() {
    with_watchdog(|| {
        let (tx, rx) = unbounded::<u32>();
        let others = vec![tx.clone(), tx.clone()];
        let workers = [(); 3].map(|()| {
            let mut items = rx.clone().into_iter();
            thread::spawn(move || (items.by_ref().count(), items.end()))
        });
        spin_until(|| rx.stats().waiting_receivers == 3);
        drop(tx);
        assert!(!rx.is_closed(), "two senders are left");
        drop(others);
        for worker in workers {
            assert_eq!(worker.join().unwrap(), (0, Some(RecvError::Closed)));
        }
    });
}

#[test]
fn close_leaves_what_is_queued_in_order() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        tx.send_sentinel().unwrap();
        tx.send(3).unwrap();
        assert!(tx.close());
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
        assert_eq!(rx.recv(), Err(RecvError::Sentinel));
        assert_eq!(rx.recv(), Ok(3));
        assert_eq!(rx.recv(), Err(RecvError::Closed));
        assert!(!rx.close(), "closing again changes nothing");
        assert!(rx.close_now().items.is_empty());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    });
}

#[test]
fn drained_stays_drained() {
    with_watchdog(|| {
        for _ in 0..200 {
            let (tx, rx) = bounded(2);
            let watcher = thread::spawn({
                let rx = rx.clone();
                move || {
                    spin_until(|| rx.is_drained());
                    for _ in 0..20 {
                        assert!(rx.is_drained() && rx.is_closed() && rx.is_empty());
                        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
                    }
                }
            });
            let sender = thread::spawn(move || while tx.send(()).is_ok() {});
            spin_until(|| rx.stats().accepted > 3 || rx.recv().is_err());
            rx.close();
            assert!(rx.iter().count() <= 2);
            watcher.join().unwrap();
            sender.join().unwrap();
        }
    });
}
