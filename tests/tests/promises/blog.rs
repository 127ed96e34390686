//! The blog's three programs in a scope, and those that hang elsewhere: in gevent, whose main
//! greenlet alone is told, if any timer or native thread does not prevent it, with Python's queue,
//! in Go, Ruby and GHC. Here each of them ends, and whoever was stuck is told.

use sentinel_queue::report::{Operation, Outcome};
use sentinel_queue::{scope, JoinError, Receiver, RecvError, Scope, Sender};
use sentinel_queue_tests::{until, within_reason};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const NAMES: [&str; 3] = ["steve", "john", "nancy"];

/// What a worker has done, and how its loop has ended.
type Day = (Vec<u32>, Option<RecvError>);

/// `for task in tasks`, as in the second and third program.
fn work(tasks: &Receiver<u32>) -> Day {
    let mut tasks = tasks.iter();
    (tasks.by_ref().collect(), tasks.end())
}

/// A program of the blog: `gevent.spawn(boss).join()`, and then three workers are joined. Everybody
/// shares one queue, and nobody lets go of it before the end.
fn program(
    s: &Scope<'_, '_>,
    boss: impl FnOnce(&Sender<u32>) + Send + 'static,
    worker: fn(&Receiver<u32>) -> Day,
) -> [Day; 3] {
    let (sender, tasks) = s.unbounded();
    let everybody = sender.clone();
    s.spawn_named("boss", move || boss(&sender)).join().unwrap();
    let workers = NAMES.map(|name| {
        let (everybody, tasks) = (everybody.clone(), tasks.clone());
        s.spawn_named(name, move || {
            let _everybody = everybody;
            worker(&tasks)
        })
    });
    workers.map(|worker| worker.join().unwrap())
}

fn put_24(tasks: &Sender<u32>) {
    (1..25).for_each(|task| tasks.send(task).unwrap());
}

fn assert_each_task_was_done_once(days: &[Day]) {
    let mut done: Vec<_> = days.iter().flat_map(|(done, _)| done.iter().copied()).collect();
    done.sort_unstable();
    assert_eq!(done, (1..25).collect::<Vec<_>>());
}

/// The first program, to the letter. Whether somebody else takes the last task in between depends
/// on the schedule; that everybody ends does not.
#[test]
fn while_not_empty_ends() {
    fn worker(tasks: &Receiver<u32>) -> Day {
        let mut done = Vec::new();
        while !tasks.is_empty() {
            match tasks.recv() {
                Ok(task) => done.push(task),
                Err(end) => return (done, Some(end)),
            }
        }
        (done, None)
    }
    within_reason(|| {
        for _ in 0..100 {
            let (told, days) = match scope(|s| program(s, put_24, worker)) {
                Ok(days) => (0, days),
                Err(ended) => (ended.report().blocked.len(), ended.into_inner()),
            };
            assert_each_task_was_done_once(&days);
            let ends: Vec<_> = days.iter().filter_map(|(_, end)| *end).collect();
            assert_eq!(ends, vec![RecvError::WouldBlockForever; told]);
        }
    });
}

/// Two see the last task, and one takes it: the other one has looked too early.
#[test]
fn task_that_was_seen_and_taken_by_another_is_not_waited_for() {
    within_reason(|| {
        let both_have_looked = Barrier::new(2);
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded();
            boss.send(1).unwrap();
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
fn loop_that_nobody_ends_is_told_in_every_worker() {
    within_reason(|| {
        let ended = scope(|s| program(s, put_24, work)).unwrap_err();
        let told = ended.to_string();
        let first =
            "this operation would block forever: deadlock of 3 threads, none can be woken\n";
        assert!(told.starts_with(first), "{told}");
        assert!(NAMES.iter().all(|name| told.contains(name)), "{told}");
        assert!(told.contains("was never closed"), "{told}");
        let days = ended.into_inner();
        assert!(days.iter().all(|(_, end)| *end == Some(RecvError::WouldBlockForever)));
        assert_each_task_was_done_once(&days);
    });
}

/// The third program.
#[test]
fn sentinel_for_each_worker_reports_nothing() {
    within_reason(|| {
        let boss = |tasks: &Sender<u32>| {
            put_24(tasks);
            (0..3).for_each(|_| tasks.send_sentinel().unwrap());
        };
        let days = scope(|s| program(s, boss, work)).unwrap();
        assert!(days.iter().all(|(_, end)| *end == Some(RecvError::Sentinel)));
        assert_each_task_was_done_once(&days);
    });
}

#[test]
fn fewer_sentinels_than_workers_end_the_others_too() {
    within_reason(|| {
        let boss = |tasks: &Sender<u32>| {
            put_24(tasks);
            tasks.send_sentinel().unwrap();
        };
        let ended = scope(|s| program(s, boss, work)).unwrap_err();
        assert_eq!(ended.report().blocked.len(), 2);
        let days = ended.into_inner();
        let sentinels = days.iter().filter(|(_, end)| *end == Some(RecvError::Sentinel)).count();
        let told = days.iter().filter(|(_, end)| *end == Some(RecvError::WouldBlockForever));
        assert_eq!((sentinels, told.count()), (1, 2));
        assert_each_task_was_done_once(&days);
    });
}

/// The boss dies before it comes to the sentinels; others still hold a sender.
#[test]
fn boss_that_panics_before_the_sentinels_ends_the_workers() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u32>();
            let workers = NAMES.map(|name| {
                let (forgotten, tasks) = (boss.clone(), tasks.clone());
                s.spawn_named(name, move || {
                    let _forgotten = forgotten;
                    work(&tasks)
                })
            });
            until(|| tasks.stats().waiting_receivers == 3);
            let boss = s.spawn_named("boss", move || {
                let _boss = boss;
                panic!("on purpose");
            });
            assert!(boss.join().is_err());
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

/// `while not stop: queue.get()`: the flag is set, and wakes nobody.
#[test]
fn stop_flag_that_wakes_nobody_ends_the_loop() {
    within_reason(|| {
        let stop = AtomicBool::new(false);
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u32>();
            let (inbox, stop) = (tasks.clone(), &stop);
            let worker = s.spawn(move || {
                let mut end = Ok(0);
                while end.is_ok() && !stop.load(Ordering::SeqCst) {
                    end = inbox.recv();
                }
                end
            });
            boss.send(1).unwrap();
            until(|| boss.stats().waiting_receivers == 1 && boss.is_empty());
            stop.store(true, Ordering::SeqCst);
            worker.join().unwrap()
        });
        assert_eq!(ended.unwrap_err().into_inner(), Err(RecvError::WouldBlockForever));
    });
}

/// `queue.join()` when the worker has lost its task without a word.
#[test]
fn join_for_a_task_that_was_leaked_is_told() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded();
            boss.send(1).unwrap();
            s.spawn(move || std::mem::forget(tasks.recv_task().unwrap()));
            assert_eq!(boss.join(), Err(JoinError));
        });
        let ended = ended.unwrap_err();
        assert_eq!(ended.report().blocked[0].operation, Operation::Join { queue: 1 });
        assert!(ended.to_string().contains("unfinished tasks: 1"), "{ended}");
    });
}

