//! What a step does: to the queues by the specification, to the book, and to the program.

mod examine;
mod others;

use super::story::Act;
use super::world::{byte, side, Current, Phase, World};
use super::{Configuration, Deed, Fault, Mutation, Properties, Step};
use crate::client::{Answer, Attempt, Manner, Operation, Patience};
use crate::{Event, Recorded, Side};

/// Memory that is used again in every step, and what happened in the last one.
#[derive(Debug, Default)]
pub struct Scratch {
    attempt: Attempt,
    pub(super) acts: Vec<Act>,
}

/// Plays steps in one configuration, looking for breaches of some properties.
#[derive(Clone, Copy)]
pub(super) struct Player<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) properties: Properties,
}

/// One thread in the middle of a step.
struct Turn<'a> {
    configuration: &'a Configuration,
    properties: Properties,
    world: &'a mut World,
    number: usize,
    scratch: &'a mut Scratch,
}

/// How a thread came to its attempt.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// It was asleep.
    woken: bool,
    /// This is its last attempt, by the clock or because it was told.
    last: bool,
}

impl Player<'_> {
    /// Lets a thread do its next step.
    pub(super) fn play(
        self,
        world: &mut World,
        number: usize,
        step: Step,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        scratch.acts.clear();
        let Player { configuration, properties } = self;
        let mut turn = Turn { configuration, properties, world, number, scratch };
        match step {
            Step::Begin => return turn.begin(),
            Step::Sleep | Step::Look => return turn.look(),
            Step::Wake { timed_out, .. } => return turn.wake(timed_out),
            Step::Retry => return turn.retry(),
            Step::Conclude => return turn.conclude(),
            Step::StrikeOut => turn.strike_out_late(),
            Step::Die => turn.die(),
            Step::Open => turn.open(),
            Step::Ask { queue, side } => turn.ask(queue, side),
            Step::Rouse => turn.rouse(),
        }
        Ok(())
    }
}

