//! The examination: who was last to stop running finds out whether the group would block forever.

use super::Turn;
use crate::scope::steps::bit;
use crate::scope::story::Act;
use crate::scope::world::{side, Phase};
use crate::scope::{Fault, Mutation};
use crate::Side;

impl Turn<'_> {
    pub(super) fn open(&mut self) {
        let stuck = self.world.is_stuck(self.configuration);
        self.scratch.acts.push(Act::Examines { stuck });
        if stuck {
            *self.phase() = Phase::Asking { asked: 0, fresh: true };
        } else {
            self.return_from_examination();
        }
    }

    pub(super) fn ask(&mut self, queue: u8, side: Side) {
        let ready = self.world.queues[usize::from(queue)].ready(side) > 0;
        self.scratch.acts.push(Act::Asks { queue: queue.into(), side, ready });
        if ready {
            self.return_from_examination();
        } else if let Phase::Asking { asked, .. } = self.phase() {
            *asked |= bit(queue, side);
        }
    }

    pub(super) fn conclude(&mut self) -> Result<(), Fault> {
        if matches!(self.phase(), Phase::Asking { fresh: false, .. }) {
            self.scratch.acts.push(Act::FindsChange);
            self.return_from_examination();
            return Ok(());
        }
        let mut addressees = self.world.addressees(self.configuration);
        if self.has(Mutation::TellsItself) {
            addressees.retain(|&number| number == self.number);
        }
        self.scratch.acts.push(Act::Tells { count: addressees.len() });
        let judged = self.judge(&addressees);
        self.world.tell(self.configuration, &addressees);
        *self.phase() = Phase::Waking { next: 0 };
        judged
    }

    /// With full knowledge: is it so, and are these all?
    fn judge(&mut self, addressees: &[usize]) -> Result<(), Fault> {
        let (world, configuration) = (&mut *self.world, self.configuration);
        let true_alarm = world.blocks_forever(configuration) || configuration.is_uncertain();
        let mut blocked: Vec<usize> = (0..world.threads.len()).collect();
        blocked.retain(|&number| {
            let there = world.present(configuration).any(|(present, _)| present == number);
            there && world.is_blocked(configuration, number)
        });
        if blocked.iter().any(|&number| world.is_at_queue(configuration, number)) {
            blocked.retain(|&number| world.is_at_queue(configuration, number));
        }
        let told = blocked.iter().filter(|number| addressees.contains(number)).count();
        // Nobody can say who is blocked if somebody acts who counts as absent.
        let all = told == blocked.len() && told == addressees.len();
        let concerned = if configuration.is_uncertain() { addressees } else { &blocked[..] };
        for &number in concerned {
            world.threads[number].concerned = true;
        }
        if !true_alarm {
            self.properties.report(Fault::FalseAlarm)?;
        }
        if true_alarm && !all && !self.configuration.is_uncertain() {
            let fault = Fault::ToldOthers { blocked: blocked.len(), told };
            self.properties.report(fault)?;
        }
        Ok(())
    }

    pub(super) fn rouse(&mut self) {
        let Phase::Waking { next } = *self.phase() else { return };
        let queue = usize::from(next);
        self.scratch.acts.push(Act::WakesAll { queue });
        let one_side = self.has(Mutation::WakesOneSide);
        for number in 0..self.world.threads.len() {
            let at = self.world.current(self.configuration, number);
            let fits = at.is_some_and(|at| {
                at.queue == queue && (!one_side || side(at.operation) == Side::NotEmpty)
            });
            if let (true, Phase::Asleep { roused }) = (fits, &mut self.world.threads[number].phase)
            {
                *roused = true;
            }
        }
        let last = queue + 1 == self.world.queues.len() || self.has(Mutation::WakesOneQueue);
        if last {
            self.return_from_examination();
        } else {
            *self.phase() = Phase::Waking { next: next + 1 };
        }
    }

    /// To what it was about when it began to examine.
    fn return_from_examination(&mut self) {
        if self.world.threads[self.number].passing {
            self.go_on();
        } else {
            *self.phase() = Phase::Back;
        }
    }
}
