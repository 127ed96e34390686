//! Real executions, held to the specification.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Condition, Effect, Event, Recorded, Rejection, State};

/// What a replay that found nothing wrong has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many events.
    pub events: usize,
    /// How many critical sections.
    pub sections: usize,
    /// How many queues.
    pub queues: usize,
    /// How many items came in.
    pub items_in: u64,
    /// How many items went out.
    pub items_out: u64,
    /// How many waits there were.
    pub waits: usize,
    /// How many notifications were issued.
    pub notifications: usize,
    /// Who sleeps at the end, on which queue and side: thread, queue, side.
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
    /// A replay in which no queue has been made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replays a whole execution.
    ///
    /// # Errors
    ///
    /// The position of the first event that is not allowed, and why.
    pub fn replay(events: &[Recorded]) -> Result<Summary, (usize, Rejection)> {
        let mut conformance = Self::new();
        for (position, &recorded) in events.iter().enumerate() {
            conformance.observe(recorded).map_err(|rejection| (position, rejection))?;
        }
        Ok(conformance.finish())
    }

    /// Takes in one event.
    ///
    /// # Errors
    ///
    /// Why it is not allowed.
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

    /// The queue of that number as it is now.
    pub fn state(&self, queue: usize) -> Option<&State> {
        self.queues.get(&queue)
    }

    /// What has been seen.
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
