//! The blog's three programs in a scope, and programs that hang elsewhere: with Python's queue, in
//! Go, Ruby and GHC, and in gevent, which reports a deadlock to the main greenlet alone, and not at
//! all while a timer or a native thread exists. Here each of them ends: every blocked operation
//! returns `WouldBlockForever`.

use sentinel_queue::report::{Operation, Outcome};
use sentinel_queue::{scope, JoinError, Receiver, RecvError, Scope, Sender};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const NAMES: [&str; 3] = ["steve", "john", "nancy"];

/// The tasks that a worker has done, and the error that ended its loop.
type WorkerResult = (Vec<u32>, Option<RecvError>);

/// Loops with `for task in tasks`, as in the second and third program.
fn work(tasks: &Receiver<u32>) -> WorkerResult {
    let mut tasks = tasks.iter();
    (tasks.by_ref().collect(), tasks.end())
}

/// Runs a program of the blog: `gevent.spawn(boss).join()`, and then three workers are joined. All
/// threads share one queue and keep their handles until the end.
fn program(
    s: &Scope<'_, '_>,
    producer: impl FnOnce(&Sender<u32>) + Send + 'static,
    worker: fn(&Receiver<u32>) -> WorkerResult,
) -> [WorkerResult; 3] {
    let (sender, tasks) = s.unbounded();
    let kept = sender.clone();
    s.spawn_named("boss", move || producer(&sender)).join().unwrap();
    let workers = NAMES.map(|name| {
        let (kept, tasks) = (kept.clone(), tasks.clone());
        s.spawn_named(name, move || {
            let _kept = kept;
            worker(&tasks)
        })
    });
    workers.map(|worker| worker.join().unwrap())
}

fn put_24(tasks: &Sender<u32>) {
    (1..25).for_each(|task| tasks.send(task).unwrap());
}

fn assert_each_task_was_done_once(results: &[WorkerResult]) {
    let mut done: Vec<_> = results.iter().flat_map(|(done, _)| done.iter().copied()).collect();
    done.sort_unstable();
    assert_eq!(done, (1..25).collect::<Vec<_>>());
}

/// The first program, unchanged. Whether another worker takes the last task in between depends on the
/// schedule; that all workers end does not.
#[test]
fn while_not_empty_ends() {
    fn worker(tasks: &Receiver<u32>) -> WorkerResult {
        let mut done = Vec::new();
        while !tasks.is_empty() {
            match tasks.recv() {
                Ok(task) => done.push(task),
                Err(end) => return (done, Some(end)),
            }
        }
        (done, None)
    }
    with_watchdog(|| {
        for _ in 0..100 {
            let (deadlocked, results) = match scope(|s| program(s, put_24, worker)) {
                Ok(results) => (0, results),
                Err(ended) => (ended.report().blocked.len(), ended.into_inner()),
            };
            assert_each_task_was_done_once(&results);
            let ends: Vec<_> = results.iter().filter_map(|(_, end)| *end).collect();
            assert_eq!(ends, vec![RecvError::WouldBlockForever; deadlocked]);
        }
    });
}

/// Two workers see the last task, and one takes it: the other one would wait forever.
#[test]
fn task_that_was_seen_and_taken_by_another_is_not_waited_for() {
    with_watchdog(|| {
        let both_have_looked = Barrier::new(2);
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded();
            producer.send(1).unwrap();
            let workers = [(); 2].map(|()| {
                let (tasks, both_have_looked) = (tasks.clone(), &both_have_looked);
                s.spawn(move || {
                    assert!(!tasks.is_empty());
                    both_have_looked.wait();
                    tasks.recv()
                })
            });
            workers.map(|worker| worker.join().unwrap())
        });
        let mut answers = ended.unwrap_err().into_inner();
        answers.sort_by_key(Result::is_err);
        assert_eq!(answers, [Ok(1), Err(RecvError::WouldBlockForever)]);
    });
}

