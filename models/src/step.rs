//! The specification: one function, `State::step`.
//!
//! It is at once the transition relation that the explorer walks, the oracle that recorded
//! executions of the real code are replayed through, and the reference of the property tests. It
//! has two halves. `State::judge` says whether an event is allowed here and now; `State::apply`
//! says what it changes, and is total, so that the explorer can follow a broken queue further to
//! see what else its fault leads to.

use std::ops::Range;

use crate::state::{Location, Section, State};
use crate::{Cell, Condition, Event, Recorded, Rejection};

mod judge;

/// What an event moved.
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
    /// Lets one event happen, or says why it must not.
    ///
    /// # Errors
    ///
    /// The violation; the state is unchanged then.
    pub fn step(&mut self, recorded: Recorded) -> Result<Effect, Rejection> {
        self.judge(recorded)?;
        Ok(self.apply(recorded.thread, recorded.event))
    }

    /// One whole critical section of a thread: the events, the notifications that the wakeup rule
    /// asks for, and the release of the lock. For references in property tests.
    ///
    /// # Errors
    ///
    /// The first violation; what came before it has happened.
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

    /// What an event changes, allowed or not.
    pub(crate) fn apply(&mut self, thread: usize, event: Event) -> Effect {
        self.note(thread, event);
        match event {
            Event::Push { items } => return self.append(items),
            Event::Evict => return self.remove_oldest_item(),
            Event::PushSentinels { count } => {
                self.cells.extend(std::iter::repeat_n(Cell::Sentinel, count));
            }
            Event::Take { items, tasks } => return self.take(items, tasks),
            Event::TakeSentinel => self.take_sentinel(),
            Event::Close => self.closed = true,
            Event::Drain { .. } => return self.drain(),
            Event::AddSender => self.senders += 1,
            Event::DropSender => self.senders = self.senders.saturating_sub(1),
            Event::AddReceiver => self.receivers += 1,
            Event::DropReceiver => self.receivers = self.receivers.saturating_sub(1),
            Event::TaskDone => self.unfinished = self.unfinished.saturating_sub(1),
            Event::Wait { condition } => self.fall_asleep(thread, condition),
            Event::Wake { condition, .. } => self.wake_up(thread, condition),
            Event::Notify { condition, all } => self.notify(condition, all),
            Event::Create { .. } | Event::Refuse { .. } | Event::Joined | Event::Unlock => {}
        }
        Effect::Nothing
    }

    /// Keeps the record of the critical section.
    fn note(&mut self, thread: usize, event: Event) {
        if matches!(event, Event::Unlock) {
            self.section = None;
            return;
        }
        let section = self.section.get_or_insert(Section::of(thread));
        match event {
            Event::Wake { condition, timed_out } => section.woke = Some((condition, timed_out)),
            Event::Evict => section.evicted = true,
            Event::Push { .. } => section.evicted = false,
            Event::Close | Event::DropReceiver => section.closing = true,
            _ => {}
        }
        section.attempted |= !matches!(event, Event::Wake { .. } | Event::Notify { .. });
    }

    fn append(&mut self, items: usize) -> Effect {
        let first = self.items().end;
        self.cells.extend(std::iter::repeat_n(Cell::Item, items));
        self.items += items;
        Effect::In(first..self.items().end)
    }

    /// The oldest items leave; their numbers are known without looking, since nothing overtakes.
    fn leave(&mut self, items: usize) -> Effect {
        let first = self.oldest;
        self.oldest += items as u64;
        self.items -= items;
        Effect::Out(first..self.oldest)
    }

    fn remove_oldest_item(&mut self) -> Effect {
        let Some(position) = self.cells.iter().position(|&cell| cell == Cell::Item) else {
            return Effect::Nothing;
        };
        self.cells.remove(position);
        self.leave(1)
    }

    fn take(&mut self, items: usize, tasks: bool) -> Effect {
        let taken = items.min(self.front_items());
        self.cells.drain(..taken);
        if tasks {
            self.unfinished += taken;
        }
        self.leave(taken)
    }

    fn take_sentinel(&mut self) {
        if self.front() == Some(Cell::Sentinel) {
            self.cells.pop_front();
        }
    }

    fn drain(&mut self) -> Effect {
        self.cells.clear();
        self.leave(self.items)
    }

    fn fall_asleep(&mut self, thread: usize, condition: Condition) {
        if self.locations.len() <= thread {
            self.locations.resize(thread + 1, Location::Outside);
        }
        self.locations[thread] = Location::Asleep(condition);
        self.waiting[condition as usize] += 1;
    }

    /// Every return from a wait consumes a notification, whatever ended the wait: the thread looks
    /// again now, which is all that a notification asks for.
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

impl Section {
    pub(crate) fn of(thread: usize) -> Self {
        Self { thread, woke: None, attempted: false, evicted: false, closing: false }
    }
}
