//! C12: a future that is dropped takes nothing and loses nothing, and what it was woken for goes to
//! another waiter, thread or task. No code of a waker runs under the lock.

use cooked_waker::{IntoWaker, Wake, WakeRef};
use futures_core::{FusedFuture, Stream};
use proptest::prelude::*;
use sentinel_queue::{bounded, unbounded, Group, Receiver, RecvError, SendError, Sender, Task};
use sentinel_queue_tests::{spin_until, with_watchdog, Rng};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

/// Counts the wakes of a task.
#[derive(Default)]
struct Alarm(AtomicUsize);

impl std::task::Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Alarm {
    /// Returns how often it was woken since the last call.
    fn wakes(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// Polls a future once.
fn poll<F: Future + Unpin>(future: &mut F, alarm: &Arc<Alarm>) -> Poll<F::Output> {
    poll_with(future, &Waker::from(Arc::clone(alarm)))
}

fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn poll_next<S: Stream + Unpin>(stream: &mut S, alarm: &Arc<Alarm>) -> Poll<Option<S::Item>> {
    let waker = Waker::from(Arc::clone(alarm));
    Pin::new(stream).poll_next(&mut Context::from_waker(&waker))
}

/// Runs a future to its end on this thread, which parks while it waits.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Returns whether `body` panics.
fn panics<R>(body: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

// ----- a future that is dropped ------------------------------------------------------------------

/// How far a future has come when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    NotPolled,
    Waiting,
    Woken,
}

const MOMENTS: [Moment; 3] = [Moment::NotPolled, Moment::Waiting, Moment::Woken];

#[test]
fn receive_dropped_at_any_moment_passes_its_wakeup_to_a_task() {
    for moment in MOMENTS {
        let (tx, rx) = unbounded();
        let (dropped, alarm) = (Arc::default(), Arc::default());
        let mut first = rx.recv_async();
        if moment != Moment::NotPolled {
            assert_eq!(poll(&mut first, &dropped), Poll::Pending);
        }
        let mut second = rx.recv_async();
        assert_eq!(poll(&mut second, &alarm), Poll::Pending);
        if moment == Moment::Woken {
            tx.send(1).unwrap();
            assert_eq!((dropped.wakes(), alarm.wakes()), (1, 0), "the one that came first");
        }
        drop(first);
        if moment != Moment::Woken {
            tx.send(1).unwrap();
        }
        assert_eq!((dropped.wakes(), alarm.wakes()), (0, 1), "{moment:?}");
        assert_eq!(poll(&mut second, &alarm), Poll::Ready(Ok(1)));
        assert_eq!((rx.stats().waiting_receivers, rx.len()), (0, 0));
    }
}

#[test]
fn receive_dropped_at_any_moment_passes_its_wakeup_to_a_thread() {
    with_watchdog(|| {
        for moment in MOMENTS {
            let (tx, rx) = unbounded();
            let dropped = Arc::default();
            let mut first = rx.recv_async();
            if moment != Moment::NotPolled {
                assert_eq!(poll(&mut first, &dropped), Poll::Pending);
            }
            let waiting = rx.stats().waiting_receivers;
            let second = spawn_receiver(&rx);
            spin_until(|| rx.stats().waiting_receivers == waiting + 1);
            if moment == Moment::Woken {
                tx.send(1).unwrap();
                assert_eq!(dropped.wakes(), 1, "tasks are woken before threads");
            }
            drop(first);
            if moment != Moment::Woken {
                tx.send(1).unwrap();
            }
            assert_eq!(second.join().unwrap(), Ok(1), "{moment:?}");
            assert_eq!((dropped.wakes(), rx.stats().waiting_receivers), (0, 0));
        }
    });
}

fn spawn_receiver(rx: &Receiver<usize>) -> JoinHandle<Result<usize, RecvError>> {
    let rx = rx.clone();
    thread::spawn(move || rx.recv())
}

#[test]
fn send_dropped_at_any_moment_sends_nothing_and_passes_its_room_on() {
    with_watchdog(|| {
        for moment in MOMENTS {
            let (tx, rx) = bounded(1);
            tx.send(0).unwrap();
            let (dropped, alarm) = (Arc::default(), Arc::default());
            let mut first = tx.send_async(1);
            if moment != Moment::NotPolled {
                assert_eq!(poll(&mut first, &dropped), Poll::Pending);
            }
            let mut second = tx.send_async(2);
            assert_eq!(poll(&mut second, &alarm), Poll::Pending);
            let third = thread::spawn({
                let tx = tx.clone();
                move || tx.send(3)
            });
            spin_until(|| tx.stats().waiting_senders == 2 + usize::from(moment != MOMENTS[0]));
            let taken = if moment == Moment::Woken { rx.try_recv().ok() } else { None };
            assert_eq!(first.into_inner(), Some(1));
            assert_eq!(taken.or_else(|| rx.try_recv().ok()), Some(0), "{moment:?}");
            assert_eq!(alarm.wakes(), 1, "{moment:?}");
            assert_eq!(second.into_inner(), Some(2), "its room goes to the thread");
            assert_eq!(third.join().unwrap(), Ok(()));
            assert_eq!((rx.try_recv(), rx.len()), (Ok(3), 0));
        }
    });
}

#[test]
fn join_dropped_leaves_the_others_waiting() {
    let (tx, rx) = unbounded();
    tx.send(1).unwrap();
    let (dropped, alarm) = (Arc::default(), Arc::default());
    let (mut first, mut second) = (tx.join_async(), tx.join_async());
    assert!(poll(&mut first, &dropped).is_pending() && poll(&mut second, &alarm).is_pending());
    let task = rx.recv_task().unwrap();
    assert_eq!((alarm.wakes(), tx.stats().waiting_joiners), (0, 2), "a task is left");
    drop(first);
    drop(task);
    assert_eq!((dropped.wakes(), alarm.wakes(), tx.stats().waiting_joiners), (0, 1, 1));
    assert!(poll(&mut second, &alarm).is_ready());
}

/// Nothing of a future is left when it has ended: no count, and no waker.
#[test]
fn future_that_has_ended_leaves_nothing_behind() {
    let (tx, rx) = bounded(1);
    let alarm: Arc<Alarm> = Arc::default();
    tx.send(0).unwrap();
    for round in 0..1000 {
        let mut sending = tx.send_async(round);
        assert!(poll(&mut sending, &alarm).is_pending());
        _ = rx.try_recv();
        let mut receiving = rx.recv_async();
        let mut joining = rx.join_async();
        assert!(poll(&mut receiving, &alarm).is_pending() && poll(&mut joining, &alarm).is_ready());
        assert!(poll(&mut receiving, &alarm).is_pending());
        match round % 3 {
            0 => drop((receiving, sending)),
            1 => drop((sending, receiving)),
            _ => {
                assert!(poll(&mut sending, &alarm).is_ready());
                assert!(poll(&mut receiving, &alarm).is_ready());
            }
        }
        let stats = tx.stats();
        assert_eq!(stats.waiting_receivers + stats.waiting_senders + stats.waiting_joiners, 0);
        assert_eq!(Arc::strong_count(&alarm), 1, "no waker is left in the queue");
        tx.send(0).unwrap();
    }
}

// ----- wakers ------------------------------------------------------------------------------------

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
        assert_eq!(rx.recv_full(&mut Vec::new(), 1, std::time::Duration::ZERO), Ok(1));
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

#[test]
fn handles_that_are_dropped_wake_tasks_without_the_lock() {
    with_watchdog(|| {
        let (tx, rx) = bounded::<usize>(1);
        let woken = Arc::new(AtomicUsize::new(0));
        let hook: Hook = Arc::new({
            let (weak, woken) = (tx.downgrade(), Arc::clone(&woken));
            move |what| {
                assert!(weak.is_closed() || what != "wake");
                woken.fetch_add(usize::from(what == "wake"), Ordering::SeqCst);
            }
        });
        let mut receiving = rx.recv_async();
        assert!(poll_with(&mut receiving, &observed(&hook)).is_pending());
        drop(tx);
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(
            poll_with(&mut receiving, &observed(&hook)),
            Poll::Ready(Err(RecvError::Closed))
        );
        drop(receiving);

        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        tx.send(2).unwrap();
        let woken = Arc::new(AtomicUsize::new(0));
        let hook: Hook = Arc::new({
            let (weak, woken) = (tx.downgrade(), Arc::clone(&woken));
            move |what| {
                assert!(weak.stats().len <= 1);
                woken.fetch_add(usize::from(what == "wake"), Ordering::SeqCst);
            }
        });
        let (mut sending, mut joining) = (tx.send_async(3), tx.join_async());
        assert!(poll_with(&mut sending, &observed(&hook)).is_pending());
        assert!(poll_with(&mut joining, &observed(&hook)).is_pending());
        drop(rx);
        assert_eq!(woken.load(Ordering::SeqCst), 1, "the send");
        drop(task);
        assert_eq!(woken.load(Ordering::SeqCst), 2, "and the join");
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

// ----- the same ends as of threads ---------------------------------------------------------------

#[test]
fn futures_end_as_the_operations_of_threads_do() {
    let alarm = Arc::default();
    let (tx, rx) = bounded(2);
    block_on(tx.send_async(1)).unwrap();
    tx.send_sentinel().unwrap();
    tx.send_many([2]).unwrap();
    assert_eq!(block_on(rx.recv_async()), Ok(1));
    assert_eq!(block_on(rx.recv_task_async()).map(Task::into_inner), Err(RecvError::Sentinel));
    let task = block_on(rx.recv_task_async()).unwrap();
    assert_eq!((*task, rx.stats().unfinished_tasks), (2, 1));
    assert!(poll(&mut rx.join_async(), &alarm).is_pending());
    drop(task);
    block_on(rx.join_async());
    let mut batch = vec![0];
    tx.send_many([3, 4]).unwrap();
    tx.send_sentinel().unwrap();
    assert_eq!(block_on(rx.recv_many_async(&mut batch, 0)), Ok(0));
    assert_eq!(block_on(rx.recv_many_async(&mut batch, 9)), Ok(2));
    assert_eq!(block_on(rx.recv_many_async(&mut batch, 9)), Err(RecvError::Sentinel));
    tx.close();
    assert_eq!(block_on(rx.recv_many_async(&mut batch, 9)), Err(RecvError::Closed));
    assert_eq!(batch, [0, 3, 4]);
    assert_eq!(block_on(rx.recv_async()), Err(RecvError::Closed));
    assert_eq!(block_on(tx.send_async(5)), Err(SendError::Closed(5)));
}

#[test]
fn item_comes_back_until_it_is_sent() {
    let (tx, rx) = bounded(1);
    let alarm = Arc::default();
    let mut sending = tx.send_async(String::from("sent"));
    assert_eq!(poll(&mut sending, &alarm), Poll::Ready(Ok(())));
    assert_eq!(sending.into_inner(), None);
    let mut sending = tx.send_async(String::from("waits"));
    assert!(poll(&mut sending, &alarm).is_pending());
    assert_eq!(sending.into_inner().as_deref(), Some("waits"));
    let mut sending = tx.send_async(String::from("refused"));
    assert!(poll(&mut sending, &alarm).is_pending());
    rx.close();
    let refused = SendError::Closed(String::from("refused"));
    assert_eq!((alarm.wakes(), poll(&mut sending, &alarm)), (1, Poll::Ready(Err(refused))));
    assert_eq!((sending.into_inner(), rx.len()), (None, 1));
}

#[test]
fn future_says_that_it_has_ended_and_panics_when_it_is_polled_again() {
    let (tx, rx) = unbounded();
    let alarm = Arc::default();
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving, &alarm).is_pending() && !receiving.is_terminated());
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert!(poll(&mut receiving, &alarm).is_ready() && receiving.is_terminated());
    assert!(panics(|| poll(&mut receiving, &alarm)));
    let mut none = Vec::new();
    let mut receiving = rx.recv_many_async(&mut none, 0);
    assert_eq!(poll(&mut receiving, &alarm), Poll::Ready(Ok(0)));
    assert!(receiving.is_terminated() && panics(|| poll(&mut receiving, &alarm)));
    let mut sending = tx.send_async(3);
    assert!(poll(&mut sending, &alarm).is_ready() && sending.is_terminated());
    assert!(panics(|| poll(&mut sending, &alarm)));
    assert_eq!((rx.recv(), rx.recv(), rx.len()), (Ok(2), Ok(3), 0), "nothing was taken");
}

#[test]
fn sentinels_end_the_loops_of_threads_and_of_tasks() {
    with_watchdog(|| {
        for round in 0..50 {
            let (tx, rx) = bounded(1 + round % 3);
            let workers: Vec<_> = (0..4)
                .map(|number| {
                    let rx = rx.clone();
                    thread::spawn(move || if number % 2 == 0 { worker(&rx) } else { task(&rx) })
                })
                .collect();
            drop(rx);
            block_on(async {
                for item in 1..=100 {
                    tx.send_async(item).await.unwrap();
                }
            });
            tx.send_sentinels(4).unwrap();
            let ends: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
            assert_eq!(ends.iter().map(|(sum, _)| sum).sum::<usize>(), 5050);
            assert!(ends.iter().all(|(_, end)| *end == RecvError::Sentinel), "{ends:?}");
        }
    });
}

fn worker(rx: &Receiver<usize>) -> (usize, RecvError) {
    let mut items = rx.iter();
    (items.by_ref().sum(), items.end().unwrap())
}

fn task(rx: &Receiver<usize>) -> (usize, RecvError) {
    block_on(async {
        let mut sum = 0;
        loop {
            match rx.recv_async().await {
                Ok(item) => sum += item,
                Err(end) => return (sum, end),
            }
        }
    })
}

/// One consumer of several is cancelled from outside, by any executor's `select`: it takes nothing.
#[test]
#[cfg(not(loom))]
fn one_consumer_is_cancelled_by_select() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let (cancel, cancelled) = unbounded::<()>();
        let consumer = thread::spawn({
            let rx = rx.clone();
            move || {
                block_on(async {
                    tokio::select! {
                        item = rx.recv_async() => Some(item),
                        _ = cancelled.recv_async() => None,
                    }
                })
            }
        });
        spin_until(|| rx.stats().waiting_receivers == 1);
        let other = spawn_receiver(&rx);
        spin_until(|| rx.stats().waiting_receivers == 2);
        drop(cancel);
        assert_eq!(consumer.join().unwrap(), None);
        assert_eq!(rx.stats().waiting_receivers, 1);
        tx.send(1).unwrap();
        assert_eq!(other.join().unwrap(), Ok(1));
    });
}

