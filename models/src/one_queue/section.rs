//! One critical section of one thread: executed against the specification, and checked.

use crate::one_queue::{
    Attempt, AttemptMode, Claims, Configuration, GlobalState, Mutant, Operation, Violation,
};
use crate::{Condition, Effect, Event, Recorded};

/// An action of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The first attempt of an operation.
    Attempt(Operation),
    /// It returns from its wait and makes another attempt.
    Wake {
        /// The operation that it attempts again.
        operation: Operation,
        /// The condition that it waited for.
        condition: Condition,
        /// Whether the deadline ended the wait.
        timed_out: bool,
        /// Whether there was a notification to consume.
        notified: bool,
    },
    /// It drops the future as which it waits.
    Cancel {
        /// The operation that the future was to perform.
        operation: Operation,
        /// The condition that it waited for.
        condition: Condition,
    },
    /// It dies outside the queue's code. The lock is not involved.
    Die,
}

impl Action {
    /// Returns whether it is a wakeup without any cause. A state with no other action is terminal.
    pub fn is_spurious(self) -> bool {
        matches!(self, Self::Wake { timed_out: false, notified: false, .. })
    }
}

/// Memory that every section reuses, and the record of the last one.
#[derive(Debug, Default)]
pub struct Buffers {
    /// The last attempt.
    pub(crate) attempt: Attempt,
    /// All events of the last section.
    pub(crate) events: Vec<Event>,
}

/// What a section started from, for comparison.
pub(super) struct PreState {
    pub(super) items: usize,
    pub(super) sentinels: usize,
    pub(super) oldest: u64,
    pub(super) cells: usize,
    pub(super) room: usize,
}

impl PreState {
    pub(super) fn of(global: &GlobalState) -> Self {
        let state = &global.state;
        Self {
            items: state.len(),
            sentinels: state.sentinels(),
            oldest: state.items().start,
            cells: state.len() + state.sentinels(),
            room: state.room(),
        }
    }
}

/// Executes sections of one configuration, and checks some claims.
#[derive(Clone, Copy)]
pub(crate) struct Executor<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) claims: Claims,
}

