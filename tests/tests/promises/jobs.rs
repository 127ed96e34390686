//! The jobs of worker pools that end in polling, in lost work or in a hang with other queues.

use sentinel_queue::{bounded, unbounded, JoinTimeoutError, RecvError, Task};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

/// A batch program ends by itself, or when a signal comes; the listener keeps no side alive.
#[test]
fn program_ends_by_itself_or_on_a_signal() {
    with_watchdog(|| {
        for signalled in [false, true] {
            let (signal_tx, signal_rx) = unbounded::<()>();
            let (tx, rx) = bounded(4);
            let weak = tx.downgrade();
            let listener = thread::spawn(move || signal_rx.recv().is_ok() && weak.close());
            let producer = thread::spawn(move || (0..100).try_for_each(|job| tx.send(job)).is_ok());
            if signalled {
                spin_until(|| rx.stats().waiting_senders == 1);
                signal_tx.send(()).unwrap();
                assert!(!producer.join().unwrap(), "the blocked send got its item back");
            } else {
                assert_eq!(rx.iter().count(), 100);
                assert!(producer.join().unwrap());
            }
            drop((signal_tx, rx));
            assert_eq!(listener.join().unwrap(), signalled);
        }
    });
}

/// Each item is worked on until it succeeds, panics or not, and `join` never returns before that.
#[test]
fn retried_work_is_done_when_join_returns() {
    with_watchdog(|| {
        static DONE: AtomicUsize = AtomicUsize::new(0);
        for round in 1..=100 {
            let (tx, rx) = bounded(2);
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    let rx = rx.clone();
                    thread::spawn(move || {
                        for mut task in rx.task_iter() {
                            Task::put_back_on_drop(&mut task);
                            let attempt = *task;
                            *task += 1;
                            if attempt == 0 {
                                continue; // an early return
                            }
                            if attempt == 1 {
                                assert!(Task::put_back(task).is_ok());
                                continue;
                            }
                            DONE.fetch_add(1, Ordering::Relaxed);
                            Task::complete(task);
                        }
                    })
                })
                .collect();
            tx.send_many([0; 10]).unwrap();
            tx.join().unwrap();
            assert_eq!(DONE.load(Ordering::Relaxed), 10 * round);
            assert_eq!((tx.stats().put_back, tx.stats().completed), (20, 10));
            tx.close();
            for worker in workers {
                worker.join().unwrap();
            }
        }
    });
}

#[test]
fn panic_puts_an_armed_task_back_and_completes_another() {
    with_watchdog(|| {
        for armed in [true, false] {
            let (tx, rx) = unbounded();
            tx.send(1).unwrap();
            let worker = rx.clone();
            let panicked = thread::spawn(move || {
                let mut task = worker.recv_task().unwrap();
                if armed {
                    Task::put_back_on_drop(&mut task);
                }
                panic!("of the worker");
            });
            assert!(panicked.join().is_err());
            let stats = tx.stats();
            assert_eq!((stats.len, stats.unfinished_tasks), (usize::from(armed), 0));
            assert_eq!(stats.completed, u64::from(!armed));
        }
    });
}

/// Six of eight workers stop although there is a backlog, and the others do it.
#[test]
fn pool_shrinks_before_its_backlog_is_done() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let (gate_tx, gate_rx) = bounded::<()>(8);
        tx.send_many(0..1000).unwrap();
        tx.send_sentinels_front(6).unwrap();
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (rx, gate) = (rx.clone(), gate_rx.clone());
                thread::spawn(move || {
                    gate.recv().unwrap();
                    rx.iter().count()
                })
            })
            .collect();
        gate_tx.send_many([(); 6]).unwrap();
        spin_until(|| rx.stats().sentinels == 0);
        assert_eq!(rx.len(), 1000, "six have stopped, and nothing was done");
        gate_tx.send_many([(); 2]).unwrap();
        tx.close();
        let counts: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        assert_eq!(counts.iter().sum::<usize>(), 1000);
        assert!(counts.iter().filter(|count| **count == 0).count() >= 6);
    });
}

#[test]
fn purge_keeps_sentinels_and_makes_room() {
    with_watchdog(|| {
        let (tx, rx) = bounded(2);
        tx.send(1).unwrap();
        tx.send_sentinel().unwrap();
        tx.send(2).unwrap();
        let blocked = thread::spawn({
            let tx = tx.clone();
            move || tx.send(3)
        });
        spin_until(|| tx.stats().waiting_senders == 1);
        assert_eq!(rx.drain(), [1, 2]);
        blocked.join().unwrap().unwrap();
        assert_eq!((rx.recv(), rx.recv()), (Err(RecvError::Sentinel), Ok(3)));
        assert_eq!(tx.join_timeout(Duration::ZERO), Ok(()));
    });
}

