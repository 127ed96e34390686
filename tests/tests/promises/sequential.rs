//! Every operation, in any order, on one thread: the queue answers as a `VecDeque` with flags does,
//! and as the model allows.

use crate::judge::Judge;
use crate::reference::{Door, Operation, Reference};
use crate::subject::Subject;
use proptest::prelude::*;
use sentinel_queue_tests::within_reason;

fn door() -> impl Strategy<Value = Door> {
    use Door::{Endless, PastDeadline, Patient, Try, ZeroTimeout};
    prop::sample::select(vec![Patient, Endless, Try, ZeroTimeout, PastDeadline])
}

/// Any operation; items are numbered later.
fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => door().prop_map(|door| Operation::Send(door, 0)),
        3 => Just(Operation::ForceSend(0)),
        3 => (0..5_usize).prop_map(|count| Operation::SendMany(vec![0; count])),
        3 => (0..4_usize).prop_map(Operation::SendSentinels),
        6 => door().prop_map(Operation::Recv),
        4 => (door(), 0..5_usize).prop_map(|(door, limit)| Operation::RecvMany(door, limit)),
        3 => Just(Operation::RecvTask),
        3 => Just(Operation::EndTask),
        2 => (0..4_usize).prop_map(Operation::Loop),
        2 => (0..4_usize).prop_map(Operation::TryLoop),
        1 => Just(Operation::Close),
        1 => Just(Operation::CloseNow),
        2 => door().prop_map(Operation::Join),
        2 => Just(Operation::CloneSender),
        2 => Just(Operation::DropSender),
        2 => Just(Operation::CloneReceiver),
        2 => Just(Operation::DropReceiver),
    ]
}

/// Gives every item a number of its own.
fn numbered(operations: &mut [Operation]) {
    let mut next = 0..;
    for operation in operations {
        match operation {
            Operation::Send(_, item) | Operation::ForceSend(item) => *item = next.next().unwrap(),
            Operation::SendMany(items) => items.fill_with(|| next.next().unwrap()),
            _ => {}
        }
    }
}

fn capacity() -> impl Strategy<Value = Option<usize>> {
    prop::sample::select(vec![Some(1), Some(2), Some(5), None])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        max_shrink_time: 60_000, // milliseconds: a failure that is a hang takes a minute each time
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_operation_answers_as_a_sequential_queue(
        capacity in capacity(),
        mut operations in prop::collection::vec(operation(), 1..80),
    ) {
        numbered(&mut operations);
        within_reason(move || run(capacity, &operations));
    }
}

fn run(capacity: Option<usize>, operations: &[Operation]) {
    let mut reference = Reference::new(capacity);
    let mut judge = Judge::new(capacity);
    let mut subject = Subject::new(capacity);
    for operation in operations {
        if !reference.allows(operation) || reference.waits(operation) {
            continue;
        }
        let answer = subject.perform(operation);
        assert_eq!(answer, reference.perform(operation), "{operation:?}");
        judge.hear(operation, &answer);
        compare(&subject, &reference);
    }
    let ledger = subject.ledger.clone();
    drop(subject);
    assert_eq!(ledger.living(), 0);
}

/// What can be seen of the two from outside.
fn compare(subject: &Subject, reference: &Reference) {
    assert_eq!(subject.ledger.living(), reference.len() + reference.tasks);
    let Some(queue) = subject.queue() else { return };
    let stats = queue.stats();
    assert_eq!((stats.len, stats.sentinels), (reference.len(), reference.sentinels()));
    assert_eq!((stats.capacity, stats.is_closed), (reference.capacity, reference.closed));
    assert_eq!((stats.senders, stats.receivers), (reference.senders, reference.receivers));
    assert_eq!((stats.unfinished_tasks, stats.accepted), (reference.tasks, reference.accepted));
    let waiting = [stats.waiting_receivers, stats.waiting_senders, stats.waiting_joiners];
    assert_eq!(waiting, [0; 3]);

    assert_eq!((queue.len(), queue.is_empty()), (stats.len, stats.len == 0));
    assert_eq!(
        (queue.capacity(), queue.is_full()),
        (stats.capacity, { reference.capacity == Some(stats.len) })
    );
    assert_eq!((queue.sender_count(), queue.receiver_count()), (stats.senders, stats.receivers));
    let drained = reference.closed && reference.len() + reference.sentinels() == 0;
    assert_eq!((queue.is_closed(), queue.is_drained()), (reference.closed, drained));
}
