//! The group's book: who is present, who of them blocked, who was reported. Each of these is one taking
//! of the group's lock, and may happen inside the lock of a queue.

use super::global_state::{GlobalState, Phase};
use super::{Configuration, Membership, Mutant};

impl GlobalState {
    /// Ends every change of the book: no examination under way is about this book any more.
    pub(super) fn bump_epoch(&mut self, configuration: &Configuration) {
        if configuration.has(Mutant::EpochNotCompared) {
            return;
        }
        for thread in &mut self.threads {
            if let Phase::Detecting { checked, fresh } = &mut thread.phase {
                (*checked, *fresh) = (0, false);
            }
        }
    }

    /// Enters a participant that is about to wait; whether nobody runs now.
    pub(super) fn register_blocked(
        &mut self,
        configuration: &Configuration,
        number: usize,
    ) -> bool {
        self.threads[number].blocked = !configuration.has(Mutant::NothingRegistered);
        self.bump_epoch(configuration);
        self.all_blocked(configuration)
    }

    /// Strikes a participant out that is back; whether it was reported.
    pub(super) fn unregister(&mut self, configuration: &Configuration, number: usize) -> bool {
        let thread = &mut self.threads[number];
        let reported = std::mem::take(&mut thread.reported);
        if std::mem::take(&mut thread.blocked) {
            self.bump_epoch(configuration);
        }
        reported
    }

    /// Everybody present blocked, and nobody outside can act: worth an examination.
    pub(super) fn all_blocked(&self, configuration: &Configuration) -> bool {
        let held = self.tokens > 0 && !configuration.has(Mutant::TokenIgnored);
        let mut present = self.present(configuration).peekable();
        let any = present.peek().is_some();
        let all_wait = present.all(|(_, thread)| thread.blocked);
        !held && any && all_wait && self.is_own_queue(configuration)
    }

    /// Whether a group that knows one queue only sees everybody.
    fn is_own_queue(&self, configuration: &Configuration) -> bool {
        let queue = |(number, _)| self.current(configuration, number).map(|at| at.queue);
        let mut queues: Vec<_> = self.present(configuration).filter_map(queue).collect();
        queues.dedup();
        queues.len() < 2 || !configuration.has(Mutant::ChecksOwnQueueOnly)
    }

    /// Whether everybody blocked, and as far as the book itself knows, for something that is not
    /// there.
    pub(super) fn appears_deadlocked(&self, configuration: &Configuration) -> bool {
        let is_joining = |number| !self.is_at_queue(configuration, number);
        let checks_departures = !configuration.has(Mutant::DeparturesNotChecked);
        let released = |(number, _): (usize, _)| {
            checks_departures && is_joining(number) && self.is_join_ready(configuration, number)
        };
        self.all_blocked(configuration) && !self.present(configuration).any(released)
    }

    /// Whom to tell: all who wait at queues, or if there are none, all who wait for each other.
    pub(super) fn recipients(&self, configuration: &Configuration) -> Vec<usize> {
        let waiting = self.present(configuration).filter(|(_, thread)| thread.blocked);
        let all: Vec<usize> = waiting.map(|(number, _)| number).collect();
        let at_queue = |number: &usize| self.is_at_queue(configuration, *number);
        let at_queues: Vec<usize> = all.iter().copied().filter(at_queue).collect();
        if at_queues.is_empty() {
            all
        } else {
            at_queues
        }
    }

    /// Tells them, and hands them back their status of running at once.
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

    /// Whether the end has come that any sleeps for. Of those outside, the book does not know
    /// for what, so for them it always may have.
    pub(super) fn any_join_ready(&self, configuration: &Configuration) -> bool {
        self.threads.iter().enumerate().any(|(number, thread)| {
            let role = &configuration.roles[usize::from(thread.role)];
            let inside = role.membership == Membership::Participant;
            let asleep = matches!(thread.phase, Phase::Asleep { .. });
            let found = !inside || self.is_join_ready(configuration, number);
            asleep && thread.is_joining(configuration) && found
        })
    }

    /// Wakes all who sleep until others have left.
    pub(super) fn wake_joiners(&mut self, configuration: &Configuration) {
        for thread in &mut self.threads {
            let is_joining = thread.is_joining(configuration);
            if let (true, Phase::Asleep { woken }) = (is_joining, &mut thread.phase) {
                *woken = true;
            }
        }
    }
}
