//! Deadlock detection, by the last participant to stop running.

use super::Turn;
use crate::groups::action::bit;
use crate::groups::event::GroupEvent;
use crate::groups::global_state::{condition, Phase};
use crate::groups::{Mutant, Violation};
use crate::Condition;

impl Turn<'_> {
    pub(super) fn start_detection(&mut self) {
        let deadlocked = self.global.appears_deadlocked(self.configuration);
        self.buffers.events.push(GroupEvent::StartsDetection { deadlocked });
        if deadlocked {
            *self.phase() = Phase::Detecting { checked: 0, same_epoch: true };
        } else {
            self.end_detection();
        }
    }

    pub(super) fn check_queue(&mut self, queue: u8, condition: Condition) {
        let ready = self.global.queues[usize::from(queue)].ready(condition) > 0;
        self.buffers.events.push(GroupEvent::ChecksQueue { queue: queue.into(), condition, ready });
        if ready {
            self.end_detection();
        } else if let Phase::Detecting { checked, .. } = self.phase() {
            *checked |= bit(queue, condition);
        }
    }

    pub(super) fn conclude(&mut self) -> Result<(), Violation> {
        if matches!(self.phase(), Phase::Detecting { same_epoch: false, .. }) {
            self.buffers.events.push(GroupEvent::FindsNewEpoch);
            self.end_detection();
            return Ok(());
        }
        let mut recipients = self.global.recipients(self.configuration);
        if self.has(Mutant::ReportsOnlyItself) {
            recipients.retain(|&number| number == self.number);
        }
        self.buffers.events.push(GroupEvent::ReportsDeadlock { count: recipients.len() });
        let judged = self.judge(&recipients);
        self.global.report_deadlock(self.configuration, &recipients);
        *self.phase() = Phase::Notifying { next: 0 };
        judged
    }

    /// Judges the report from the global state: is there a deadlock, and are these its recipients?
    fn judge(&mut self, recipients: &[usize]) -> Result<(), Violation> {
        let (global, configuration) = (&mut *self.global, self.configuration);
        let true_alarm = global.is_deadlocked(configuration) || configuration.is_uncertain();
        let mut blocked: Vec<usize> = (0..global.threads.len()).collect();
        blocked.retain(|&number| {
            let is_present = global.present(configuration).any(|(present, _)| present == number);
            is_present && global.is_blocked(configuration, number)
        });
        if blocked.iter().any(|&number| global.is_at_queue(configuration, number)) {
            blocked.retain(|&number| global.is_at_queue(configuration, number));
        }
        let reported = blocked.iter().filter(|number| recipients.contains(number)).count();
        // With an active external thread that counts as absent, the blocked threads cannot be
        // known.
        let all = reported == blocked.len() && reported == recipients.len();
        let was_blocked = if configuration.is_uncertain() { recipients } else { &blocked[..] };
        for &number in was_blocked {
            global.threads[number].was_blocked = true;
        }
        if !true_alarm {
            self.properties.report(Violation::FalseAlarm)?;
        }
        if true_alarm && !all && !self.configuration.is_uncertain() {
            let violation = Violation::WrongRecipients { blocked: blocked.len(), reported };
            self.properties.report(violation)?;
        }
        Ok(())
    }

    pub(super) fn notify_queue(&mut self) {
        let Phase::Notifying { next } = *self.phase() else { return };
        let queue = usize::from(next);
        self.buffers.events.push(GroupEvent::NotifiesAll { queue });
        let receivers_only = self.has(Mutant::NotifiesReceiversOnly);
        for number in 0..self.global.threads.len() {
            let at = self.global.current(self.configuration, number);
            let fits = at.is_some_and(|at| {
                at.queue == queue
                    && (!receivers_only || condition(at.operation) == Condition::NotEmpty)
            });
            if let (true, Phase::Asleep { woken }) = (fits, &mut self.global.threads[number].phase)
            {
                *woken = true;
            }
        }
        let last = queue + 1 == self.global.queues.len() || self.has(Mutant::NotifiesOneQueue);
        if last {
            self.end_detection();
        } else {
            *self.phase() = Phase::Notifying { next: next + 1 };
        }
    }

    /// Returns to what the thread did before the detection.
    fn end_detection(&mut self) {
        if self.global.threads[self.number].without_wait {
            self.proceed();
        } else {
            *self.phase() = Phase::Recheck;
        }
    }
}
