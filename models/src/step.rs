//! The specification: one function, `State::step`.
//!
//! It is at once the transition relation that the explorer follows, the oracle that recorded
//! executions of the real code are replayed through, and the reference of the property tests. It
//! has two halves. `State::judge` says whether an event is allowed here and now. `State::apply`
//! says what it changes; it is total, so that the explorer can follow a mutant past its first
//! rejection.

use std::ops::Range;

use crate::state::{Grace, Location, Section, State};
use crate::{Cell, Condition, Event, Recorded, Rejection};

mod judge;

/// The items that an event moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// No item.
    #[default]
    Nothing,
    /// These items came in.
    In(Range<u64>),
    /// These items went out: received, handed back, or dropped with the last receiver.
    Out(Range<u64>),
}

impl State {
    /// Judges an event and applies it.
    ///
    /// # Errors
    ///
    /// Returns why the event is not allowed; the state is unchanged then.
    pub fn step(&mut self, recorded: Recorded) -> Result<Effect, Rejection> {
        self.judge(recorded)?;
        Ok(self.apply(recorded.thread, recorded.event))
    }

    /// Runs one whole critical section of a thread: the events, the notifications that the wakeup
    /// rule requires, and the release of the lock. For references in property tests.
    ///
    /// # Errors
    ///
    /// Returns the first rejection; the events before it have been applied.
    pub fn run_section(
        &mut self,
        thread: usize,
        events: &[Event],
    ) -> Result<Vec<Effect>, Rejection> {
        let record = |state: &mut Self, event| state.step(Recorded { thread, queue: 0, event });
        let mut effects = Vec::new();
        for &event in events {
            effects.push(record(self, event)?);
        }
        for condition in Condition::ALL {
            while self.due(condition) > 0 {
                record(self, Event::Notify { condition, all: false })?;
            }
        }
        record(self, Event::Unlock)?;
        Ok(effects)
    }

    /// Applies an event, allowed or not, and returns the items that it moved. What is not there is not
    /// taken.
    pub fn apply(&mut self, thread: usize, event: Event) -> Effect {
        self.note(thread, event);
        match event {
            Event::Push { items } => return self.append(items),
            Event::Evict => return self.remove_oldest_item(),
            Event::PushSentinels { count, front } => self.add_sentinels(count, front),
            Event::Take { items, tasks } => return self.take(items, tasks),
            Event::TakeSentinel => self.take_sentinel(),
            Event::Close => self.closed = true,
            Event::Drain { sentinels, .. } => return self.drain(sentinels.is_some()),
            Event::AddSender | Event::UpgradeSender { granted: true } => self.senders += 1,
            Event::DropSender => self.senders = self.senders.saturating_sub(1),
            Event::AddReceiver | Event::UpgradeReceiver { granted: true } => self.receivers += 1,
            Event::DropReceiver | Event::Leave { granted: true } => {
                self.receivers = self.receivers.saturating_sub(1);
            }
            Event::TaskDone { generation } => {
                self.finish_task(generation);
                self.totals.completed += 1;
            }
            Event::PutBack { generation } => return self.put_back(generation),
            Event::BeginFlush => self.begin_flush(thread),
            Event::BeginGrace => self.begin_grace_period(),
            Event::Flushed | Event::Refuse { condition: Condition::Flushed, .. } => {
                self.end_flush(thread);
            }
            Event::Wait { condition } => self.fall_asleep(thread, condition),
            Event::Wake { condition, .. } | Event::Cancel { condition } => {
                self.wake_up(thread, condition);
            }
            Event::Notify { condition, all } => self.notify(condition, all),
            Event::Create { .. }
            | Event::EndBatch
            | Event::Refuse { .. }
            | Event::Leave { .. }
            | Event::UpgradeSender { .. }
            | Event::UpgradeReceiver { .. }
            | Event::Joined
            | Event::Unlock => {}
        }
        Effect::Nothing
    }

    /// Records what has happened in the critical section.
    fn note(&mut self, thread: usize, event: Event) {
        if matches!(event, Event::Unlock) {
            self.section = None;
            return;
        }
        let cancels = matches!(event, Event::Cancel { .. });
        let late = cancels && Condition::ALL.iter().any(|&condition| self.due(condition) > 0);
        let section = self.section.get_or_insert(Section::of(thread));
        match event {
            Event::Wake { condition, timed_out } => section.woke = Some((condition, timed_out)),
            Event::Evict => section.evicted = true,
            Event::Push { .. } => section.evicted = false,
            Event::Cancel { .. } => (section.cancelled, section.late) = (true, late),
            Event::Close | Event::DropReceiver => section.closing = true,
            _ => {}
        }
        section.attempted |= !matches!(event, Event::Wake { .. } | Event::Notify { .. });
    }

    fn append(&mut self, items: usize) -> Effect {
        self.totals.accepted += items as u64;
        self.append_uncounted(items)
    }

