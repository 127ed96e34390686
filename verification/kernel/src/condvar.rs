//! The condition variable. Notifications are sent while the mutex is held, so the list of sleepers
//! is protected by that mutex too and none of this needs a scheduling point of its own.
//!
//! # Why this is all that can happen, and nothing more
//!
//! * A waiter that wakes for no reason decides so when it falls asleep, stays in the list, and goes
//!   straight for the mutex. A notification may still choose it; that is the schedule in which it
//!   had not left yet.
//! * A timed waiter with budget never sleeps at all: it goes for the mutex, and its wait has timed
//!   out exactly if it is still in the list when it gets it. Any moment is possible because any
//!   moment to get the mutex is.
//! * A timer may be first just before a notification. So `notify_all` asks for each timed waiter
//!   whether it is woken or already leaving, and `notify_one` may wake nobody when every sleeper is
//!   timed. When some sleeper is not timed, somebody is woken: a notification is never lost. Whom a
//!   notification has found gone stays gone: it wakes by its timer, and no later notification finds
//!   it there again.

use crate::bounds::Waiters;
use crate::engine::Engine;
use crate::journal::{Reason, Step};
use crate::mutex::MutexGuard;
use crate::session::{self, Activity, Bed, Pause, Session, Sleep};
use std::marker::PhantomData;
use std::time::Instant;

/// A condition variable inside an execution.
pub struct Condvar<E: Engine> {
    bed: usize,
    engine: PhantomData<fn() -> E>,
}

impl<E: Engine> Default for Condvar<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Engine> Condvar<E> {
    /// A condition variable without sleepers.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new() -> Self {
        let bed = session::with(|session| {
            session.demand_active("a condition variable");
            session.beds.push(Bed::default());
            session.beds.len() - 1
        });
        Condvar { bed, engine: PhantomData }
    }

    /// Releases the mutex, sleeps, and takes the mutex again. May return for no reason.
    ///
    /// # Panics
    /// When this condition variable has been used with another mutex.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T, E>) {
        let me = E::me();
        let sleep = if wakes_for_no_reason::<E>(me) { Sleep::Spurious } else { Sleep::Firm };
        self.sleep(me, guard, sleep, false);
    }

    /// Does not yield, and returns `false`: a later start is a schedule of its own, explored as such.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub fn try_yield<T>(&self, _guard: &mut MutexGuard<'_, T, E>) -> bool {
        false
    }

    /// Like [`wait`](Condvar::wait), and may also return because the time is over; then the answer
    /// is `true`. The checker, not the clock, says when.
    ///
    /// # Panics
    /// When this condition variable has been used with another mutex.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T, E>, _deadline: Instant) -> bool {
        let me = E::me();
        let may_expire = session::with(|session| session.threads[me].timeouts_left > 0);
        let sleep = if wakes_for_no_reason::<E>(me) {
            Sleep::Spurious
        } else if may_expire {
            Sleep::Timed
        } else {
            Sleep::Firm
        };
        self.sleep(me, guard, sleep, true) == Reason::TimedOut
    }

    fn sleep<T>(
        &self,
        me: usize,
        guard: &mut MutexGuard<'_, T, E>,
        sleep: Sleep,
        timed: bool,
    ) -> Reason {
        let bed = self.bed;
        session::with(|session| session.lie_down(me, guard.lock_id(), bed, sleep, timed));
        guard.release();
        if sleep == Sleep::Firm {
            let pause = session::with(|session| session.pause(me, Activity::Asleep(bed)));
            follow::<E>(&pause);
            while session::with(|session| session.is_lying(me, bed)) {
                E::sleep();
            }
        }
        guard.acquire();
        session::with(|session| session.get_up(me, bed, sleep))
    }

    /// Wakes one sleeper, any one, if there is one.
    ///
    /// # Panics
    /// When this thread does not hold the mutex.
    pub fn notify_one(&self) {
        if session::inert() {
            return;
        }
        let me = E::me();
        let bed = self.bed;
        let (candidates, maybe_nobody, sleepers) = session::with(|session| {
            session.demand_mutex(me, bed);
            session.candidates(bed)
        });
        let options = candidates.len() + usize::from(maybe_nobody);
        let chosen = if options > 1 { choose::<E>(options) } else { 0 };
        let woken = candidates.get(chosen).copied();
        match woken {
            Some(thread) => wake::<E>(bed, thread),
            None => session::with(|session| session.all_are_late(bed)),
        }
        session::with(|session| session.note(me, Step::NotifyOne { bed, woken, sleepers }));
    }

    /// Wakes every sleeper.
    ///
    /// # Panics
    /// When this thread does not hold the mutex.
    pub fn notify_all(&self) {
        if session::inert() {
            return;
        }
        let me = E::me();
        let bed = self.bed;
        let sleepers = session::with(|session| {
            session.demand_mutex(me, bed);
            session.beds[bed].sleepers.clone()
        });
        let (mut woken, mut late) = (Vec::new(), Vec::new());
        for (thread, sleep) in sleepers.into_iter().filter(|(_, sleep)| *sleep != Sleep::Late) {
            if sleep == Sleep::Timed && choose::<E>(2) == 1 {
                session::with(|session| session.is_late(bed, thread));
                late.push(thread);
            } else {
                wake::<E>(bed, thread);
                woken.push(thread);
            }
        }
        session::with(|session| session.note(me, Step::NotifyAll { bed, woken, late }));
    }
}

