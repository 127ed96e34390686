//! The record of an execution, held to the model, and to what the clients were returned.
//!
//! The order of critical sections is the order of effects. The record is replayed through the
//! model's `step`, which judges every event and says which items it moved; the same items must have
//! moved in the hands of the clients. That is linearizability, checked without a search.

use crate::client::observations::Progress;
use sentinel_queue_models::{Conformance, Effect, Event, ItemId, Recorded, Refusal};
use std::collections::VecDeque;

/// What a thread was returned and the record has not yet accounted for.
#[derive(Default)]
struct Unaccounted {
    accepted: VecDeque<ItemId>,
    obtained: VecDeque<ItemId>,
    put_back: VecDeque<ItemId>,
    granted: VecDeque<bool>,
    refusals: VecDeque<Refusal>,
    sentinels_sent: usize,
    sentinels_taken: usize,
    joins: usize,
    flushes: usize,
}

struct Replay<'a> {
    threads: Vec<Unaccounted>,
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
/// When the model refuses an event, or the clients were returned something else.
pub fn conforms(record: &[Recorded], threads: &[Progress], dropped: &[ItemId]) -> Vec<Vec<ItemId>> {
    let mut conformance = Conformance::new();
    let threads = threads.iter().map(unaccounted).collect();
    let mut replay = Replay { threads, ids: Vec::new(), dropped, receiver_gone: false };
    let mut moved = Vec::with_capacity(record.len());
    for (position, &recorded) in record.iter().enumerate() {
        match conformance.observe(recorded) {
            Ok(effect) => moved.push(replay.account(recorded, &effect)),
            Err(rejection) => {
                let claim = rejection.claim().map_or_else(|| "record".into(), |c| c.to_string());
                panic!("{claim}: {rejection} (event {position}: {recorded:?})");
            }
        }
    }
    replay.is_settled();
    moved
}

fn unaccounted(progress: &Progress) -> Unaccounted {
    let mut all = Unaccounted::default();
    for response in &progress.responses {
        all.accepted.extend(&response.accepted);
        all.obtained.extend(&response.obtained);
        all.put_back.extend(&response.put_back);
        all.granted.extend(response.granted);
        all.refusals.extend(response.refusal);
        all.sentinels_sent += response.sentinels_sent;
        all.sentinels_taken += response.sentinels_taken;
        all.joins += usize::from(response.joined);
        all.flushes += usize::from(response.flushed);
    }
    all
}

impl Replay<'_> {
    fn account(&mut self, recorded: Recorded, effect: &Effect) -> Vec<ItemId> {
        let mut moved = Vec::new();
        let thread = recorded.thread;
        let rest = &mut self.threads[thread];
        match effect {
            Effect::Nothing => {}
            Effect::In(items) => {
                let back = matches!(recorded.event, Event::PutBack { .. });
                for _ in items.clone() {
                    let from = if back { &mut rest.put_back } else { &mut rest.accepted };
                    let id = from.pop_front();
                    let id = id.unwrap_or_else(|| {
                        panic!("C1: thread {thread} pushed what it did not send")
                    });
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
                    let obtained = rest.obtained.pop_front();
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
        let rest = &mut self.threads[thread];
        if event.granted().is_some() {
            let returned = rest.granted.pop_front();
            assert!(
                returned == event.granted(),
                "C5: thread {thread} was returned {returned:?} and the queue did {event:?}"
            );
        }
        match event {
            Event::PushSentinels { count, .. } => settle(&mut rest.sentinels_sent, count, "C2"),
            Event::TakeSentinel => settle(&mut rest.sentinels_taken, 1, "C2"),
            Event::Joined => settle(&mut rest.joins, 1, "C11"),
            Event::Flushed => settle(&mut rest.flushes, 1, "C11"),
            Event::Refuse { condition, closed } => {
                let refusal = rest.refusals.pop_front();
                assert!(
                    refusal == Some(Refusal { condition, closed }),
                    "C5: thread {thread} was returned {refusal:?} and the queue did {event:?}"
                );
            }
            Event::DropReceiver => self.receiver_gone = true,
            Event::Unlock => self.receiver_gone = false,
            _ => {}
        }
    }

    /// All that the clients were returned is on record.
    fn is_settled(&self) {
        for (thread, rest) in self.threads.iter().enumerate() {
            let settled = rest.accepted.is_empty()
                && rest.obtained.is_empty()
                && rest.put_back.is_empty()
                && rest.granted.is_empty()
                && rest.refusals.is_empty()
                && rest.sentinels_sent + rest.sentinels_taken + rest.joins + rest.flushes == 0;
            assert!(settled, "C1: thread {thread} saw effects that are not on record");
        }
    }
}

fn settle(unaccounted: &mut usize, count: usize, claim: &str) {
    let rest = unaccounted.checked_sub(count);
    *unaccounted = rest.unwrap_or_else(|| panic!("{claim}: more on record than the clients saw"));
}
