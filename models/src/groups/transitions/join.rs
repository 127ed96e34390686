//! Joining others, and leaving.

use super::Turn;
use crate::groups::event::GroupEvent;
use crate::groups::global_state::{Phase, GONE};
use crate::groups::{Instruction, Membership, Mutant, Violation};

impl Turn<'_> {
    pub(super) fn join_others(&mut self) -> Result<(), Violation> {
        if self.global.is_join_ready(self.configuration, self.number) {
            self.buffers.events.push(GroupEvent::Joined);
            self.finish_join();
            return Ok(());
        }
        self.buffers.events.push(GroupEvent::Joins);
        let all_blocked = self.global.register_blocked(self.configuration, self.number);
        if all_blocked && !self.has(Mutant::NoDetectionOnWait) {
            *self.phase() = Phase::StartingDetection;
            return Ok(());
        }
        self.fall_asleep()
    }

    pub(super) fn recheck_join(&mut self) -> Result<(), Violation> {
        let ended = self.global.is_join_ready(self.configuration, self.number);
        let rechecks = !self.has(Mutant::ReportNotRechecked);
        let reported = rechecks && self.global.threads[self.number].reported;
        if !(ended || reported) {
            self.buffers.events.push(GroupEvent::JoinsAgain);
            return self.fall_asleep();
        }
        if self.unregister() {
            return self.fail_join();
        }
        self.join_others()
    }

    pub(super) fn fail_join(&mut self) -> Result<(), Violation> {
        let instruction = self.global.instruction(self.configuration, self.number);
        let was_blocked = std::mem::take(&mut self.global.threads[self.number].was_blocked);
        if !was_blocked {
            self.properties.report(Violation::Unreported)?;
        }
        if instruction == Some(Instruction::JoinAll { again: true }) {
            return self.join_others();
        }
        self.finish_join();
        if !self.configuration.resuming {
            self.stop();
        }
        Ok(())
    }

    fn finish_join(&mut self) {
        let thread = &mut self.global.threads[self.number];
        thread.phase = Phase::Awake;
        thread.position += 1;
        thread.was_blocked = false;
    }

    pub(super) fn die(&mut self) {
        self.global.deaths -= 1;
        self.buffers.events.push(GroupEvent::Dies);
        self.stop();
    }

    pub(super) fn leave(&mut self) {
        self.global.threads[self.number].position = GONE;
        let role = usize::from(self.global.threads[self.number].role);
        match self.configuration.roles[role].membership {
            Membership::Participant => {
                self.buffers.events.push(GroupEvent::Leaves);
                self.global.bump_epoch(self.configuration);
                if self.global.any_join_ready(self.configuration) {
                    self.global.wake_joiners(self.configuration);
                }
                self.detect_if_blocked(!self.has(Mutant::NoDetectionOnLeave));
            }
            Membership::External { token: true } => self.drop_token(),
            Membership::External { token: false } => *self.phase() = Phase::Ended,
        }
    }

    pub(super) fn drop_token(&mut self) {
        self.buffers.events.push(GroupEvent::DropsToken);
        self.global.tokens -= 1;
        self.global.bump_epoch(self.configuration);
        self.detect_if_blocked(!self.has(Mutant::NoDetectionOnToken));
    }

    /// Starts a detection after a change that may leave all participants blocked.
    fn detect_if_blocked(&mut self, detects: bool) {
        if detects && self.global.all_blocked(self.configuration) {
            self.global.threads[self.number].without_wait = true;
            *self.phase() = Phase::StartingDetection;
        } else {
            self.proceed();
        }
    }

    pub(super) fn proceed(&mut self) {
        let thread = &mut self.global.threads[self.number];
        thread.without_wait = false;
        thread.phase = if thread.position == GONE { Phase::Ended } else { Phase::Awake };
    }
}