#[test]
fn stream_keeps_its_place_when_a_poll_is_given_up() {
    let (tx, rx) = unbounded();
    let (alarm, other) = (Arc::default(), Arc::default());
    let mut stream = rx.clone().into_stream();
    assert!(poll_next(&mut stream, &alarm).is_pending());
    let mut later = rx.recv_async();
    assert!(poll(&mut later, &other).is_pending());
    assert!(poll_next(&mut stream, &alarm).is_pending(), "it waits where it did");
    tx.send(1).unwrap();
    assert_eq!((alarm.wakes(), other.wakes()), (1, 0), "the stream came first");
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(Some(1)));
    assert!(poll_next(&mut stream, &alarm).is_pending());
    tx.send(2).unwrap();
    assert_eq!((alarm.wakes(), other.wakes()), (0, 1));
    drop(later);
    assert_eq!(alarm.wakes(), 1, "and what the other one was woken for");
    drop(stream);
    assert_eq!((rx.stats().waiting_receivers, rx.receiver_count(), rx.recv()), (0, 1, Ok(2)));
}

#[test]
fn stream_ends_as_an_iterator_does() {
    let (tx, rx) = unbounded();
    let alarm = Arc::default();
    let mut stream = rx.clone().into_stream();
    tx.send(1).unwrap();
    tx.send_sentinel().unwrap();
    tx.send(2).unwrap();
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(Some(1)));
    assert_eq!(stream.end(), None);
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(None));
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(None), "it stays ended");
    assert_eq!((stream.end(), rx.len()), (Some(RecvError::Sentinel), 1));
    let mut stream = rx.into_stream();
    drop(tx);
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(Some(2)));
    assert_eq!(poll_next(&mut stream, &alarm), Poll::Ready(None));
    assert_eq!(stream.end(), Some(RecvError::Closed));
}

