//! C7: inside a scope every program ends, whatever it forgets.

use sentinel_queue::report::Operation;
use sentinel_queue::{
    scope, Group, JoinError, JoinTimeoutError, Receiver, RecvError, ScopedJoinHandle, SendError,
    SendTimeoutError, WouldBlockForever,
};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, TrackedItem};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Barrier};
use std::thread;
use std::time::Duration;

/// All workers have ended; the producer's send returns its item.
#[test]
fn dead_workers_give_the_producer_its_item_back() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.bounded(1);
            let keeps_it_open = tasks.clone();
            let worker = s.spawn(move || tasks.recv());
            producer.send(1).unwrap();
            assert_eq!(worker.join().unwrap(), Ok(1));
            producer.send(2).unwrap();
            assert_eq!(producer.send(3), Err(SendError::WouldBlockForever(3)));
            assert_eq!(producer.send_many([4, 5]), Err(SendError::WouldBlockForever(vec![4, 5])));
            assert_eq!(keeps_it_open.recv(), Ok(2)); // nothing was consumed, and it goes on
            assert_eq!(producer.send(6), Ok(()));
        });
        assert_eq!(ended.unwrap_err().report().occurrence, 2);
    });
}

/// Each worker sends more children than there is room for, and no thread is left to take one.
#[test]
fn full_self_feeding_pool_is_a_deadlock() {
    with_watchdog(|| {
        let both_have_one = Barrier::new(2);
        let ended = scope(|s| {
            let (tasks, queue) = s.bounded(1);
            for _ in 0..2 {
                let (tasks, queue, both_have_one) = (tasks.clone(), queue.clone(), &both_have_one);
                s.spawn(move || {
                    let task = queue.recv().unwrap();
                    both_have_one.wait();
                    let mut children = vec![task, task];
                    while let Some(child) = children.pop() {
                        if let Err(refused) = tasks.send(child) {
                            assert_eq!(refused, SendError::WouldBlockForever(task));
                            return;
                        }
                    }
                    panic!("there is room for one child of both workers");
                });
            }
            tasks.send_many([10, 20]).unwrap();
            queue
        })
        .unwrap_err();
        let report = ended.report();
        let full = Operation::Send { queue: 1 };
        assert!(report.blocked.iter().all(|blocked| blocked.operation == full), "{report}");
        assert_eq!((report.blocked.len(), report.queues[0].stats.len), (2, 1));
        let kept = ended.into_inner().try_recv();
        assert!(kept == Ok(10) || kept == Ok(20), "what was accepted is there: {kept:?}");
    });
}

#[test]
fn ring_of_two_queues_ends() {
    with_watchdog(|| {
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

/// Each sends to the other, and neither receives before that is done.
#[test]
fn ring_of_two_full_queues_ends() {
    with_watchdog(|| {
        let both_are_resumed = Barrier::new(2);
        let ended = scope(|s| {
            let (to_left, left) = s.bounded(1);
            let (to_right, right) = s.bounded(1);
            for (to_other, mine) in [(to_left, right), (to_right, left)] {
                let both_are_resumed = &both_are_resumed;
                s.spawn(move || {
                    to_other.send(1).unwrap();
                    assert_eq!(to_other.send(2), Err(SendError::WouldBlockForever(2)));
                    both_are_resumed.wait();
                    assert_eq!(mine.recv(), Ok(1)); // nothing was lost, and it goes on
                });
            }
        });
        let ended = ended.unwrap_err();
        let blocked = ended.report().blocked.iter();
        let operations: Vec<_> = blocked.map(|blocked| blocked.operation.clone()).collect();
        assert_eq!(operations, [Operation::Send { queue: 1 }, Operation::Send { queue: 2 }]);
    });
}

/// The receiver of the results first joins the workers, which block because there is no room.
#[test]
fn results_that_are_not_received_end_the_workers() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (results, all) = s.bounded(1);
            let workers = [10, 20, 30].map(|result| {
                let results = results.clone();
                s.spawn(move || results.send(result).map_err(SendError::into_inner))
            });
            let mut refused = workers.map(|worker| worker.join().unwrap()).to_vec();
            refused.retain(Result::is_err);
            (refused.len(), all.len())
        });
        let ended = ended.unwrap_err();
        assert_eq!((ended.report().blocked.len(), ended.report().blocked_on_join.len()), (2, 1));
        assert_eq!(ended.into_inner(), (2, 1), "two have theirs back, and one is queued");
    });
}

#[test]
fn join_of_abandoned_work_is_a_deadlock() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded();
            producer.send(1).unwrap();
            assert_eq!(producer.join(), Err(JoinError));
            assert_eq!(tasks.recv(), Ok(1));
            assert_eq!(producer.join(), Ok(()));
        });
        let ended = ended.unwrap_err();
        assert!(matches!(ended.report().blocked[0].operation, Operation::Join { .. }));
    });
}

/// Two threads wait for each other to end.
#[test]
fn cycle_of_joins_is_a_deadlock() {
    with_watchdog(|| {
        let group = Group::new();
        let (left, right) = (group.participant("left"), group.participant("right"));
        let threads = [left, right].map(|participant| {
            let group = group.clone();
            thread::spawn(move || participant.run(|| group.join()))
        });
        let joins = threads.map(|thread| thread.join().unwrap());
        assert!(joins.contains(&Err(JoinError)), "{joins:?}");
    });
}

