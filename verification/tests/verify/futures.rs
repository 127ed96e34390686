//! Several futures in one task, which the language of programs does not have: all schedules, on both
//! engines.

use sentinel_queue_kernel::executor::block_on;
use sentinel_queue_kernel::{harness, loom, shuttle, Hostility, Limits, Outcome, Waiters};
use sentinel_queue_verification::layers::mutation::numbered;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::Poll;

/// Waits for one of two futures, and drops neither of them.
async fn either<F: Future + Unpin>(first: &mut F, second: &mut F) -> F::Output {
    poll_fn(|context| match Pin::new(&mut *first).poll(context) {
        Poll::Ready(output) => Poll::Ready(output),
        Poll::Pending => Pin::new(&mut *second).poll(context),
    })
    .await
}

/// Waits for both.
async fn both<F: Future + Unpin>(first: &mut F, second: &mut F) -> (F::Output, F::Output) {
    let (mut one, mut other) = (None, None);
    poll_fn(|context| {
        for (future, output) in [(&mut *first, &mut one), (&mut *second, &mut other)] {
            if output.is_none() {
                if let Poll::Ready(ready) = Pin::new(future).poll(context) {
                    *output = Some(ready);
                }
            }
        }
        match (one.take(), other.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            rest => {
                (one, other) = rest;
                Poll::Pending
            }
        }
    })
    .await
}

/// The tests over one build of the queue. A macro, because the builds are different crates.
macro_rules! bodies {
    ($build:ident, $queue:ident) => {
        #[allow(dead_code, reason = "mutants run one of them")]
        mod $build {
            use super::{block_on, both, either, harness};
            use $queue::{bounded, unbounded};

            /// A task that receives by either of two futures, and a thread.
            pub(super) fn one_of_two_on_one_queue() {
                let (sender, receiver) = unbounded();
                let other = receiver.clone();
                let _open = sender.clone(); // a close would wake everything
                harness::spawn(move || {
                    let (mut first, mut second) = (receiver.recv_async(), receiver.recv_async());
                    assert!(block_on(either(&mut first, &mut second)).is_ok());
                });
                harness::spawn(move || assert!(other.recv().is_ok()));
                harness::spawn(move || sender.send_many([1, 2]).unwrap());
                harness::all_spawned();
                harness::finish();
            }

            /// The future that loses is of another queue, whose item stays there.
            pub(super) fn one_of_two_queues() {
                let ((to_one, one), (to_two, two)) = (bounded(1), bounded(1));
                harness::spawn(move || {
                    let (mut first, mut second) = (one.recv_async(), two.recv_async());
                    let received = block_on(either(&mut first, &mut second)).unwrap();
                    drop((first, second));
                    let rest = if received == 1 { two.recv() } else { one.recv() };
                    assert_eq!(received + rest.unwrap(), 3);
                });
                harness::spawn(move || to_one.send(1).unwrap());
                harness::spawn(move || to_two.send(2).unwrap());
                harness::all_spawned();
                harness::finish();
            }

            /// Both futures of a task receive.
            pub(super) fn both_of_two_on_one_queue() {
                let (sender, receiver) = bounded(1);
                harness::spawn(move || {
                    let (mut first, mut second) = (receiver.recv_async(), receiver.recv_async());
                    let (one, other) = block_on(both(&mut first, &mut second));
                    assert_eq!(one.unwrap() + other.unwrap(), 3);
                });
                harness::spawn(move || {
                    let (mut first, mut second) = (sender.send_async(1), sender.send_async(2));
                    let (one, other) = block_on(both(&mut first, &mut second));
                    assert!(one.is_ok() && other.is_ok());
                });
                harness::all_spawned();
                harness::finish();
            }
        }
    };
}

bodies!(checked, sentinel_queue_checked);
bodies!(mutated, sentinel_queue_mutants);

fn explore(spurious: u32, body: fn()) -> [Outcome; 2] {
    let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts: 0 };
    let limits = Limits { hostility, ..Limits::default() };
    [loom::explore(&limits, body), shuttle::explore(&limits, body)]
}

fn holds(spurious: u32, body: fn()) {
    for outcome in explore(spurious, body) {
        assert!(outcome.complete, "{:?}", outcome.failure);
    }
}

#[test]
fn a_task_that_waits_for_one_of_two_futures_leaves_the_rest_to_others() {
    holds(0, checked::one_of_two_on_one_queue);
}

#[test]
fn a_task_that_waits_for_one_of_two_queues_loses_nothing_of_the_other() {
    holds(0, checked::one_of_two_queues);
}

#[test]
fn two_futures_of_one_task_receive_both() {
    holds(0, checked::both_of_two_on_one_queue);
}

#[test]
fn a_wakeup_that_the_losing_future_swallows_is_seen() {
    for outcome in explore(0, || {
        let name = "a dropped future passes no wakeup on";
        let (number, _) = numbered().find(|(_, mutant)| mutant.name == name).expect("that mutant");
        sentinel_queue_mutants::select(Some(number));
        mutated::one_of_two_on_one_queue();
    }) {
        let failure = outcome.failure.expect("a thread sleeps forever");
        assert!(failure.message.contains("deadlock"), "{}", failure.message);
    }
}