/// A task that waits counts as running, so nothing is reported; its thread could still do something.
#[test]
fn waiting_future_in_a_group_is_no_deadlock() {
    with_watchdog(|| {
        let group = Group::new();
        let (tx, rx) = group.unbounded();
        let (participant, other) = (group.participant("task"), group.participant("worker"));
        let worker = thread::spawn({
            let rx = rx.clone();
            move || other.run(move || rx.recv())
        });
        participant.run(move || {
            let alarm = Arc::default();
            let mut receiving = rx.recv_async();
            assert!(poll(&mut receiving, &alarm).is_pending());
            spin_until(|| rx.stats().waiting_receivers == 2);
            assert_eq!(rx.stats().len, 0);
            tx.send(1).unwrap();
            assert_eq!(alarm.wakes(), 1, "the task; a thread waits on");
            tx.send(2).unwrap();
            assert!(poll(&mut receiving, &alarm).is_ready());
        });
        assert!(worker.join().unwrap().is_ok());
        assert_eq!(group.report(), None);
    });
}

// ----- many programs -----------------------------------------------------------------------------

/// A step of a program with four futures.
#[derive(Clone, Copy, Debug)]
enum Step {
    Poll(usize),
    Drop(usize),
    Send,
    Sentinel,
    Recv,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..6_usize).prop_map(Step::Poll),
        3 => (0..6_usize).prop_map(Step::Drop),
        4 => Just(Step::Send),
        1 => Just(Step::Sentinel),
        4 => Just(Step::Recv),
        1 => Just(Step::Close),
    ]
}

