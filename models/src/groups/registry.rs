//! The group's registry: its participants, which of them are blocked, and which have received a
//! report. Each function is one acquisition of the group's lock, possibly inside the lock of a
//! queue.

use super::global_state::{GlobalState, Phase};
use super::{Configuration, Membership, Mutant};

/// Returns whether a detection is due: no token is held, and there are participants, all of them
/// blocked.
pub(super) fn is_detection_due(tokens: usize, mut blocked: impl Iterator<Item = bool>) -> bool {
    tokens == 0 && blocked.next() == Some(true) && blocked.all(|is_blocked| is_blocked)
}

/// Returns the recipients of a report, of all that are blocked: those at queues, or if there are none,
/// all joiners.
pub(super) fn recipients_of(
    blocked: impl Iterator<Item = usize>,
    is_at_queue: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let all: Vec<usize> = blocked.collect();
    let at_queues: Vec<usize> = all.iter().copied().filter(|&number| is_at_queue(number)).collect();
    if at_queues.is_empty() {
        all
    } else {
        at_queues
    }
}

impl GlobalState {
    /// Ends every change of the registry: the epoch of every detection in progress is over.
    pub(super) fn bump_epoch(&mut self, configuration: &Configuration) {
        if configuration.has(Mutant::EpochNotCompared) {
            return;
        }
        for thread in &mut self.threads {
            if let Phase::Detecting { checked, same_epoch } = &mut thread.phase {
                (*checked, *same_epoch) = (0, false);
            }
        }
    }

    /// Registers a participant that is about to wait; returns whether all participants are blocked
    /// now.
    pub(super) fn register_blocked(
        &mut self,
        configuration: &Configuration,
        number: usize,
    ) -> bool {
        self.threads[number].blocked = !configuration.has(Mutant::NothingRegistered);
        self.bump_epoch(configuration);
        self.all_blocked(configuration)
    }

    /// Unregisters a participant that has resumed; returns whether a deadlock was reported to it.
    pub(super) fn unregister(&mut self, configuration: &Configuration, number: usize) -> bool {
        let thread = &mut self.threads[number];
        let reported = std::mem::take(&mut thread.reported);
        if std::mem::take(&mut thread.blocked) {
            self.bump_epoch(configuration);
        }
        reported
    }

    /// Returns whether all participants are blocked and no token is held: then a detection is due.
    pub(super) fn all_blocked(&self, configuration: &Configuration) -> bool {
        let tokens = if configuration.has(Mutant::TokenIgnored) { 0 } else { self.tokens };
        let blocked = self.present(configuration).map(|(_, thread)| thread.blocked);
        is_detection_due(tokens.into(), blocked) && self.is_own_queue(configuration)
    }

    /// Returns whether a detector that knows one queue only sees all participants.
    fn is_own_queue(&self, configuration: &Configuration) -> bool {
        let queue = |(number, _)| self.current(configuration, number).map(|at| at.queue);
        let mut queues: Vec<_> = self.present(configuration).filter_map(queue).collect();
        queues.dedup();
        queues.len() < 2 || !configuration.has(Mutant::ChecksOwnQueueOnly)
    }

    /// Returns whether all participants are blocked, and none on a join that is ready, as far as
    /// the registry knows.
    pub(super) fn appears_deadlocked(&self, configuration: &Configuration) -> bool {
        let is_joining = |number| !self.is_at_queue(configuration, number);
        let checks_departures = !configuration.has(Mutant::DeparturesNotChecked);
        let released = |(number, _): (usize, _)| {
            checks_departures && is_joining(number) && self.is_join_ready(configuration, number)
        };
        self.all_blocked(configuration) && !self.present(configuration).any(released)
    }

    /// Returns the recipients of a report: all that are blocked on queues, or if there are none,
    /// all joiners.
    pub(super) fn recipients(&self, configuration: &Configuration) -> Vec<usize> {
        let waiting = self.present(configuration).filter(|(_, thread)| thread.blocked);
        let at_queue = |number| self.is_at_queue(configuration, number);
        recipients_of(waiting.map(|(number, _)| number), at_queue)
    }

    /// Reports a deadlock to the recipients, and counts them as running again.
    pub(super) fn report_deadlock(&mut self, configuration: &Configuration, recipients: &[usize]) {
        for &number in recipients {
            self.threads[number].reported = true;
            self.threads[number].blocked = configuration.has(Mutant::ReportedStillCounted);
        }
        self.bump_epoch(configuration);
        if !configuration.has(Mutant::JoinersNotNotified) {
            self.wake_joiners(configuration);
        }
    }

    /// Returns whether a sleeping join is ready. The registry does not know what an external joiner
    /// waits for, so that one always may be.
    pub(super) fn any_join_ready(&self, configuration: &Configuration) -> bool {
        self.threads.iter().enumerate().any(|(number, thread)| {
            let role = &configuration.roles[usize::from(thread.role)];
            let inside = role.membership == Membership::Participant;
            let asleep = matches!(thread.phase, Phase::Asleep { .. });
            let found = !inside || self.is_join_ready(configuration, number);
            asleep && thread.is_joining(configuration) && found
        })
    }

    /// Wakes all joiners.
    pub(super) fn wake_joiners(&mut self, configuration: &Configuration) {
        for thread in &mut self.threads {
            let is_joining = thread.is_joining(configuration);
            if let (true, Phase::Asleep { woken }) = (is_joining, &mut thread.phase) {
                *woken = true;
            }
        }
    }
}