/// Counting handles does not find it: the last sender is in a message that nobody receives.
#[test]
fn sender_inside_a_message_keeps_nobody_waiting() {
    within_reason(|| {
        let ended = scope(|s| {
            let (answers, answer) = s.unbounded::<u32>();
            let (requests, _inbox) = s.unbounded::<Sender<u32>>();
            requests.send(answers).unwrap();
            assert_eq!(answer.recv(), Err(RecvError::WouldBlockForever));
        });
        assert_eq!(ended.unwrap_err().report().queues[0].stats.senders, 1);
    });
}

/// In gevent a heartbeat, in Go a timer or a thread in C, in Ruby any thread hides it for good.
#[test]
fn thread_of_someone_else_that_lives_on_hides_nothing() {
    within_reason(|| {
        let (hold, heartbeat) = sentinel_queue::unbounded::<u8>();
        let stranger = thread::spawn(move || heartbeat.recv());
        until(|| hold.stats().waiting_receivers == 1);
        assert!(scope(|s| program(s, put_24, work)).is_err());
        assert_eq!(hold.stats().waiting_receivers, 1, "it is still there, and was not told");
        drop(hold);
        assert_eq!(stranger.join().unwrap(), Err(RecvError::Closed));
    });
}

/// In gevent a timeout of the one who waits hides the others, for as long as it lasts and for good.
#[test]
fn wait_with_a_timeout_only_postpones_it() {
    within_reason(|| {
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u32>();
            let timed = tasks.clone();
            let worker = s.spawn(move || tasks.recv());
            until(|| boss.stats().waiting_receivers == 1);
            assert!(timed.recv_timeout(Duration::from_millis(1)).is_err());
            worker.join().unwrap()
        });
        assert_eq!(ended.unwrap_err().into_inner(), Err(RecvError::WouldBlockForever));
    });
}

/// In gevent a signal or a native thread that is about to put comes too late: `LoopExit` was first.
#[cfg(unix)]
#[test]
fn signal_that_is_yet_to_come_is_waited_for() {
    use signal_hook::consts::SIGUSR1;
    use signal_hook::iterator::Signals;
    within_reason(|| {
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
            until(|| stats.stats().waiting_receivers == 1);
            signal_hook::low_level::raise(SIGUSR1).unwrap();
            let order = worker.join().unwrap();
            listener.join().unwrap();
            order
        });
        assert_eq!(outcome.unwrap(), Ok(SIGUSR1));
    });
}

/// As after a `LoopExit` that was caught: whoever was told closes, and the others go home.
#[test]
fn close_by_someone_who_was_told_ends_the_others() {
    within_reason(|| {
        let all_are_told = Barrier::new(4);
        let ended = scope(|s| {
            let (boss, tasks) = s.unbounded::<u32>();
            let workers = NAMES.map(|name| {
                let (tasks, all_are_told) = (tasks.clone(), &all_are_told);
                s.spawn_named(name, move || {
                    let first = tasks.recv();
                    all_are_told.wait();
                    (first, work(&tasks))
                })
            });
            assert_eq!(tasks.recv(), Err(RecvError::WouldBlockForever));
            all_are_told.wait();
            boss.send(7).unwrap();
            boss.close();
            workers.map(|worker| worker.join().unwrap())
        });
        let ended = ended.unwrap_err();
        assert_eq!((ended.report().occurrence, ended.report().blocked.len()), (1, 4));
        let days = ended.into_inner();
        assert!(days.iter().all(|(first, (_, end))| {
            (*first, *end) == (Err(RecvError::WouldBlockForever), Some(RecvError::Closed))
        }));
        assert_eq!(days.iter().map(|(_, (done, _))| done.len()).sum::<usize>(), 1);
    });
}
