//! C3: linearizable. A few threads do a few operations at once; then there has to be an order of
//! these operations, in which none comes before one that was over when it began, and in which the
//! sequential queue gives the very same answers.

use crate::reference::{Answer, Door, Operation, Reference};
use crate::subject::Subject;
use sentinel_queue_tests::{within_reason, Dice};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

const THREADS: usize = 3;
const CALLS: usize = 4;
const ROUNDS: u64 = 1500;

/// An operation that has been performed, between two readings of a clock.
#[derive(Clone, Debug)]
struct Call {
    begin: usize,
    operation: Operation,
    answer: Answer,
    end: usize,
}

/// Whether there is such an order of these calls.
fn explains(reference: &Reference, calls: &[Call]) -> bool {
    calls.is_empty()
        || calls.iter().enumerate().any(|(position, call)| {
            let mut rest = calls.to_vec();
            rest.remove(position);
            let mut next = reference.clone();
            rest.iter().all(|other| other.end > call.begin)
                && next.perform(&call.operation) == call.answer
                && explains(&next, &rest)
        })
}

/// Nothing here waits, and nothing takes more than one critical section.
fn any_operation(dice: &mut Dice, item: usize, bounded: bool) -> Operation {
    let impatient = [Door::Try, Door::ZeroTimeout, Door::PastDeadline][dice.below(3)];
    match dice.below(14) {
        0..=2 => Operation::Send(impatient, item),
        3 if bounded => Operation::ForceSend(item),
        3 => Operation::SendMany(vec![item, item + 1, item + 2]),
        4 => Operation::SendSentinels(1 + dice.below(2)),
        5..=8 => Operation::Recv(impatient),
        9 | 10 => Operation::RecvMany(impatient, 2),
        11 => Operation::Join(Door::ZeroTimeout),
        12 if dice.below(3) == 0 => Operation::CloseNow,
        12 => Operation::TryLoop(1),
        _ if dice.below(3) == 0 => Operation::Close,
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
            let mut dice = Dice::new(round * THREADS as u64 + thread as u64);
            thread::spawn(move || {
                let mut calls = Vec::new();
                start.wait();
                for call in 0..CALLS {
                    let item = (thread * CALLS + call) * 3;
                    let operation = any_operation(&mut dice, item, capacity.is_some());
                    let begin = clock.fetch_add(1, Ordering::SeqCst);
                    let answer = subject.perform(&operation);
                    let end = clock.fetch_add(1, Ordering::SeqCst);
                    calls.push(Call { begin, operation, answer, end });
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
fn operations_at_once_answer_as_if_one_after_the_other() {
    within_reason(|| {
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
fn answers_that_no_order_explains_are_noticed() {
    let call = |begin, operation, answer, end| Call { begin, operation, answer, end };
    let send = |begin, item, end| call(begin, Operation::Send(Door::Try, item), Answer::Done, end);
    let receive = |begin, item, end| {
        call(begin, Operation::Recv(Door::Try), Answer::Received(vec![item]), end)
    };
    let explained = |calls: &[Call]| explains(&Reference::new(None), calls);
    assert!(explained(&[receive(0, 7, 3), send(1, 7, 2)]), "while both were under way");
    assert!(!explained(&[receive(0, 7, 1), send(2, 7, 3)]), "received before it was sent");
    assert!(!explained(&[send(0, 7, 1), receive(2, 7, 5), receive(3, 7, 4)]), "received twice");
    let overtaking = [send(0, 1, 1), send(2, 2, 3), receive(4, 2, 5), receive(6, 1, 7)];
    assert!(!explained(&overtaking), "received in another order");
}