/// A batcher flushes by size or by age, and what interrupts it is not consumed.
#[test]
fn batcher_flushes_by_size_or_age() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let mut batch = Vec::new();
        tx.send_many([1, 2, 3]).unwrap();
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Ok(2), "by size");
        assert_eq!(rx.recv_full(&mut batch, 2, Duration::from_millis(1)), Ok(1), "by age");
        tx.send(4).unwrap();
        tx.send_sentinel().unwrap();
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Ok(1), "the sentinel interrupts");
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Err(RecvError::Sentinel));
        let late = thread::spawn(move || {
            spin_until(|| tx.stats().waiting_receivers == 1);
            tx.send(5).unwrap();
            spin_until(|| tx.is_empty() && tx.stats().waiting_receivers == 1);
            tx.send(6).unwrap();
        });
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Ok(2));
        late.join().unwrap();
        assert_eq!(batch, [1, 2, 3, 4, 5, 6]);
    });
}

/// Workers leave while producers send; nothing is stranded, and the queue stays open.
#[test]
fn elastic_pool_strands_nothing() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(0).unwrap();
        let last = rx.clone().leave_if_idle().expect_err("an item is queued");
        assert_eq!(last.recv(), Ok(0));
        drop(rx);
        for _ in 0..100 {
            let (tx, rx) = unbounded();
            // The workers alone hold receivers, so the last one stays until the queue is closed.
            let receivers = [rx.clone(), rx.clone(), rx];
            let workers = receivers.map(|mut rx| {
                thread::spawn(move || {
                    let mut done = 0;
                    loop {
                        done += rx.try_iter().count();
                        rx = match rx.leave_if_idle() {
                            Ok(()) => return done,
                            Err(rx) => rx,
                        };
                    }
                })
            });
            for job in 0..30 {
                tx.send(job).unwrap();
            }
            drop(tx);
            let done: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
            assert_eq!(done, 30);
        }
        let last = last.leave_if_idle().expect_err("the last one stays while the queue is open");
        assert!(!tx.is_closed());
        drop(last);
    });
}

/// A flush returns while a producer keeps the queue from ever being done, once what was there is done.
#[test]
fn flush_returns_while_producers_go_on() {
    with_watchdog(|| {
        let (tx, rx) = bounded(8);
        let producer = thread::spawn({
            let tx = tx.clone();
            move || (0..usize::MAX).take_while(|item| tx.send(*item).is_ok()).count()
        });
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let rx = rx.clone();
                thread::spawn(move || rx.task_iter().count())
            })
            .collect();
        for _ in 0..20 {
            let before = tx.stats();
            tx.flush().unwrap();
            assert!(tx.stats().completed >= before.accepted);
        }
        tx.close();
        producer.join().unwrap();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn flush_waits_for_a_task_and_for_one_put_back() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        assert_eq!(tx.flush_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        let flush = thread::spawn({
            let weak = tx.downgrade();
            move || weak.flush()
        });
        spin_until(|| tx.stats().waiting_flushers == 1);
        tx.send(2).unwrap();
        assert!(Task::put_back(task).is_ok());
        assert_eq!((rx.recv(), tx.stats().waiting_flushers), (Ok(2), 1));
        assert_eq!(rx.recv(), Ok(1));
        flush.join().unwrap().unwrap();
    });
}

/// The numbers of `stats` are those that the threads count for themselves.
#[test]
fn numbers_are_what_the_threads_count() {
    with_watchdog(|| {
        let (tx, rx) = bounded(3);
        let workers = [rx.clone(), rx.clone()].map(|rx| {
            thread::spawn(move || {
                let (mut completed, mut put_back) = (0, 0);
                for (place, task) in rx.task_iter().enumerate() {
                    if place % 3 == 0 && Task::put_back(task).is_ok() {
                        put_back += 1;
                    } else {
                        completed += 1;
                    }
                }
                (completed, put_back)
            })
        });
        let (mut accepted, mut evicted, mut taken_back) = (0, 0, 0);
        for item in 0..2000 {
            match item % 10 {
                0 => {
                    evicted += u64::from(tx.force_send(item).unwrap().is_some());
                    accepted += 1;
                }
                1 => taken_back += tx.drain().len() as u64,
                _ => accepted += u64::from(tx.try_send(item).is_ok()),
            }
        }
        taken_back += tx.close_now().items.len() as u64;
        let counts = workers.map(|worker| worker.join().unwrap());
        let stats = tx.stats();
        assert_eq!((stats.accepted, stats.evicted), (accepted, evicted));
        assert_eq!(stats.taken_back, taken_back);
        assert_eq!(stats.completed, counts.iter().map(|(completed, _)| completed).sum::<u64>());
        assert_eq!(stats.put_back, counts.iter().map(|(_, put_back)| put_back).sum::<u64>());
        let there = (stats.len + stats.unfinished_tasks) as u64;
        assert_eq!(there, 0);
        assert_eq!(accepted, stats.completed + evicted + taken_back);
    });
}
