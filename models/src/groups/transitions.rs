//! The transition relation: the effect of an action on the queues (by the specification), the
//! registry and the program.

mod detect;
mod join;

use super::event::GroupEvent;
use super::global_state::{byte, condition, Current, GlobalState, Phase};
use super::{Action, Configuration, Instruction, Mutant, Properties, Violation};
use crate::one_queue::{Attempt, AttemptMode, AttemptResult, Operation, Timeout};
use crate::{Condition, Event, Recorded};

/// Memory that every action reuses, and the events of the last one.
#[derive(Debug, Default)]
pub struct Buffers {
    attempt: Attempt,
    pub(super) events: Vec<GroupEvent>,
}

/// Executes actions of one configuration, and checks some properties.
#[derive(Clone, Copy)]
pub(super) struct Executor<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) properties: Properties,
}

/// One thread in the middle of an action.
struct Turn<'a> {
    configuration: &'a Configuration,
    properties: Properties,
    global: &'a mut GlobalState,
    number: usize,
    buffers: &'a mut Buffers,
}

/// The way a thread came to its attempt.
#[derive(Clone, Copy, Default)]
struct Origin {
    /// Whether it was asleep.
    woken: bool,
    /// Whether this is its last attempt, by its deadline or by a report.
    last: bool,
}

impl Executor<'_> {
    /// Executes an action of a thread.
    pub(super) fn execute(
        self,
        global: &mut GlobalState,
        number: usize,
        action: Action,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        buffers.events.clear();
        let Executor { configuration, properties } = self;
        let mut turn = Turn { configuration, properties, global, number, buffers };
        match action {
            Action::Begin => return turn.begin(),
            Action::Sleep | Action::Recheck => return turn.recheck(),
            Action::Wake { timed_out, .. } => return turn.wake(timed_out),
            Action::Retry => return turn.retry(),
            Action::Conclude => return turn.conclude(),
            Action::Unregister => turn.unregister_late(),
            Action::Die => turn.die(),
            Action::StartDetection => turn.start_detection(),
            Action::CheckQueue { queue, condition } => turn.check_queue(queue, condition),
            Action::NotifyQueue => turn.notify_queue(),
        }
        Ok(())
    }
}