/// A future of either kind, and what wakes it.
struct Slot<F> {
    future: Option<F>,
    alarm: Arc<Alarm>,
    waits: bool,
    is_woken: bool,
}

impl<F: Future + Unpin> Slot<F> {
    fn new() -> Self {
        Slot { future: None, alarm: Arc::default(), waits: false, is_woken: false }
    }

    fn poll(&mut self, make: impl FnOnce() -> F) -> Option<F::Output> {
        let future = self.future.get_or_insert_with(make);
        let polled = poll(future, &self.alarm);
        self.alarm.wakes();
        (self.waits, self.is_woken) = (polled.is_pending(), false);
        match polled {
            Poll::Ready(output) => {
                self.future = None;
                Some(output)
            }
            Poll::Pending => None,
        }
    }

    fn give_up(&mut self) -> Option<F> {
        (self.waits, self.is_woken) = (false, false);
        self.future.take()
    }

    fn hear(&mut self) {
        self.is_woken |= self.alarm.wakes() > 0;
    }
}

/// Returns how many wait, and how many of these are woken.
fn count<F>(slots: &[Slot<F>]) -> (usize, usize) {
    let waiting = slots.iter().filter(|slot| slot.waits);
    (waiting.clone().count(), waiting.filter(|slot| slot.is_woken).count())
}

