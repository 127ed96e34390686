//! Wakers: the right one is woken, none of its code runs under the lock, and its panic is its own.

use super::{panics, poll, poll_with, Alarm};
use cooked_waker::{IntoWaker, Wake, WakeRef};
use sentinel_queue::{bounded, unbounded, Receiver, RecvError, SendError, Sender};
use sentinel_queue_tests::with_watchdog;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

#[test]
fn waker_of_the_last_poll_is_woken() {
    let (tx, rx) = unbounded();
    let [old, new, other]: [Arc<Alarm>; 3] = Default::default();
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving, &old).is_pending() && poll(&mut receiving, &new).is_pending());
    assert_eq!((Arc::strong_count(&old), rx.stats().waiting_receivers), (1, 1));
    tx.send(1).unwrap();
    assert_eq!((old.wakes(), new.wakes()), (0, 1));
    assert_eq!(rx.try_recv(), Ok(1), "another one was faster");
    assert!(poll(&mut receiving, &other).is_pending());
    tx.send(2).unwrap();
    assert_eq!((old.wakes(), new.wakes(), other.wakes()), (0, 0, 1));
    assert_eq!(poll(&mut receiving, &other), Poll::Ready(Ok(2)));
}

#[test]
fn task_is_not_woken_for_what_another_one_was_woken_for() {
    let (tx, rx) = unbounded();
    let alarms: [Arc<Alarm>; 3] = Default::default();
    let mut futures = [(); 3].map(|()| rx.recv_async());
    for (future, alarm) in futures.iter_mut().zip(&alarms) {
        assert!(poll(future, alarm).is_pending());
    }
    let wakes = || alarms.iter().map(|alarm| alarm.wakes()).collect::<Vec<_>>();
    tx.send(1).unwrap();
    tx.send_sentinels(0).unwrap(); // a critical section that makes nothing ready
    assert_eq!(wakes(), [1, 0, 0]);
    tx.send(2).unwrap();
    assert_eq!(wakes(), [0, 1, 0]);
    assert_eq!(poll(&mut futures[0], &alarms[0]), Poll::Ready(Ok(1)));
    tx.send_sentinels(0).unwrap();
    assert_eq!(wakes(), [0, 0, 0]);
    assert_eq!(poll(&mut futures[1], &alarms[1]), Poll::Ready(Ok(2)));
    tx.close();
    assert_eq!(wakes(), [0, 0, 1]);
}

/// What an [`Observed`] waker calls: with the name of what happens to it.
type Hook = Arc<dyn Fn(&'static str) + Send + Sync>;

/// A waker whose clone, wake and drop call a function.
struct Observed(Hook);

impl Clone for Observed {
    fn clone(&self) -> Self {
        (self.0)("clone");
        Observed(Arc::clone(&self.0))
    }
}

impl WakeRef for Observed {
    fn wake_by_ref(&self) {
        (self.0)("wake");
    }
}

impl Wake for Observed {}

impl Drop for Observed {
    fn drop(&mut self) {
        (self.0)("drop");
    }
}

fn observed(hook: &Hook) -> Waker {
    Box::new(Observed(Arc::clone(hook))).into_waker()
}

/// An operation after which a future that waits, polled with an observed waker, has been woken.
type Awaken = fn(&Sender<usize>, &Receiver<usize>);

/// For a receive on an empty queue.
const WAKE_RECEIVERS: [(&str, Awaken); 7] = [
    ("send", |tx, _| tx.send(1).unwrap()),
    ("try_send", |tx, _| tx.try_send(1).unwrap()),
    ("force_send", |tx, _| assert_eq!(tx.force_send(1), Ok(None))),
    ("send_many", |tx, _| tx.send_many([1]).unwrap()),
    ("send_sentinels", |tx, _| tx.send_sentinels(1).unwrap()),
    ("close", |tx, _| assert!(tx.close())),
    ("close_now", |tx, _| drop(tx.close_now())),
];

/// For a send to a queue of one item, which is full.
const WAKE_SENDERS: [(&str, Awaken); 7] = [
    ("recv", |_, rx| assert_eq!(rx.recv(), Ok(0))),
    ("recv_many", |_, rx| assert_eq!(rx.recv_many(&mut Vec::new(), 2), Ok(1))),
    ("recv_full", |_, rx| {
        assert_eq!(rx.recv_full(&mut Vec::new(), 1, Duration::ZERO), Ok(1));
    }),
    ("recv_task", |_, rx| drop(rx.recv_task().unwrap())),
    ("drain", |_, rx| assert_eq!(rx.drain(), [0])),
    ("close", |tx, _| assert!(tx.close())),
    ("close_now", |tx, _| assert_eq!(tx.close_now().items, [0])),
];

/// A call under the lock would wait for itself: the watchdog ends the test then.
#[test]
fn waker_that_calls_back_finds_the_lock_free() {
    with_watchdog(|| {
        let seen: Arc<[AtomicUsize; 3]> = Arc::default();
        for (sends, ways) in [(false, WAKE_RECEIVERS), (true, WAKE_SENDERS)] {
            for (way, awaken) in ways {
                let (tx, rx) = bounded(1);
                let hook: Hook = Arc::new({
                    let (weak, seen) = (tx.downgrade(), Arc::clone(&seen));
                    move |what| {
                        let called = ["clone", "wake", "drop"].iter().position(|one| *one == what);
                        seen[called.unwrap()].fetch_add(1, Ordering::SeqCst);
                        assert_eq!(weak.stats().capacity, Some(1));
                    }
                });
                let mut dropped = rx.recv_async();
                assert!(poll_with(&mut dropped, &observed(&hook)).is_pending());
                drop(dropped);
                if sends {
                    tx.send(0).unwrap();
                    wait_and_wake(&mut tx.send_async(1), &hook, || awaken(&tx, &rx), way);
                } else {
                    wait_and_wake(&mut rx.recv_async(), &hook, || awaken(&tx, &rx), way);
                }
            }
        }
        let [clones, wakes, drops] = [0, 1, 2].map(|what: usize| seen[what].load(Ordering::SeqCst));
        assert_eq!((clones, wakes), (3 * 14, 14));
        assert_eq!(drops, clones + 4 * 14, "each of them, and those of the test");
    });
}

/// Lets a future wait, with one waker after the other; then it is woken, ready, and polled with a third.
fn wait_and_wake<F: Future + Unpin>(future: &mut F, hook: &Hook, awaken: impl FnOnce(), way: &str) {
    for _ in 0..2 {
        assert!(poll_with(future, &observed(hook)).is_pending(), "{way}");
    }
    awaken();
    assert!(poll_with(future, &observed(hook)).is_ready(), "{way}");
}

/// Returns a function for wakers, and the number of wakes; it asserts what holds when it is called.
fn hook(assert: impl Fn(&'static str) + Send + Sync + 'static) -> (Hook, Arc<AtomicUsize>) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wakes);
    let hook = Arc::new(move |what| {
        assert(what);
        count.fetch_add(usize::from(what == "wake"), Ordering::SeqCst);
    });
    (hook, wakes)
}

