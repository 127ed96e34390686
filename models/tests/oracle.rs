//! What the specification accepts and what it rejects, one small trace for each rule.

use sentinel_queue_models::one_queue::{Attempt, AttemptResult, Operation, Timeout};
use sentinel_queue_models::{Cell, Claim, Condition, Conformance, Effect, Event, Recorded, State};
use sentinel_queue_models::{Rejection, Summary};

use Condition::{Completed, NotEmpty, NotFull};
use Event::{
    Close, Drain, DropReceiver, DropSender, Evict, Joined, Notify, Push, PushSentinels, Refuse,
    Take, TakeSentinel, TaskDone, Unlock, Wait, Wake,
};

/// Replays events of numbered threads on a queue of capacity two.
fn replay(events: &[(usize, Event)]) -> Result<Summary, Rejection> {
    let create = [(0, Event::Create { capacity: Some(2) }), (0, Unlock)];
    let record = |&(thread, event): &(usize, Event)| Recorded { thread, queue: 7, event };
    let trace: Vec<Recorded> = create.iter().chain(events).map(record).collect();
    Conformance::replay(&trace).map_err(|(_, rejection)| rejection)
}

#[track_caller]
fn rejected(events: &[(usize, Event)], because: Rejection) {
    assert_eq!(replay(events), Err(because));
    assert!(!because.to_string().is_empty());
}

const TAKE: Event = Take { items: 1, tasks: false };
const TASK: Event = Take { items: 1, tasks: true };
const PUSH: Event = Push { items: 1 };
const SENTINEL: Event = PushSentinels { count: 1, front: false };
const DONE: Event = TaskDone { generation: 0 };

fn wake(condition: Condition) -> Event {
    Wake { condition, timed_out: false }
}

fn notify(condition: Condition) -> Event {
    Notify { condition, all: false }
}

#[test]
fn a_send_wakes_a_receiver() {
    let summary = replay(&[
        (1, Wait { condition: NotEmpty }),
        (1, Unlock),
        (0, PUSH),
        (0, notify(NotEmpty)),
        (0, Unlock),
        (1, wake(NotEmpty)),
        (1, TAKE),
        (1, Unlock),
        (0, Unlock),
    ]);
    let summary = summary.expect("a legal trace");
    assert_eq!((summary.items_in, summary.items_out), (1, 1));
    assert_eq!((summary.waits, summary.notifications, summary.sections), (1, 1, 5));
    assert!(summary.asleep.is_empty());
}

#[test]
fn a_send_without_a_notification_is_rejected() {
    let lost = Rejection::LostWakeup {
        condition: NotEmpty,
        closed: false,
        ready: 1,
        waiting: 1,
        notified: 0,
    };
    rejected(&[(1, Wait { condition: NotEmpty }), (1, Unlock), (0, PUSH), (0, Unlock)], lost);
    assert_eq!(lost.claim(), Some(Claim::C6));
}

#[test]
fn a_close_that_does_not_notify_receivers_is_rejected() {
    let lost = Rejection::LostWakeup {
        condition: NotEmpty,
        closed: true,
        ready: usize::MAX,
        waiting: 1,
        notified: 0,
    };
    rejected(&[(1, Wait { condition: NotEmpty }), (1, Unlock), (0, Close), (0, Unlock)], lost);
    assert_eq!(lost.claim(), Some(Claim::C5));
}

#[test]
fn notifications_are_not_wasted() {
    rejected(
        &[(0, PUSH), (0, notify(NotEmpty))],
        Rejection::NeedlessNotification { condition: NotEmpty },
    );
    let (condition, ready, notified) = (NotEmpty, 1, 1);
    let two_sleep = [(1, Wait { condition }), (1, Unlock), (2, Wait { condition }), (2, Unlock)];
    let mut events = two_sleep.to_vec();
    events.extend([(0, PUSH), (0, notify(condition)), (0, notify(condition))]);
    rejected(&events, Rejection::ExcessNotification { condition, ready, notified });
}

#[test]
fn capacity_counts_items_and_not_sentinels() {
    let both = [(0, PushSentinels { count: 3, front: false }), (0, Push { items: 2 }), (0, Unlock)];
    assert!(replay(&both).is_ok());
    rejected(&[(0, Push { items: 3 })], Rejection::OverCapacity { capacity: 2, items: 3 });
}

#[test]
fn a_sentinel_does_not_wait() {
    let mut events = vec![(0, Push { items: 2 }), (0, Unlock), (1, Wait { condition: NotFull })];
    events.extend([(1, Unlock), (1, wake(NotFull)), (1, SENTINEL)]);
    rejected(&events, Rejection::SentinelWaited);
}

