//! Critical sections: holders of mutexes, recorded events, and what threads observe in them.

use super::{Activity, Execution, Observed, Phase};
use crate::bounds::Recognition;
use crate::digest::{count, fold, mix, of, Digest};
use crate::token::Symbol;
use crate::trace::{Step, WaiterKind};
use sentinel_queue_models::{Event, Recorded, RegistryEvent, RegistryRecorded};

impl Execution {
    pub(crate) fn request_lock(&mut self, me: usize, lock: usize) {
        assert!(self.locks[lock].holder != Some(me), "the mutex is locked by this thread already");
        assert!(
            me != 0 || self.phase != Phase::Spawning,
            "main locks a mutex between its first spawn and all_spawned"
        );
        self.threads[me].activity = Activity::Locking(lock);
        assert!(!self.waits_for_itself(me, lock), "deadlock: threads lock mutexes in a circle");
    }

    /// Returns whether the holders that request a mutex themselves form a cycle through `me`.
    fn waits_for_itself(&self, me: usize, lock: usize) -> bool {
        let mut wanted = lock;
        for _ in 0..self.locks.len() {
            let Some(owner) = self.locks[wanted].holder else { return false };
            if owner == me {
                return true;
            }
            let Activity::Locking(next) = self.threads[owner].activity else { return false };
            wanted = next;
        }
        false
    }

    pub(crate) fn acquired(&mut self, me: usize, lock: usize) {
        self.schedule.push(Symbol::Thread(u8::try_from(me).expect("few threads")));
        self.locks[lock].holder = Some(me);
        self.threads[me].activity = Activity::Running;
        self.threads[me].held.push(lock);
        match self.recognition {
            Recognition::Off => {}
            Recognition::Trusting => self.see(me, count(lock)),
            Recognition::Careful => {
                self.see(me, mix(count(lock), self.locks[lock].protected.digest));
            }
        }
        self.note(me, Step::Lock { lock });
    }

    /// Returns how the notifications of the critical section that ends differ from its record, if
    /// they are compared.
    pub(crate) fn settle_notifications(&mut self, lock: usize) -> Option<String> {
        let queues = self.wait_queues.iter().filter(|queue| queue.lock == Some(lock));
        let mut kinds = queues.flat_map(|queue| &queue.waiters).map(|(_, kind)| *kind);
        let is_any_left = kinds.any(|kind| kind != WaiterKind::Expired);
        let difference = self.locks[lock].notifications.settle(is_any_left);
        difference.filter(|_| self.compares_notifications)
    }

    /// Attributes a notification to the mutex of its condition variable; before the first wait, to
    /// the innermost one.
    pub(crate) fn notified(&mut self, me: usize, condvar: usize, all: bool) {
        let place = &self.wait_queues[condvar];
        let condition = place.condition;
        if let Some(lock) = place.lock.or(self.threads[me].held.last().copied()) {
            self.locks[lock].notifications.see(condition, all);
        }
    }

    pub(crate) fn released(&mut self, me: usize, lock: usize) {
        self.locks[lock].holder = None;
        // A thread that waits in a condition variable has taken it already.
        let waits = &mut self.threads[me].waits;
        if let Some(condition) = waits.take_if(|_| self.locks[lock].queue.is_some()) {
            self.locks[lock].notifications.begin_task(me, condition);
        }
        self.threads[me].held.retain(|held| *held != lock);
        let queue = self.locks[lock].queue;
        let unlock = queue.map(|queue| Recorded { thread: me, queue, event: Event::Unlock });
        if let Some(unlock) = unlock {
            self.append(unlock);
        }
        self.note(me, Step::Unlock { lock });
        if self.recognition != Recognition::Off {
            let Observed { learnt, seen, .. } = self.threads[me].observed;
            let protected = &mut self.locks[lock].protected;
            // What an auxiliary mutex protects is not recorded; unless it is published, it keeps
            // its whole history.
            let faithful = if let Some(unlock) = unlock {
                protected.abstract_state.apply(unlock);
                protected.abstract_state.digest()
            } else {
                protected.abstract_state.published()
            };
            let history = || fold([protected.digest, count(me), learnt, seen]);
            protected.digest = faithful.unwrap_or_else(history);
        }
    }

