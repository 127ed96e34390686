//! The embedder's own tests: under loom every interleaving with at most two preemptions, under shuttle
//! random ones, otherwise real threads.

#[cfg(loom)]
use sentinel_queue::Receiver;
use sentinel_queue_tests_embedder::{block_on, thread, Adders};
use std::collections::BTreeSet;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
#[cfg(any(loom, shuttle))]
use {sentinel_queue::Sender, std::time::Duration};

/// Runs the body in every interleaving, and returns all different outcomes.
fn outcomes<T: Ord + Send + 'static>(body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    let body = move || {
        let outcome = body();
        sink.lock().unwrap().insert(outcome);
    };
    #[cfg(loom)]
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2); // enough here, and seconds instead of hours
        builder.check(body);
    }
    #[cfg(shuttle)]
    shuttle::check_random(body, 500);
    #[cfg(not(any(loom, shuttle)))]
    (0..500).for_each(|_| body());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    seen
}

#[test]
fn sentinels_end_every_worker_after_the_last_number() {
    let outcomes = outcomes(|| {
        let adders = Adders::start(2, 0, 1);
        adders.add(1).unwrap();
        adders.add(2).unwrap();
        adders.finish()
    });
    assert_eq!(outcomes, BTreeSet::from([(3, 2)]));
}

#[test]
fn sentinels_end_a_thread_and_a_task_after_the_last_number() {
    let outcomes = outcomes(|| {
        let adders = Adders::start(1, 1, 1);
        adders.add(1).unwrap();
        block_on(adders.add_async(2)).unwrap();
        adders.finish()
    });
    assert_eq!(outcomes, BTreeSet::from([(3, 2)]));
}

/// Whatever it has come to when it is dropped: not woken, or woken for the item.
#[test]
fn future_that_is_dropped_leaves_the_item_to_a_thread_that_waits() {
    let outcomes = outcomes(|| {
        let (tx, rx) = sentinel_queue::bounded(1);
        let dropping = thread::spawn({
            let rx = rx.clone();
            move || {
                let mut first = pin!(rx.recv_async());
                block_on(poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_ready())))
            }
        });
        let waiting = thread::spawn(move || rx.recv());
        tx.send(1).unwrap();
        let taken = dropping.join().unwrap();
        if taken {
            tx.send(2).unwrap();
        }
        assert!(waiting.join().unwrap().is_ok());
        taken
    });
    #[cfg(any(loom, shuttle))]
    assert_eq!(outcomes.len(), 2, "the checker has seen both");
    assert!(!outcomes.is_empty());
}

#[test]
fn racing_stop_refuses_a_number_or_adds_it() {
    let outcomes = outcomes(|| {
        let adders = Adders::start(1, 0, 1);
        let stopper = thread::spawn(adders.stopper());
        let accepted = adders.add(1).is_ok();
        stopper.join().unwrap();
        let (sum, sentinels) = adders.finish();
        assert_eq!((sum, sentinels), (u32::from(accepted), 0));
        accepted
    });
    assert!(!outcomes.is_empty());
    #[cfg(any(loom, shuttle))]
    assert_eq!(outcomes.len(), 2, "the checker has seen both orders of the race");
}

/// Returns the checker's report of a failing model; the process must survive it.
#[cfg(any(loom, shuttle))]
fn failure(body: impl Fn() + Send + Sync + std::panic::UnwindSafe + 'static) -> String {
    #[cfg(loom)]
    let model = || loom::model(body);
    #[cfg(shuttle)]
    let model = || shuttle::check_random(body, 500);
    let panic = std::panic::catch_unwind(model).expect_err("the model fails");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_string(),
    }
}

#[test]
#[cfg(any(loom, shuttle))]
fn deadlock_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        let kept = tasks.clone();
        let worker = thread::spawn(move || queue.iter().sum::<u32>());
        tasks.send(1).unwrap();
        drop(tasks);
        worker.join().unwrap(); // `kept` keeps the queue open
        drop(kept);
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
#[cfg(any(loom, shuttle))]
fn deadlock_with_full_queue_and_task_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        tasks.send(1).unwrap();
        let task = queue.recv_task().unwrap();
        let sender = thread::spawn(move || while tasks.send(2).is_ok() {});
        sender.join().unwrap();
        drop((task, queue));
    });
    assert!(message.contains("deadlock"), "{message}");
}

/// Under loom such a deadlock aborts the process: its `block_on` cannot be unwound.
#[test]
#[cfg(shuttle)]
fn deadlock_of_tasks_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        tasks.send(1).unwrap();
        let sender = thread::spawn(move || block_on(tasks.send_async(2)));
        let task = block_on(queue.recv_task_async()).unwrap();
        drop(block_on(queue.recv_task_async()));
        block_on(queue.join_async()); // `task` is not completed
        sender.join().unwrap().unwrap();
        drop(task);
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
#[cfg(any(loom, shuttle))]
fn failed_assertion_fails_the_model_and_not_the_process() {
    let message = failure(|| {
        let (tasks, queue) = sentinel_queue::bounded(1);
        let worker = thread::spawn(move || queue.iter().for_each(|task| assert_ne!(task, 2)));
        tasks.send_many([1, 2]).unwrap();
        worker.join().unwrap();
    });
    assert!(message.contains("assertion"), "{message}");
}