#[test]
fn a_batch_does_not_cross_a_sentinel() {
    let events =
        [(0, PUSH), (0, SENTINEL), (0, PUSH), (0, Unlock), (1, Take { items: 2, tasks: false })];
    rejected(&events, Rejection::CrossedSentinel { taken: 2, before: 1 });
    rejected(&[(1, TakeSentinel)], Rejection::NoSentinel { front: None });
    rejected(&[(1, TAKE)], Rejection::TookTooMany { taken: 1, queued: 0 });
    rejected(&[(1, Take { items: 0, tasks: false })], Rejection::TookNothing);
}

#[test]
fn closed_is_final_and_drained_first() {
    rejected(&[(0, Close), (0, Unlock), (0, PUSH)], Rejection::PushOnClosed);
    rejected(&[(0, Close), (0, SENTINEL)], Rejection::SentinelOnClosed);
    rejected(&[(0, Close), (0, Evict)], Rejection::EvictOnClosed);
    let (condition, closed) = (NotEmpty, true);
    let events = [(0, PUSH), (0, Close), (0, Unlock), (1, Refuse { condition, closed })];
    rejected(&events, Rejection::RefusedAsClosed { condition });
    rejected(&[(0, Close), (1, Unlock)], Rejection::LockHeld { by: 0 });
    rejected(&[(0, Close), (0, Wait { condition })], Rejection::SleptOnClosed { condition });
    rejected(
        &[(0, Close), (0, Refuse { condition, closed: false })],
        Rejection::RefusedAsOpen { condition },
    );
}

#[test]
fn a_drain_takes_everything_and_only_with_a_close() {
    let filled = [(0, PUSH), (0, SENTINEL), (0, Unlock)];
    let with = |more: &[(usize, Event)]| [&filled, more].concat();
    let drain = |items, sentinels| (0, Drain { items, sentinels: Some(sentinels) });
    assert!(replay(&with(&[(0, Close), drain(1, 1), (0, Unlock)])).is_ok());
    rejected(&with(&[drain(1, 1)]), Rejection::DrainWithoutClose);
    rejected(&with(&[(0, Close), (0, Unlock), drain(1, 1)]), Rejection::DrainWithoutClose);
    let items = Rejection::DrainedWrongly { items: 0, queued: 1 };
    rejected(&with(&[(0, Close), drain(0, 1)]), items);
    let sentinels = Rejection::DrainedSentinelsWrongly { sentinels: 2, queued: 1 };
    rejected(&with(&[(0, Close), drain(1, 2)]), sentinels);
}

#[test]
fn the_last_handles_close() {
    rejected(&[(0, DropSender), (0, Unlock)], Rejection::LastSenderDidNotClose);
    rejected(&[(0, DropReceiver), (0, Unlock)], Rejection::LastReceiverDidNotClose);
    let events = [(0, PUSH), (0, DropReceiver), (0, Close), (0, Unlock)];
    rejected(&events, Rejection::LastReceiverDidNotDrain);
    let closed = [(0, DropSender), (0, Close), (0, Unlock), (0, DropSender)];
    rejected(&closed, Rejection::NoSuchHandle);
    let copied =
        [(0, Event::AddReceiver), (0, DropReceiver), (0, Event::AddSender), (0, DropSender)];
    assert!(replay(&[&copied[..], &[(0, Unlock)]].concat()).is_ok());
}

#[test]
fn an_eviction_needs_a_full_queue_and_a_successor() {
    rejected(&[(0, PUSH), (0, Evict)], Rejection::EvictWithRoom);
    let full = [(0, Push { items: 2 }), (0, Evict)];
    rejected(&[&full[..], &[(0, Unlock)]].concat(), Rejection::EvictWithoutPush);
    assert!(replay(&[&full[..], &[(0, PUSH), (0, Unlock)]].concat()).is_ok());
}

