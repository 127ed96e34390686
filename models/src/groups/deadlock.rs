//! What *would block forever* means, with full knowledge of a world. The book is not asked.

use super::global_state::{condition, GlobalState, Phase, GONE};
use super::{Configuration, Instruction, Membership};
use crate::one_queue::Timeout;

impl GlobalState {
    /// Nobody holds a token, somebody waits, and every participant has left, or waits without a
    /// deadline for something that is not there.
    pub(super) fn is_deadlocked(&self, configuration: &Configuration) -> bool {
        let mut present = self.present(configuration).peekable();
        self.tokens == 0
            && present.peek().is_some()
            && present.all(|(number, _)| self.is_blocked(configuration, number))
    }

    /// Whether a thread waits without a deadline for something that is not there. Whoever was told
    /// does not: its operation is about to end.
    pub(super) fn is_blocked(&self, configuration: &Configuration, number: usize) -> bool {
        let thread = self.threads[number];
        let inside = match thread.phase {
            Phase::Awake | Phase::Resumed { .. } | Phase::LateUnregister | Phase::Ended => false,
            Phase::Registered | Phase::Asleep { .. } | Phase::Recheck => true,
            Phase::StartingDetection | Phase::Detecting { .. } | Phase::Notifying { .. } => {
                !thread.passing
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

    /// Whether those have left whose end a thread waits for.
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

    /// Whether a thread waits at a queue, and not for the end of others.
    pub(super) fn is_at_queue(&self, configuration: &Configuration, number: usize) -> bool {
        self.current(configuration, number).is_some()
    }

    /// Whether somebody is in the middle of finding out.
    pub(super) fn detection_pending(&self) -> bool {
        let examines = |phase| matches!(phase, Phase::StartingDetection | Phase::Detecting { .. });
        self.threads.iter().any(|thread| examines(thread.phase))
    }

    /// How many participants have not left; those outside may stay for ever.
    pub(super) fn remaining(&self, configuration: &Configuration) -> usize {
        let takes_part =
            |role: u8| configuration.roles[usize::from(role)].membership == Membership::Participant;
        let left = |phase| phase == Phase::Ended;
        self.threads.iter().filter(|t| takes_part(t.role) && !left(t.phase)).count()
    }
}
