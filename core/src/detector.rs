//! When nobody is left who could wake anyone, and who finds out.
//!
//! A group *would block forever* when nobody outside holds a token, at least one participant waits,
//! and every participant has left or waits, without a deadline, for something that is not there.
//! This is stable: nobody who could change it runs. It can become true only when a participant
//! begins to wait, a participant leaves, or a token is dropped, and it is examined exactly then.
//!
//! The price is paid where a thread goes to sleep, and nowhere else: it enters itself here before,
//! and strikes itself out after. Whoever wakes it does not come here. So a participant entered here
//! may be *released* already, notified and not yet back; [`Detector::examine`] therefore asks the
//! queues themselves whether what the sleepers wait for is there.
//!
//! Locks are taken in one order: a queue's, then the group's. An examination holds one at a time.

use crate::error::JoinError;
use crate::registry::{MonitoredQueue, RegisteredQueue, Registry, Wait, WaitTarget};
use crate::report::{QueueReport, Report};
use crate::state::Condition;
use crate::sync::{current_thread, Condvar, Mutex};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};

/// What the participants, the tokens and the queues of one group share.
pub(crate) struct Detector {
    registry: Mutex<Registry>,
    /// Somebody has left, or somebody who waits for others to leave has been told.
    left: Condvar,
}

/// The group a queue belongs to, and its number there.
pub(crate) struct Membership {
    pub(crate) detector: Arc<Detector>,
    pub(crate) queue: usize,
}

// No code of the user's runs while the book is changed.
impl UnwindSafe for Detector {}
impl RefUnwindSafe for Detector {}

impl Detector {
    pub(crate) fn new() -> Self {
        Detector { registry: Mutex::new(Registry::default()), left: Condvar::default() }
    }

    // ----- who is in it ------------------------------------------------------------------------

    pub(crate) fn join(&self, name: Option<String>) -> usize {
        self.registry.lock().join(name)
    }

    /// Whether the current thread was free to run that participant.
    pub(crate) fn bind(&self, participant: usize) -> bool {
        self.registry.lock().bind(participant, current_thread())
    }

    pub(crate) fn leave(&self, participant: usize, panicked: bool) {
        self.change(|registry| {
            registry.leave(participant, panicked);
            if registry.an_awaited_end_has_come() {
                // WAKES: all who wait for others to leave; whether for this one, they see themselves.
                self.left.notify_all();
            }
        });
    }

    pub(crate) fn add_external(&self) {
        let mut registry = self.registry.lock();
        registry.externals += 1;
        registry.changed("a token more");
    }

    pub(crate) fn drop_external(&self) {
        self.change(|registry| {
            registry.externals -= 1;
            registry.changed("a token less");
        });
    }

    /// Changes the book in a way after which nobody may be left who runs.
    fn change(&self, change: impl FnOnce(&mut Registry)) {
        let mut registry = self.registry.lock();
        change(&mut registry);
        let all_blocked = registry.all_blocked();
        drop(registry);
        if all_blocked {
            self.detect();
        }
    }

    pub(crate) fn number_queue(&self) -> usize {
        self.registry.lock().number_queue()
    }

    pub(crate) fn add_queue(&self, number: usize, queued: RegisteredQueue) {
        self.registry.lock().add_queue(number, queued);
    }

    pub(crate) fn report(&self) -> Option<Report> {
        self.registry.lock().report.clone()
    }

    pub(crate) fn panics(&self) -> usize {
        self.registry.lock().panics()
    }

    pub(crate) fn forgive_panic(&self) {
        self.registry.lock().forgive_panic();
    }

