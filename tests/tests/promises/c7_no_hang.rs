//! C7: inside a scope every program ends, whatever it forgot.

use sentinel_queue::{scope, Group, JoinError, Operation, RecvError, SendError, SendTimeoutError};
use sentinel_queue_tests::{until, within_reason};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const WORKERS: [&str; 3] = ["steve", "john", "nancy"];

/// The second program of the blog: a loop that nobody ends, since a sender stays alive.
#[test]
fn forgetting_everything_ends_every_worker() {
    within_reason(|| {
        let got = Mutex::new(Vec::new());
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded();
            for name in WORKERS {
                let (tasks, forgotten, got) = (tasks.clone(), boss.clone(), &got);
                s.spawn_named(name, move || {
                    let _alive = forgotten;
                    let mut mine = tasks.iter();
                    for task in mine.by_ref() {
                        got.lock().unwrap().push(task);
                    }
                    assert_eq!(mine.end(), Some(RecvError::WouldBlockForever), "{name}");
                });
            }
            boss.send_many(1..25).unwrap();
        })
        .unwrap_err();
        let mut got = got.into_inner().unwrap();
        got.sort_unstable();
        assert_eq!(got, (1..25).collect::<Vec<_>>());
        let told = ended.to_string();
        let first = "this operation would block forever: 3 threads wait, none can wake them\n";
        assert!(told.starts_with(first), "{told}");
        assert!(WORKERS.iter().all(|name| told.contains(name)), "{told}");
        assert!(told.contains("was never closed"), "{told}");
    });
}

/// The third program: a sentinel for each.
#[test]
fn sentinel_for_each_worker_reports_nothing() {
    within_reason(|| {
        let done = AtomicUsize::new(0);
        let outcome = scope(|s| {
            let (boss, tasks) = s.bounded(2);
            for name in WORKERS {
                let (tasks, forgotten, done) = (tasks.clone(), boss.clone(), &done);
                s.spawn_named(name, move || {
                    let _alive = forgotten;
                    let mut mine = tasks.iter();
                    done.fetch_add(mine.by_ref().count(), Ordering::SeqCst);
                    assert_eq!(mine.end(), Some(RecvError::Sentinel));
                });
            }
            boss.send_many(1..25).unwrap();
            boss.send_sentinels(3).unwrap();
        });
        assert!(outcome.is_ok());
        assert_eq!(done.into_inner(), 24);
    });
}

#[test]
fn fewer_sentinels_than_workers_end_the_others_too() {
    within_reason(|| {
        let ends = Mutex::new(Vec::new());
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u8>();
            for name in WORKERS {
                let (tasks, forgotten, ends) = (tasks.clone(), boss.clone(), &ends);
                s.spawn_named(name, move || {
                    let _alive = forgotten;
                    let end = tasks.recv().unwrap_err();
                    ends.lock().unwrap().push(end);
                });
            }
            boss.send_sentinel().unwrap();
        });
        let ends = ends.into_inner().unwrap();
        assert_eq!(ends.iter().filter(|end| end.is_sentinel()).count(), 1);
        assert_eq!(ends.iter().filter(|end| end.is_would_block_forever()).count(), 2);
        assert_eq!(ended.unwrap_err().report().blocked.len(), 2);
    });
}

/// All workers die; the one who sends to them finds out, and has its item back.
#[test]
fn dead_workers_give_the_producer_its_item_back() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.bounded(1);
            let keeps_it_open = tasks.clone();
            let worker = s.spawn(move || tasks.recv());
            boss.send(1).unwrap();
            assert_eq!(worker.join().unwrap(), Ok(1));
            boss.send(2).unwrap();
            assert_eq!(boss.send(3), Err(SendError::WouldBlockForever(3)));
            assert_eq!(boss.send_many([4, 5]), Err(SendError::WouldBlockForever(vec![4, 5])));
            assert_eq!(keeps_it_open.recv(), Ok(2)); // nothing was consumed, and it goes on
            assert_eq!(boss.send(6), Ok(()));
        });
        assert_eq!(ended.unwrap_err().report().occurrence, 2);
    });
}

#[test]
fn self_feeding_pool_that_is_full_is_told() {
    within_reason(|| {
        let refused = AtomicUsize::new(0);
        let outcome = scope(|s| {
            let (tasks, queue) = s.bounded(1);
            for _ in 0..2 {
                let (tasks, queue, refused) = (tasks.clone(), queue.clone(), &refused);
                s.spawn(move || {
                    while let Ok(task) = queue.recv() {
                        for child in [task + 1, task + 1] {
                            if task < 6 && tasks.send(child).is_err() {
                                refused.fetch_add(1, Ordering::SeqCst);
                            }
                        }
                    }
                });
            }
            tasks.send(0).unwrap();
        });
        // Whether both came to be stuck in a send depends on the schedule; that they end does not.
        assert!(outcome.is_err());
    });
}

#[test]
fn ring_of_two_queues_ends() {
    within_reason(|| {
        let ended = scope(|s| {
            let (to_left, left) = s.unbounded::<u32>();
            let (to_right, right) = s.unbounded::<u32>();
            let there = s.spawn_named("there", move || {
                while let Ok(ball) = left.recv() {
                    to_right.send(ball + 1).unwrap();
                    if ball > 20 {
                        return; // and the ball is lost
                    }
                }
            });
            let back = s.spawn_named("back", move || {
                while let Ok(ball) = right.recv() {
                    if ball < 10 {
                        to_left.send(ball + 1).unwrap();
                    }
                }
            });
            drop((there, back));
        });
        let ended = ended.unwrap_err();
        assert_eq!(ended.report().blocked.len(), 2);
        assert_eq!(ended.report().queues.len(), 2);
    });
}

