//! The actions that a thread can take now. Each is one acquisition of a lock.

use super::global_state::{condition, GlobalState, Phase};
use super::{Configuration, Instruction, Mutant};
use crate::one_queue::Timeout;
use crate::Condition;

/// An action of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It executes the next instruction of its program; of an operation, the first attempt.
    Begin,
    /// It dies outside the queue's code.
    Die,
    /// It sleeps after it has registered, unless a deadlock was reported to it meanwhile.
    Sleep,
    /// It starts a detection: reads the registry.
    StartDetection,
    /// It checks whether a condition of a queue holds.
    CheckQueue {
        /// The queue.
        queue: u8,
        /// The condition.
        condition: Condition,
    },
    /// It ends the detection: reports the deadlock if the epoch is unchanged.
    Conclude,
    /// It notifies all waiters of the next queue.
    NotifyQueue,
    /// After a detection it rechecks its condition, and sleeps or proceeds.
    Recheck,
    /// It returns from its sleep, and unregisters if it is registered.
    Wake {
        /// Whether the deadline ended the wait.
        timed_out: bool,
        /// Whether there was a cause: a notification, or a report.
        notified: bool,
    },
    /// It makes another attempt, after it has unregistered.
    Retry,
    /// It unregisters too late (only a mutant does that).
    Unregister,
}

impl Action {
    /// Returns whether it is a wakeup without any cause. A state with no other action is terminal.
    pub const fn is_spurious(self) -> bool {
        matches!(self, Self::Wake { timed_out: false, notified: false })
    }
}

/// Returns the bit of a condition of a queue in the set of checked ones.
pub(super) fn bit(queue: u8, condition: Condition) -> u8 {
    1 << (queue * 3 + condition as u8)
}

impl GlobalState {
    /// Returns the actions of a thread.
    pub(super) fn actions(&self, configuration: &Configuration, number: usize) -> Vec<Action> {
        let thread = self.threads[number];
        let lock = self.current(configuration, number).map(|at| at.queue);
        let free = lock.is_none_or(|queue| self.is_free(configuration, queue));
        match thread.phase {
            Phase::Awake => self.beginnings(configuration, number, free),
            Phase::Registered => vec![Action::Sleep],
            Phase::StartingDetection => vec![Action::StartDetection],
            Phase::Detecting { same_epoch: false, .. } => vec![Action::Conclude],
            Phase::Detecting { checked, same_epoch: true } => self.checks(configuration, checked),
            Phase::Notifying { next } if self.is_free(configuration, next.into()) => {
                vec![Action::NotifyQueue]
            }
            Phase::Recheck if free => vec![Action::Recheck],
            Phase::Asleep { woken } if free => self.wakeups(configuration, number, woken),
            Phase::Resumed { .. } => vec![Action::Retry],
            Phase::LateUnregister => vec![Action::Unregister],
            Phase::Notifying { .. } | Phase::Recheck | Phase::Asleep { .. } | Phase::Ended => {
                Vec::new()
            }
        }
    }

    fn beginnings(&self, configuration: &Configuration, number: usize, free: bool) -> Vec<Action> {
        let thread = self.threads[number];
        let role = &configuration.roles[usize::from(thread.role)];
        let mut actions = Vec::new();
        if free {
            actions.push(Action::Begin);
        }
        let in_program = usize::from(thread.position) < role.instructions.len();
        if self.deaths > 0 && in_program && !thread.busy && role.participates() {
            actions.push(Action::Die);
        }
        actions
    }

    /// Returns the checks that remain to a detection, or its end if there are none.
    fn checks(&self, configuration: &Configuration, checked: u8) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut open = false;
        for (number, _) in self.present(configuration).filter(|(_, thread)| thread.blocked) {
            let Some(at) = self.current(configuration, number) else { continue };
            let (queue, condition) = (super::global_state::byte(at.queue), condition(at.operation));
            let ask = Action::CheckQueue { queue, condition };
            if checked & bit(queue, condition) == 0 && !configuration.has(Mutant::CountsOnly) {
                open = true;
                if !actions.contains(&ask) && self.is_free(configuration, at.queue) {
                    actions.push(ask);
                }
            }
        }
        if !open {
            actions.push(Action::Conclude);
        }
        actions
    }

    fn wakeups(&self, configuration: &Configuration, number: usize, woken: bool) -> Vec<Action> {
        let Some(at) = self.current(configuration, number) else {
            return vec![Action::Wake { timed_out: false, notified: woken }];
        };
        let pending = self.queues[at.queue].notified(condition(at.operation)) > 0;
        let mut actions = vec![Action::Wake { timed_out: false, notified: woken || pending }];
        if at.timeout == Timeout::Deadline {
            actions.push(Action::Wake { timed_out: true, notified: woken || pending });
        }
        actions
    }

    /// Returns the next instruction of a thread.
    pub(super) fn instruction(
        &self,
        configuration: &Configuration,
        number: usize,
    ) -> Option<Instruction> {
        let thread = self.threads[number];
        let role = &configuration.roles[usize::from(thread.role)];
        role.instructions.get(usize::from(thread.position)).copied()
    }
}