    fn append_uncounted(&mut self, items: usize) -> Effect {
        let first = self.items().end;
        self.cells.extend(std::iter::repeat_n(Cell::Item, items));
        self.items += items;
        Effect::In(first..self.items().end)
    }

    /// Removes the oldest items; their numbers are a range, since nothing overtakes. Those that are
    /// old are old tasks now, or done.
    fn leave(&mut self, items: usize, tasks: bool) -> Effect {
        let first = self.oldest;
        self.oldest += items as u64;
        self.items -= items;
        if self.in_grace_period() {
            let old = (first..self.oldest).filter(|&number| self.grace.leaves(number)).count();
            self.grace.tasks += if tasks { old } else { 0 };
            self.end_grace_period();
        }
        Effect::Out(first..self.oldest)
    }

    fn remove_oldest_item(&mut self) -> Effect {
        let Some(position) = self.cells.iter().position(|&cell| cell == Cell::Item) else {
            return Effect::Nothing;
        };
        self.cells.remove(position);
        self.totals.evicted += 1;
        self.leave(1, false)
    }

    fn take(&mut self, items: usize, tasks: bool) -> Effect {
        let taken = items.min(self.front_items());
        self.cells.drain(..taken);
        if tasks {
            self.unfinished += taken;
        } else {
            self.totals.completed += taken as u64;
        }
        self.leave(taken, tasks)
    }

    fn take_sentinel(&mut self) {
        if self.front() == Some(Cell::Sentinel) {
            self.cells.pop_front();
        }
    }

    fn add_sentinels(&mut self, count: usize, front: bool) {
        for _ in 0..count {
            if front {
                self.cells.push_front(Cell::Sentinel);
            } else {
                self.cells.push_back(Cell::Sentinel);
            }
        }
    }

    fn drain(&mut self, sentinels: bool) -> Effect {
        self.cells.retain(|&cell| cell == Cell::Sentinel && !sentinels);
        self.totals.taken_back += self.items as u64;
        self.leave(self.items, false)
    }

    /// Ends a task, which is old if it is of an earlier generation.
    fn finish_task(&mut self, generation: u64) {
        self.unfinished = self.unfinished.saturating_sub(1);
        if generation < self.grace.generation {
            self.grace.tasks = self.grace.tasks.saturating_sub(1);
            self.end_grace_period();
        }
    }

    /// Ends a task and appends its item, which stays old if it is.
    fn put_back(&mut self, generation: u64) -> Effect {
        self.totals.put_back += 1;
        let number = self.items().end;
        if self.in_grace_period() && generation < self.grace.generation {
            self.grace.put_back.push_back(number);
        }
        let effect = self.append_uncounted(1);
        self.finish_task(generation);
        effect
    }

    fn begin_flush(&mut self, thread: usize) {
        if self.grace.needed.len() <= thread {
            self.grace.needed.resize(thread + 1, 0);
        }
        self.grace.needed[thread] = self.grace.generation + 1;
    }

    fn end_flush(&mut self, thread: usize) {
        if let Some(needed) = self.grace.needed.get_mut(thread) {
            *needed = 0;
        }
    }

    fn begin_grace_period(&mut self) {
        self.grace.generation += 1;
        self.grace.boundary = self.items().end;
        self.grace.put_back.clear();
        self.grace.tasks = self.unfinished;
        self.end_grace_period();
    }

    /// Ends the grace period if everything old is done.
    fn end_grace_period(&mut self) {
        if self.old() == 0 {
            self.grace.ended = self.grace.generation;
        }
    }

    fn fall_asleep(&mut self, thread: usize, condition: Condition) {
        if self.locations.len() <= thread {
            self.locations.resize(thread + 1, Location::Outside);
        }
        self.locations[thread] = Location::Asleep(condition);
        self.waiting[condition as usize] += 1;
    }

    /// Consumes a notification: every return from a wait does, whatever ended it, because the
    /// thread rechecks its condition now, which is all that a notification demands.
    fn wake_up(&mut self, thread: usize, condition: Condition) {
        if let Some(location) = self.locations.get_mut(thread) {
            *location = Location::Outside;
        }
        self.waiting[condition as usize] = self.waiting[condition as usize].saturating_sub(1);
        self.notified[condition as usize] = self.notified[condition as usize].saturating_sub(1);
    }

    fn notify(&mut self, condition: Condition, all: bool) {
        let waiting = self.waiting(condition);
        let notified = &mut self.notified[condition as usize];
        *notified = if all { waiting } else { waiting.min(*notified + 1) };
    }
}

impl Grace {
    /// Returns whether the item that leaves is old.
    fn leaves(&mut self, number: u64) -> bool {
        if self.put_back.front() == Some(&number) {
            self.put_back.pop_front();
            return true;
        }
        number < self.boundary
    }
}

impl Section {
    pub(crate) fn of(thread: usize) -> Self {
        let (attempted, cancelled, late, evicted, closing) = (false, false, false, false, false);
        Self { thread, woke: None, attempted, cancelled, late, evicted, closing }
    }
}