    /// How many take part, how many of them wait, and how many tokens there are.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let registry = self.registry.lock();
        let (present, waiting) = registry.counts();
        (present, waiting, registry.externals)
    }

    // ----- waiting for each other's end --------------------------------------------------------

    /// Waits for the end of participants, and counts as waiting meanwhile.
    pub(crate) fn await_end(
        &self,
        purpose: WaitTarget,
        caller: &'static Location<'static>,
    ) -> Result<(), JoinError> {
        let mut registry = self.registry.lock();
        let me = registry.current();
        while !registry.has_ended(purpose, me) {
            registry.begin_wait(me, Wait { purpose, caller });
            if registry.all_blocked() {
                drop(registry);
                self.detect();
                registry = self.registry.lock();
            }
            if !registry.has_ended(purpose, me) && !registry.is_deadlocked(me) {
                self.left.wait(&mut registry);
            }
            if registry.end_wait(me) && !registry.has_ended(purpose, me) {
                return Err(JoinError);
            }
        }
        Ok(())
    }

    // ----- the examination ---------------------------------------------------------------------

    /// Called, with no lock held, whenever the last one who ran has stopped running. Finds out
    /// whether the group would block forever, and if so tells everybody.
    ///
    /// Why it is never wrong: the queues are asked one after the other, but all within one epoch in
    /// which everybody waits. Whoever is released strikes itself out before it touches anything, so
    /// if the epoch is the same at the end, nothing has changed in between.
    ///
    /// Why it never misses: if a participant was released, that one will run, and it or somebody
    /// it wakes will be the next to stop, and examine. (Who is no participant and holds no token may
    /// be released in its stead, and never stop here: acting without a token is the user's fault.)
    fn detect(&self) {
        let (epoch, waits) = {
            let registry = self.registry.lock();
            let Some(waits) = registry.stuck_on() else { return };
            (registry.epoch, waits)
        };
        let released = |(queue, condition): &(Weak<dyn MonitoredQueue>, Condition)| {
            queue.upgrade().is_some_and(|queue| queue.is_ready(*condition))
        };
        if waits.iter().any(released) {
            return;
        }
        let (queues, pictures) = self.pictures();
        let mut registry = self.registry.lock();
        if registry.epoch != epoch {
            return;
        }
        registry.mark_deadlocked(pictures);
        // WAKES: whoever waits for the end of others and was told; the rest find they were not.
        self.left.notify_all();
        drop(registry);
        for queue in queues {
            queue.notify_all_waiters();
        }
    }

    /// The queues that still live, and what they look like.
    fn pictures(&self) -> (Vec<Arc<dyn MonitoredQueue>>, Vec<QueueReport>) {
        let living: Vec<_> = {
            let registry = self.registry.lock();
            let living = registry.living().into_iter();
            living.map(|(number, queue, q)| (number, queue, q.items, q.created)).collect()
        };
        let picture = |(number, queue, items, created): (_, Arc<dyn MonitoredQueue>, _, _)| {
            let stats = queue.stats();
            (queue, QueueReport { number, items, created, stats })
        };
        living.into_iter().map(picture).unzip()
    }
}

// ----- what a queue calls when a thread is about to sleep ----------------------------------------

impl Membership {
    /// The current thread is about to wait, with the queue's lock held. `None` if it is no
    /// participant; else its number, and whether nobody runs any more: then [`Self::detect`] is to
    /// be called, with the lock released, before it sleeps.
    pub(crate) fn begin_wait(
        &self,
        condition: Condition,
        caller: &'static Location<'static>,
    ) -> Option<(usize, bool)> {
        let mut registry = self.detector.registry.lock();
        let participant = registry.current()?;
        let purpose = WaitTarget::Queue { queue: self.queue, condition };
        registry.begin_wait(Some(participant), Wait { purpose, caller });
        Some((participant, registry.all_blocked()))
    }

    pub(crate) fn detect(&self) {
        self.detector.detect();
    }

    /// Whether the participant was told meanwhile that it would block forever.
    pub(crate) fn is_deadlocked(&self, participant: usize) -> bool {
        self.detector.registry.lock().is_deadlocked(Some(participant))
    }

    /// The participant is back, with the queue's lock held; whether because it was told.
    pub(crate) fn end_wait(&self, participant: usize) -> bool {
        self.detector.registry.lock().end_wait(Some(participant))
    }
}