/// The invariant of the wakeups, seen from outside, after each step: of those that wait, as many are
/// woken as there is something for.
fn run_steps(steps: &[Step]) {
    let (tx, rx) = bounded(2);
    let mut receives: [Slot<_>; 3] = std::array::from_fn(|_| Slot::new());
    let mut sends: [Slot<_>; 3] = std::array::from_fn(|_| Slot::new());
    let (mut next, mut outcome) = (0..1000, Vec::new());
    let mut refused = Vec::new();
    for &step in steps {
        match step {
            Step::Poll(number @ 0..3) => {
                outcome.extend(receives[number].poll(|| rx.recv_async()).and_then(Result::ok));
            }
            Step::Poll(number) => {
                let sent = sends[number - 3].poll(|| tx.send_async(next.next().unwrap()));
                refused.extend(sent.and_then(|sent| sent.err().map(SendError::into_inner)));
            }
            Step::Drop(number @ 0..3) => drop(receives[number].give_up()),
            Step::Drop(number) => {
                refused.extend(sends[number - 3].give_up().and_then(|send| send.into_inner()));
            }
            Step::Send => {
                let item = next.next().unwrap();
                refused.extend(tx.try_send(item).err().map(|error| error.into_inner()));
            }
            Step::Sentinel => _ = tx.send_sentinel(),
            Step::Recv => outcome.extend(rx.try_recv().ok()),
            Step::Close => _ = tx.close(),
        }
        receives.iter_mut().for_each(Slot::hear);
        sends.iter_mut().for_each(Slot::hear);
        let stats = tx.stats();
        let all = if stats.is_closed { usize::MAX } else { 0 };
        for (waiting, woken, counted, ready) in [
            {
                let (waiting, woken) = count(&receives);
                (waiting, woken, stats.waiting_receivers, all.max(stats.len + stats.sentinels))
            },
            {
                let (waiting, woken) = count(&sends);
                (waiting, woken, stats.waiting_senders, all.max(2 - stats.len))
            },
        ] {
            assert_eq!(waiting, counted, "{step:?}: {stats:?}");
            assert!(woken >= waiting.min(ready), "{step:?}: {woken} are woken, {stats:?}");
        }
    }
    refused.extend(sends.into_iter().filter_map(|mut send| send.give_up()?.into_inner()));
    drop(receives);
    outcome.extend(rx.drain());
    outcome.extend(refused);
    outcome.sort_unstable();
    assert!(outcome.into_iter().eq(0..next.start), "each item is received, left, or handed back");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn woken_futures_cover_what_is_ready_after_every_step(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        run_steps(&steps);
    }
}

