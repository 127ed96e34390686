//! What the stateful search knows of the state under a queue's mutex: a fold over the recorded
//! events, plus whatever the code under check publishes. Used for nothing but recognizing states.

use crate::digest::{count, fold, mix};
use sentinel_queue_models::{Condition, Event};
use std::collections::VecDeque;

/// The abstract state of one queue. An item is who pushed it, and as that thread's how-many-th.
#[derive(Default)]
pub(crate) struct Shadow {
    cells: VecDeque<Cell>,
    capacity: usize,
    closed: bool,
    senders: usize,
    receivers: usize,
    unfinished: usize,
    waiting: [usize; 3],
    notified: [usize; 3],
    /// How many sends each thread has ended.
    ended: Vec<usize>,
    published: Option<u64>,
    /// The events contradict each other, so this fold means nothing any more.
    lost: bool,
}

#[derive(PartialEq, Eq)]
enum Cell {
    Item(u64),
    Sentinel,
}

impl Shadow {
    /// The state under the lock, as the code under check sees it.
    pub(crate) fn publish(&mut self, digest: u64) {
        self.published = Some(digest);
    }

    /// The same, for a mutex without events: this is all that is known of it.
    pub(crate) fn published(&self) -> Option<u64> {
        self.published
    }

    /// `None` when the events cannot be trusted to tell the state.
    pub(crate) fn digest(&self) -> Option<u64> {
        let cells = self.cells.iter().map(Cell::identity);
        let sides = self.waiting.iter().chain(&self.notified).copied();
        let flags = [usize::from(self.closed), self.senders, self.receivers, self.unfinished];
        let numbers = flags.into_iter().chain(sides).chain([self.capacity, self.cells.len()]);
        let digest = mix(fold(cells), fold(numbers.map(count)));
        (!self.lost).then(|| mix(digest, self.published.unwrap_or(0)))
    }

    /// Follows one event, and tells which items it took.
    pub(crate) fn apply(&mut self, thread: usize, event: Event) -> u64 {
        let mut taken = 0;
        match event {
            Event::Create { capacity } => {
                self.capacity = capacity.unwrap_or(usize::MAX);
                (self.senders, self.receivers) = (1, 1);
            }
            Event::Push { items } => (0..items).for_each(|_| {
                let item = mix(count(thread), count(self.end_send(thread)));
                self.cells.push_back(Cell::Item(item));
            }),
            Event::Evict => taken = self.evict(),
            Event::PushSentinels { count } => {
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
            Event::Drain { items, sentinels } => {
                self.lost |= self.cells.len() != items + sentinels;
                self.cells.clear();
            }
            Event::AddSender => self.senders += 1,
            Event::AddReceiver => self.receivers += 1,
            Event::DropSender => fewer(&mut self.senders, &mut self.lost),
            Event::DropReceiver => fewer(&mut self.receivers, &mut self.lost),
            Event::TaskDone => fewer(&mut self.unfinished, &mut self.lost),
            Event::Wait { .. } | Event::Wake { .. } | Event::Notify { .. } => self.count(event),
            Event::Joined | Event::Unlock => {}
        }
        taken
    }

    /// The two counters of each side, as the contract of the queue has them.
    fn count(&mut self, event: Event) {
        match event {
            Event::Wait { condition } => self.waiting[index(condition)] += 1,
            Event::Wake { condition, .. } => {
                fewer(&mut self.waiting[index(condition)], &mut self.lost);
                let notified = &mut self.notified[index(condition)];
                *notified = notified.saturating_sub(1);
            }
            Event::Notify { condition, all } => {
                let waiting = self.waiting[index(condition)];
                let notified = &mut self.notified[index(condition)];
                *notified = if all { waiting } else { waiting.min(*notified + 1) };
            }
            _ => unreachable!("only what happens to sleepers is counted here"),
        }
    }

    /// Numbers the sends of a thread, refused ones included, since their values count too.
    fn end_send(&mut self, thread: usize) -> usize {
        if self.ended.len() <= thread {
            self.ended.resize(thread + 1, 0);
        }
        self.ended[thread] += 1;
        self.ended[thread]
    }

    fn take(&mut self, sentinel: bool) -> u64 {
        let front = self.cells.pop_front();
        self.lost |= front.as_ref().is_none_or(|cell| (*cell == Cell::Sentinel) != sentinel);
        front.map_or(0, |cell| cell.identity())
    }

    fn evict(&mut self) -> u64 {
        let oldest = self.cells.iter().position(|cell| *cell != Cell::Sentinel);
        let taken = oldest.and_then(|place| self.cells.remove(place));
        self.lost |= taken.is_none();
        taken.map_or(0, |cell| cell.identity())
    }
}

impl Cell {
    fn identity(&self) -> u64 {
        match self {
            Cell::Item(identity) => *identity,
            Cell::Sentinel => 1,
        }
    }
}

fn fewer(number: &mut usize, lost: &mut bool) {
    *lost |= *number == 0;
    *number = number.saturating_sub(1);
}

fn index(condition: Condition) -> usize {
    match condition {
        Condition::NotEmpty => 0,
        Condition::NotFull => 1,
        Condition::Completed => 2,
    }
}
