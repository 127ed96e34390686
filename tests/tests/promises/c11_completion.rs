//! C11: `join` returns exactly when the queue is empty and no task is unfinished; a task ends by
//! its guard, panic included; sentinels are not tasks.

use sentinel_queue::{bounded, unbounded, JoinTimeoutError, Queue, Task};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn is_done<T>(queue: &Queue<T>) -> bool {
    queue.join_timeout(Duration::ZERO) == Ok(())
}

#[test]
fn join_of_an_idle_queue_returns_at_once() {
    with_watchdog(|| {
        let (tx, rx) = bounded::<u32>(1);
        assert_eq!(tx.join(), Ok(()));
        assert_eq!(rx.join_timeout(Duration::ZERO), Ok(()));
        tx.send_sentinels(3).unwrap();
        assert_eq!(rx.join(), Ok(()), "sentinels are no work");
        tx.close();
        assert_eq!(tx.join(), Ok(()));
    });
}

#[test]
fn queued_item_and_unfinished_task_hold_join() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        let joiners = [(); 3].map(|()| {
            let tx = tx.clone();
            thread::spawn(move || {
                tx.join().unwrap();
                tx.stats()
            })
        });
        spin_until(|| tx.stats().waiting_joiners == 3);
        let first = rx.recv_task().unwrap();
        let second = rx.recv_task().unwrap();
        assert!(tx.is_empty() && !is_done(&tx));
        drop(first);
        assert!(!is_done(&tx));
        assert_eq!((tx.stats().waiting_joiners, tx.stats().unfinished_tasks), (3, 1));
        assert_eq!(Task::into_inner(second), 2);
        for joiner in joiners {
            let stats = joiner.join().unwrap();
            assert_eq!((stats.len, stats.unfinished_tasks), (0, 0));
        }
    });
}

#[test]
fn item_received_plainly_is_done() {
    with_watchdog(|| {
        let (tx, rx) = bounded(3);
        tx.send_many([1, 2, 3]).unwrap();
        let joiner = thread::spawn(move || tx.join());
        spin_until(|| rx.stats().waiting_joiners == 1);
        assert_eq!(rx.recv(), Ok(1));
        assert!(!is_done(&rx));
        assert_eq!(rx.recv_many(&mut Vec::new(), 9), Ok(2));
        joiner.join().unwrap().unwrap();
    });
}

#[test]
fn join_returns_once_all_work_is_done() {
    with_watchdog(|| {
        let (tx, rx) = bounded(4);
        let done = Arc::new(AtomicUsize::new(0));
        let workers = [(); 3].map(|()| {
            let (rx, done) = (rx.clone(), Arc::clone(&done));
            thread::spawn(move || {
                while let Ok(_task) = rx.recv_task() {
                    thread::yield_now();
                    done.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        for phase in 1..=100 {
            tx.send_many(0..7).unwrap();
            tx.join().unwrap();
            assert_eq!(done.load(Ordering::SeqCst), phase * 7);
        }
        tx.send_sentinels(3).unwrap();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn worker_that_feeds_its_own_queue_holds_join() {
    with_watchdog(|| {
        for _ in 0..20 {
            let (tx, rx) = unbounded();
            tx.send(6).unwrap();
            let visited = Arc::new(AtomicUsize::new(0));
            let workers = [(); 2].map(|()| {
                let (tx, rx, visited) = (tx.clone(), rx.clone(), Arc::clone(&visited));
                thread::spawn(move || {
                    while let Ok(task) = rx.recv_task() {
                        // The queue is empty for a moment, amid the work.
                        thread::yield_now();
                        if *task > 0 {
                            tx.send_many([*task - 1; 2]).unwrap();
                        }
                        visited.fetch_add(1, Ordering::SeqCst);
                    }
                })
            });
            tx.join().unwrap();
            assert_eq!(visited.load(Ordering::SeqCst), 127);
            tx.close();
            for worker in workers {
                worker.join().unwrap();
            }
        }
    });
}

#[test]
fn panic_of_a_worker_ends_its_task() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        let worker = thread::spawn({
            let rx = rx.clone();
            move || {
                let _task = rx.recv_task().unwrap();
                panic!("of the worker, as the test wants it");
            }
        });
        assert!(worker.join().is_err());
        assert_eq!((tx.len(), tx.stats().unfinished_tasks, tx.receiver_count()), (1, 0, 1));
        drop(rx.recv_task().unwrap());
        tx.join().unwrap();
    });
}

#[test]
fn close_holds_join_until_what_is_queued_is_done() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        tx.close();
        assert_eq!(tx.join_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        let task = rx.recv_task().unwrap();
        assert!(!is_done(&tx));
        drop(task);
        assert_eq!(tx.join(), Ok(()));
    });
}

#[test]
fn close_now_leaves_tasks_to_join() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3]).unwrap();
        let task = rx.recv_task().unwrap();
        let joiner = thread::spawn({
            let tx = tx.clone();
            move || tx.join()
        });
        spin_until(|| tx.stats().waiting_joiners == 1);
        assert_eq!(rx.close_now().items, [2, 3]);
        assert!(!is_done(&rx), "one is still being worked on");
        drop(task);
        joiner.join().unwrap().unwrap();

        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        let joiner = thread::spawn(move || tx.join());
        spin_until(|| rx.stats().waiting_joiners == 1);
        drop(rx.close_now());
        joiner.join().unwrap().unwrap();
    });
}

#[test]
fn last_receiver_dropped_ends_join() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        let joiner = thread::spawn({
            let tx = tx.clone();
            move || tx.join()
        });
        spin_until(|| tx.stats().waiting_joiners == 1);
        drop(rx);
        joiner.join().unwrap().unwrap();
    });
}

#[test]
fn task_outlives_all_handles() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(String::from("draft")).unwrap();
        let mut task = rx.recv_task().unwrap();
        drop((tx, rx));
        task.push('!');
        assert_eq!(format!("{task:?}"), r#"Task("draft!")"#);
        drop(task);
    });
}
