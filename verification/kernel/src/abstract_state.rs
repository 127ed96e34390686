//! The abstract state under a queue's mutex: a fold over the recorded events, plus what the code
//! under check publishes. The stateful search uses it to recognize states, and for nothing else.

use crate::digest::{count, fold, mix, of, Digest};
use sentinel_queue_models::{Condition, Event};
use std::collections::VecDeque;

const CONDITIONS: usize = Condition::ALL.len();

/// The abstract state of one queue. An item is identified by the thread that pushed it and its
/// position among the sends of that thread.
#[derive(Clone, Default)]
pub(crate) struct AbstractState {
    cells: VecDeque<Cell>,
    capacity: usize,
    closed: bool,
    senders: usize,
    receivers: usize,
    unfinished: usize,
    waiting: [usize; CONDITIONS],
    notified: [usize; CONDITIONS],
    /// Everything since the first flush began, in order: grace periods depend on that.
    since_flush: Option<Digest>,
    /// The number of finished sends of each thread.
    ended: Vec<usize>,
    published: Option<Digest>,
    /// Whether the events contradict each other, which makes this fold meaningless.
    inconsistent: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Cell {
    Item(Digest),
    Sentinel,
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

    /// Returns the digest of the state, or `None` if the events contradict each other.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let cells = self.cells.iter().map(Cell::identity);
        let sides = self.waiting.iter().chain(&self.notified).copied();
        let flags = [usize::from(self.closed), self.senders, self.receivers, self.unfinished];
        let numbers = flags.into_iter().chain(sides).chain([self.capacity, self.cells.len()]);
        let digest = mix(fold(cells), fold(numbers.map(count)));
        let digest = self.since_flush.map_or(digest, |since| mix(digest, since));
        (!self.inconsistent).then(|| mix(digest, self.published.unwrap_or_default()))
    }

    /// Applies one event and returns a digest of the items that it took.
    pub(crate) fn apply(&mut self, thread: usize, event: Event) -> Digest {
        let mut taken = Digest::default();
        if self.since_flush.is_some() || event == Event::BeginFlush {
            let since = mix(count(thread), of(&event));
            self.since_flush = Some(mix(self.since_flush.unwrap_or_default(), since));
        }
        match event {
            Event::Create { capacity } => {
                self.capacity = capacity.unwrap_or(usize::MAX);
                (self.senders, self.receivers) = (1, 1);
            }
            Event::Push { items } => (0..items).for_each(|_| self.push(thread)),
            Event::PutBack { .. } => {
                fewer(&mut self.unfinished, &mut self.inconsistent);
                self.push(thread);
            }
            Event::Evict => taken = self.evict(),
            Event::PushSentinels { count, front: true } => {
                (0..count).for_each(|_| self.cells.push_front(Cell::Sentinel));
            }
            Event::PushSentinels { count, front: false } => {
                self.cells.extend((0..count).map(|_| Cell::Sentinel));
            }
            Event::Take { items, tasks } => {
                taken = fold((0..items).map(|_| self.take(false)));
                self.unfinished += if tasks { items } else { 0 };
            }
            Event::TakeSentinel => taken = self.take(true),
            Event::Refuse { .. } => {
                self.end_send(thread);
            }
            Event::Close => self.closed = true,
            Event::Drain { items, sentinels } => taken = self.drain(items, sentinels),
            Event::TaskDone { .. } => fewer(&mut self.unfinished, &mut self.inconsistent),
            other => self.count(other),
        }
        taken
    }

    /// Updates the counters: of handles, and two of each condition, as the contract of the queue
    /// defines them.
    fn count(&mut self, event: Event) {
        match event {
            Event::Wait { condition } => self.waiting[index(condition)] += 1,
            Event::Wake { condition, .. } | Event::Cancel { condition } => {
                fewer(&mut self.waiting[index(condition)], &mut self.inconsistent);
                let notified = &mut self.notified[index(condition)];
                *notified = notified.saturating_sub(1);
            }
            Event::Notify { condition, all } => {
                let waiting = self.waiting[index(condition)];
                let notified = &mut self.notified[index(condition)];
                *notified = if all { waiting } else { waiting.min(*notified + 1) };
            }
            Event::AddSender | Event::UpgradeSender { granted: true } => self.senders += 1,
            Event::AddReceiver | Event::UpgradeReceiver { granted: true } => self.receivers += 1,
            Event::DropSender => fewer(&mut self.senders, &mut self.inconsistent),
            Event::DropReceiver | Event::Leave { granted: true } => {
                fewer(&mut self.receivers, &mut self.inconsistent);
            }
            // What is stored changes above; the others change nothing that is counted.
            Event::UpgradeSender { granted: false }
            | Event::UpgradeReceiver { granted: false }
            | Event::Leave { granted: false }
            | Event::Create { .. }
            | Event::Push { .. }
            | Event::PutBack { .. }
            | Event::Evict
            | Event::PushSentinels { .. }
            | Event::Take { .. }
            | Event::TakeSentinel
            | Event::Refuse { .. }
            | Event::Close
            | Event::Drain { .. }
            | Event::TaskDone { .. }
            | Event::EndBatch
            | Event::Joined
            | Event::BeginFlush
            | Event::BeginGrace
            | Event::Flushed
            | Event::Unlock => {}
        }
    }

    fn push(&mut self, thread: usize) {
        let item = mix(count(thread), count(self.end_send(thread)));
        self.cells.push_back(Cell::Item(item));
    }

    /// Takes out all items, and the sentinels if they are counted.
    fn drain(&mut self, items: usize, sentinels: Option<usize>) -> Digest {
        let all = self.cells.len();
        let kept = self.cells.iter().filter(|cell| **cell == Cell::Sentinel).count();
        self.inconsistent |= all - kept != items || sentinels.is_some_and(|count| count != kept);
        if sentinels.is_some() {
            self.cells.clear();
            return Digest::default();
        }
        let taken = self.cells.iter().filter(|cell| **cell != Cell::Sentinel).map(Cell::identity);
        let taken = fold(taken);
        self.cells.retain(|cell| *cell == Cell::Sentinel);
        taken
    }

    /// Numbers the sends of a thread, including refused ones, because their values count too.
    fn end_send(&mut self, thread: usize) -> usize {
        if self.ended.len() <= thread {
            self.ended.resize(thread + 1, 0);
        }
        self.ended[thread] += 1;
        self.ended[thread]
    }

    fn take(&mut self, sentinel: bool) -> Digest {
        let front = self.cells.pop_front();
        self.inconsistent |=
            front.as_ref().is_none_or(|cell| (*cell == Cell::Sentinel) != sentinel);
        front.map_or_else(Digest::default, |cell| cell.identity())
    }

    fn evict(&mut self) -> Digest {
        let oldest = self.cells.iter().position(|cell| *cell != Cell::Sentinel);
        let taken = oldest.and_then(|place| self.cells.remove(place));
        self.inconsistent |= taken.is_none();
        taken.map_or_else(Digest::default, |cell| cell.identity())
    }
}

impl Cell {
    fn identity(&self) -> Digest {
        match self {
            Cell::Item(identity) => *identity,
            Cell::Sentinel => count(1),
        }
    }
}

fn fewer(number: &mut usize, inconsistent: &mut bool) {
    *inconsistent |= *number == 0;
    *number = number.saturating_sub(1);
}

fn index(condition: Condition) -> usize {
    condition as usize
}
