//! C3: linearizability. A few threads execute a few operations concurrently; there must be an order of
//! these operations in which none precedes one that had returned before its invocation, and in which
//! the sequential queue gives the same responses.

use crate::reference::{Operation, Reference, Response, Timeout};
use crate::subject::Subject;
use sentinel_queue_tests::{with_watchdog, Rng};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

const THREADS: usize = 3;
const CALLS: usize = 4;
const ROUNDS: u64 = 1500;

/// An operation with its response, between two readings of a logical clock.
#[derive(Clone, Debug)]
struct Call {
    begin: usize,
    operation: Operation,
    response: Response,
    end: usize,
}

/// Returns whether there is such an order of these calls.
fn explains(reference: &Reference, calls: &[Call]) -> bool {
    calls.is_empty()
        || calls.iter().enumerate().any(|(position, call)| {
            let mut rest = calls.to_vec();
            rest.remove(position);
            let mut next = reference.clone();
            rest.iter().all(|other| other.end > call.begin)
                && next.perform(&call.operation) == call.response
                && explains(&next, &rest)
        })
}

/// Returns an operation that does not wait and takes one critical section.
fn any_operation(rng: &mut Rng, item: usize, bounded: bool) -> Operation {
    use Timeout::{Immediate, PastDeadline, PollOnce, Zero};
    let impatient = [Immediate, Zero, PastDeadline, PollOnce][rng.below(4)];
    match rng.below(14) {
        0..=2 => Operation::Send(impatient, item),
        3 if bounded => Operation::ForceSend(item),
        3 => Operation::SendMany(vec![item, item + 1, item + 2]),
        4 => Operation::SendSentinels(1 + rng.below(2)),
        5..=8 => Operation::Recv(impatient),
        9 | 10 => Operation::RecvMany(impatient, 2),
        11 => Operation::Join(impatient),
        12 if rng.below(3) == 0 => Operation::CloseNow,
        12 => Operation::TryLoop(1),
        _ if rng.below(3) == 0 => Operation::Close,
        _ => Operation::ForceSend(item),
    }
}

fn history(round: u64, capacity: Option<usize>) -> Vec<Call> {
    let subject = Subject::new(capacity);
    let clock = Arc::new(AtomicUsize::new(0));
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (clock, start) = (Arc::clone(&clock), Arc::clone(&start));
            let mut subject = subject.sibling();
            let mut rng = Rng::new(round * THREADS as u64 + thread as u64);
            thread::spawn(move || {
                let mut calls = Vec::new();
                start.wait();
                for call in 0..CALLS {
                    let item = (thread * CALLS + call) * 3;
                    let operation = any_operation(&mut rng, item, capacity.is_some());
                    let begin = clock.fetch_add(1, Ordering::SeqCst);
                    let response = subject.perform(&operation);
                    let end = clock.fetch_add(1, Ordering::SeqCst);
                    calls.push(Call { begin, operation, response, end });
                }
                // The handles outlive all calls of all threads: their drop is no operation here.
                (calls, subject)
            })
        })
        .collect();
    let results: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    results.into_iter().flat_map(|(calls, _)| calls).collect()
}

#[test]
fn concurrent_operations_are_linearizable() {
    with_watchdog(|| {
        let mut overlapping = 0;
        for round in 0..ROUNDS {
            for capacity in [Some(1), Some(3), None] {
                let calls = history(round, capacity);
                let mut begins: Vec<_> = calls.iter().map(|call| (call.begin, call.end)).collect();
                begins.sort_unstable();
                overlapping += usize::from(begins.windows(2).any(|pair| pair[1].0 < pair[0].1));
                assert!(explains(&Reference::new(capacity), &calls), "{capacity:?}: {calls:#?}");
            }
        }
        assert!(overlapping > 0, "no two operations ever overlapped: nothing has been tested");
    });
}

#[test]
fn history_that_is_not_linearizable_is_noticed() {
    let call = |begin, operation, response, end| Call { begin, operation, response, end };
    let send = |begin, item, end| {
        call(begin, Operation::Send(Timeout::Immediate, item), Response::Done, end)
    };
    let receive = |begin, item, end| {
        call(begin, Operation::Recv(Timeout::Immediate), Response::Received(vec![item]), end)
    };
    let explained = |calls: &[Call]| explains(&Reference::new(None), calls);
    assert!(explained(&[receive(0, 7, 3), send(1, 7, 2)]), "while both were under way");
    assert!(!explained(&[receive(0, 7, 1), send(2, 7, 3)]), "received before it was sent");
    assert!(!explained(&[send(0, 7, 1), receive(2, 7, 5), receive(3, 7, 4)]), "received twice");
    let overtaking = [send(0, 1, 1), send(2, 2, 3), receive(4, 2, 5), receive(6, 1, 7)];
    assert!(!explained(&overtaking), "received in another order");
}