/// Does what the last running thread has to do before it stops.
pub(crate) fn follow<E: Engine>(pause: &Pause) {
    match pause {
        Pause::Main => E::wake(0),
        Pause::Deadlock => E::stop(),
        Pause::Others | Pause::Over => {}
    }
}

fn choose<E: Engine>(options: usize) -> usize {
    session::with(|session| session.options = options);
    let value = E::choose(options);
    assert!(value < options, "a choice is out of range");
    session::with(|session| session.chosen(value));
    value
}

fn wakes_for_no_reason<E: Engine>(me: usize) -> bool {
    let possible = session::with(|session| session.threads[me].spurious_left > 0);
    possible && choose::<E>(2) == 1
}

fn wake<E: Engine>(bed: usize, thread: usize) {
    if session::with(|session| session.strike_out(bed, thread)) == Sleep::Firm {
        session::with(|session| session.resume(thread));
        E::wake(thread);
    }
}

impl Session {
    fn lie_down(&mut self, me: usize, lock: usize, bed: usize, sleep: Sleep, timed: bool) {
        let thread = &mut self.threads[me];
        thread.timed = timed;
        let condition = thread.waits.take();
        match sleep {
            Sleep::Spurious => thread.spurious_left -= 1,
            Sleep::Timed => thread.timeouts_left -= 1,
            Sleep::Firm | Sleep::Late => {}
        }
        let place = &mut self.beds[bed];
        let owner = *place.lock.get_or_insert(lock);
        assert!(owner == lock, "one condition variable is used with two mutexes");
        place.condition = place.condition.or(condition);
        place.sleepers.push((me, sleep));
        self.note(me, Step::Wait { bed, sleep });
    }

    fn is_lying(&self, me: usize, bed: usize) -> bool {
        self.beds[bed].sleepers.iter().any(|(thread, _)| *thread == me)
    }

    /// Leaves the list if it is still there, and says why the wait is over.
    fn get_up(&mut self, me: usize, bed: usize, sleep: Sleep) -> Reason {
        let still = self.is_lying(me, bed);
        self.beds[bed].sleepers.retain(|(thread, _)| *thread != me);
        let reason = match sleep {
            Sleep::Timed if still => Reason::TimedOut,
            Sleep::Spurious if still => Reason::Spurious,
            _ => Reason::Notified,
        };
        if sleep == Sleep::Timed && !still {
            self.threads[me].timeouts_left += 1;
        }
        self.see(me, u64::from(reason == Reason::TimedOut));
        self.note(me, Step::Woke { bed, reason });
        reason
    }

    fn is_late(&mut self, bed: usize, thread: usize) {
        let sleepers = self.beds[bed].sleepers.iter_mut();
        sleepers.filter(|(sleeper, _)| *sleeper == thread).for_each(|(_, sleep)| {
            *sleep = Sleep::Late;
        });
    }

    /// A notification has found nobody: every timer was first.
    fn all_are_late(&mut self, bed: usize) {
        for (_, sleep) in &mut self.beds[bed].sleepers {
            *sleep = Sleep::Late;
        }
    }

    fn strike_out(&mut self, bed: usize, thread: usize) -> Sleep {
        let sleepers = &mut self.beds[bed].sleepers;
        let place = sleepers.iter().position(|(sleeper, _)| *sleeper == thread);
        sleepers.remove(place.expect("only sleepers are woken")).1
    }

    /// A notification is modelled only while the mutex is held: that is what makes the mutex the
    /// only visible object. Before the first wait the mutex is unknown, and any one will do.
    fn demand_mutex(&self, me: usize, bed: usize) {
        let held = &self.threads[me].held;
        let holds = self.beds[bed].lock.map_or(!held.is_empty(), |lock| held.contains(&lock));
        assert!(holds, "a notification without holding the mutex cannot be modelled");
    }

    /// Whom `notify_one` may wake, whether it may wake nobody because every sleeper's timer may
    /// have been first, and how many sleep. With a fixed order, those that may have left already
    /// are passed over or not.
    fn candidates(&self, bed: usize) -> (Vec<usize>, bool, usize) {
        let mut sleepers = self.beds[bed].sleepers.clone();
        sleepers.retain(|(_, sleep)| *sleep != Sleep::Late);
        let maybe_nobody =
            !sleepers.is_empty() && sleepers.iter().all(|(_, sleep)| *sleep == Sleep::Timed);
        let total = sleepers.len();
        let waiters = self.hostility().waiters;
        if waiters == Waiters::Lifo {
            sleepers.reverse();
        }
        if waiters != Waiters::Any {
            let firm = sleepers.iter().position(|(_, sleep)| *sleep == Sleep::Firm);
            sleepers.truncate(firm.map_or(total, |place| place + 1));
        }
        (sleepers.into_iter().map(|(thread, _)| thread).collect(), maybe_nobody, total)
    }
}
