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
use crate::report::{Outcome, QueueReport, Report};
use crate::state::{Condition, Stats};
use crate::sync::{current_thread, Condvar, Mutex};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

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

    pub(crate) fn leave(&self, participant: usize, outcome: Outcome, hands_panic: bool) {
        self.change(|registry| {
            registry.leave(participant, outcome, hands_panic);
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

    pub(crate) fn add_queue(&self, queued: RegisteredQueue) -> usize {
        self.registry.lock().add_queue(queued)
    }

    pub(crate) fn report(&self) -> Option<Report> {
        self.registry.lock().report.clone()
    }

    /// The names of the threads that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.registry.lock().panicked()
    }

    /// How many take part, how many of them wait, how many tokens there are, and how many wait from
    /// outside for participants to leave.
    pub(crate) fn counts(&self) -> (usize, usize, usize, usize) {
        self.registry.lock().counts()
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
            if registry.end_wait(me, purpose) && !registry.has_ended(purpose, me) {
                return Err(JoinError);
            }
        }
        registry.hand_panic(purpose);
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
        let Some(mut check) = self.registry.lock().begin_check() else { return };
        loop {
            if check.finds_released() {
                return;
            }
            if check.next.is_none() {
                break;
            }
            if !self.registry.lock().continue_check(&mut check) {
                return;
            }
        }
        let (queues, pictures) = self.pictures();
        let mut registry = self.registry.lock();
        if registry.epoch != check.epoch {
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

/// The queue is gone, and with this its memory.
impl Drop for Membership {
    fn drop(&mut self) {
        let removed = self.detector.registry.lock().remove_queue(self.queue);
        drop(removed);
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
        let all_blocked = registry.all_blocked();
        if all_blocked {
            registry.begin_check_of(participant);
        }
        Some((participant, all_blocked))
    }

    pub(crate) fn detect(&self) {
        self.detector.detect();
    }

    /// Whether the participant was told meanwhile that it would block forever.
    pub(crate) fn is_deadlocked(&self, participant: usize) -> bool {
        let mut registry = self.detector.registry.lock();
        registry.end_check_of(participant);
        registry.is_deadlocked(Some(participant))
    }

    /// The participant is back, with the queue's lock held; whether because it was told.
    pub(crate) fn end_wait(&self, participant: usize, condition: Condition) -> bool {
        let purpose = WaitTarget::Queue { queue: self.queue, condition };
        self.detector.registry.lock().end_wait(Some(participant), purpose)
    }

    /// Adds the participants that wait here but have released the queue's lock for a deadlock check, and
    /// so are not among its sleepers. Called with that lock held, under which they come and go.
    pub(crate) fn add_detecting(&self, snapshot: &mut Stats) {
        self.detector.registry.lock().add_detecting(self.queue, snapshot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CHUNK;
    use crate::state::State;
    use std::sync::Weak;

    /// A queue that counts how often it was asked.
    struct Probe {
        ready: Mutex<bool>,
        asked: Mutex<usize>,
    }

    impl MonitoredQueue for Probe {
        fn is_ready(&self, _: Condition) -> bool {
            *self.asked.lock() += 1;
            *self.ready.lock()
        }

        fn notify_all_waiters(&self) {}

        fn stats(&self) -> Stats {
            State::<()>::new(None).stats()
        }
    }

    /// Participants, each of which waits on a queue of its own.
    struct Waiters {
        detector: Arc<Detector>,
        queues: Vec<(Arc<Probe>, Membership)>,
    }

    impl Waiters {
        fn new(count: usize) -> Self {
            let detector = Arc::new(Detector::new());
            let queues = (0..count).map(|participant| {
                let probe = Arc::new(Probe { ready: Mutex::new(false), asked: Mutex::new(0) });
                let queue: Weak<Probe> = Arc::downgrade(&probe);
                let created = Location::caller();
                let queue = detector.add_queue(RegisteredQueue { queue, items: "()", created });
                assert_eq!(detector.join(None), participant);
                (probe, Membership { detector: Arc::clone(&detector), queue })
            });
            let waiters = Waiters { queues: queues.collect(), detector };
            (0..count).for_each(|participant| waiters.begin_wait(participant));
            waiters
        }

        fn begin_wait(&self, participant: usize) {
            let queue = self.queues[participant].1.queue;
            let purpose = WaitTarget::Queue { queue, condition: Condition::NotEmpty };
            let wait = Wait { purpose, caller: Location::caller() };
            self.detector.registry.lock().begin_wait(Some(participant), wait);
        }

        /// Releases a participant, and returns how many are asked before that one is found; it then
        /// comes back and waits again.
        fn asked_until_found(&self, released: usize) -> usize {
            let probe = &self.queues[released].0;
            *probe.ready.lock() = true;
            self.detector.detect();
            assert_eq!(self.detector.report(), None, "one is released");
            *probe.ready.lock() = false;
            let condition = Condition::NotEmpty;
            assert!(!self.queues[released].1.end_wait(released, condition));
            self.begin_wait(released);
            self.queues.iter().map(|(probe, _)| std::mem::take(&mut *probe.asked.lock())).sum()
        }
    }

    #[test]
    fn check_stops_at_the_first_that_is_released() {
        let waiters = Waiters::new(1_000);
        assert_eq!(waiters.asked_until_found(0), 1);
        assert!(waiters.asked_until_found(500) <= 501 + CHUNK);
    }

    #[test]
    fn check_asks_first_about_those_that_were_released_last_and_those_after_them() {
        let waiters = Waiters::new(1_000);
        waiters.asked_until_found(500);
        waiters.asked_until_found(900);
        for round in 0..10 {
            assert!(waiters.asked_until_found(900) <= 4, "one that is released again and again");
            assert!(waiters.asked_until_found(501 + round) <= 4, "and others in turn");
        }
    }

    #[test]
    fn check_asks_about_every_one_before_it_reports() {
        for count in [1, CHUNK, CHUNK + 1, 2 * CHUNK, 100] {
            let waiters = Waiters::new(count);
            waiters.detector.detect();
            let asked = |(probe, _): &(Arc<Probe>, _)| *probe.asked.lock() == 1;
            assert!(waiters.queues.iter().all(asked), "{count}");
            let report = waiters.detector.report().unwrap();
            assert_eq!((report.blocked.len(), report.queues.len()), (count, count));
        }
        for last in [1, CHUNK, CHUNK + 1, 2 * CHUNK, 100] {
            Waiters::new(last + 1).asked_until_found(last);
        }
    }

    #[test]
    fn check_ends_when_its_epoch_does() {
        let waiters = Waiters::new(100);
        let mut check = waiters.detector.registry.lock().begin_check().unwrap();
        assert!(waiters.detector.registry.lock().continue_check(&mut check));
        waiters.queues[99].1.end_wait(99, Condition::NotEmpty);
        waiters.begin_wait(99);
        assert!(!waiters.detector.registry.lock().continue_check(&mut check));
    }

    #[test]
    fn queue_that_is_gone_leaves_nothing_behind() {
        let waiters = Waiters::new(3);
        let Waiters { detector, queues } = waiters;
        let weak: Vec<_> = queues.iter().map(|(probe, _)| Arc::downgrade(probe)).collect();
        drop(queues);
        assert!(weak.iter().all(|probe| probe.weak_count() == 0 && probe.strong_count() == 0));
        assert_eq!(detector.registry.lock().queue_count(), 0);
    }

    #[test]
    fn panic_belongs_to_the_thread_that_waits_for_it() {
        let detector = Detector::new();
        let [joined, not_joined] = ["joined", "not joined"].map(|n| detector.join(Some(n.into())));
        let purpose = WaitTarget::Participant { number: joined };
        let wait = Wait { purpose, caller: Location::caller() };
        detector.registry.lock().begin_wait(None, wait);
        detector.leave(joined, Outcome::Panicked, true);
        detector.leave(not_joined, Outcome::Panicked, true);
        assert_eq!(detector.panicked(), ["not joined"]);
        assert!(!detector.registry.lock().end_wait(None, purpose));
        let late = WaitTarget::Participant { number: not_joined };
        assert_eq!(detector.await_end(late, Location::caller()), Ok(()));
        assert_eq!(detector.panicked(), [""; 0]);
    }
}
