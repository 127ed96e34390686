//! Which actions a thread can do now. Each is one taking of a lock.

use super::global_state::{condition, GlobalState, Phase};
use super::{Configuration, Instruction, Mutant};
use crate::one_queue::Timeout;
use crate::Condition;

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// What its program says next; if that is an operation, its first attempt.
    Begin,
    /// Dies outside the queue's code.
    Die,
    /// Having entered itself, it sleeps, unless it was told meanwhile.
    Sleep,
    /// Begins an examination: looks into the book.
    StartDetection,
    /// Asks a queue whether what its sleepers wait for is there.
    CheckQueue {
        /// The queue.
        queue: u8,
        /// What they wait for.
        condition: Condition,
    },
    /// Ends the examination: looks into the book, and tells if it has not changed.
    Conclude,
    /// Wakes everybody on the next queue.
    NotifyQueue,
    /// Having examined, it looks again, and sleeps or goes on.
    Recheck,
    /// Returns from its sleep, and strikes itself out if it is in the book.
    Wake {
        /// Whether the clock ended it.
        timed_out: bool,
        /// Whether there was a reason, by a notification or by one who had told.
        notified: bool,
    },
    /// Struck out, it makes another attempt.
    Retry,
    /// Strikes itself out at last (only a fault does that).
    Unregister,
}

impl Action {
    /// A wakeup without any reason. It must not count as something that can happen.
    pub const fn is_spurious(self) -> bool {
        matches!(self, Self::Wake { timed_out: false, notified: false })
    }
}

/// The bit of a side of a queue in the set of those that were asked.
pub(super) fn bit(queue: u8, condition: Condition) -> u8 {
    1 << (queue * 3 + condition as u8)
}

impl GlobalState {
    /// The actions of a thread.
    pub(super) fn actions(&self, configuration: &Configuration, number: usize) -> Vec<Action> {
        let thread = self.threads[number];
        let lock = self.current(configuration, number).map(|at| at.queue);
        let free = lock.is_none_or(|queue| self.is_free(configuration, queue));
        match thread.phase {
            Phase::Awake => self.beginnings(configuration, number, free),
            Phase::Registered => vec![Action::Sleep],
            Phase::StartingDetection => vec![Action::StartDetection],
            Phase::Detecting { fresh: false, .. } => vec![Action::Conclude],
            Phase::Detecting { checked, fresh: true } => self.checks(configuration, checked),
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

    /// The questions that an examination has yet to ask; if there are none, its end.
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

    /// The deed that a thread is at.
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