/// The second program, which ends with `LoopExit` in the main greenlet alone.
#[test]
fn loop_that_is_never_ended_is_a_deadlock_of_every_worker() {
    with_watchdog(|| {
        let ended = scope(|s| program(s, put_24, work)).unwrap_err();
        let report = ended.to_string();
        let first =
            "this operation would block forever: deadlock of 3 threads, none can be woken\n";
        assert!(report.starts_with(first), "{report}");
        assert!(NAMES.iter().all(|name| report.contains(name)), "{report}");
        assert!(report.contains("was never closed"), "{report}");
        let results = ended.into_inner();
        assert!(results.iter().all(|(_, end)| *end == Some(RecvError::WouldBlockForever)));
        assert_each_task_was_done_once(&results);
    });
}

/// The third program.
#[test]
fn sentinel_for_each_worker_reports_nothing() {
    with_watchdog(|| {
        let producer = |tasks: &Sender<u32>| {
            put_24(tasks);
            (0..3).for_each(|_| tasks.send_sentinel().unwrap());
        };
        let results = scope(|s| program(s, producer, work)).unwrap();
        assert!(results.iter().all(|(_, end)| *end == Some(RecvError::Sentinel)));
        assert_each_task_was_done_once(&results);
    });
}

#[test]
fn fewer_sentinels_than_workers_end_the_others_too() {
    with_watchdog(|| {
        let producer = |tasks: &Sender<u32>| {
            put_24(tasks);
            tasks.send_sentinel().unwrap();
        };
        let ended = scope(|s| program(s, producer, work)).unwrap_err();
        assert_eq!(ended.report().blocked.len(), 2);
        let results = ended.into_inner();
        let sentinels = results.iter().filter(|(_, end)| *end == Some(RecvError::Sentinel)).count();
        let deadlocked =
            results.iter().filter(|(_, end)| *end == Some(RecvError::WouldBlockForever));
        assert_eq!((sentinels, deadlocked.count()), (1, 2));
        assert_each_task_was_done_once(&results);
    });
}

/// The producer panics before it sends the sentinels; others still hold a sender.
#[test]
fn boss_that_panics_before_the_sentinels_ends_the_workers() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded::<u32>();
            let workers = NAMES.map(|name| {
                let (forgotten, tasks) = (producer.clone(), tasks.clone());
                s.spawn_named(name, move || {
                    let _forgotten = forgotten;
                    work(&tasks)
                })
            });
            spin_until(|| tasks.stats().waiting_receivers == 3);
            let producer = s.spawn_named("boss", move || {
                let _boss = producer;
                panic!("on purpose");
            });
            assert!(producer.join().is_err());
            workers.map(|worker| worker.join().unwrap().1)
        });
        let ended = ended.unwrap_err();
        assert_eq!(ended.report().blocked.len(), 3);
        let left = &ended.report().departed;
        assert_eq!(
            (left.len(), left[0].thread.as_str(), left[0].outcome),
            (1, "boss", Outcome::Panicked)
        );
        assert_eq!(ended.into_inner(), [Some(RecvError::WouldBlockForever); 3]);
    });
}

/// `while not stop: queue.get()`: setting the flag wakes no thread.
#[test]
fn stop_flag_that_wakes_no_thread_is_a_deadlock() {
    with_watchdog(|| {
        let stop = AtomicBool::new(false);
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded::<u32>();
            let (inbox, stop) = (tasks.clone(), &stop);
            let worker = s.spawn(move || {
                let mut end = Ok(0);
                while end.is_ok() && !stop.load(Ordering::SeqCst) {
                    end = inbox.recv();
                }
                end
            });
            producer.send(1).unwrap();
            spin_until(|| producer.stats().waiting_receivers == 1 && producer.is_empty());
            stop.store(true, Ordering::SeqCst);
            worker.join().unwrap()
        });
        assert_eq!(ended.unwrap_err().into_inner(), Err(RecvError::WouldBlockForever));
    });
}

/// `queue.join()` after a worker has leaked its task.
#[test]
fn join_for_a_leaked_task_is_a_deadlock() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded();
            producer.send(1).unwrap();
            s.spawn(move || std::mem::forget(tasks.recv_task().unwrap()));
            assert_eq!(producer.join(), Err(JoinError));
        });
        let ended = ended.unwrap_err();
        assert_eq!(ended.report().blocked[0].operation, Operation::Join { queue: 1 });
        assert!(ended.to_string().contains("unfinished tasks: 1"), "{ended}");
    });
}

