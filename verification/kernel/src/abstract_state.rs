//! The abstract state under a queue's mutex: the model's state after the recorded events, whose items
//! are queued, and what the code under check publishes. The stateful search uses it to recognize
//! states, and for nothing else.

use crate::digest::{count, fold, mix, of, Digest};
use sentinel_queue_models::{Cell, Condition, Effect, Event, Recorded, State};
use std::collections::VecDeque;

/// The abstract state of one queue. An item is identified by the thread that pushed it and its
/// position among the sends of that thread.
#[derive(Clone, Default)]
pub(crate) struct AbstractState {
    /// From `Create` on.
    queue: Option<State>,
    /// The queued items, oldest first.
    items: VecDeque<Digest>,
    /// Everything since the first flush began, in order: grace periods depend on that.
    since_flush: Option<Digest>,
    /// The number of finished sends of each thread.
    ended: Vec<usize>,
    published: Option<Digest>,
    /// Whether the model rejects the record, which makes its state meaningless.
    rejected: bool,
}

impl AbstractState {
    /// Stores the digest of the state under the lock, as published by the code under check.
    pub(crate) fn publish(&mut self, digest: Digest) {
        self.published = Some(digest);
    }

    /// Returns the published digest: all that is known of a mutex without events.
    pub(crate) fn published(&self) -> Option<Digest> {
        self.published
    }

    /// Returns the digest of the state, or `None` if the model rejects the record.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let queue = self.queue.as_ref().filter(|_| !self.rejected)?;
        let mut items = self.items.iter().copied();
        let cells = queue.cells().map(|cell| match cell {
            Cell::Item => items.next().unwrap_or_default(),
            Cell::Sentinel => count(1),
        });
        let cells = fold(cells);
        let sides = Condition::ALL.map(|of| [queue.waiting(of), queue.notified(of)]);
        let handles = [queue.senders(), queue.receivers(), queue.unfinished()];
        let numbers = (queue.is_closed(), handles, sides, queue.capacity(), queue.cells().count());
        let digest = mix(cells, of(&numbers));
        let digest = self.since_flush.map_or(digest, |since| mix(digest, since));
        Some(mix(digest, self.published.unwrap_or_default()))
    }

    /// Applies one event and returns a digest of the items that it took.
    pub(crate) fn apply(&mut self, recorded: Recorded) -> Digest {
        let Recorded { thread, event, .. } = recorded;
        if event != Event::Unlock && (self.since_flush.is_some() || event == Event::BeginFlush) {
            let since = mix(count(thread), of(&event));
            self.since_flush = Some(mix(self.since_flush.unwrap_or_default(), since));
        }
        if let Event::Create { capacity } = event {
            self.queue = Some(State::new(capacity));
            return Digest::default();
        }
        let effect = self.queue.as_mut().and_then(|queue| queue.step(recorded).ok());
        self.rejected |= effect.is_none();
        if matches!(event, Event::Refuse { .. }) {
            self.end_send(thread);
        }
        match effect.unwrap_or_default() {
            Effect::Nothing => Digest::default(),
            Effect::In(range) => {
                range.for_each(|_| self.push(thread));
                Digest::default()
            }
            Effect::Out(range) => fold(range.filter_map(|_| self.items.pop_front())),
        }
    }

    fn push(&mut self, thread: usize) {
        let position = self.end_send(thread);
        self.items.push_back(mix(count(thread), count(position)));
    }

    /// Numbers the sends of a thread, including refused ones, because their values count too.
    fn end_send(&mut self, thread: usize) -> usize {
        if self.ended.len() <= thread {
            self.ended.resize(thread + 1, 0);
        }
        self.ended[thread] += 1;
        self.ended[thread]
    }
}
