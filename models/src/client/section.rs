//! One critical section of one thread: played against the specification, and then weighed.

use crate::client::weigh::Before;
use crate::client::{Attempt, Claims, Configuration, Fault, Manner, Mutation, Operation, World};
use crate::{Effect, Event, Recorded, Side};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first attempt of an operation.
    Attempt(Operation),
    /// It returns from its wait and makes another attempt; and whether the clock ended the wait.
    Wake {
        /// What it attempts again.
        operation: Operation,
        /// Where it slept.
        side: Side,
        /// Whether the clock ended the wait.
        timed_out: bool,
        /// Whether there was a notification for it to consume.
        notified: bool,
    },
    /// It dies outside the queue's code. The lock is not involved.
    Die,
}

impl Step {
    /// A wakeup without any reason. It must not count as something that can happen.
    pub fn is_spurious(self) -> bool {
        matches!(self, Self::Wake { timed_out: false, notified: false, .. })
    }
}

/// Memory that is used again in every section, and the record of the last one.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The last attempt.
    pub(crate) attempt: Attempt,
    /// All events of the last section.
    pub(crate) events: Vec<Event>,
}

/// Plays sections in one configuration, looking for breaches of some claims.
#[derive(Clone, Copy)]
pub(crate) struct Player<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) claims: Claims,
}

impl Player<'_> {
    /// Lets a thread do its next step.
    pub(crate) fn play(
        self,
        world: &mut World,
        thread: usize,
        step: Step,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        scratch.events.clear();
        let (operation, woken, last) = match step {
            Step::Die => {
                world.deaths -= 1;
                self.die(world, thread);
                return self.weigh_tasks(world);
            }
            Step::Attempt(operation) => (operation, false, false),
            Step::Wake { operation, side, timed_out, .. } => {
                self.record(world, thread, Event::Wake { side, timed_out }, scratch)?;
                self.count_wakeup(world, side, timed_out);
                (operation, true, timed_out)
            }
        };
        let patience = self.group(world, thread).patience;
        let manner = Manner { patience, last, woken, mutation: self.configuration.mutation };
        self.section(world, thread, operation, manner, scratch)
    }

    fn section(
        self,
        world: &mut World,
        thread: usize,
        operation: Operation,
        manner: Manner,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let before = Before::of(world);
        scratch.attempt.make(operation, &world.state, manner);
        self.play_attempt(world, thread, &before, scratch)?;
        self.record(world, thread, Event::Unlock, scratch)?;
        self.weigh(world, thread, operation, &before, &scratch.attempt)?;
        let sane = self.configuration.mutation.is_some() || world.counted == world.state.notified;
        debug_assert!(sane, "the queue's own counters and the ledger agree");
        self.advance(world, thread, &scratch.attempt);
        self.weigh_tasks(world)
    }

    /// The events of the attempt, and the notifications before a wait releases the lock.
    fn play_attempt(
        self,
        world: &mut World,
        thread: usize,
        before: &Before,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let events = std::mem::take(&mut scratch.attempt.events);
        let mut told = false;
        for &event in &events {
            if matches!(event, Event::Wait { .. }) {
                self.notify(world, thread, before, &events, scratch)?;
                told = true;
            }
            let effect = self.record(world, thread, event, scratch)?;
            self.weigh_order(event, &effect, &scratch.attempt)?;
        }
        if !told {
            self.notify(world, thread, before, &events, scratch)?;
        }
        scratch.attempt.events = events;
        Ok(())
    }

    /// Lets the specification judge an event, and then lets it happen.
    fn record(
        self,
        world: &mut World,
        thread: usize,
        event: Event,
        scratch: &mut Scratch,
    ) -> Result<Effect, Fault> {
        scratch.events.push(event);
        let judged = world.state.judge(Recorded { thread, queue: 0, event });
        if let Err(violation) = judged {
            self.report(Fault::Refused(violation))?;
        }
        Ok(world.state.apply(thread, event))
    }

    /// A fault counts if it breaks a claim that is looked at, or none at all.
    pub(crate) fn report(self, fault: Fault) -> Result<(), Fault> {
        let counts = fault.claim().is_none_or(|claim| self.claims.contains(claim));
        if counts {
            Err(fault)
        } else {
            Ok(())
        }
    }

    fn has(self, mutation: Mutation) -> bool {
        self.configuration.mutation == Some(mutation)
    }

    fn count_wakeup(self, world: &mut World, side: Side, timed_out: bool) {
        if !(timed_out && self.has(Mutation::TimeoutKeepsNotification)) {
            let counted = &mut world.counted[side as usize];
            *counted = counted.saturating_sub(1);
        }
    }

    /// The wakeup rule, by the queue's own counters.
    fn notify(
        self,
        world: &mut World,
        thread: usize,
        before: &Before,
        events: &[Event],
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        for side in Side::ALL {
            let counted = world.counted[side as usize];
            let unnotified = world.state.waiting(side).saturating_sub(counted);
            let missing = world.state.ready(side).saturating_sub(counted);
            let due = unnotified.min(missing);
            let needless = due == 0 || self.configuration.mutation.is_some() || changes(events);
            debug_assert!(needless, "a section that changes nothing owes nothing");
            let number = self.elide(world, side, before, events, due);
            world.counted[side as usize] += number;
            if number > 1 && number == unnotified {
                self.record(world, thread, Event::Notify { side, all: true }, scratch)?;
            } else {
                for _ in 0..number {
                    self.record(world, thread, Event::Notify { side, all: false }, scratch)?;
                }
            }
        }
        Ok(())
    }

    /// How many of the notifications that are due a queue with a fault does send.
    fn elide(
        self,
        world: &World,
        side: Side,
        before: &Before,
        events: &[Event],
        number: usize,
    ) -> usize {
        let Some(mutation) = self.configuration.mutation else { return number };
        let closed = world.state.is_closed();
        let none = match (mutation, side) {
            (Mutation::CloseWakesOneSide, Side::NotFull) => closed,
            (Mutation::NeverNotifyReceivers, Side::NotEmpty)
            | (Mutation::NeverNotifySenders, Side::NotFull) => !closed,
            (Mutation::NotifyOnlyWhenEmpty, Side::NotEmpty) => !closed && before.cells > 0,
            (Mutation::NotifyOnlyWhenFull, Side::NotFull) => !closed && before.room > 0,
            (Mutation::OneWakeupInFlight, Side::NotEmpty | Side::NotFull) => {
                !closed && world.counted[side as usize] > 0
            }
            (Mutation::TaskDoneDoesNotNotify, Side::AllDone) => events.contains(&Event::TaskDone),
            _ => false,
        };
        let one = match mutation {
            Mutation::OneNotificationPerBatch => !closed,
            Mutation::CloseWakesOne => closed,
            _ => false,
        };
        match (none, one) {
            (true, _) => 0,
            (false, true) => number.min(1),
            (false, false) => number,
        }
    }
}

/// Whether a section changes what anybody waits for.
fn changes(events: &[Event]) -> bool {
    let idle = |event: &Event| {
        matches!(
            event,
            Event::Wake { .. } | Event::Wait { .. } | Event::Refuse { .. } | Event::Joined
        )
    };
    !events.iter().all(idle)
}
