//! Detects deadlocks.
//!
//! A group *would block forever* (is deadlocked) when no token is held, at least one participant is
//! blocked, and every participant has left or is blocked, without a deadline, on something that is not
//! there. This is stable: no thread that could change it runs. It can become true only when a
//! participant blocks, leaves, or a token is released, and a check runs exactly then.
//!
//! The price is paid where a thread blocks, and nowhere else: a thread registers before it blocks and
//! unregisters after. The thread that wakes it does not touch the registry, so an entry may be stale:
//! *released*, that is notified but not yet running. [`Detector::detect`] therefore asks the queues
//! themselves whether what the blocked threads wait for is there.
//!
//! Locks are taken in one order: a queue's, then the group's. A check holds one at a time.

use crate::error::JoinError;
use crate::registry::{BlockedOn, MonitoredQueue, RegisteredQueue, Registry};
use crate::report::{Outcome, QueueReport, Report};
use crate::state::Stats;
use crate::sync::{current_thread, record_in_group, Condition, Condvar, Mutex, WaitTarget};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// The part of a group that its participants, tokens and queues share.
pub(crate) struct Detector {
    registry: Mutex<Registry>,
    /// A participant has left, or a joiner has been marked as deadlocked.
    departure: Condvar,
}

/// The membership of a queue in a group; it ends with the queue.
pub(crate) struct Membership {
    pub(crate) detector: Arc<Detector>,
    pub(crate) queue: usize,
}

// No user code runs while the registry is changed.
impl UnwindSafe for Detector {}
impl RefUnwindSafe for Detector {}

impl Detector {
    pub(crate) fn new() -> Self {
        Detector { registry: Mutex::new(Registry::default()), departure: Condvar::default() }
    }

    // ----- members ----------------------------------------------------------------------------

    pub(crate) fn register(&self, name: Option<String>) -> usize {
        self.registry.lock().register(name)
    }

    /// Binds the current thread to a participant, and returns false if it already runs one.
    pub(crate) fn bind(&self, participant: usize) -> bool {
        self.registry.lock().bind(participant, current_thread())
    }

    pub(crate) fn leave(&self, participant: usize, outcome: Outcome, hands_panic: bool) {
        self.change(|registry| {
            registry.leave(participant, outcome, hands_panic);
            let wakes = registry.any_join_ready();
            if wakes {
                // WAKES: all joiners, since each of them checks for itself whether its join is granted.
                self.departure.notify_all();
            }
            record_in_group!(Leave { participant, wakes, detects: registry.all_blocked() });
        });
    }

    pub(crate) fn add_external(&self) {
        let mut registry = self.registry.lock();
        registry.externals += 1;
        registry.bump_epoch("token acquired");
        record_in_group!(Acquire);
    }

    pub(crate) fn drop_external(&self) {
        self.change(|registry| {
            registry.externals -= 1;
            registry.bump_epoch("token released");
            record_in_group!(Release { detects: registry.all_blocked() });
        });
    }

    /// Changes the registry in a way that may leave no participant running.
    fn change(&self, change: impl FnOnce(&mut Registry)) {
        let mut registry = self.registry.lock();
        change(&mut registry);
        let all_blocked = registry.all_blocked();
        drop(registry);
        if all_blocked {
            self.detect();
        }
    }

    pub(crate) fn register_queue(&self, queued: RegisteredQueue) -> usize {
        self.registry.lock().register_queue(queued)
    }

    pub(crate) fn report(&self) -> Option<Report> {
        self.registry.lock().report.clone()
    }

    /// Returns the names of the scoped threads that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.registry.lock().panicked()
    }

    /// Returns the numbers of participants, of blocked ones, of tokens and of external joiners.
    pub(crate) fn counts(&self) -> (usize, usize, usize, usize) {
        self.registry.lock().counts()
    }

    // ----- joins -------------------------------------------------------------------------------

    /// Blocks until participants have left.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn join(
        &self,
        target: WaitTarget,
        caller: &'static Location<'static>,
    ) -> Result<(), JoinError> {
        let mut registry = self.registry.lock();
        let me = registry.current();
        while !registry.has_left(target, me) {
            registry.begin_wait(me, BlockedOn { target, caller });
            if registry.all_blocked() {
                drop(registry);
                self.detect();
                registry = self.registry.lock();
            }
            if !registry.has_left(target, me) && !registry.is_deadlocked(me) {
                record_in_group!(Recheck { deadlocked: registry.is_deadlocked(me) });
                self.departure.wait(&mut registry);
            }
            if registry.end_wait(me, target) && !registry.has_left(target, me) {
                return Err(JoinError);
            }
        }
        registry.hand_panic(target);
        Ok(())
    }

    // ----- the deadlock check ------------------------------------------------------------------

    /// Finds out whether the group is deadlocked, and if so, marks and wakes the blocked. Called, with no
    /// lock held, when the last participant that ran has stopped running.
    ///
    /// No false alarm: the queues are asked one after the other, but all within one epoch in which every
    /// participant is blocked. A released participant unregisters, which ends the epoch, before it
    /// touches anything; so if the epoch is the same at the end, nothing has changed in between.
    ///
    /// No miss: if a participant was released, it will run, and it or one that it wakes will be the
    /// next to stop, and check. The order in which they are asked decides nothing but the cost; one
    /// released participant is enough to end the check, and so is the end of the epoch. (A thread that
    /// is no participant and holds no token may take what a participant was released for, and never
    /// check: that is the misuse that [`Group`](crate::Group) warns of.)
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
        let (queues, snapshots) = self.snapshot();
        let mut registry = self.registry.lock();
        if registry.epoch != check.epoch {
            record_in_group!(Stale);
            return;
        }
        registry.mark_deadlocked(snapshots);
        // WAKES: all joiners; those that were not marked block again.
        self.departure.notify_all();
        drop(registry);
        for queue in queues {
            queue.notify_all_waiters();
        }
    }

    /// Returns the live queues, and a snapshot of each.
    fn snapshot(&self) -> (Vec<Arc<dyn MonitoredQueue>>, Vec<QueueReport>) {
        let living: Vec<_> = {
            let registry = self.registry.lock();
            let living = registry.live_queues().into_iter();
            living.map(|(number, queue, q)| (number, queue, q.items, q.created)).collect()
        };
        let snapshot = |(number, queue, items, created): (_, Arc<dyn MonitoredQueue>, _, _)| {
            let stats = queue.stats();
            (queue, QueueReport { number, items, created, stats })
        };
        living.into_iter().map(snapshot).unzip()
    }
}