#[test]
fn join_of_work_that_nobody_does_is_told() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded();
            boss.send(1).unwrap();
            assert_eq!(boss.join(), Err(JoinError));
            assert_eq!(tasks.recv(), Ok(1));
            assert_eq!(boss.join(), Ok(()));
        });
        let ended = ended.unwrap_err();
        assert!(matches!(ended.report().blocked[0].operation, Operation::Join { .. }));
    });
}

/// Each waits for the other to end, one of them in the closing join of the scope.
#[test]
fn circle_of_joins_is_told() {
    within_reason(|| {
        let group = Group::new();
        let (left, right) = (group.participant("left"), group.participant("right"));
        let threads = [left, right].map(|participant| {
            let group = group.clone();
            thread::spawn(move || participant.run(|| group.join()))
        });
        let told = threads.map(|thread| thread.join().unwrap());
        assert!(told.contains(&Err(JoinError)), "{told:?}");
    });
}

struct Drainer(sentinel_queue::Receiver<u8>);

impl Drop for Drainer {
    fn drop(&mut self) {
        while self.0.recv().is_ok() {}
    }
}

#[test]
fn result_that_waits_while_it_is_dropped_ends() {
    within_reason(|| {
        let ended = scope(|s| {
            let (tx, rx) = s.unbounded();
            s.spawn(move || Drainer(rx));
            tx
        });
        assert!(ended.is_err());
    });
}

#[test]
fn forgotten_handle_of_a_thread_does_not_hang_the_scope() {
    within_reason(|| {
        let outcome = scope(|s| std::mem::forget(s.spawn(|| 1)));
        assert!(outcome.is_ok());
    });
}

#[test]
fn panic_in_a_worker_does_not_leave_the_others_waiting() {
    within_reason(|| {
        let outcome = std::panic::catch_unwind(|| {
            scope(|s| {
                let (boss, tasks) = s.unbounded::<u8>();
                let answers = tasks.clone();
                s.spawn(move || {
                    let _boss = boss;
                    panic!("on purpose");
                });
                s.spawn(move || answers.recv());
                assert_eq!(tasks.recv(), Err(RecvError::Closed)); // by the last sender's end
            })
        });
        assert!(outcome.is_err(), "the panic of a thread that was not joined goes on, as in std");
    });
}

#[test]
fn panic_in_the_body_does_not_leave_the_workers_waiting() {
    within_reason(|| {
        let outcome = std::panic::catch_unwind(|| {
            scope(|s| {
                let (boss, tasks) = s.unbounded::<u8>();
                s.spawn(move || {
                    let _boss = boss;
                    assert_eq!(tasks.recv(), Err(RecvError::WouldBlockForever));
                });
                panic!("on purpose");
            })
        });
        assert!(outcome.is_err());
    });
}

#[test]
fn endless_timeout_in_a_scope_is_told() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, _tasks) = s.bounded(1);
            boss.send(1).unwrap();
            let refused = boss.send_timeout(2, Duration::MAX);
            assert_eq!(refused, Err(SendTimeoutError::WouldBlockForever(2)));
        });
        assert!(ended.is_err());
    });
}

/// Threads that are started inside threads are known as well.
#[test]
fn threads_started_by_threads_take_part() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u8>();
            let inner = s.clone();
            s.spawn_named("outer", move || {
                inner.spawn_named("inner", move || {
                    let _boss = boss;
                    assert_eq!(tasks.recv(), Err(RecvError::WouldBlockForever));
                });
            });
        });
        assert_eq!(ended.unwrap_err().report().blocked[0].thread, "inner");
    });
}

/// Many rounds of many threads that feed, starve and wake each other.
#[test]
fn busy_scopes_end() {
    within_reason(|| {
        for round in 0..200 {
            let handled = AtomicUsize::new(0);
            let ended = scope(|s| {
                let (tasks, queue) = if round % 2 == 0 { s.unbounded() } else { s.bounded(64) };
                for _ in 0..4 {
                    let (tasks, queue, handled) = (tasks.clone(), queue.clone(), &handled);
                    s.spawn(move || {
                        while let Ok(depth) = queue.recv() {
                            handled.fetch_add(1, Ordering::SeqCst);
                            for _ in 0..2 * usize::from(depth > 0) {
                                tasks.send(depth - 1).unwrap();
                            }
                        }
                    });
                }
                tasks.send(4).unwrap();
            });
            assert_eq!(ended.unwrap_err().report().blocked.len(), 4);
            assert_eq!(handled.into_inner(), 31, "a full binary tree of depth 4");
        }
    });
}

#[test]
fn waiting_outside_of_a_group_is_untouched() {
    within_reason(|| {
        let (tx, rx) = sentinel_queue::unbounded();
        let outcome = scope(|s| {
            s.spawn(|| rx.recv().unwrap());
            until(|| rx.stats().waiting_receivers == 1);
            tx.send(1).unwrap();
        });
        assert!(outcome.is_ok(), "a wait on a queue of no group counts as running");
    });
}