impl Turn<'_> {
    fn has(&self, mutation: Mutation) -> bool {
        self.configuration.has(mutation)
    }

    fn phase(&mut self) -> &mut Phase {
        &mut self.world.threads[self.number].phase
    }

    fn current(&self) -> Option<Current> {
        self.world.current(self.configuration, self.number)
    }

    fn begin(&mut self) -> Result<(), Fault> {
        match (self.current(), self.world.deed(self.configuration, self.number)) {
            (Some(at), _) => self.attempt(at, Entry::default()),
            (None, Some(Deed::DropToken)) => {
                self.world.threads[self.number].position += 1;
                self.drop_token();
                Ok(())
            }
            (None, Some(_)) => self.await_others(),
            (None, None) => {
                self.leave();
                Ok(())
            }
        }
    }

    fn wake(&mut self, timed_out: bool) -> Result<(), Fault> {
        let Some(at) = self.current() else {
            self.scratch.acts.push(Act::Wakes);
            let told = self.strike_out();
            return if told { self.await_in_vain() } else { self.await_others() };
        };
        let late = self.has(Mutation::StruckOutLate) && self.world.threads[self.number].waits;
        let roused = *self.phase() == Phase::Asleep { roused: true };
        self.scratch.acts.push(Act::WakesAt { queue: at.queue, timed_out });
        let told = !late && self.strike_out() || roused && self.has(Mutation::WakingIsTelling);
        let last = told || timed_out;
        self.record(at.queue, Event::Wake { side: side(at.operation), timed_out: last })?;
        *self.phase() = Phase::Struck { last };
        if self.enters(at) && !late && !timed_out {
            return Ok(());
        }
        self.retry()?;
        if late && *self.phase() == Phase::Awake && self.world.threads[self.number].waits {
            *self.phase() = Phase::Late;
        }
        Ok(())
    }

    /// Back in the lock, it makes another attempt.
    fn retry(&mut self) -> Result<(), Fault> {
        let (Phase::Struck { last }, Some(at)) = (*self.phase(), self.current()) else {
            return Ok(());
        };
        *self.phase() = Phase::Awake;
        self.attempt(at, Entry { woken: true, last })
    }

    /// In the book it runs again.
    fn strike_out(&mut self) -> bool {
        let told = self.world.end_wait(self.configuration, self.number);
        if told {
            self.scratch.acts.push(Act::IsTold);
        }
        told
    }

    fn strike_out_late(&mut self) {
        self.strike_out();
        self.scratch.acts.push(Act::StrikesOut);
        self.world.threads[self.number].concerned = false;
        *self.phase() = Phase::Awake;
    }

    /// One attempt, under the queue's lock.
    fn attempt(&mut self, at: Current, entry: Entry) -> Result<(), Fault> {
        let Entry { woken, last } = entry;
        let manner = Manner { patience: at.patience, last, woken, mutation: None };
        let mut attempt = std::mem::take(&mut self.scratch.attempt);
        attempt.make(at.operation, &self.world.queues[at.queue], manner);
        let answer = attempt.answer;
        let done = if answer == Answer::Waits && self.enters(at) {
            self.enter(at)
        } else {
            self.perform(at, &attempt.events)
        };
        self.scratch.attempt = attempt;
        done?;
        match answer {
            Answer::Waits if self.enters(at) => Ok(()),
            Answer::Waits => self.fall_asleep(),
            _ => self.finish(at, answer),
        }
    }

    /// Whether a wait is for the group to know.
    fn enters(&self, at: Current) -> bool {
        let role = usize::from(self.world.threads[self.number].role);
        let timed = at.patience != Patience::Forever && !self.has(Mutation::TimedWaitsCounted);
        self.configuration.roles[role].participates() && !timed
    }

    /// About to wait: enters itself, with the queue's lock held; which it keeps if somebody runs.
    fn enter(&mut self, at: Current) -> Result<(), Fault> {
        let nobody_runs = self.world.begin_wait(self.configuration, self.number);
        self.scratch.acts.push(Act::Enters { queue: at.queue, side: side(at.operation) });
        self.record(at.queue, Event::Unlock)?;
        let examines = nobody_runs && !self.has(Mutation::NoExaminationOnWait);
        *self.phase() = if examines { Phase::Opening } else { Phase::Entered };
        Ok(())
    }

    /// The events of an attempt, the notifications that are due, and the release of the lock.
    fn perform(&mut self, at: Current, events: &[Event]) -> Result<(), Fault> {
        for &event in events {
            self.record(at.queue, event)?;
        }
        // Whoever goes to sleep has changed nothing, and looks to nobody's notifications.
        let changes = !matches!(events.last(), Some(Event::Wait { .. }));
        for side in Side::ALL.into_iter().filter(|_| changes) {
            let state = &self.world.queues[at.queue];
            let due = state.due(side);
            if due > 1 && due == state.waiting(side) - state.notified(side) {
                self.record(at.queue, Event::Notify { side, all: true })?;
            } else {
                for _ in 0..due {
                    self.record(at.queue, Event::Notify { side, all: false })?;
                }
            }
        }
        self.record(at.queue, Event::Unlock)
    }

    /// Lets the specification judge an event, and then lets it happen.
    fn record(&mut self, queue: usize, event: Event) -> Result<(), Fault> {
        let state = &mut self.world.queues[queue];
        if !matches!(event, Event::Unlock | Event::Wake { .. }) {
            self.scratch.acts.push(Act::At { queue, event });
        }
        let recorded = Recorded { thread: self.number, queue, event };
        if let Err(violation) = state.judge(recorded) {
            self.properties.report(Fault::Refused(violation))?;
        }
        state.apply(self.number, event);
        Ok(())
    }

    fn fall_asleep(&mut self) -> Result<(), Fault> {
        *self.phase() = Phase::Asleep { roused: false };
        if self.world.threads[self.number].concerned {
            self.properties.report(Fault::ToldInVain)?;
        }
        Ok(())
    }

    /// Entered, and inside the lock still or again: it looks once more, and sleeps or goes on.
    fn look(&mut self) -> Result<(), Fault> {
        let back = *self.phase() == Phase::Back;
        let Some(at) = self.current() else { return self.look_at_others() };
        let asks = !(back && self.has(Mutation::QueueNotAskedAgain));
        let ready = asks && self.world.queues[at.queue].ready(side(at.operation)) > 0;
        let heeds = !(back && self.has(Mutation::ToldNotAskedAgain));
        let told = heeds && self.world.threads[self.number].told;
        if ready || told {
            *self.phase() = Phase::Awake;
            let last = self.strike_out();
            return self.attempt(at, Entry { woken: false, last });
        }
        if back && self.has(Mutation::ExaminesForever) {
            *self.phase() = Phase::Opening;
            return Ok(());
        }
        self.perform(at, &[Event::Wait { side: side(at.operation) }])?;
        self.fall_asleep()
    }

    /// What the answer makes of the thread.
    fn finish(&mut self, at: Current, answer: Answer) -> Result<(), Fault> {
        let deed = self.world.deed(self.configuration, self.number);
        let thread = &mut self.world.threads[self.number];
        let concerned = std::mem::take(&mut thread.concerned);
        thread.phase = Phase::Awake;
        let forever = answer == Answer::GaveUp && at.patience == Patience::Forever;
        if forever && !concerned {
            self.properties.report(Fault::NotTold)?;
        }
        match deed {
            _ if thread.busy => {
                thread.busy = false;
                thread.position += 1;
            }
            _ if forever && !self.configuration.resuming => self.stop(),
            Some(Deed::Work { feeds, .. }) if answer == Answer::Done => {
                self.work(at.operation, feeds.map_or(0, |feed| feed.fan));
            }
            Some(Deed::Work { .. }) if thread.owes > 0 && forever => thread.owes -= 1,
            _ if at.operation == TASK && answer == Answer::Done => thread.busy = true,
            _ => {
                thread.owes = 0;
                thread.position += 1;
            }
        }
        Ok(())
    }

    /// A worker loop has received an item, or has sent one of those it owes for it.
    fn work(&mut self, operation: Operation, fan: u8) {
        let thread = &mut self.world.threads[self.number];
        if operation == Operation::Send {
            thread.owes -= 1;
        } else {
            thread.owes = fan.min(self.world.budget);
            self.world.budget -= thread.owes;
        }
    }

    /// Drops its handles next, and leaves.
    fn stop(&mut self) {
        let thread = &mut self.world.threads[self.number];
        let deeds = &self.configuration.roles[usize::from(thread.role)].deeds;
        (thread.position, thread.owes) = (byte(deeds.len()), 0);
    }
}

const TASK: Operation = Operation::Receive { tasks: true };
