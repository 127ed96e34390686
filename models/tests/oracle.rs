//! What the specification accepts and what it rejects, one small trace for each rule.

use sentinel_queue_models::one_queue::{Attempt, AttemptResult, Operation, Timeout};
use sentinel_queue_models::program::{Family, Op};
use sentinel_queue_models::{outcomes, Rejection, Summary};
use sentinel_queue_models::{Cell, Claim, Condition, Conformance, Effect, Event, Recorded, State};

use Condition::{Completed, Flushed as Flush, NotEmpty, NotFull};
use Event::{
    BeginFlush, BeginGrace, Cancel, Close, Drain, DropReceiver, DropSender, EndBatch, Evict,
    Flushed, Joined, Leave, Notify, Push, PushSentinels, PutBack, Refuse, Take, TakeSentinel,
    TaskDone, Unlock, UpgradeReceiver, UpgradeSender, Wait, Wake,
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

/// A queue that put backs have filled beyond its capacity stays as long as it is.
#[test]
fn an_eviction_beyond_the_capacity_makes_room_for_one_item() {
    let overfull = [(0, PUSH), (0, TASK), (0, Push { items: 2 }), (0, PutBack { generation: 0 })];
    let forced =
        |push| [&overfull[..], &[(0, Unlock), (1, Evict), (1, push), (1, Unlock)]].concat();
    assert!(replay(&forced(PUSH)).is_ok());
    let too_many = Rejection::OverCapacity { capacity: 2, items: 4 };
    rejected(&forced(Push { items: 2 }), too_many);
    rejected(&[&overfull[..], &[(0, Unlock), (1, PUSH)]].concat(), too_many);
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

#[test]
fn a_drain_of_an_open_queue_keeps_the_sentinels() {
    let filled = [(0, PUSH), (0, SENTINEL), (0, PUSH), (0, Unlock)];
    let with = |more: &[(usize, Event)]| [&filled, more].concat();
    let drain = |items| (0, Drain { items, sentinels: None });
    assert!(replay(&with(&[drain(2), (0, Unlock), (1, TakeSentinel), (1, Unlock)])).is_ok());
    assert!(replay(&[(0, Close), (0, Unlock), drain(0), (0, Unlock)]).is_ok());
    rejected(&with(&[drain(1)]), Rejection::DrainedWrongly { items: 1, queued: 2 });
    let kept = Rejection::DrainedSentinelsWrongly { sentinels: 0, queued: 1 };
    rejected(&with(&[(0, Close), drain(2)]), kept);
    rejected(&with(&[drain(2), (0, Unlock), (1, TAKE)]), TOO_MANY);
}

const TOO_MANY: Rejection = Rejection::TookTooMany { taken: 1, queued: 0 };

#[test]
fn a_sentinel_in_front_is_taken_first_and_an_eviction_passes_it() {
    let front = PushSentinels { count: 1, front: true };
    let full = [(0, Push { items: 2 }), (0, front), (0, Unlock)];
    let with = |more: &[(usize, Event)]| [&full, more].concat();
    rejected(&with(&[(1, TAKE)]), Rejection::CrossedSentinel { taken: 1, before: 0 });
    let evicted = [(0, Evict), (0, PUSH), (0, Unlock), (1, TakeSentinel), (1, TAKE)];
    assert!(replay(&with(&evicted)).is_ok());
    rejected(&[(0, Close), (0, front)], Rejection::SentinelOnClosed);
}

#[test]
fn a_batch_ends_at_what_is_no_item_and_leaves_it_there() {
    let condition = NotEmpty;
    let with = |more: &[(usize, Event)]| [&[(0, PUSH), (0, Unlock), (1, TAKE)], more].concat();
    assert!(replay(&with(&[(1, EndBatch), (1, Unlock)])).is_ok(), "its time is over");
    let sentinel = [(1, Unlock), (0, SENTINEL), (0, Unlock), (1, EndBatch), (1, Unlock)];
    assert!(replay(&[&with(&sentinel)[..], &[(2, TakeSentinel)]].concat()).is_ok());
    let item = [(1, Unlock), (0, PUSH), (0, Unlock), (1, EndBatch)];
    rejected(&with(&item), Rejection::RefusedWhenReady { condition });
    let slept = [(1, Wait { condition }), (1, Unlock), (1, wake(condition)), (1, EndBatch)];
    rejected(&slept, Rejection::GaveUpEarly { condition });
    let timed_out = Wake { condition, timed_out: true };
    assert!(replay(&[slept[0], slept[1], (1, timed_out), slept[3], (1, Unlock)]).is_ok());
}

#[test]
fn a_task_is_put_back_in_one_step_without_room() {
    let back = |generation| (1, PutBack { generation });
    let full = [(0, Push { items: 2 }), (0, Unlock), (1, TASK), (1, Unlock), (0, PUSH)];
    let with = |more: &[(usize, Event)]| [&full, more].concat();
    let summary = replay(&with(&[(0, Unlock), back(0), (1, Unlock)])).expect("three in two places");
    assert_eq!((summary.items_in, summary.items_out), (4, 1));
    rejected(&with(&[(0, Unlock), back(0), (1, Unlock), back(0)]), Rejection::NoSuchTask);
    rejected(&with(&[(0, Unlock), back(1)]), Rejection::NoSuchTask);
    rejected(&with(&[(0, Close), (0, Unlock), back(0)]), Rejection::PushOnClosed);
    let full = [back(0), (1, Unlock), (0, Wait { condition: NotFull }), (0, Unlock)];
    let one_left = [&with(&[(0, Unlock)])[..], &full, &[(1, TAKE), (1, Unlock)]].concat();
    assert!(replay(&one_left).is_ok(), "two are stored, and two fit");
    rejected(&[&one_left[..], &[(1, PUSH)]].concat(), OVER);
}

const OVER: Rejection = Rejection::OverCapacity { capacity: 2, items: 3 };

#[test]
fn a_receiver_leaves_when_idle_and_a_side_that_is_gone_does_not_come_back() {
    let leave = |granted| (1, Leave { granted });
    let (last, other) = ([(0, Unlock)], [(0, Event::AddReceiver), (0, Unlock)]);
    let left = |granted| Rejection::LeftWrongly { granted };
    rejected(&[&last[..], &[leave(true)]].concat(), left(true));
    assert!(replay(&[&other[..], &[leave(true), (1, Unlock)]].concat()).is_ok());
    rejected(&[&other[..], &[leave(false)]].concat(), left(false));
    rejected(&[&[(0, PUSH)], &other[..], &[leave(true)]].concat(), left(true));
    rejected(&[&[(0, SENTINEL)], &other[..], &[leave(true)]].concat(), left(true));
    assert!(replay(&[(0, Close), (0, Unlock), leave(true), (1, Unlock)]).is_ok());
    let upgraded = |granted| Rejection::UpgradedWrongly { granted };
    rejected(&[(0, UpgradeSender { granted: false })], upgraded(false));
    rejected(&[(0, UpgradeReceiver { granted: false })], upgraded(false));
    let gone = [(0, DropSender), (0, Close), (0, Unlock)];
    let again = (0, UpgradeSender { granted: true });
    rejected(&[&gone[..], &[again]].concat(), upgraded(true));
    assert!(replay(&[again, (0, DropSender), (0, Unlock)]).is_ok());
}

/// An item is sent, and a thread flushes: it begins a grace period and waits.
const FLUSHING: [(usize, Event); 6] = [
    (0, PUSH),
    (0, Unlock),
    (2, BeginFlush),
    (2, BeginGrace),
    (2, Wait { condition: Flush }),
    (2, Unlock),
];

#[test]
fn a_flush_returns_when_what_was_accepted_before_is_done() {
    let with = |more: &[(usize, Event)]| [&FLUSHING, more].concat();
    let woken = [(1, notify(Flush)), (1, Unlock), (2, wake(Flush)), (2, Flushed), (2, Unlock)];
    assert!(replay(&[(0, BeginFlush), (0, BeginGrace), (0, Flushed), (0, Unlock)]).is_ok());
    // The second item was sent after it.
    let later = [(0, PUSH), (0, Unlock), (1, TAKE)];
    assert!(replay(&[&with(&later)[..], &woken].concat()).is_ok());
    rejected(&with(&[(2, wake(Flush)), (2, Flushed)]), Rejection::FlushedEarly { old: 1 });
    let forgotten = Rejection::LostWakeup {
        condition: Flush,
        closed: false,
        ready: usize::MAX,
        waiting: 1,
        notified: 0,
    };
    rejected(&with(&[(1, TAKE), (1, Unlock)]), forgotten);
    // A task is done when it ends, and when it is put back it is not.
    let task = [(1, TASK), (1, Unlock), (1, DONE)];
    assert!(replay(&[&with(&task)[..], &woken].concat()).is_ok());
    let back = (1, PutBack { generation: 0 });
    let put_back = [(1, TASK), (1, Unlock), back, (1, Unlock), (2, wake(Flush)), (2, Flushed)];
    rejected(&with(&put_back), Rejection::FlushedEarly { old: 1 });
    let taken_again = [&put_back[..4], &[(1, TAKE)]].concat();
    assert!(replay(&[&with(&taken_again)[..], &woken].concat()).is_ok());
    // What is taken after it began, and was sent after it, is of the new generation.
    let young = [(0, PUSH), (0, Unlock), (1, TASK), (1, Unlock), (1, TASK), (1, Unlock)];
    rejected(&[&with(&young)[..], &[(1, DONE), (1, Unlock)]].concat(), forgotten);
    let done = (1, TaskDone { generation: 1 });
    assert!(replay(&[&with(&young)[..], &[done, (1, Unlock)]].concat()).is_ok());
    rejected(&[&with(&young)[..], &[done, (1, Unlock), done]].concat(), Rejection::NoSuchTask);
}

#[test]
fn a_flush_is_served_by_a_grace_period_that_began_after_it() {
    let with = |more: &[(usize, Event)]| [&FLUSHING, more].concat();
    let condition = Flush;
    // The second one begins while the first one waits: it waits, too, and then begins its own.
    let second = [(0, PUSH), (0, Unlock), (3, BeginFlush), (3, Wait { condition }), (3, Unlock)];
    rejected(&with(&[&second[..3], &[(3, BeginGrace)]].concat()), Rejection::ExtendedGracePeriod);
    let all = Notify { condition, all: true };
    let first_ends = [&with(&second)[..], &[(1, TAKE), (1, all), (1, Unlock)]].concat();
    let too_early = [&first_ends[..], &[(3, wake(Flush)), (3, Flushed)]].concat();
    rejected(&too_early, Rejection::FlushedEarly { old: 0 });
    let again = [(3, wake(Flush)), (3, BeginGrace), (3, Wait { condition }), (3, Unlock)];
    let end = [(1, TAKE), (1, notify(Flush)), (1, Unlock), (3, wake(Flush)), (3, Flushed)];
    assert!(replay(&[&first_ends[..], &again, &end].concat()).is_ok());
    // A spurious wakeup of the only one that waits does not extend its own.
    rejected(&with(&[(2, wake(Flush)), (2, BeginGrace)]), Rejection::ExtendedGracePeriod);
    let give_up = (2, Refuse { condition, closed: false });
    rejected(&with(&[(2, wake(Flush)), give_up]), Rejection::GaveUpEarly { condition });
    let late = Wake { condition, timed_out: true };
    let left = with(&[(2, late), give_up, (2, Unlock)]);
    assert!(replay(&left).is_ok());
    // Now no thread waits for it, and it is merged into the next one.
    let merged = [(0, PUSH), (0, Unlock), (3, BeginFlush), (3, BeginGrace)];
    assert!(replay(&[&left[..], &merged, &second[3..], &end[..1], &[(1, Unlock)]].concat()).is_ok());
    for event in [BeginGrace, Flushed, Wait { condition }, give_up.1] {
        rejected(&[(4, event)], Rejection::NoSuchFlush);
    }
    rejected(&[(4, BeginFlush), (4, BeginFlush)], Rejection::NoSuchFlush);
}

#[test]
fn a_dropped_future_leaves_its_wait_and_passes_its_wakeup_on() {
    let condition = NotEmpty;
    let asleep = |thread| [(thread, Wait { condition }), (thread, Unlock)];
    let one = [(0, PUSH), (0, notify(condition)), (0, Unlock), (1, Cancel { condition })];
    let both = [asleep(1), asleep(2)].concat();
    let with = |more: &[(usize, Event)]| [&both[..], &one, more].concat();
    rejected(&with(&[(1, Unlock)]), Rejection::KeptWakeup { condition });
    assert!(replay(&with(&[(1, notify(condition)), (1, Unlock)])).is_ok());
    rejected(&with(&[(1, TAKE)]), Rejection::ActedCancelled);
    assert_eq!(Rejection::ActedCancelled.claim(), Some(Claim::C12));
    assert_eq!(Rejection::KeptWakeup { condition }.claim(), Some(Claim::C12));
    rejected(&[(1, Cancel { condition })], Rejection::NotAsleep);
    let elsewhere = Rejection::WokeElsewhere { waits: condition, woke: NotFull };
    rejected(&[&asleep(1)[..], &[(1, Cancel { condition: NotFull })]].concat(), elsewhere);
}

/// Every order of the critical sections of these programs obeys the rules; no flush returns before
/// every item that it owes is done, which the outcomes check by identity; and no thread waits
/// forever.
#[test]
fn programs_of_the_operations_of_pools_have_outcomes() {
    let list = |text| &*Op::list(text).expect("a list of operations").leak();
    for (name, alphabet) in [
        ("tasks", "send put_back take_tasks 2 join flush close"),
        ("flushes", "send take_task end_task put_back flush flush_timeout drain"),
        ("fronts", "sentinels_front 1 send worker drain recv_full 2"),
        ("leaving", "leave recv send upgrade_sender upgrade_receiver drop_sender"),
        ("futures", "recv_async recv_async_drop send_async send_async_drop recv close"),
        ("awaiting", "send_many 2 recv_many_async 2 task_async join_async_drop recv_async close"),
        ("timed", "try_send_many 2 send_many_timeout 2 recv try_task task_timeout"),
    ] {
        for program in Family::of(name, list(alphabet), 2, 2).programs() {
            assert!(!outcomes(&program, 1).is_empty(), "{program}");
        }
    }
    let of = |text: &str| outcomes(&text.parse().expect("a program"), 1).len();
    assert_eq!(of("1: recv_async_drop | send"), 2, "received, or dropped before");
    // The flusher cannot receive what is put back: it waits for the other one.
    assert_eq!(of("1: send take_task put_back flush"), 1);
}