/// Waits for an item as a future that is often given up: after a poll, or after it was woken.
fn recv_impatiently(rx: &Receiver<usize>, rng: &mut Rng) -> Result<usize, RecvError> {
    struct Flag(AtomicBool, thread::Thread);
    impl std::task::Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
            self.1.unpark();
        }
    }
    loop {
        let flag = Arc::new(Flag(AtomicBool::new(false), thread::current()));
        let waker = Waker::from(Arc::clone(&flag));
        let mut receiving = rx.recv_async();
        if let Poll::Ready(received) = poll_with(&mut receiving, &waker) {
            return received;
        }
        match rng.below(4) {
            0 => drop(receiving),
            choice => {
                while !flag.0.load(Ordering::SeqCst) {
                    thread::park();
                }
                if choice == 1 {
                    drop(receiving); // it was woken, and is not polled
                } else if let Poll::Ready(received) = poll_with(&mut receiving, &waker) {
                    return received;
                }
            }
        }
    }
}

/// Threads and tasks share a queue, and futures are given up all the time: all is received, and no
/// waiter is left behind.
#[test]
fn nothing_is_lost_while_futures_are_given_up() {
    with_watchdog(|| {
        for seed in 0..60 {
            let (tx, rx) = bounded(1 + seed % 4);
            let receivers: Vec<_> = (0..4)
                .map(|number| {
                    let rx = rx.clone();
                    let mut rng = Rng::new((4 * seed + number) as u64);
                    thread::spawn(move || match number {
                        0 => worker(&rx).0,
                        1 => task(&rx).0,
                        _ => std::iter::from_fn(|| recv_impatiently(&rx, &mut rng).ok()).sum(),
                    })
                })
                .collect();
            let senders: Vec<_> = (0..3)
                .map(|number| {
                    let tx = tx.clone();
                    let mut rng = Rng::new((9 * seed + number) as u64);
                    thread::spawn(move || (1..=200).for_each(|item| send(&tx, item, &mut rng)))
                })
                .collect();
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            tx.send_sentinels(4).unwrap();
            let sum: usize = receivers.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert_eq!(sum, 3 * 20_100, "{seed}");
            let stats = tx.stats();
            assert_eq!((stats.len, stats.waiting_receivers, stats.waiting_senders), (0, 0, 0));
        }
    });
}

/// Sends as a thread or as a task; a future that is given up gives its item back.
fn send(tx: &Sender<usize>, mut item: usize, rng: &mut Rng) {
    if rng.below(2) == 0 {
        tx.send(item).unwrap();
        return;
    }
    while rng.below(2) == 0 {
        let mut sending = tx.send_async(item);
        if poll(&mut sending, &Arc::default()).is_ready() {
            return;
        }
        item = sending.into_inner().unwrap();
    }
    block_on(tx.send_async(item)).unwrap();
}
