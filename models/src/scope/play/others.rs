//! Waiting for others to leave, and leaving.

use super::Turn;
use crate::scope::story::Act;
use crate::scope::world::{Phase, GONE};
use crate::scope::{Deed, Fault, Mutation, Standing};

impl Turn<'_> {
    pub(super) fn await_others(&mut self) -> Result<(), Fault> {
        if self.world.has_ended(self.configuration, self.number) {
            self.scratch.acts.push(Act::Joins);
            self.await_is_over();
            return Ok(());
        }
        self.scratch.acts.push(Act::Awaits);
        let nobody_runs = self.world.begin_wait(self.configuration, self.number);
        if nobody_runs && !self.has(Mutation::NoExaminationOnWait) {
            *self.phase() = Phase::Opening;
            return Ok(());
        }
        self.fall_asleep()
    }

    pub(super) fn look_at_others(&mut self) -> Result<(), Fault> {
        let ended = self.world.has_ended(self.configuration, self.number);
        let heeds = !self.has(Mutation::ToldNotAskedAgain);
        let told = heeds && self.world.threads[self.number].told;
        if !(ended || told) {
            self.scratch.acts.push(Act::AwaitsOn);
            return self.fall_asleep();
        }
        if self.strike_out() {
            return self.await_in_vain();
        }
        self.await_others()
    }

    pub(super) fn await_in_vain(&mut self) -> Result<(), Fault> {
        let deed = self.world.deed(self.configuration, self.number);
        let concerned = std::mem::take(&mut self.world.threads[self.number].concerned);
        if !concerned {
            self.properties.report(Fault::NotTold)?;
        }
        if deed == Some(Deed::Await { again: true }) {
            return self.await_others();
        }
        self.await_is_over();
        if !self.configuration.resuming {
            self.stop();
        }
        Ok(())
    }

    fn await_is_over(&mut self) {
        let thread = &mut self.world.threads[self.number];
        thread.phase = Phase::Awake;
        thread.position += 1;
        thread.concerned = false;
    }

    pub(super) fn die(&mut self) {
        self.world.deaths -= 1;
        self.scratch.acts.push(Act::Dies);
        self.stop();
    }

    pub(super) fn leave(&mut self) {
        self.world.threads[self.number].position = GONE;
        let role = usize::from(self.world.threads[self.number].role);
        match self.configuration.roles[role].standing {
            Standing::Participant => {
                self.scratch.acts.push(Act::Leaves);
                self.world.changed(self.configuration);
                if self.world.an_awaited_end_has_come(self.configuration) {
                    self.world.rouse_awaiters(self.configuration);
                }
                self.pass(!self.has(Mutation::NoExaminationOnLeave));
            }
            Standing::Outsider { token: true } => self.drop_token(),
            Standing::Outsider { token: false } => *self.phase() = Phase::Ended,
        }
    }

    pub(super) fn drop_token(&mut self) {
        self.scratch.acts.push(Act::DropsToken);
        self.world.tokens -= 1;
        self.world.changed(self.configuration);
        self.pass(!self.has(Mutation::NoExaminationOnToken));
    }

    /// After a change that may leave nobody who runs.
    fn pass(&mut self, examines: bool) {
        if examines && self.world.nobody_runs(self.configuration) {
            self.world.threads[self.number].passing = true;
            *self.phase() = Phase::Opening;
        } else {
            self.go_on();
        }
    }

    pub(super) fn go_on(&mut self) {
        let thread = &mut self.world.threads[self.number];
        thread.passing = false;
        thread.phase = if thread.position == GONE { Phase::Ended } else { Phase::Awake };
    }
}