/// Counting handles does not find it: the last sender is in a message that is never received.
#[test]
fn sender_inside_a_message_does_not_hide_a_deadlock() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (answers, answer) = s.unbounded::<u32>();
            let (requests, _inbox) = s.unbounded::<Sender<u32>>();
            requests.send(answers).unwrap();
            assert_eq!(answer.recv(), Err(RecvError::WouldBlockForever));
        });
        assert_eq!(ended.unwrap_err().report().queues[0].stats.senders, 1);
    });
}

/// In gevent a heartbeat, in Go a timer or a thread in C, in Ruby any thread hides the deadlock.
#[test]
fn unrelated_thread_does_not_hide_a_deadlock() {
    with_watchdog(|| {
        let (hold, heartbeat) = sentinel_queue::unbounded::<u8>();
        let stranger = thread::spawn(move || heartbeat.recv());
        spin_until(|| hold.stats().waiting_receivers == 1);
        assert!(scope(|s| program(s, put_24, work)).is_err());
        assert_eq!(hold.stats().waiting_receivers, 1, "it still waits, without an error");
        drop(hold);
        assert_eq!(stranger.join().unwrap(), Err(RecvError::Closed));
    });
}

/// In gevent a wait with a timeout hides the deadlock of the others.
#[test]
fn wait_with_a_timeout_only_postpones_the_report() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded::<u32>();
            let timed = tasks.clone();
            let worker = s.spawn(move || tasks.recv());
            spin_until(|| producer.stats().waiting_receivers == 1);
            assert!(timed.recv_timeout(Duration::from_millis(1)).is_err());
            worker.join().unwrap()
        });
        assert_eq!(ended.unwrap_err().into_inner(), Err(RecvError::WouldBlockForever));
    });
}

/// In gevent a put by a signal handler or a native thread comes too late: `LoopExit` is raised first.
#[cfg(unix)]
#[test]
fn signal_that_is_yet_to_come_is_waited_for() {
    use signal_hook::consts::SIGUSR1;
    use signal_hook::iterator::Signals;
    with_watchdog(|| {
        let mut signals = Signals::new([SIGUSR1]).unwrap();
        let outcome = scope(|s| {
            let (orders, tasks) = s.unbounded();
            let (external, stats) = (s.external(), orders.clone());
            let listener = thread::spawn(move || {
                for signal in signals.forever().take(1) {
                    orders.send(signal).unwrap();
                }
                drop(orders);
                drop(external);
            });
            let worker = s.spawn(move || tasks.recv());
            spin_until(|| stats.stats().waiting_receivers == 1);
            signal_hook::low_level::raise(SIGUSR1).unwrap();
            let order = worker.join().unwrap();
            listener.join().unwrap();
            order
        });
        assert_eq!(outcome.unwrap(), Ok(SIGUSR1));
    });
}

/// As after a caught `LoopExit`: one deadlocked thread closes the queue, and the others end.
#[test]
fn close_by_a_deadlocked_thread_ends_the_others() {
    with_watchdog(|| {
        let all_are_resumed = Barrier::new(4);
        let ended = scope(|s| {
            let (producer, tasks) = s.unbounded::<u32>();
            let workers = NAMES.map(|name| {
                let (tasks, all_are_resumed) = (tasks.clone(), &all_are_resumed);
                s.spawn_named(name, move || {
                    let first = tasks.recv();
                    all_are_resumed.wait();
                    (first, work(&tasks))
                })
            });
            assert_eq!(tasks.recv(), Err(RecvError::WouldBlockForever));
            all_are_resumed.wait();
            producer.send(7).unwrap();
            producer.close();
            workers.map(|worker| worker.join().unwrap())
        });
        let ended = ended.unwrap_err();
        assert_eq!((ended.report().occurrence, ended.report().blocked.len()), (1, 4));
        let results = ended.into_inner();
        assert!(results.iter().all(|(first, (_, end))| {
            (*first, *end) == (Err(RecvError::WouldBlockForever), Some(RecvError::Closed))
        }));
        assert_eq!(results.iter().map(|(_, (done, _))| done.len()).sum::<usize>(), 1);
    });
}
