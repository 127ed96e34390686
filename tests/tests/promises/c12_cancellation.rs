//! C12: a future that is dropped takes nothing and loses nothing, and what it was woken for goes to
//! another waiter, thread or task. No code of a waker runs under the lock. And the ends of futures are
//! those of threads.

use futures_core::{FusedFuture, Stream};
use sentinel_queue::{bounded, unbounded, Group, Receiver, RecvError, SendError, Task};
use sentinel_queue_tests::{block_on, spin_until, with_watchdog};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

mod programs;
mod wakers;

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

/// Returns whether `body` panics.
fn panics<R>(body: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

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
