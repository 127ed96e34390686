//! Which steps a thread can do now. Each is one taking of a lock.

use super::world::{side, Phase, World};
use super::{Configuration, Deed, Mutation};
use crate::client::Patience;
use crate::Side;

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// What its program says next; if that is an operation, its first attempt.
    Begin,
    /// Dies outside the queue's code.
    Die,
    /// Having entered itself, it sleeps, unless it was told meanwhile.
    Sleep,
    /// Begins an examination: looks into the book.
    Open,
    /// Asks a queue whether what its sleepers wait for is there.
    Ask {
        /// The queue.
        queue: u8,
        /// What they wait for.
        side: Side,
    },
    /// Ends the examination: looks into the book, and tells if it has not changed.
    Conclude,
    /// Wakes everybody on the next queue.
    Rouse,
    /// Having examined, it looks again, and sleeps or goes on.
    Look,
    /// Returns from its sleep, and strikes itself out if it is in the book.
    Wake {
        /// Whether the clock ended it.
        timed_out: bool,
        /// Whether there was a reason, by a notification or by one who had told.
        called: bool,
    },
    /// Struck out, it makes another attempt.
    Retry,
    /// Strikes itself out at last (only a fault does that).
    StrikeOut,
}

impl Step {
    /// A wakeup without any reason. It must not count as something that can happen.
    pub const fn is_spurious(self) -> bool {
        matches!(self, Self::Wake { timed_out: false, called: false })
    }
}

/// The bit of a side of a queue in the set of those that were asked.
pub(super) fn bit(queue: u8, side: Side) -> u8 {
    1 << (queue * 3 + side as u8)
}

impl World {
    /// The steps of a thread.
    pub(super) fn steps(&self, configuration: &Configuration, number: usize) -> Vec<Step> {
        let thread = self.threads[number];
        let lock = self.current(configuration, number).map(|at| at.queue);
        let free = lock.is_none_or(|queue| self.is_free(configuration, queue));
        match thread.phase {
            Phase::Awake => self.beginnings(configuration, number, free),
            Phase::Entered => vec![Step::Sleep],
            Phase::Opening => vec![Step::Open],
            Phase::Asking { fresh: false, .. } => vec![Step::Conclude],
            Phase::Asking { asked, fresh: true } => self.questions(configuration, asked),
            Phase::Waking { next } if self.is_free(configuration, next.into()) => {
                vec![Step::Rouse]
            }
            Phase::Back if free => vec![Step::Look],
            Phase::Asleep { roused } if free => self.wakeups(configuration, number, roused),
            Phase::Struck { .. } => vec![Step::Retry],
            Phase::Late => vec![Step::StrikeOut],
            Phase::Waking { .. } | Phase::Back | Phase::Asleep { .. } | Phase::Ended => Vec::new(),
        }
    }

    fn beginnings(&self, configuration: &Configuration, number: usize, free: bool) -> Vec<Step> {
        let thread = self.threads[number];
        let role = &configuration.roles[usize::from(thread.role)];
        let mut steps = Vec::new();
        if free {
            steps.push(Step::Begin);
        }
        let in_program = usize::from(thread.position) < role.deeds.len();
        if self.deaths > 0 && in_program && !thread.busy && role.participates() {
            steps.push(Step::Die);
        }
        steps
    }

    /// The questions that an examination has yet to ask; if there are none, its end.
    fn questions(&self, configuration: &Configuration, asked: u8) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut open = false;
        for (number, _) in self.present(configuration).filter(|(_, thread)| thread.waits) {
            let Some(at) = self.current(configuration, number) else { continue };
            let (queue, side) = (super::world::byte(at.queue), side(at.operation));
            let ask = Step::Ask { queue, side };
            if asked & bit(queue, side) == 0 && !configuration.has(Mutation::CountsOnly) {
                open = true;
                if !steps.contains(&ask) && self.is_free(configuration, at.queue) {
                    steps.push(ask);
                }
            }
        }
        if !open {
            steps.push(Step::Conclude);
        }
        steps
    }

    fn wakeups(&self, configuration: &Configuration, number: usize, roused: bool) -> Vec<Step> {
        let Some(at) = self.current(configuration, number) else {
            return vec![Step::Wake { timed_out: false, called: roused }];
        };
        let notified = self.queues[at.queue].notified(side(at.operation)) > 0;
        let mut steps = vec![Step::Wake { timed_out: false, called: roused || notified }];
        if at.patience == Patience::UntilTimeout {
            steps.push(Step::Wake { timed_out: true, called: roused || notified });
        }
        steps
    }

    /// The deed that a thread is at.
    pub(super) fn deed(&self, configuration: &Configuration, number: usize) -> Option<Deed> {
        let thread = self.threads[number];
        let role = &configuration.roles[usize::from(thread.role)];
        role.deeds.get(usize::from(thread.position)).copied()
    }
}