#[test]
#[cfg(loom)]
fn scope_in_a_model_says_what_to_use() {
    let message = failure(|| drop(sentinel_queue::scope(|_| ())));
    assert!(message.contains("loom threads") && message.contains("Group"), "{message}");
}

/// An operation that blocks forever; it tells its line first.
#[cfg(loom)]
type Stuck = fn(&Sender<u32>, &Receiver<u32>, fn(u32));

/// Each on a full queue of one item, of which one is a task, or on an empty one.
#[cfg(loom)]
#[rustfmt::skip] // an operation and its line are one line
const STUCK: [(&str, bool, Stuck); 12] = [
    ("send", true, |tx, _, at| { at(line!()); _ = tx.send(2) }),
    ("send_timeout", true, |tx, _, at| { at(line!()); _ = tx.send_timeout(2, Duration::MAX) }),
    ("send_many", true, |tx, _, at| { at(line!()); _ = tx.send_many([2, 3]) }),
    ("join", true, |tx, _, at| { at(line!()); _ = tx.join() }),
    ("join_timeout", true, |_, rx, at| { at(line!()); _ = rx.join_timeout(Duration::MAX) }),
    ("recv", false, |_, rx, at| { at(line!()); _ = rx.recv() }),
    ("recv_timeout", false, |_, rx, at| { at(line!()); _ = rx.recv_timeout(Duration::MAX) }),
    ("recv_many", false, |_, rx, at| { at(line!()); _ = rx.recv_many(&mut Vec::new(), 2) }),
    ("recv_task", false, |_, rx, at| { at(line!()); _ = rx.recv_task() }),
    ("iter", false, |_, rx, at| { at(line!()); for _ in rx {} }),
    ("into_iter", false, |_, rx, at| { at(line!()); for _ in rx.clone() {} }),
    ("next", false, |_, rx, at| { let mut items = rx.iter(); at(line!()); _ = items.next() }),
];

/// Runs one of the above, for the test below, which starts this as a process.
#[test]
#[ignore = "run by the next test"]
#[cfg(loom)]
fn stuck() {
    let name = std::env::var("STUCK").expect("the next test sets it");
    loom::model(move || {
        let (_, is_full, operation) = STUCK.into_iter().find(|stuck| stuck.0 == name).unwrap();
        let (tx, rx) = sentinel_queue::bounded(1);
        if is_full {
            tx.send(1).unwrap();
        }
        operation(&tx, &rx, |line| println!("line {line}"));
    });
}

/// As its documentation says, with `LOOM_LOCATION` loom says where each thread is blocked: in the
/// program of the user, not in the queue.
#[test]
#[cfg(loom)]
fn loom_location_names_the_line_of_the_user() {
    for (name, ..) in STUCK {
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        program.args(["stuck", "--exact", "--ignored", "--nocapture"]).env("STUCK", name);
        let output = program.env("LOOM_LOCATION", "1").output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("line ")).unwrap();
        let place = format!("{:?}, line: {line}", file!());
        assert!(text.contains("deadlock") && text.contains(&place), "{name}, {place}: {text}");
    }
}

/// Returns how many threads of a scope were blocked at the end; the one that is joined has sent what
/// its thread-local held.
#[cfg(shuttle)]
fn run_scope() -> usize {
    use std::cell::RefCell;

    struct SendOnDrop(Option<Sender<u32>>);
    impl Drop for SendOnDrop {
        fn drop(&mut self) {
            self.0.take().map_or(Ok(()), |tx| tx.send(1)).unwrap();
        }
    }
    shuttle::thread_local! {
        static AT_THE_END: RefCell<SendOnDrop> = RefCell::new(SendOnDrop(None));
    }
    let outcome = sentinel_queue::scope(|s| {
        let (tx, rx) = s.unbounded();
        let kept = tx.clone();
        s.spawn(move || AT_THE_END.with(|last| last.borrow_mut().0 = Some(tx))).join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        s.spawn_named("worker", move || assert_eq!(rx.iter().count(), 0)); // `kept` is forgotten
        kept
    });
    outcome.unwrap_err().report().blocked.len()
}

#[test]
#[cfg(shuttle)]
fn scope_detects_its_deadlocks_in_a_model_of_shuttle() {
    assert_eq!(outcomes(run_scope), BTreeSet::from([1]));
}

#[test]
#[cfg(shuttle)]
fn timed_wait_in_a_model_of_shuttle_ends_without_a_clock() {
    use sentinel_queue::RecvTimeoutError;

    let outcomes = outcomes(|| {
        let (tx, rx) = sentinel_queue::unbounded();
        let sender = thread::spawn(move || tx.send(1).unwrap());
        let received = rx.recv_timeout(Duration::from_secs(3600));
        sender.join().unwrap();
        assert!(received == Ok(1) || rx.recv() == Ok(1));
        received == Err(RecvTimeoutError::Timeout)
    });
    assert_eq!(outcomes.len(), 2);
}
