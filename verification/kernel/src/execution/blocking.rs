//! Blocking and finishing: the number of running threads, and what follows when none is left.

use super::{Activity, Execution};
use crate::digest::Digest;

/// The situation after a thread has blocked or finished.
#[derive(PartialEq, Eq)]
pub(crate) enum Blocked {
    /// Another thread is running.
    Others,
    /// Main has been waiting for quiescence and must be woken.
    Main,
    /// No thread is left that could wake the waiters.
    Deadlock,
    /// The execution is over.
    Over,
}

impl Execution {
    /// Blocks or finishes a thread; returns what the caller has to do if it was the last running one.
    pub(crate) fn block(&mut self, me: usize, activity: Activity) -> Blocked {
        self.threads[me].activity = activity;
        if activity == Activity::Finished {
            // The continuation no longer depends on what it has observed.
            self.threads[me].observed.seen = Digest::default();
        }
        self.running -= 1;
        if self.running > 0 {
            Blocked::Others
        } else if self.quiescing {
            Blocked::Main
        } else if self.sleepers().next().is_some() {
            self.fail(self.deadlock());
            Blocked::Deadlock
        } else {
            Blocked::Over
        }
    }

    pub(crate) fn unblock(&mut self, thread: usize) {
        self.running += 1;
        self.threads[thread].activity = Activity::Running;
    }

    /// Begins main's wait for the others; returns `false` if no other thread runs.
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
        self.unblock(0);
    }

    /// Returns the threads that wait and have not been woken.
    pub(crate) fn sleepers(&self) -> impl Iterator<Item = usize> + '_ {
        let asleep = |thread: &usize| matches!(self.threads[*thread].activity, Activity::Asleep(_));
        (0..self.threads.len()).filter(asleep)
    }

    pub(crate) fn deadlock(&self) -> String {
        let sleeping: Vec<String> = self.sleepers().map(|thread| self.asleep(thread)).collect();
        format!("deadlock: {}", sleeping.join(", "))
    }
}