impl Executor<'_> {
    /// Executes the next action of a thread.
    pub(crate) fn execute(
        self,
        global: &mut GlobalState,
        thread: usize,
        action: Action,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        buffers.events.clear();
        let (operation, woken, last) = match action {
            Action::Die => {
                global.deaths -= 1;
                self.die(global, thread);
                return self.check_tasks(global);
            }
            Action::Attempt(operation) => (operation, false, false),
            Action::Cancel { operation, condition } => {
                return self.cancel(global, thread, operation, condition, buffers);
            }
            Action::Wake { operation, condition, timed_out, .. } => {
                self.record(global, thread, Event::Wake { condition, timed_out }, buffers)?;
                self.count_wakeup(global, condition, timed_out);
                (operation, true, timed_out)
            }
        };
        let timeout = self.role(global, thread).timeout;
        let mode = AttemptMode { timeout, last, woken, mutant: self.configuration.mutant };
        self.section(global, thread, operation, mode, buffers)
    }

    fn section(
        self,
        global: &mut GlobalState,
        thread: usize,
        operation: Operation,
        mode: AttemptMode,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        let before = PreState::of(global);
        buffers.attempt.make(operation, &global.state, mode);
        self.execute_attempt(global, thread, &before, buffers)?;
        self.record(global, thread, Event::Unlock, buffers)?;
        self.check(global, thread, operation, &before, &buffers.attempt)?;
        let sane = self.configuration.mutant.is_some() || global.counted == global.state.notified;
        debug_assert!(sane, "the queue's own counters and the specification agree");
        self.advance(global, thread, &buffers.attempt);
        self.check_tasks(global)
    }

    /// Lets a future leave its wait. The end of the section passes on what it was owed.
    fn cancel(
        self,
        global: &mut GlobalState,
        thread: usize,
        operation: Operation,
        condition: Condition,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        let before = PreState::of(global);
        self.count_wakeup(global, condition, false);
        buffers.attempt.cancel(condition, &global.state, self.configuration.mutant);
        self.execute_attempt(global, thread, &before, buffers)?;
        self.record(global, thread, Event::Unlock, buffers)?;
        self.check(global, thread, operation, &before, &buffers.attempt)?;
        self.advance(global, thread, &buffers.attempt);
        Ok(())
    }

    /// Executes the events of the attempt, and the notifications before a wait releases the lock.
    fn execute_attempt(
        self,
        global: &mut GlobalState,
        thread: usize,
        before: &PreState,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        let events = std::mem::take(&mut buffers.attempt.events);
        let mut notified = false;
        for &event in &events {
            if matches!(event, Event::Wait { .. }) {
                self.notify(global, thread, before, &events, buffers)?;
                notified = true;
            }
            let effect = self.record(global, thread, event, buffers)?;
            self.check_order(event, &effect, &buffers.attempt)?;
        }
        if !notified {
            self.notify(global, thread, before, &events, buffers)?;
        }
        buffers.attempt.events = events;
        Ok(())
    }

    /// Lets the specification judge an event, and applies it.
    fn record(
        self,
        global: &mut GlobalState,
        thread: usize,
        event: Event,
        buffers: &mut Buffers,
    ) -> Result<Effect, Violation> {
        buffers.events.push(event);
        let judged = global.state.judge(Recorded { thread, queue: 0, event });
        if let Err(rejection) = judged {
            self.report(Violation::Rejected(rejection))?;
        }
        Ok(global.state.apply(thread, event))
    }

    /// Returns the violation as an error if its claim is checked, or if it has none.
    pub(crate) fn report(self, violation: Violation) -> Result<(), Violation> {
        let counts = violation.claim().is_none_or(|claim| self.claims.contains(claim));
        if counts {
            Err(violation)
        } else {
            Ok(())
        }
    }

    fn has(self, mutant: Mutant) -> bool {
        self.configuration.mutant == Some(mutant)
    }

    fn count_wakeup(self, global: &mut GlobalState, condition: Condition, timed_out: bool) {
        if !(timed_out && self.has(Mutant::TimeoutKeepsNotification)) {
            let counted = &mut global.counted[condition as usize];
            *counted = counted.saturating_sub(1);
        }
    }

    /// Applies the wakeup rule, by the queue's own counters.
    fn notify(
        self,
        global: &mut GlobalState,
        thread: usize,
        before: &PreState,
        events: &[Event],
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        for condition in Condition::ALL {
            let counted = global.counted[condition as usize];
            let unnotified = global.state.waiting(condition).saturating_sub(counted);
            let missing = global.state.ready(condition).saturating_sub(counted);
            let due = unnotified.min(missing);
            let needless = due == 0 || self.configuration.mutant.is_some() || changes(events);
            debug_assert!(needless, "a section that changes nothing owes no notification");
            let number = self.elide(global, condition, before, events, due);
            global.counted[condition as usize] += number;
            if number > 1 && number == unnotified {
                self.record(global, thread, Event::Notify { condition, all: true }, buffers)?;
            } else {
                for _ in 0..number {
                    self.record(global, thread, Event::Notify { condition, all: false }, buffers)?;
                }
            }
        }
        Ok(())
    }

    /// Returns how many of the due notifications a queue with a mutant sends.
    fn elide(
        self,
        global: &GlobalState,
        condition: Condition,
        before: &PreState,
        events: &[Event],
        number: usize,
    ) -> usize {
        let Some(mutant) = self.configuration.mutant else { return number };
        let closed = global.state.is_closed();
        let none = match (mutant, condition) {
            (Mutant::CloseWakesReceiversOnly, Condition::NotFull) => closed,
            (Mutant::NeverNotifyReceivers, Condition::NotEmpty)
            | (Mutant::NeverNotifySenders, Condition::NotFull) => !closed,
            (Mutant::NotifyOnlyWhenEmpty, Condition::NotEmpty) => !closed && before.cells > 0,
            (Mutant::NotifyOnlyWhenFull, Condition::NotFull) => !closed && before.room > 0,
            (Mutant::OneWakeupInFlight, Condition::NotEmpty | Condition::NotFull) => {
                !closed && global.counted[condition as usize] > 0
            }
            (Mutant::TaskDoneDoesNotNotify, Condition::Completed) => {
                events.iter().any(|event| matches!(event, Event::TaskDone { .. }))
            }
            (Mutant::DroppedFutureKeepsWakeup, _) => {
                events.iter().any(|event| matches!(event, Event::Cancel { .. }))
            }
            _ => false,
        };
        let one = match mutant {
            Mutant::OneNotificationPerBatch => !closed,
            Mutant::CloseWakesOne => closed,
            _ => false,
        };
        match (none, one) {
            (true, _) => 0,
            (false, true) => number.min(1),
            (false, false) => number,
        }
    }
}

/// Returns whether a section changes a condition.
fn changes(events: &[Event]) -> bool {
    let idle = |event: &Event| {
        matches!(
            event,
            Event::Wake { .. } | Event::Wait { .. } | Event::Refuse { .. } | Event::Joined
        )
    };
    !events.iter().all(idle)
}
