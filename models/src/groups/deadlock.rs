//! The definition of a deadlock (*would block forever*), from the global state. The registry is not
//! consulted.

use super::global_state::{condition, GlobalState, Phase, GONE};
use super::{Configuration, Instruction, Membership};
use crate::one_queue::Timeout;

impl GlobalState {
    /// Returns whether the group is deadlocked: no token is held, there is a participant, and every
    /// participant waits without a deadline for a condition that does not hold.
    pub(super) fn is_deadlocked(&self, configuration: &Configuration) -> bool {
        let mut present = self.present(configuration).peekable();
        self.tokens == 0
            && present.peek().is_some()
            && present.all(|(number, _)| self.is_blocked(configuration, number))
    }

    /// Returns whether a thread waits without a deadline for a condition that does not hold. A
    /// thread whose deadlock was reported does not: its operation is about to end.
    pub(super) fn is_blocked(&self, configuration: &Configuration, number: usize) -> bool {
        let thread = self.threads[number];
        let inside = match thread.phase {
            Phase::Awake | Phase::Resumed { .. } | Phase::LateUnregister | Phase::Ended => false,
            Phase::Registered | Phase::Asleep { .. } | Phase::Recheck => true,
            Phase::StartingDetection | Phase::Detecting { .. } | Phase::Notifying { .. } => {
                !thread.without_wait
            }
        };
        inside && !thread.was_blocked && !self.can_proceed(configuration, number)
    }

    fn can_proceed(&self, configuration: &Configuration, number: usize) -> bool {
        match self.current(configuration, number) {
            Some(at) => {
                let ready = self.queues[at.queue].ready(condition(at.operation)) > 0;
                ready || at.timeout != Timeout::None
            }
            None => self.is_join_ready(configuration, number),
        }
    }

    /// Returns whether the threads that a thread joins have left.
    pub(super) fn is_join_ready(&self, configuration: &Configuration, number: usize) -> bool {
        let is_joining = self.threads[number];
        let instructions = &configuration.roles[usize::from(is_joining.role)].instructions;
        match instructions.get(usize::from(is_joining.position)) {
            Some(&Instruction::JoinRole(role)) => {
                self.threads.iter().all(|thread| thread.role != role || thread.position == GONE)
            }
            _ => self.present(configuration).all(|(other, _)| other == number),
        }
    }

    /// Returns whether a thread is blocked on a queue, and not on a join.
    pub(super) fn is_at_queue(&self, configuration: &Configuration, number: usize) -> bool {
        self.current(configuration, number).is_some()
    }

    /// Returns whether a detection is in progress.
    pub(super) fn detection_pending(&self) -> bool {
        let detects = |phase| matches!(phase, Phase::StartingDetection | Phase::Detecting { .. });
        self.threads.iter().any(|thread| detects(thread.phase))
    }

    /// Returns the number of participants that have not left; external threads may stay forever.
    pub(super) fn remaining(&self, configuration: &Configuration) -> usize {
        let takes_part =
            |role: u8| configuration.roles[usize::from(role)].membership == Membership::Participant;
        let left = |phase| phase == Phase::Ended;
        self.threads.iter().filter(|t| takes_part(t.role) && !left(t.phase)).count()
    }
}
