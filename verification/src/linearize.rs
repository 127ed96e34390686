//! The record of an execution, held to the model, and to what the clients were told.
//!
//! The order of critical sections is the order of effects. The record is replayed through the
//! model's `step`, which judges every event and says which items it moved; the same items must have
//! moved in the hands of the clients. That is linearizability, checked without a search.

use crate::desk::Progress;
use sentinel_queue_models::{Conformance, Effect, Event, ItemId, Recorded, Refusal};
use std::collections::VecDeque;

/// What a thread was told and what the record has not yet accounted for.
#[derive(Default)]
struct Told {
    accepted: VecDeque<ItemId>,
    obtained: VecDeque<ItemId>,
    refusals: VecDeque<Refusal>,
    sentinels_sent: usize,
    sentinels_taken: usize,
    joins: usize,
}

struct Replay<'a> {
    threads: Vec<Told>,
    /// The identities of the items, numbered as the model numbers them.
    ids: Vec<ItemId>,
    dropped: &'a [ItemId],
    /// The critical section that is open drops the last receiver: what it drains is dropped.
    receiver_gone: bool,
}

/// Replays a record. Returns the items that each event moved, as the clients know them.
///
/// # Panics
///
/// When the model refuses an event, or the clients were told something else.
pub fn conforms(record: &[Recorded], threads: &[Progress], dropped: &[ItemId]) -> Vec<Vec<ItemId>> {
    let mut conformance = Conformance::new();
    let threads = threads.iter().map(told).collect();
    let mut replay = Replay { threads, ids: Vec::new(), dropped, receiver_gone: false };
    let mut moved = Vec::with_capacity(record.len());
    for (position, &recorded) in record.iter().enumerate() {
        match conformance.observe(recorded) {
            Ok(effect) => moved.push(replay.account(recorded, &effect)),
            Err(violation) => {
                let claim = violation.claim().map_or_else(|| "record".into(), |c| c.to_string());
                panic!("{claim}: {violation} (event {position}: {recorded:?})");
            }
        }
    }
    replay.is_settled();
    moved
}

fn told(progress: &Progress) -> Told {
    let mut told = Told::default();
    for answer in &progress.answers {
        told.accepted.extend(&answer.accepted);
        told.obtained.extend(&answer.obtained);
        told.refusals.extend(answer.refusal);
        told.sentinels_sent += answer.sentinels_sent;
        told.sentinels_taken += answer.sentinels_taken;
        told.joins += usize::from(answer.joined);
    }
    told
}

impl Replay<'_> {
    fn account(&mut self, recorded: Recorded, effect: &Effect) -> Vec<ItemId> {
        let mut moved = Vec::new();
        let thread = recorded.thread;
        let told = &mut self.threads[thread];
        match effect {
            Effect::Nothing => {}
            Effect::In(items) => {
                for _ in items.clone() {
                    let id = told.accepted.pop_front();
                    let id = id.unwrap_or_else(|| panic!("C1: thread {thread} pushed unasked"));
                    self.ids.push(id);
                    moved.push(id);
                }
            }
            Effect::Out(items) => {
                for number in items.clone() {
                    let id = usize::try_from(number).ok().and_then(|number| self.ids.get(number));
                    let id = *id.unwrap_or_else(|| panic!("C1: item {number} never came in"));
                    moved.push(id);
                    if self.receiver_gone {
                        assert!(self.dropped.contains(&id), "C1: item {id} was not dropped");
                        continue;
                    }
                    let obtained = told.obtained.pop_front();
                    assert!(
                        obtained == Some(id),
                        "C3: thread {thread} got {obtained:?} where the order of critical \
                         sections says {id}"
                    );
                }
            }
        }
        self.account_for_the_rest(recorded);
        moved
    }

    fn account_for_the_rest(&mut self, Recorded { thread, event, .. }: Recorded) {
        let told = &mut self.threads[thread];
        match event {
            Event::PushSentinels { count } => settle(&mut told.sentinels_sent, count, "C2"),
            Event::TakeSentinel => settle(&mut told.sentinels_taken, 1, "C2"),
            Event::Joined => settle(&mut told.joins, 1, "C11"),
            Event::Refuse { condition, closed } => {
                let refusal = told.refusals.pop_front();
                assert!(
                    refusal == Some(Refusal { condition, closed }),
                    "C5: thread {thread} was told {refusal:?} and the queue did {event:?}"
                );
            }
            Event::DropReceiver => self.receiver_gone = true,
            Event::Unlock => self.receiver_gone = false,
            _ => {}
        }
    }

    /// Whatever the clients were told is on record.
    fn is_settled(&self) {
        for (thread, told) in self.threads.iter().enumerate() {
            let settled = told.accepted.is_empty()
                && told.obtained.is_empty()
                && told.refusals.is_empty()
                && told.sentinels_sent + told.sentinels_taken + told.joins == 0;
            assert!(settled, "C1: thread {thread} was told of effects that are not on record");
        }
    }
}

fn settle(told: &mut usize, count: usize, claim: &str) {
    let rest = told.checked_sub(count);
    *told = rest.unwrap_or_else(|| panic!("{claim}: more on record than the clients were told"));
}
