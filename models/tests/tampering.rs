//! Legal traces are accepted; the same traces, changed at any place, are refused.

use sentinel_queue_models::explorer::{explore, Limits};
use sentinel_queue_models::one_queue::{simulate, Claims, Mutant, Protocol, Size};
use sentinel_queue_models::{Claim, Conformance, Event, Recorded, Rejection};

const SIZE: Size = Size { producers: 3, workers: 2, items: 2, capacity: Some(2) };

fn trace(protocol: Protocol, seed: u64) -> Vec<Recorded> {
    let walk = simulate(&protocol.configuration(SIZE), Claims::ALL, seed);
    assert_eq!(walk.violation, None);
    walk.events
}

#[test]
fn walks_of_every_protocol_are_accepted() {
    for protocol in Protocol::ALL {
        for seed in 0..100 {
            let events = trace(protocol, seed);
            let summary = Conformance::replay(&events);
            let summary = summary.unwrap_or_else(|(at, why)| panic!("{protocol:?} at {at}: {why}"));
            assert_eq!(summary.events, events.len());
        }
    }
}

/// Changes every event that fits, one at a time, and asks why the result is refused.
fn tamper(
    fits: impl Fn(Event) -> bool,
    change: impl Fn(&mut Vec<Recorded>, usize),
    because: impl Fn(Rejection) -> bool,
) {
    let mut tampered = 0;
    for seed in 0..40 {
        let events = trace(Protocol::Sentinels, seed);
        // The creation stays: without it nothing has a meaning.
        for position in (2..events.len()).filter(|&at| fits(events[at].event)) {
            let mut changed = events.clone();
            change(&mut changed, position);
            tampered += 1;
            match Conformance::replay(&changed) {
                Err((at, why)) => {
                    assert!(at + 1 >= position, "refused at {at} before {position}");
                    assert!(because(why), "seed {seed}, event {position}: {why:?}");
                }
                Ok(_) => panic!("seed {seed}, event {position}: {:?} accepted", events[position]),
            }
        }
    }
    assert!(tampered > 40, "only {tampered} locations were tampered with");
}

fn remove(events: &mut Vec<Recorded>, position: usize) {
    events.remove(position);
}

fn repeat(events: &mut Vec<Recorded>, position: usize) {
    events.insert(position, events[position]);
}

#[test]
fn a_notification_less_is_a_lost_wakeup() {
    let lost = |why| matches!(why, Rejection::LostWakeup { .. });
    tamper(|event| matches!(event, Event::Notify { .. }), remove, lost);
}

#[test]
fn a_notification_more_is_a_wasted_one() {
    let wasted = |why| {
        matches!(why, Rejection::NeedlessNotification { .. } | Rejection::ExcessNotification { .. })
    };
    tamper(|event| matches!(event, Event::Notify { .. }), repeat, wasted);
}

#[test]
fn a_wait_less_leaves_a_wakeup_without_sleeper() {
    let awake = |why| {
        matches!(
            why,
            Rejection::NotAsleep
                | Rejection::NeedlessNotification { .. }
                | Rejection::ReturnedWithoutRecheck { .. }
        )
    };
    tamper(|event| matches!(event, Event::Wait { .. }), remove, awake);
}

#[test]
fn a_wakeup_less_leaves_a_sleeper_acting() {
    let asleep = |why| matches!(why, Rejection::ActedAsleep { .. });
    tamper(|event| matches!(event, Event::Wake { .. }), remove, asleep);
}

#[test]
fn an_event_of_another_thread_is_outside_the_lock() {
    let other = |events: &mut Vec<Recorded>, at: usize| events[at].thread += 1;
    let locked = |why| {
        matches!(
            why,
            Rejection::LockHeld { .. }
                | Rejection::ActedAsleep { .. }
                | Rejection::NotAsleep
                | Rejection::WokeElsewhere { .. }
        )
    };
    tamper(|event| !matches!(event, Event::Unlock), other, locked);
}

#[test]
fn an_item_or_sentinel_more_or_less_is_noticed() {
    let item = |event| matches!(event, Event::Push { .. } | Event::Take { .. });
    tamper(item, remove, |_| true);
    tamper(item, repeat, |_| true);
    // A sentinel that is left at the end is no breach, so one sent too often may go unseen.
    tamper(|event| matches!(event, Event::PushSentinels { .. }), remove, |_| true);
    tamper(|event| matches!(event, Event::TakeSentinel), repeat, |_| true);
}

#[test]
fn a_release_of_the_lock_less_is_noticed_when_another_thread_comes() {
    let mut refused = 0;
    for seed in 0..40 {
        let events = trace(Protocol::Sentinels, seed);
        for position in 2..events.len() - 1 {
            let (this, next) = (events[position], events[position + 1]);
            if this.event == Event::Unlock && this.thread != next.thread {
                let mut changed = events.clone();
                changed.remove(position);
                let (_, why) = Conformance::replay(&changed).expect_err("two threads in the lock");
                assert_eq!(why, Rejection::LockHeld { by: this.thread });
                refused += 1;
            }
        }
    }
    assert!(refused > 100);
}

/// The link back: a queue that never notifies, in a program that ends with a close, which wakes
/// everybody. No schedule of that program hangs, and yet almost every trace of it is refused.
#[test]
fn a_queue_that_never_notifies_is_caught_although_every_schedule_ends() {
    let size = Size { capacity: None, ..SIZE };
    let program = Protocol::Close.configuration(size).with(Mutant::NeverNotifyReceivers);
    let by = |claim| explore(&program, Claims::only(claim), Limits::default());
    assert!(by(Claim::C7).complete && by(Claim::C7).counterexample.is_none());
    assert!(by(Claim::C6).counterexample.is_some());
    let walks: Vec<_> =
        (0..100).map(|seed| simulate(&program, Claims::only(Claim::C7), seed)).collect();
    assert!(walks.iter().all(|walk| walk.violation.is_none()));
    let refused = walks.iter().filter_map(|walk| Conformance::replay(&walk.events).err());
    let lost = |(_, why): &(usize, Rejection)| why.claim() == Some(Claim::C6);
    let caught = refused.filter(lost).count();
    println!("caught in {caught} of 100 walks");
    assert!(caught > 50, "caught in {caught} of 100 walks");
}
