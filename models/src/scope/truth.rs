//! What *would block forever* means, with full knowledge of a world. The book is not asked.

use super::world::{side, Phase, World, GONE};
use super::{Configuration, Deed, Standing};
use crate::client::Patience;

impl World {
    /// Nobody holds a token, somebody waits, and every participant has left, or waits without a
    /// deadline for something that is not there.
    pub(super) fn blocks_forever(&self, configuration: &Configuration) -> bool {
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
            Phase::Awake | Phase::Struck { .. } | Phase::Late | Phase::Ended => false,
            Phase::Entered | Phase::Asleep { .. } | Phase::Back => true,
            Phase::Opening | Phase::Asking { .. } | Phase::Waking { .. } => !thread.passing,
        };
        inside && !thread.concerned && !self.can_go_on(configuration, number)
    }

    fn can_go_on(&self, configuration: &Configuration, number: usize) -> bool {
        match self.current(configuration, number) {
            Some(at) => {
                let ready = self.queues[at.queue].ready(side(at.operation)) > 0;
                ready || at.patience != Patience::Forever
            }
            None => self.has_ended(configuration, number),
        }
    }

    /// Whether those have left whose end a thread waits for.
    pub(super) fn has_ended(&self, configuration: &Configuration, number: usize) -> bool {
        let awaits = self.threads[number];
        let deeds = &configuration.roles[usize::from(awaits.role)].deeds;
        match deeds.get(usize::from(awaits.position)) {
            Some(&Deed::AwaitRole(role)) => {
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
    pub(super) fn is_examined(&self) -> bool {
        let examines = |phase| matches!(phase, Phase::Opening | Phase::Asking { .. });
        self.threads.iter().any(|thread| examines(thread.phase))
    }

    /// How many participants have not left; those outside may stay for ever.
    pub(super) fn left_behind(&self, configuration: &Configuration) -> usize {
        let takes_part =
            |role: u8| configuration.roles[usize::from(role)].standing == Standing::Participant;
        let left = |phase| phase == Phase::Ended;
        self.threads.iter().filter(|t| takes_part(t.role) && !left(t.phase)).count()
    }
}