    /// Adds to what the thread has observed in its current operation. Which thread it notified and
    /// why it woke are not observable, except by the result of a timed wait.
    pub(crate) fn see(&mut self, me: usize, what: Digest) {
        let seen = &mut self.threads[me].observed.seen;
        *seen = mix(*seen, what);
    }

    /// Adds a recorded event, when only those count as observed. Another wait for the same condition
    /// with nothing in between adds nothing to the first.
    fn see_event(&mut self, me: usize, event: Event, items: Digest) {
        let observed = &mut self.threads[me].observed;
        match event {
            Event::Notify { .. } => return,
            Event::Wake { timed_out: false, .. } => {}
            Event::Wait { condition } => match observed.looping {
                Some((before, seen)) if before == condition => observed.seen = seen,
                _ => observed.looping = Some((condition, observed.seen)),
            },
            _ => observed.looping = None,
        }
        self.see(me, mix(of(&event), items));
    }

    pub(crate) fn operation_finished(&mut self, me: usize, result: Digest) {
        let learnt = mix(self.threads[me].observed.learnt, result);
        self.threads[me].observed = Observed { learnt, ..Observed::default() };
    }

    pub(crate) fn chosen(&mut self, value: usize) {
        self.choices += 1;
        self.schedule.push(Symbol::Choice(u8::try_from(value).expect("few options")));
    }

    /// Attributes an event to the queue whose mutex this thread holds.
    pub(crate) fn record(&mut self, me: usize, event: Event) {
        let creates = matches!(event, Event::Create { .. });
        let held = self.threads[me].held.iter().rev().copied();
        let lock = held.clone().find(|lock| creates || self.locks[*lock].queue.is_some());
        let lock = lock.unwrap_or_else(|| {
            panic!("{event:?} is recorded outside of the critical sections of a created queue")
        });
        if creates {
            assert!(self.locks[lock].queue.is_none(), "the queue of this mutex is created twice");
            self.locks[lock].queue = Some(self.queues);
            self.queues += 1;
        }
        match event {
            Event::Wait { condition } => self.threads[me].waits = Some(condition),
            Event::Wake { condition, .. } | Event::Cancel { condition } => {
                self.locks[lock].notifications.end_task(me, condition);
            }
            Event::Notify { condition, all } => {
                self.locks[lock].notifications.record(condition, all);
            }
            _ => {}
        }
        let queue = self.locks[lock].queue.expect("just found or made");
        let recorded = Recorded { thread: me, queue, event };
        self.append(recorded);
        self.note(me, Step::Event { queue, event });
        if self.recognition != Recognition::Off {
            let items = self.locks[lock].protected.abstract_state.apply(recorded);
            if self.recognition == Recognition::Trusting {
                self.see_event(me, event, items);
            }
        }
    }

    fn append(&mut self, recorded: Recorded) {
        self.record.push(recorded);
        self.recorded += 1;
    }

    /// Records a step of a registry, by the thread that holds the mutex under which it happens.
    pub(crate) fn record_in_group(&mut self, me: usize, event: RegistryEvent) {
        let held = &self.threads[me].held;
        let innermost = held.last().copied();
        let innermost = innermost
            .unwrap_or_else(|| panic!("{event:?} is recorded outside of critical sections"));
        let queue = held.iter().rev().find_map(|lock| self.locks[*lock].queue);
        if event.wakes_all() {
            self.locks[innermost].notifications.record_all();
        }
        let position = self.recorded;
        self.registry_record.push(RegistryRecorded { position, thread: me, queue, event });
    }

    /// Adds the change of a mutex of no queue to the interleaving.
    pub(crate) fn note_change(&mut self, me: usize, change: &'static str) {
        let innermost = self.threads[me].held.last();
        if innermost.is_some_and(|lock| self.locks[*lock].queue.is_none()) {
            self.note(me, Step::Change(change));
        }
    }

    pub(crate) fn publish(&mut self, me: usize, digest: Digest) {
        let lock = *self.threads[me].held.last().expect("publish needs the mutex");
        self.locks[lock].protected.abstract_state.publish(digest);
    }

    /// Returns whether published digests are used.
    pub(crate) fn recognizes(&self) -> bool {
        self.recognition != Recognition::Off
    }

    pub(crate) fn take_record(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.record)
    }

    pub(crate) fn take_registry_record(&mut self) -> Vec<RegistryRecorded> {
        std::mem::take(&mut self.registry_record)
    }
}