impl Turn<'_> {
    fn has(&self, mutant: Mutant) -> bool {
        self.configuration.has(mutant)
    }

    fn phase(&mut self) -> &mut Phase {
        &mut self.global.threads[self.number].phase
    }

    fn current(&self) -> Option<Current> {
        self.global.current(self.configuration, self.number)
    }

    fn begin(&mut self) -> Result<(), Violation> {
        match (self.current(), self.global.instruction(self.configuration, self.number)) {
            (Some(at), _) => self.attempt(at, Origin::default()),
            (None, Some(Instruction::DropToken)) => {
                self.global.threads[self.number].position += 1;
                self.drop_token();
                Ok(())
            }
            (None, Some(_)) => self.join_others(),
            (None, None) => {
                self.leave();
                Ok(())
            }
        }
    }

    fn wake(&mut self, timed_out: bool) -> Result<(), Violation> {
        let Some(at) = self.current() else {
            self.buffers.events.push(GroupEvent::WakesFromJoin);
            let reported = self.unregister();
            return if reported { self.fail_join() } else { self.join_others() };
        };
        let late = self.has(Mutant::UnregisteredLate) && self.global.threads[self.number].blocked;
        let woken = *self.phase() == Phase::Asleep { woken: true };
        self.buffers.events.push(GroupEvent::WakesOnQueue { queue: at.queue, timed_out });
        let reported =
            !late && self.unregister() || woken && self.has(Mutant::WakeupTakenForReport);
        let last = reported || timed_out;
        self.record(at.queue, Event::Wake { condition: condition(at.operation), timed_out: last })?;
        *self.phase() = Phase::Resumed { last };
        if self.is_monitored(at) && !late && !timed_out {
            return Ok(());
        }
        self.retry()?;
        if late && *self.phase() == Phase::Awake && self.global.threads[self.number].blocked {
            *self.phase() = Phase::LateUnregister;
        }
        Ok(())
    }

    /// Makes another attempt, with the lock acquired again.
    fn retry(&mut self) -> Result<(), Violation> {
        let (Phase::Resumed { last }, Some(at)) = (*self.phase(), self.current()) else {
            return Ok(());
        };
        *self.phase() = Phase::Awake;
        self.attempt(at, Origin { woken: true, last })
    }

    /// Unregisters: the thread counts as running again.
    fn unregister(&mut self) -> bool {
        let reported = self.global.unregister(self.configuration, self.number);
        if reported {
            self.buffers.events.push(GroupEvent::IsReported);
        }
        reported
    }

    fn unregister_late(&mut self) {
        self.unregister();
        self.buffers.events.push(GroupEvent::UnregistersLate);
        self.global.threads[self.number].was_blocked = false;
        *self.phase() = Phase::Awake;
    }

    /// Makes one attempt, under the queue's lock.
    fn attempt(&mut self, at: Current, origin: Origin) -> Result<(), Violation> {
        let Origin { woken, last } = origin;
        let mode = AttemptMode { timeout: at.timeout, last, woken, mutant: None };
        let mut attempt = std::mem::take(&mut self.buffers.attempt);
        attempt.make(at.operation, &self.global.queues[at.queue], mode);
        let result = attempt.result;
        let done = if result == AttemptResult::Waits && self.is_monitored(at) {
            self.register(at)
        } else {
            self.run_section(at, &attempt.events)
        };
        self.buffers.attempt = attempt;
        done?;
        match result {
            AttemptResult::Waits if self.is_monitored(at) => Ok(()),
            AttemptResult::Waits => self.fall_asleep(),
            _ => self.finish(at, result),
        }
    }

    /// Returns whether a wait is registered with the group.
    fn is_monitored(&self, at: Current) -> bool {
        let role = usize::from(self.global.threads[self.number].role);
        let timed = at.timeout != Timeout::None && !self.has(Mutant::TimedWaitsCounted);
        self.configuration.roles[role].participates() && !timed
    }

    /// Registers before a wait, with the queue's lock held. The lock stays held if a participant
    /// runs.
    fn register(&mut self, at: Current) -> Result<(), Violation> {
        let all_blocked = self.global.register_blocked(self.configuration, self.number);
        self.buffers
            .events
            .push(GroupEvent::Registers { queue: at.queue, condition: condition(at.operation) });
        self.record(at.queue, Event::Unlock)?;
        let detects = all_blocked && !self.has(Mutant::NoDetectionOnWait);
        *self.phase() = if detects { Phase::StartingDetection } else { Phase::Registered };
        Ok(())
    }

    /// Applies the events of an attempt, the due notifications and the release of the lock.
    fn run_section(&mut self, at: Current, events: &[Event]) -> Result<(), Violation> {
        for &event in events {
            self.record(at.queue, event)?;
        }
        // A thread that goes to sleep has changed nothing, so it owes no notification.
        let changes = !matches!(events.last(), Some(Event::Wait { .. }));
        for condition in Condition::ALL.into_iter().filter(|_| changes) {
            let state = &self.global.queues[at.queue];
            let due = state.due(condition);
            if due > 1 && due == state.waiting(condition) - state.notified(condition) {
                self.record(at.queue, Event::Notify { condition, all: true })?;
            } else {
                for _ in 0..due {
                    self.record(at.queue, Event::Notify { condition, all: false })?;
                }
            }
        }
        self.record(at.queue, Event::Unlock)
    }

    /// Lets the specification judge an event, and applies it.
    fn record(&mut self, queue: usize, event: Event) -> Result<(), Violation> {
        let state = &mut self.global.queues[queue];
        if !matches!(event, Event::Unlock | Event::Wake { .. }) {
            self.buffers.events.push(GroupEvent::OnQueue { queue, event });
        }
        let recorded = Recorded { thread: self.number, queue, event };
        if let Err(rejection) = state.judge(recorded) {
            self.properties.report(Violation::Rejected(rejection))?;
        }
        state.apply(self.number, event);
        Ok(())
    }

    fn fall_asleep(&mut self) -> Result<(), Violation> {
        *self.phase() = Phase::Asleep { woken: false };
        if self.global.threads[self.number].was_blocked {
            self.properties.report(Violation::BlockedAfterReport)?;
        }
        Ok(())
    }

    /// Rechecks the condition and the report, inside the lock, and sleeps or proceeds.
    fn recheck(&mut self) -> Result<(), Violation> {
        let after_detection = *self.phase() == Phase::Recheck;
        let Some(at) = self.current() else { return self.recheck_join() };
        let rechecks_queue = !(after_detection && self.has(Mutant::QueueNotRechecked));
        let ready =
            rechecks_queue && self.global.queues[at.queue].ready(condition(at.operation)) > 0;
        let rechecks = !(after_detection && self.has(Mutant::ReportNotRechecked));
        let reported = rechecks && self.global.threads[self.number].reported;
        if ready || reported {
            *self.phase() = Phase::Awake;
            let last = self.unregister();
            return self.attempt(at, Origin { woken: false, last });
        }
        if after_detection && self.has(Mutant::DetectsForever) {
            *self.phase() = Phase::StartingDetection;
            return Ok(());
        }
        self.run_section(at, &[Event::Wait { condition: condition(at.operation) }])?;
        self.fall_asleep()
    }

    /// Advances the thread by the result of its attempt.
    fn finish(&mut self, at: Current, result: AttemptResult) -> Result<(), Violation> {
        let instruction = self.global.instruction(self.configuration, self.number);
        let thread = &mut self.global.threads[self.number];
        let was_blocked = std::mem::take(&mut thread.was_blocked);
        thread.phase = Phase::Awake;
        let forever = result == AttemptResult::GaveUp && at.timeout == Timeout::None;
        if forever && !was_blocked {
            self.properties.report(Violation::Unreported)?;
        }
        match instruction {
            _ if thread.busy => {
                thread.busy = false;
                thread.position += 1;
            }
            _ if forever && !self.configuration.resuming => self.stop(),
            Some(Instruction::Work { fanout, .. }) if result == AttemptResult::Done => {
                self.work(at.operation, fanout.map_or(0, |fanout| fanout.count));
            }
            Some(Instruction::Work { .. }) if thread.unsent > 0 && forever => thread.unsent -= 1,
            _ if at.operation == TASK && result == AttemptResult::Done => thread.busy = true,
            _ => {
                thread.unsent = 0;
                thread.position += 1;
            }
        }
        Ok(())
    }

    /// Advances a worker loop that has received an item, or has sent one.
    fn work(&mut self, operation: Operation, count: u8) {
        let thread = &mut self.global.threads[self.number];
        if operation == Operation::Send {
            thread.unsent -= 1;
        } else {
            thread.unsent = count.min(self.global.budget);
            self.global.budget -= thread.unsent;
        }
    }

    /// Skips the rest of the program: the thread drops its handles next, and leaves.
    fn stop(&mut self) {
        let thread = &mut self.global.threads[self.number];
        let instructions = &self.configuration.roles[usize::from(thread.role)].instructions;
        (thread.position, thread.unsent) = (byte(instructions.len()), 0);
    }
}

const TASK: Operation = Operation::Receive { tasks: true };