#[test]
fn last_sender_dropped_wakes_a_task_without_the_lock() {
    with_watchdog(|| {
        let (tx, rx) = bounded::<usize>(1);
        let weak = tx.downgrade();
        let (hook, wakes) = hook(move |what| assert!(weak.is_closed() || what != "wake"));
        let mut receiving = rx.recv_async();
        assert!(poll_with(&mut receiving, &observed(&hook)).is_pending());
        drop(tx);
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        assert_eq!(
            poll_with(&mut receiving, &observed(&hook)),
            Poll::Ready(Err(RecvError::Closed))
        );
    });
}

#[test]
fn last_receiver_and_task_dropped_wake_tasks_without_the_lock() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        tx.send(2).unwrap();
        let weak = tx.downgrade();
        let (hook, wakes) = hook(move |_| assert!(weak.stats().len <= 1));
        let (mut sending, mut joining) = (tx.send_async(3), tx.join_async());
        assert!(poll_with(&mut sending, &observed(&hook)).is_pending());
        assert!(poll_with(&mut joining, &observed(&hook)).is_pending());
        drop(rx);
        assert_eq!(wakes.load(Ordering::SeqCst), 1, "the send");
        drop(task);
        assert_eq!(wakes.load(Ordering::SeqCst), 2, "and the join");
        let closed = poll_with(&mut sending, &observed(&hook));
        assert_eq!(closed, Poll::Ready(Err(SendError::Closed(3))));
        assert!(poll_with(&mut joining, &observed(&hook)).is_ready());
    });
}

/// The panic of a waker is its own: the operation that wakes it has its effect, and wakes the others.
#[test]
fn waker_that_panics_harms_no_other_task() {
    let (tx, rx) = bounded(3);
    let panicking: Hook = Arc::new(|what| {
        assert!(what == "clone" || thread::panicking(), "of a waker, as expected");
    });
    let alarms: [Arc<Alarm>; 2] = Default::default();
    let mut futures = [(); 4].map(|()| rx.recv_async());
    for (future, alarm) in futures.iter_mut().zip([None, Some(&alarms[0]), None, Some(&alarms[1])])
    {
        let waker = match alarm {
            Some(alarm) => Waker::from(Arc::clone(alarm)),
            None => observed(&panicking),
        };
        assert!(poll_with(future, &waker).is_pending());
        std::mem::forget(waker); // its drop would panic here
    }
    assert_eq!(tx.send_many([1, 2, 3]), Ok(()));
    assert_eq!((alarms[0].wakes(), alarms[1].wakes()), (1, 0), "three are woken");
    let mut full = [(); 2].map(|()| tx.send_async(4));
    let waker = observed(&panicking);
    assert!(full.iter_mut().all(|send| poll_with(send, &waker).is_pending()));
    std::mem::forget(waker);
    let task = rx.recv_task();
    assert!(task.is_ok(), "the receive has its effect, though it woke a waker that panics");
    drop(task);
    drop(futures);
    drop(full);
    assert_eq!((rx.try_recv(), rx.try_recv(), rx.len()), (Ok(2), Ok(3), 0));
    let stats = tx.stats();
    assert_eq!(stats.waiting_receivers + stats.waiting_senders + stats.unfinished_tasks, 0);
}

#[test]
fn waker_that_panics_when_it_is_cloned_leaves_a_future_that_works() {
    let (tx, rx) = unbounded();
    let panicking: Hook = Arc::new(|what| assert!(what != "clone", "of a waker, as expected"));
    let alarm: Arc<Alarm> = Arc::default();
    let mut receiving = rx.recv_async();
    assert!(panics(|| poll_with(&mut receiving, &observed(&panicking))));
    assert!(poll(&mut receiving, &alarm).is_pending());
    assert!(panics(|| poll_with(&mut receiving, &observed(&panicking))));
    assert_eq!((rx.stats().waiting_receivers, Arc::strong_count(&alarm)), (0, 1));
    assert!(poll(&mut receiving, &alarm).is_pending());
    tx.send(1).unwrap();
    assert_eq!((alarm.wakes(), poll(&mut receiving, &alarm)), (1, Poll::Ready(Ok(1))));
}
