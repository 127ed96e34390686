//! The group's book: who is present, who of them waits, who was told. Each of these is one taking
//! of the group's lock, and may happen inside the lock of a queue.

use super::world::{Phase, World};
use super::{Configuration, Mutation, Standing};

impl World {
    /// Ends every change of the book: no examination under way is about this book any more.
    pub(super) fn changed(&mut self, configuration: &Configuration) {
        if configuration.has(Mutation::EpochNotCompared) {
            return;
        }
        for thread in &mut self.threads {
            if let Phase::Asking { asked, fresh } = &mut thread.phase {
                (*asked, *fresh) = (0, false);
            }
        }
    }

    /// Enters a participant that is about to wait; whether nobody runs now.
    pub(super) fn begin_wait(&mut self, configuration: &Configuration, number: usize) -> bool {
        self.threads[number].waits = !configuration.has(Mutation::NobodyEntered);
        self.changed(configuration);
        self.nobody_runs(configuration)
    }

    /// Strikes a participant out that is back; whether it was told.
    pub(super) fn end_wait(&mut self, configuration: &Configuration, number: usize) -> bool {
        let thread = &mut self.threads[number];
        let told = std::mem::take(&mut thread.told);
        if std::mem::take(&mut thread.waits) {
            self.changed(configuration);
        }
        told
    }

    /// Everybody present waits, and nobody outside can act: worth an examination.
    pub(super) fn nobody_runs(&self, configuration: &Configuration) -> bool {
        let held = self.tokens > 0 && !configuration.has(Mutation::TokenIgnored);
        let mut present = self.present(configuration).peekable();
        let somebody = present.peek().is_some();
        let all_wait = present.all(|(_, thread)| thread.waits);
        !held && somebody && all_wait && self.is_own_queue(configuration)
    }

    /// Whether a group that knows one queue only sees everybody.
    fn is_own_queue(&self, configuration: &Configuration) -> bool {
        let queue = |(number, _)| self.current(configuration, number).map(|at| at.queue);
        let mut queues: Vec<_> = self.present(configuration).filter_map(queue).collect();
        queues.dedup();
        queues.len() < 2 || !configuration.has(Mutation::ExaminesOwnQueue)
    }

    /// Whether everybody waits, and as far as the book itself knows, for something that is not
    /// there.
    pub(super) fn is_stuck(&self, configuration: &Configuration) -> bool {
        let awaits = |number| !self.is_at_queue(configuration, number);
        let asks = !configuration.has(Mutation::AwaitedNotAsked);
        let released = |(number, _): (usize, _)| {
            asks && awaits(number) && self.has_ended(configuration, number)
        };
        self.nobody_runs(configuration) && !self.present(configuration).any(released)
    }

    /// Whom to tell: all who wait at queues, or if there are none, all who wait for each other.
    pub(super) fn addressees(&self, configuration: &Configuration) -> Vec<usize> {
        let waiting = self.present(configuration).filter(|(_, thread)| thread.waits);
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
    pub(super) fn tell(&mut self, configuration: &Configuration, addressees: &[usize]) {
        for &number in addressees {
            self.threads[number].told = true;
            self.threads[number].waits = configuration.has(Mutation::ToldStillCounted);
        }
        self.changed(configuration);
        if !configuration.has(Mutation::AwaitersNotWoken) {
            self.rouse_awaiters(configuration);
        }
    }

    /// Whether the end has come that somebody sleeps for. Of those outside, the book does not know
    /// for what, so for them it always may have.
    pub(super) fn an_awaited_end_has_come(&self, configuration: &Configuration) -> bool {
        self.threads.iter().enumerate().any(|(number, thread)| {
            let role = &configuration.roles[usize::from(thread.role)];
            let inside = role.standing == Standing::Participant;
            let asleep = matches!(thread.phase, Phase::Asleep { .. });
            let found = !inside || self.has_ended(configuration, number);
            asleep && thread.awaits(configuration) && found
        })
    }

    /// Wakes all who sleep until others have left.
    pub(super) fn rouse_awaiters(&mut self, configuration: &Configuration) {
        for thread in &mut self.threads {
            let awaits = thread.awaits(configuration);
            if let (true, Phase::Asleep { roused }) = (awaits, &mut thread.phase) {
                *roused = true;
            }
        }
    }
}
