//! Every operation, in any order, on one thread: the queue's responses are those of a `VecDeque` with
//! flags, and allowed by the model.

use crate::oracle::Oracle;
use crate::reference::{Operation, Reference, Timeout};
use crate::subject::Subject;
use proptest::prelude::*;
use sentinel_queue_tests::with_watchdog;

fn timeout() -> impl Strategy<Value = Timeout> {
    use Timeout::{Await, Immediate, Max, PastDeadline, PollOnce, Zero};
    prop::sample::select(vec![Timeout::None, Max, Immediate, Zero, PastDeadline, Await, PollOnce])
}

/// Generates any operation; items are numbered later.
fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => timeout().prop_map(|timeout| Operation::Send(timeout, 0)),
        3 => Just(Operation::ForceSend(0)),
        3 => (0..5_usize).prop_map(|count| Operation::SendMany(vec![0; count])),
        3 => (0..4_usize).prop_map(Operation::SendSentinels),
        6 => timeout().prop_map(Operation::Recv),
        4 => (timeout(), 0..5_usize).prop_map(|(timeout, limit)| Operation::RecvMany(timeout, limit)),
        3 => Just(Operation::RecvTask),
        3 => Just(Operation::EndTask),
        2 => (0..4_usize).prop_map(Operation::Loop),
        2 => (0..4_usize).prop_map(Operation::TryLoop),
        1 => Just(Operation::Close),
        1 => Just(Operation::CloseNow),
        2 => timeout().prop_map(Operation::Join),
        2 => Just(Operation::CloneSender),
        2 => Just(Operation::DropSender),
        2 => Just(Operation::CloneReceiver),
        2 => Just(Operation::DropReceiver),
    ]
}

/// Assigns every item its own number.
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
    fn every_response_is_that_of_a_sequential_queue(
        capacity in capacity(),
        mut operations in prop::collection::vec(operation(), 1..80),
    ) {
        numbered(&mut operations);
        with_watchdog(move || run(capacity, &operations));
    }
}

fn run(capacity: Option<usize>, operations: &[Operation]) {
    let mut reference = Reference::new(capacity);
    let mut oracle = Oracle::new(capacity);
    let mut subject = Subject::new(capacity);
    for operation in operations {
        if !reference.allows(operation) || reference.waits(operation) {
            continue;
        }
        let response = subject.perform(operation);
        assert_eq!(response, reference.perform(operation), "{operation:?}");
        oracle.check(operation, &response);
        compare(&subject, &reference);
    }
    let registry = subject.registry.clone();
    drop(subject);
    assert_eq!(registry.living(), 0);
}

/// Compares the observable state of the two.
fn compare(subject: &Subject, reference: &Reference) {
    assert_eq!(subject.registry.living(), reference.len() + reference.tasks);
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
