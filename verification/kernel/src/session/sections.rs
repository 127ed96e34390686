//! Critical sections: who holds what, what is recorded in them, what a thread learns from them.

use super::{Activity, Phase, Session};
use crate::bounds::Recognition;
use crate::digest::{mix, of};
use crate::journal::Step;
use crate::token::Symbol;
use sentinel_queue_models::{Event, Recorded};

impl Session {
    pub(crate) fn want(&mut self, me: usize, lock: usize) {
        assert!(self.locks[lock].holder != Some(me), "the mutex is locked by this thread already");
        assert!(
            me != 0 || self.phase != Phase::Spawning,
            "main locks a mutex between its first spawn and all_spawned"
        );
        self.threads[me].activity = Activity::Wanting(lock);
        assert!(!self.waits_for_itself(me, lock), "deadlock: threads lock mutexes in a circle");
    }

    /// Follows owners that want a mutex themselves.
    fn waits_for_itself(&self, me: usize, lock: usize) -> bool {
        let mut wanted = lock;
        for _ in 0..self.locks.len() {
            let Some(owner) = self.locks[wanted].holder else { return false };
            if owner == me {
                return true;
            }
            let Activity::Wanting(next) = self.threads[owner].activity else { return false };
            wanted = next;
        }
        false
    }

    pub(crate) fn acquired(&mut self, me: usize, lock: usize) {
        self.trace.push(Symbol::Thread(u8::try_from(me).expect("few threads")));
        self.locks[lock].holder = Some(me);
        self.threads[me].activity = Activity::Running;
        self.threads[me].held.push(lock);
        if self.recognition == Recognition::Careful {
            self.see(me, mix(lock as u64, self.locks[lock].digest));
        }
        self.note(me, Step::Lock { lock });
    }

    pub(crate) fn released(&mut self, me: usize, lock: usize) {
        self.locks[lock].holder = None;
        self.threads[me].held.retain(|held| *held != lock);
        if let Some(queue) = self.locks[lock].queue {
            self.record.push(Recorded { thread: me, queue, event: Event::Unlock });
        }
        self.note(me, Step::Unlock { lock });
        if self.recognition != Recognition::Off {
            let history = mix(self.threads[me].learnt, self.threads[me].seen);
            let lock = &mut self.locks[lock];
            // What an auxiliary mutex protects is not recorded; unless it is published, it keeps
            // its whole history.
            let faithful = match lock.queue {
                Some(_) => lock.shadow.digest(),
                None => lock.shadow.published(),
            };
            lock.digest = faithful.unwrap_or_else(|| mix(lock.digest, history));
        }
    }

    /// The thread learns something inside its current operation. Whom it notified and why it woke
    /// it does not learn, except by the answer of a timed wait.
    pub(crate) fn see(&mut self, me: usize, what: u64) {
        self.threads[me].seen = mix(self.threads[me].seen, what);
    }

    /// The same when only the recorded events are taken to be seen: waiting again on the same side,
    /// with nothing done in between, is the first wait over again.
    fn see_event(&mut self, me: usize, event: Event, items: u64) {
        let thread = &mut self.threads[me];
        match event {
            Event::Notify { .. } => return,
            Event::Wake { timed_out: false, .. } => {}
            Event::Wait { condition } => match thread.looping {
                Some((before, seen)) if before == condition => thread.seen = seen,
                _ => thread.looping = Some((condition, thread.seen)),
            },
            _ => thread.looping = None,
        }
        self.see(me, mix(of(&event), items));
    }

    pub(crate) fn operation_finished(&mut self, me: usize, result: u64) {
        let thread = &mut self.threads[me];
        thread.learnt = mix(thread.learnt, result);
        thread.seen = 0;
        thread.looping = None;
    }

    pub(crate) fn chosen(&mut self, value: usize) {
        self.choices += 1;
        self.trace.push(Symbol::Choice(u8::try_from(value).expect("few options")));
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
        if let Event::Wait { condition } = event {
            self.threads[me].waits = Some(condition);
        }
        let queue = self.locks[lock].queue.expect("just found or made");
        self.record.push(Recorded { thread: me, queue, event });
        self.note(me, Step::Event { queue, event });
        if self.recognition != Recognition::Off {
            let items = self.locks[lock].shadow.apply(me, event);
            if self.recognition == Recognition::Trusting {
                self.see_event(me, event, items);
            }
        }
    }

    pub(crate) fn publish(&mut self, me: usize, digest: u64) {
        let lock = *self.threads[me].held.last().expect("publish needs the mutex");
        self.locks[lock].shadow.publish(digest);
    }

    /// Whether published digests serve any purpose.
    pub(crate) fn recognizes(&self) -> bool {
        self.recognition != Recognition::Off
    }

    pub(crate) fn take_record(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.record)
    }
}
