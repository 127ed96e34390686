//! A queue and the items in it.

use std::collections::VecDeque;

use crate::state::Location;
use crate::{Condition, Effect, Event, ItemId, Recorded, State};

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Queue {
    pub(super) state: State,
    /// The queued items, oldest first.
    pub(super) items: VecDeque<ItemId>,
    number: usize,
}

impl Queue {
    /// Returns an empty queue with one sender and one receiver.
    pub(super) fn new(number: usize, capacity: Option<usize>) -> Self {
        Queue { state: State::new(capacity), items: VecDeque::new(), number }
    }

    /// Returns the condition that a thread waits for, if it waits.
    pub(super) fn asleep(&self, thread: usize) -> Option<Condition> {
        match self.state.location(thread) {
            Location::Asleep(condition) => Some(condition),
            Location::Outside => None,
        }
    }

    /// Records the events of a critical section.
    pub(super) fn commit(&mut self, thread: usize, events: &[Event]) {
        for event in events {
            self.record(thread, *event);
        }
        self.finish(thread, &[]);
    }

    /// Records the notifications that the rule requires, the wait if there is one, and the release.
    pub(super) fn finish(&mut self, thread: usize, wait: &[Event]) {
        for condition in Condition::ALL {
            while self.state.due(condition) > 0 {
                self.record(thread, Event::Notify { condition, all: false });
            }
        }
        for event in wait.iter().chain([&Event::Unlock]) {
            self.record(thread, *event);
        }
    }

    pub(super) fn record(&mut self, thread: usize, event: Event) -> Effect {
        match self.state.step(Recorded { thread, queue: self.number, event }) {
            Ok(effect) => effect,
            Err(rejection) => panic!("the model breaks its own rule: {rejection}"),
        }
    }
}
