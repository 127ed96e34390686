//! Many programs of futures that are polled and dropped at any moment.

use super::{poll, poll_with, task, worker, Alarm};
use proptest::prelude::*;
use sentinel_queue::{bounded, Receiver, RecvError, RecvFuture};
use sentinel_queue::{SendError, SendFuture, Sender, TrySendError};
use sentinel_queue_tests::{block_on, with_watchdog, Rng};
use std::future::Future;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

/// A step of a program with six futures.
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

/// Asserts the invariant of the wakeups, seen from outside: of those that wait, as many are woken as
/// there is something for.
fn assert_woken<F>(slots: &[Slot<F>], counted: usize, ready: usize, step: Step) {
    let waiting = slots.iter().filter(|slot| slot.waits);
    let woken = waiting.clone().filter(|slot| slot.is_woken).count();
    let waiting = waiting.count();
    assert_eq!(waiting, counted, "{step:?}");
    assert!(woken >= waiting.min(ready), "{step:?}: {woken} of {waiting} are woken for {ready}");
}

/// Three futures that receive, three that send, and what came out.
struct Tasks<'a> {
    tx: &'a Sender<usize>,
    rx: &'a Receiver<usize>,
    receives: [Slot<RecvFuture<'a, usize>>; 3],
    sends: [Slot<SendFuture<'a, usize>>; 3],
    /// The number of the next item.
    next: Range<usize>,
    /// Items that were received or handed back.
    out: Vec<usize>,
}

impl Tasks<'_> {
    fn perform(&mut self, step: Step) {
        let Self { tx, rx, receives, sends, next, out } = self;
        let mut next = || next.next().expect("few items");
        match step {
            Step::Poll(number @ 0..3) => {
                out.extend(receives[number].poll(|| rx.recv_async()).and_then(Result::ok));
            }
            Step::Poll(number) => {
                let sent = sends[number - 3].poll(|| tx.send_async(next()));
                out.extend(sent.and_then(Result::err).map(SendError::into_inner));
            }
            Step::Drop(number @ 0..3) => drop(receives[number].give_up()),
            Step::Drop(number) => {
                out.extend(sends[number - 3].give_up().and_then(SendFuture::into_inner));
            }
            Step::Send => out.extend(tx.try_send(next()).err().map(TrySendError::into_inner)),
            Step::Sentinel => _ = tx.send_sentinel(),
            Step::Recv => out.extend(rx.try_recv().ok()),
            Step::Close => _ = tx.close(),
        }
        self.receives.iter_mut().for_each(Slot::hear);
        self.sends.iter_mut().for_each(Slot::hear);
    }
}

fn run_steps(steps: &[Step]) {
    let (tx, rx) = &bounded(2);
    let (receives, sends) = ([(); 3].map(|()| Slot::new()), [(); 3].map(|()| Slot::new()));
    let mut tasks = Tasks { tx, rx, receives, sends, next: 0..1000, out: Vec::new() };
    for &step in steps {
        tasks.perform(step);
        let stats = tx.stats();
        let all = if stats.is_closed { usize::MAX } else { 0 };
        let ready = all.max(stats.len + stats.sentinels);
        assert_woken(&tasks.receives, stats.waiting_receivers, ready, step);
        assert_woken(&tasks.sends, stats.waiting_senders, all.max(2 - stats.len), step);
    }
    (0..6).for_each(|number| tasks.perform(Step::Drop(number)));
    tasks.out.extend(rx.drain());
    tasks.out.sort_unstable();
    assert!(tasks.out.into_iter().eq(0..tasks.next.start), "all are received, left or handed back");
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
            for sender in senders {
                sender.join().unwrap();
            }
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