#[test]
fn a_leaving_waiter_looks_again() {
    let condition = NotEmpty;
    let asleep = [(1, Wait { condition }), (1, Unlock)];
    let then = |more: &[(usize, Event)]| [&asleep, more].concat();
    let give_up = (1, Refuse { condition, closed: false });
    let by_clock = (1, Wake { condition, timed_out: true });
    assert!(replay(&then(&[by_clock, give_up, (1, Unlock)])).is_ok());
    let left = Rejection::ReturnedWithoutRecheck { woke: condition };
    assert!(replay(&then(&[by_clock, (1, Unlock)])).is_ok(), "there was nothing to look at");
    rejected(&then(&[(0, PUSH), (0, notify(condition)), (0, Unlock), by_clock, (1, Unlock)]), left);
    rejected(&then(&[(1, wake(condition)), give_up]), Rejection::GaveUpEarly { condition });
    let notified = [(0, PUSH), (0, notify(condition)), (0, Unlock), by_clock, give_up];
    rejected(&then(&notified), Rejection::RefusedWhenReady { condition });
    rejected(&then(&[by_clock, (1, PUSH)]), Rejection::OtherBusiness { woke: condition });
    rejected(&then(&[(1, PUSH)]), Rejection::ActedAsleep { condition });
    let elsewhere = Rejection::WokeElsewhere { waits: condition, woke: NotFull };
    rejected(&then(&[(1, wake(NotFull))]), elsewhere);
    rejected(&[(1, wake(condition))], Rejection::NotAsleep);
    rejected(&[(1, Wait { condition }), (1, PUSH)], Rejection::AwakeAfterWait);
    rejected(
        &[(0, PUSH), (0, Unlock), (1, Wait { condition })],
        Rejection::SleptWhenReady { condition },
    );
}

#[test]
fn join_returns_exactly_when_all_is_done() {
    let early = |items, unfinished| Rejection::JoinedEarly { items, unfinished };
    assert!(replay(&[(0, Joined), (0, Unlock)]).is_ok());
    rejected(&[(0, PUSH), (0, Unlock), (1, Joined)], early(1, 0));
    rejected(&[(0, PUSH), (0, Unlock), (1, TASK), (1, Unlock), (2, Joined)], early(0, 1));
    rejected(&[(0, DONE)], Rejection::NoSuchTask);
    let condition = Completed;
    rejected(&[(0, Wait { condition })], Rejection::SleptWhenReady { condition });
    let mut tasks = vec![(0, PUSH), (0, Unlock), (2, Wait { condition }), (2, Unlock), (1, TASK)];
    tasks.extend([(1, Unlock), (1, DONE)]);
    let forgotten = [&tasks[..], &[(1, Unlock)]].concat();
    let waiting = Rejection::LostWakeup {
        condition,
        closed: false,
        ready: usize::MAX,
        waiting: 1,
        notified: 0,
    };
    rejected(&forgotten, waiting);
    tasks.extend([
        (1, notify(condition)),
        (1, Unlock),
        (2, wake(condition)),
        (2, Joined),
        (2, Unlock),
    ]);
    assert!(replay(&tasks).is_ok());
}

#[test]
fn queues_are_distinguished_and_must_be_created() {
    let create = Event::Create { capacity: None };
    let record = |queue, event| Recorded { thread: 0, queue, event };
    let unmade = [record(0, create), record(0, Unlock), record(1, PUSH)];
    assert_eq!(Conformance::replay(&unmade), Err((2, Rejection::NotCreated)));
    let twice = [record(0, create), record(0, Unlock), record(0, create)];
    assert_eq!(Conformance::replay(&twice), Err((2, Rejection::CreatedTwice)));
    let both = [record(0, create), record(1, create), record(1, Unlock), record(0, Unlock)];
    assert_eq!(Conformance::replay(&both).map(|summary| summary.queues), Ok(2));
}

#[test]
fn items_are_numbered_in_the_order_of_their_push() {
    let mut state = State::new(Some(3));
    let done = |state: &mut State, operation| {
        let attempt = Attempt::of(operation, state, Timeout::Immediate, false);
        let effects = state.run_section(0, &attempt.events).expect("what the model does is legal");
        (attempt.result, effects)
    };
    let effects = done(&mut state, Operation::SendMany { items: 2 }).1;
    assert_eq!(effects, [Effect::In(0..2)]);
    done(&mut state, Operation::SendSentinels { count: 1 });
    done(&mut state, Operation::Send);
    assert_eq!(state.items(), 0..3);
    let effects = done(&mut state, Operation::ForceSend).1;
    assert_eq!(effects, [Effect::Out(0..1), Effect::In(3..4)]);
    let (result, effects) = done(&mut state, Operation::ReceiveMany { limit: 9 });
    assert_eq!((result, effects), (AttemptResult::Done, vec![Effect::Out(1..2)]));
    assert_eq!(state.front(), Some(Cell::Sentinel));
    assert_eq!(done(&mut state, Operation::ReceiveMany { limit: 9 }).0, AttemptResult::Sentinel);
    let effects = done(&mut state, Operation::CloseNow).1;
    assert_eq!(effects, [Effect::Nothing, Effect::Out(2..4)]);
    assert_eq!(done(&mut state, Operation::Send).0, AttemptResult::Closed);
    assert!(state.is_drained());
}