/// Joins the handle that it receives, gets the error, and returns a result that is never joined.
fn join_in_vain(
    inbox: &mpsc::Receiver<ScopedJoinHandle<TrackedItem>>,
    result: TrackedItem,
) -> TrackedItem {
    let refused = inbox.recv().unwrap().join().unwrap_err();
    assert_eq!(*refused.downcast::<JoinError>().unwrap(), JoinError);
    result
}

/// Returns the pairs of joining and joined thread, without the body of the scope, which joins all.
fn circle<T: std::fmt::Debug>(ended: &WouldBlockForever<T>) -> Vec<(&str, &str)> {
    let report = ended.report();
    assert_eq!((report.occurrence, report.blocked_on_join.len()), (1, 0), "{report}");
    let (body, others) = report.blocked.split_first().unwrap();
    assert_eq!(body.operation, Operation::JoinThread { thread: None });
    let awaited = others.iter().map(|blocked| match &blocked.operation {
        Operation::JoinThread { thread: Some(thread) } => (&*blocked.thread, &**thread),
        other => panic!("{other:?}"),
    });
    awaited.collect()
}

#[test]
fn thread_that_joins_itself_is_a_deadlock() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let ended = scope(|s| {
            let (to_itself, inbox) = mpsc::channel();
            let result = registry.item(0);
            let itself = s.spawn_named("narcissus", move || join_in_vain(&inbox, result));
            to_itself.send(itself).unwrap();
        });
        assert_eq!(circle(&ended.unwrap_err()), [("narcissus", "narcissus")]);
        assert_eq!(registry.living(), 0, "the result is dropped");
    });
}

#[test]
fn threads_that_join_each_other_are_a_deadlock() {
    with_watchdog(|| {
        let (registry, both_are_resumed) = (DropRegistry::default(), Barrier::new(2));
        let ended = scope(|s| {
            let start = |name| {
                let (to_it, inbox) = mpsc::channel();
                let (result, both_are_resumed) = (registry.item(0), &both_are_resumed);
                let thread = s.spawn_named(name, move || {
                    let result = join_in_vain(&inbox, result);
                    both_are_resumed.wait(); // or the first to end would be joined by the other
                    result
                });
                (to_it, thread)
            };
            let ((to_left, left), (to_right, right)) = (start("left"), start("right"));
            to_left.send(right).unwrap();
            to_right.send(left).unwrap();
        });
        assert_eq!(circle(&ended.unwrap_err()), [("left", "right"), ("right", "left")]);
        assert_eq!(registry.living(), 0, "the results are dropped");
    });
}

struct Drainer(Receiver<u8>);

impl Drop for Drainer {
    fn drop(&mut self) {
        while self.0.recv().is_ok() {}
    }
}

#[test]
fn result_that_waits_while_it_is_dropped_ends() {
    with_watchdog(|| {
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
    with_watchdog(|| {
        let outcome = scope(|s| std::mem::forget(s.spawn(|| 1)));
        assert!(outcome.is_ok());
    });
}

#[test]
fn panic_in_a_worker_does_not_leave_the_others_waiting() {
    with_watchdog(|| {
        let outcome = std::panic::catch_unwind(|| {
            scope(|s| {
                let (producer, tasks) = s.unbounded::<u8>();
                let answers = tasks.clone();
                s.spawn(move || {
                    let _boss = producer;
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
    with_watchdog(|| {
        let outcome = std::panic::catch_unwind(|| {
            scope(|s| {
                let (producer, tasks) = s.unbounded::<u8>();
                s.spawn(move || {
                    let _boss = producer;
                    assert_eq!(tasks.recv(), Err(RecvError::WouldBlockForever));
                });
                panic!("on purpose");
            })
        });
        assert!(outcome.is_err());
    });
}

#[test]
fn endless_timeout_in_a_scope_is_a_deadlock() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, _tasks) = s.bounded(1);
            producer.send(1).unwrap();
            let refused = producer.send_timeout(2, Duration::MAX);
            assert_eq!(refused, Err(SendTimeoutError::WouldBlockForever(2)));
            let not_done = producer.join_timeout(Duration::MAX);
            assert_eq!(not_done, Err(JoinTimeoutError::WouldBlockForever));
        });
        assert!(ended.is_err());
    });
}

/// Threads that are started by threads of the scope are participants as well.
#[test]
fn threads_started_by_threads_take_part() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded::<u8>();
            let inner = s.clone();
            s.spawn_named("outer", move || {
                inner.spawn_named("inner", move || {
                    let _boss = producer;
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
    with_watchdog(|| {
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
    with_watchdog(|| {
        let (tx, rx) = sentinel_queue::unbounded();
        let outcome = scope(|s| {
            s.spawn(|| rx.recv().unwrap());
            spin_until(|| rx.stats().waiting_receivers == 1);
            tx.send(1).unwrap();
        });
        assert!(outcome.is_ok(), "a wait on a queue of no group counts as running");
    });
}