/// Unregisters the queue, whose memory goes back with that.
impl Drop for Membership {
    fn drop(&mut self) {
        let removed = self.detector.registry.lock().remove_queue(self.queue);
        drop(removed);
    }
}

// ----- what a queue calls when a thread blocks ---------------------------------------------------

impl Membership {
    /// Registers that the current thread blocks, with the queue's lock held. Returns `None` if it is no
    /// participant; else its number, and whether no participant runs any more: then
    /// [`Self::detect`] is to be called, with the lock released, before the thread sleeps.
    pub(crate) fn begin_wait(
        &self,
        condition: Condition,
        caller: &'static Location<'static>,
    ) -> Option<(usize, bool)> {
        let mut registry = self.detector.registry.lock();
        let participant = registry.current()?;
        let target = WaitTarget::Queue { queue: self.queue, condition };
        registry.begin_wait(Some(participant), BlockedOn { target, caller });
        let all_blocked = registry.all_blocked();
        if all_blocked {
            registry.begin_check_of(participant);
        }
        Some((participant, all_blocked))
    }

    pub(crate) fn detect(&self) {
        self.detector.detect();
    }

    /// Returns whether the participant was marked as deadlocked meanwhile. Called with the queue's lock
    /// held, after a check if there was one.
    pub(crate) fn is_deadlocked(&self, participant: usize) -> bool {
        let mut registry = self.detector.registry.lock();
        registry.end_check_of(participant);
        let deadlocked = registry.is_deadlocked(Some(participant));
        record_in_group!(Recheck { deadlocked });
        deadlocked
    }

    /// Registers that the participant runs, with the queue's lock held; returns whether it was marked as
    /// deadlocked.
    pub(crate) fn end_wait(&self, participant: usize, condition: Condition) -> bool {
        let target = WaitTarget::Queue { queue: self.queue, condition };
        self.detector.registry.lock().end_wait(Some(participant), target)
    }

    /// Adds the participants that are blocked here but have released the queue's lock for a deadlock
    /// check, and so are not among its sleepers. Called with that lock held, as they come and go.
    pub(crate) fn add_detecting(&self, snapshot: &mut Stats) {
        self.detector.registry.lock().add_detecting(self.queue, snapshot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use crate::sync::PARTICIPANTS;
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
                let queue =
                    detector.register_queue(RegisteredQueue { queue, items: "()", created });
                assert_eq!(detector.register(None), participant);
                (probe, Membership { detector: Arc::clone(&detector), queue })
            });
            let waiters = Waiters { queues: queues.collect(), detector };
            (0..count).for_each(|participant| waiters.begin_wait(participant));
            waiters
        }

        fn begin_wait(&self, participant: usize) {
            let queue = self.queues[participant].1.queue;
            let target = WaitTarget::Queue { queue, condition: Condition::NotEmpty };
            let wait = BlockedOn { target, caller: Location::caller() };
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
        assert!(waiters.asked_until_found(500) <= 501 + PARTICIPANTS);
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
        for count in [1, PARTICIPANTS, PARTICIPANTS + 1, 2 * PARTICIPANTS, 100] {
            let waiters = Waiters::new(count);
            waiters.detector.detect();
            let asked = |(probe, _): &(Arc<Probe>, _)| *probe.asked.lock() == 1;
            assert!(waiters.queues.iter().all(asked), "{count}");
            let report = waiters.detector.report().unwrap();
            assert_eq!((report.blocked.len(), report.queues.len()), (count, count));
        }
        for last in [1, PARTICIPANTS, PARTICIPANTS + 1, 2 * PARTICIPANTS, 100] {
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
        let [joined, not_joined] =
            ["joined", "not joined"].map(|n| detector.register(Some(n.into())));
        let target = WaitTarget::Participant { number: joined };
        let wait = BlockedOn { target, caller: Location::caller() };
        detector.registry.lock().begin_wait(None, wait);
        detector.leave(joined, Outcome::Panicked, true);
        detector.leave(not_joined, Outcome::Panicked, true);
        assert_eq!(detector.panicked(), ["not joined"]);
        assert!(!detector.registry.lock().end_wait(None, target));
        let late = WaitTarget::Participant { number: not_joined };
        assert_eq!(detector.join(late, Location::caller()), Ok(()));
        assert_eq!(detector.panicked(), [""; 0]);
    }
}
