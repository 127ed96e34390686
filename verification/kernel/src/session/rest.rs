//! Sleeping and finishing: how many threads are running, and what it means when none is.

use super::{Activity, Session};
use crate::journal;

/// What the last running thread has to do before it stops.
#[derive(PartialEq, Eq)]
pub(crate) enum Pause {
    /// Somebody else is running.
    Others,
    /// Main waits for this moment.
    Main,
    /// Nobody will ever wake the sleepers.
    Deadlock,
    /// The execution is over.
    Over,
}

impl Session {
    /// One thread fewer is running. If it was the last, this tells what has to happen.
    pub(crate) fn pause(&mut self, me: usize, activity: Activity) -> Pause {
        self.threads[me].activity = activity;
        if activity == Activity::Finished {
            // What it has seen matters to nobody any more.
            self.threads[me].seen = 0;
        }
        self.running -= 1;
        if self.running > 0 {
            Pause::Others
        } else if self.quiescing {
            Pause::Main
        } else if self.sleepers().next().is_some() {
            self.fail(self.deadlock());
            Pause::Deadlock
        } else {
            Pause::Over
        }
    }

    pub(crate) fn resume(&mut self, thread: usize) {
        self.running += 1;
        self.threads[thread].activity = Activity::Running;
    }

    /// Main begins to wait for the others; `false` when there is nobody to wait for.
    pub(crate) fn begin_quiescing(&mut self) -> bool {
        self.running -= 1;
        self.threads[0].activity = Activity::Quiescing;
        self.quiescing = self.running > 0;
        self.quiescing
    }

    pub(crate) fn is_quiescent(&self) -> bool {
        self.running == 0
    }

    pub(crate) fn end_quiescing(&mut self) {
        self.quiescing = false;
        self.resume(0);
    }

    /// Threads that sleep and have not been woken.
    pub(crate) fn sleepers(&self) -> impl Iterator<Item = usize> + '_ {
        let asleep = |thread: &usize| matches!(self.threads[*thread].activity, Activity::Asleep(_));
        (0..self.threads.len()).filter(asleep)
    }

    pub(crate) fn deadlock(&self) -> String {
        let sleeping: Vec<String> =
            self.sleepers().map(|thread| journal::asleep(self, thread)).collect();
        format!("deadlock: {}", sleeping.join(", "))
    }
}
