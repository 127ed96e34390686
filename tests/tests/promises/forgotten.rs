//! Leaks with `mem::forget`: the queue still works, and only the leaked values are lost.

use sentinel_queue::{bounded, unbounded, JoinTimeoutError, RecvError, SendError, TryRecvError};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry};
use std::mem::forget;
use std::thread;
use std::time::Duration;

#[test]
fn forgotten_sender_keeps_the_queue_open_until_close() {
    with_watchdog(|| {
        let (tx, rx) = bounded(2);
        tx.send(1).unwrap();
        forget(tx.clone());
        drop(tx);
        assert_eq!((rx.recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Empty)));
        let worker = thread::spawn({
            let rx = rx.clone();
            move || rx.recv()
        });
        spin_until(|| rx.stats().waiting_receivers == 1);
        rx.close();
        assert_eq!(worker.join().unwrap(), Err(RecvError::Closed));
    });
}

/// The first program of README, with workers that panic: the producer holds no receiver, so the last
/// worker to panic drops the last receiver, and that closes the queue.
#[test]
fn send_fails_when_all_workers_have_panicked() {
    with_watchdog(|| {
        let (tasks, queue) = bounded(64);
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let queue = queue.clone();
                thread::spawn(move || queue.iter().for_each(|task| assert!(task % 10 != 0)))
            })
            .collect();
        drop(queue);
        let result = (0..1000).try_for_each(|task| tasks.send(task));
        assert!(matches!(result, Err(SendError::Closed(_))));
        assert!(workers.into_iter().all(|worker| worker.join().is_err()));
    });
}

#[test]
fn forgotten_receiver_keeps_what_is_queued_until_close_now() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        tx.send_many([registry.item(0), registry.item(1)]).unwrap();
        forget(rx.clone());
        drop(rx);
        assert_eq!((tx.is_closed(), registry.living()), (false, 2));
        drop(tx.close_now());
        assert_eq!(registry.living(), 0);
    });
}

#[test]
#[allow(clippy::forget_non_drop)] // whether an iterator has a destructor is its own business
fn forgotten_iterator_takes_nothing_along() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3, 4, 5]).unwrap();
        let mut waiting = rx.iter();
        let mut ready = rx.try_iter();
        let mut owning = rx.clone().into_iter();
        assert_eq!((waiting.next(), ready.next(), owning.next()), (Some(1), Some(2), Some(3)));
        forget(waiting);
        forget(ready);
        forget(owning);
        drop(tx);
        assert_eq!(rx.iter().collect::<Vec<_>>(), [4, 5]);
        assert_eq!(rx.receiver_count(), 2, "the forgotten iterator owned one");
    });
}

#[test]
fn forgotten_task_holds_join_and_nothing_else() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        forget(rx.recv_task().unwrap());
        drop(rx.recv_task().unwrap());
        assert_eq!(tx.join_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        tx.send(3).unwrap();
        assert_eq!(rx.recv(), Ok(3));
        drop(tx);
        assert_eq!(rx.recv(), Err(RecvError::Closed));
        assert_eq!(rx.stats().unfinished_tasks, 1);
    });
}

#[test]
fn forgotten_answers_leak_their_items_alone() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        tx.send_many([registry.item(0), registry.item(1)]).unwrap();
        forget(tx.try_send(registry.item(2)));
        forget(tx.force_send(registry.item(3)));
        forget(rx.recv());
        tx.send(registry.item(4)).unwrap();
        forget(tx.close_now());
        drop((tx, rx));
        assert_eq!(registry.living(), 5, "2 refused, 0 evicted, 1 received, 3 and 4 handed back");
    });
}

#[test]
fn forgotten_iterator_given_to_send_many_leaks_nothing_of_the_queue() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let mut rest = vec![1, 2, 3].into_iter();
        tx.send_many(rest.by_ref().take(2)).unwrap();
        forget(rest);
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);
    });
}
