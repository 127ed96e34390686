//! Real executions, checked against the specification.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Condition, Effect, Event, Recorded, Rejection, State};

/// The totals of a replay that found no rejection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of events.
    pub events: usize,
    /// The number of critical sections.
    pub sections: usize,
    /// The number of queues.
    pub queues: usize,
    /// The number of items that came in.
    pub items_in: u64,
    /// The number of items that went out.
    pub items_out: u64,
    /// The number of waits.
    pub waits: usize,
    /// The number of notifications.
    pub notifications: usize,
    /// The threads asleep at the end: thread, queue, condition.
    pub asleep: Vec<(usize, usize, Condition)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} events in {} critical sections of {} queues; {} items in, {} out; {} waits, {} \
             notifications; {} asleep at the end",
            self.events,
            self.sections,
            self.queues,
            self.items_in,
            self.items_out,
            self.waits,
            self.notifications,
            self.asleep.len()
        )
    }
}

/// Replays recorded events, of any number of queues, through `State::step`.
#[derive(Clone, Debug, Default)]
pub struct Conformance {
    queues: BTreeMap<usize, State>,
    summary: Summary,
}

impl Conformance {
    /// Returns a replay in which no queue exists yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replays a whole execution.
    ///
    /// # Errors
    ///
    /// Returns the position of the first event that is not allowed, and why.
    pub fn replay(events: &[Recorded]) -> Result<Summary, (usize, Rejection)> {
        let mut conformance = Self::new();
        for (position, &recorded) in events.iter().enumerate() {
            conformance.observe(recorded).map_err(|rejection| (position, rejection))?;
        }
        Ok(conformance.finish())
    }

    /// Checks one event and applies it.
    ///
    /// # Errors
    ///
    /// Returns why the event is not allowed.
    pub fn observe(&mut self, recorded: Recorded) -> Result<Effect, Rejection> {
        let effect = match (self.queues.get_mut(&recorded.queue), recorded.event) {
            (None, Event::Create { capacity }) => {
                let mut state = State::new(capacity);
                let effect = state.apply(recorded.thread, recorded.event);
                self.queues.insert(recorded.queue, state);
                effect
            }
            (None, _) => return Err(Rejection::NotCreated),
            (Some(state), _) => state.step(recorded)?,
        };
        self.count(recorded.event, &effect);
        Ok(effect)
    }

    /// Returns the current state of a queue.
    pub fn state(&self, queue: usize) -> Option<&State> {
        self.queues.get(&queue)
    }

    /// Returns the totals.
    pub fn finish(mut self) -> Summary {
        self.summary.queues = self.queues.len();
        for (&queue, state) in &self.queues {
            self.summary
                .asleep
                .extend(state.waiters().map(|(thread, condition)| (thread, queue, condition)));
        }
        self.summary
    }

    fn count(&mut self, event: Event, effect: &Effect) {
        let summary = &mut self.summary;
        summary.events += 1;
        match effect {
            Effect::Nothing => {}
            Effect::In(items) => summary.items_in += items.end - items.start,
            Effect::Out(items) => summary.items_out += items.end - items.start,
        }
        match event {
            Event::Unlock => summary.sections += 1,
            Event::Wait { .. } => summary.waits += 1,
            Event::Notify { .. } => summary.notifications += 1,
            _ => {}
        }
    }
}
