//! The condition variable. Notifications are sent while the mutex is held, so the wait queue is
//! protected by that mutex too and none of this needs a scheduling point of its own.
//!
//! # Why exactly the allowed behaviours are explored
//!
//! * A spurious wakeup is chosen when the wait begins. The waiter stays in the wait queue and
//!   requests the mutex at once. A notification may still choose it: that is the schedule in which
//!   it had not left yet.
//! * A timed waiter with timeouts left does not block: it requests the mutex, and its wait has timed
//!   out exactly if it is still in the wait queue when it acquires it. Every moment of expiry is
//!   explored because every moment of the acquisition is.
//! * A timer may expire just before a notification. So `notify_all` chooses for each timed waiter
//!   whether it is woken or has expired, and `notify_one` may wake no thread when every waiter is
//!   timed. If some waiter is untimed, one is woken: a notification is never lost. A waiter that a
//!   notification found expired stays expired: no later notification can choose it.

use crate::bounds::Waiters;
use crate::digest::count;
use crate::engine::{self, Checker, Engine};
use crate::execution::{self, Activity, Blocked, Execution, WaitQueue};
use crate::mutex::MutexGuard;
use crate::trace::{Reason, Step, WaiterKind};
use std::sync::{Condvar as StdCondvar, PoisonError};
use std::time::Instant;

/// A condition variable inside an execution.
pub struct Condvar(Inner);

enum Inner {
    /// Under a checker, by its number.
    Checked(usize),
    /// With real threads.
    Real(StdCondvar),
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl Condvar {
    /// Creates a condition variable without waiters.
    ///
    /// # Panics
    /// Outside of an execution.
    pub fn new() -> Self {
        if engine::current() == Engine::Threads {
            return Condvar(Inner::Real(StdCondvar::new()));
        }
        let number = execution::with(|execution| {
            execution.wait_queues.push(WaitQueue::default());
            execution.wait_queues.len() - 1
        });
        Condvar(Inner::Checked(number))
    }

    /// Releases the mutex, blocks, and acquires the mutex again. May wake spuriously.
    ///
    /// # Panics
    /// When this condition variable has been used with another mutex.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        match &self.0 {
            Inner::Checked(number) => Waiter::new(*number).wait(guard),
            Inner::Real(real) => {
                let wait = |held| real.wait(held).unwrap_or_else(PoisonError::into_inner);
                guard.around(|held| (wait(held), ()));
            }
        }
    }

    /// Does not yield: the schedules in which the wait starts later are explored anyway.
    #[allow(clippy::unused_self)] // the shape of the production backend
    pub fn yield_while<T>(&self, _: &mut MutexGuard<'_, T>, _unready: impl Fn(&T) -> bool) {}

    /// Waits like [`wait`](Condvar::wait), and may also time out; then it returns `true`. A checker,
    /// not the clock, decides when.
    ///
    /// # Panics
    /// When this condition variable has been used with another mutex.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        match &self.0 {
            Inner::Checked(number) => Waiter::new(*number).wait_until(guard),
            Inner::Real(real) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let wait =
                    |held| real.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner);
                guard.around(wait).timed_out()
            }
        }
    }

    /// Wakes one waiter, any one, if there is one.
    ///
    /// # Panics
    /// Under a checker, when this thread does not hold the mutex.
    pub fn notify_one(&self) {
        match &self.0 {
            Inner::Real(real) => real.notify_one(),
            Inner::Checked(_) if execution::has_failed() => {}
            Inner::Checked(number) => Waiter::new(*number).notify_one(),
        }
    }

    /// Wakes every waiter.
    ///
    /// # Panics
    /// Under a checker, when this thread does not hold the mutex.
    pub fn notify_all(&self) {
        match &self.0 {
            Inner::Real(real) => real.notify_all(),
            Inner::Checked(_) if execution::has_failed() => {}
            Inner::Checked(number) => Waiter::new(*number).notify_all(),
        }
    }
}

/// A thread under a checker at a condition variable, or at the place where it sleeps as a task.
pub(crate) struct Waiter {
    checker: Checker,
    pub(crate) me: usize,
    condvar: usize,
}

/// In place of the mutex, where tasks sleep.
const NO_MUTEX: usize = usize::MAX;

impl Waiter {
    pub(crate) fn new(condvar: usize) -> Self {
        let checker = engine::checker();
        Waiter { checker, me: checker.me(), condvar }
    }

    /// Chooses whether a wait without a timer wakes spuriously.
    pub(crate) fn untimed(&self) -> WaiterKind {
        if self.wakes_spuriously() {
            WaiterKind::Spurious
        } else {
            WaiterKind::Untimed
        }
    }

    /// Blocks without a mutex.
    pub(crate) fn sleep(&self, kind: WaiterKind) {
        let Waiter { me, condvar, .. } = *self;
        execution::with(|execution| execution.enqueue_waiter(me, NO_MUTEX, condvar, kind, false));
        self.block_until_removed(kind);
        execution::with(|execution| execution.dequeue_waiter(me, condvar, kind));
    }

    /// Wakes a thread that blocks without a mutex.
    pub(crate) fn wake_task(&self, thread: usize) {
        let Waiter { me, condvar, .. } = *self;
        if execution::with(|execution| execution.is_waiting(thread, condvar)) {
            self.wake(thread);
            let woken = Some(thread);
            let step = Step::NotifyOne { condvar, woken, waiters: 1 };
            execution::with(|execution| execution.note(me, step));
        }
    }

    fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let kind = self.untimed();
        self.block(guard, kind, false);
    }

    fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>) -> bool {
        let me = self.me;
        let may_expire = execution::with(|execution| execution.threads[me].timeouts_left > 0);
        let kind = match self.untimed() {
            WaiterKind::Untimed if may_expire => WaiterKind::Timed,
            kind => kind,
        };
        self.block(guard, kind, true) == Reason::TimedOut
    }

    fn block<T>(&self, guard: &mut MutexGuard<'_, T>, kind: WaiterKind, timed: bool) -> Reason {
        let Waiter { me, condvar, .. } = *self;
        execution::with(|execution| {
            execution.enqueue_waiter(me, guard.lock_id(), condvar, kind, timed);
        });
        guard.release();
        self.block_until_removed(kind);
        guard.acquire();
        execution::with(|execution| execution.dequeue_waiter(me, condvar, kind))
    }

    /// Blocks until it is woken, unless it wakes otherwise.
    fn block_until_removed(&self, kind: WaiterKind) {
        let Waiter { checker, me, condvar } = *self;
        if kind == WaiterKind::Untimed {
            let block = execution::with(|execution| execution.block(me, Activity::Asleep(condvar)));
            after_block(checker, &block);
            while execution::with(|execution| execution.is_waiting(me, condvar)) {
                checker.sleep();
            }
        }
    }

    fn notify_one(&self) {
        let Waiter { me, condvar, .. } = *self;
        let (candidates, maybe_none, waiters) = execution::with(|execution| {
            execution.assert_mutex_held(me, condvar);
            execution.notified(me, condvar, false);
            execution.candidates(condvar)
        });
        let options = candidates.len() + usize::from(maybe_none);
        let chosen = if options > 1 { self.choose(options) } else { 0 };
        let woken = candidates.get(chosen).copied();
        match woken {
            Some(thread) => self.wake(thread),
            None => execution::with(|execution| execution.mark_all_expired(condvar)),
        }
        execution::with(|execution| {
            execution.note(me, Step::NotifyOne { condvar, woken, waiters });
        });
    }

    fn notify_all(&self) {
        let Waiter { me, condvar, .. } = *self;
        let waiters = execution::with(|execution| {
            execution.assert_mutex_held(me, condvar);
            execution.notified(me, condvar, true);
            execution.wait_queues[condvar].waiters.clone()
        });
        let (mut woken, mut expired) = (Vec::new(), Vec::new());
        for (thread, kind) in waiters.into_iter().filter(|(_, kind)| *kind != WaiterKind::Expired) {
            if kind == WaiterKind::Timed && self.choose(2) == 1 {
                execution::with(|execution| execution.mark_expired(condvar, thread));
                expired.push(thread);
            } else {
                self.wake(thread);
                woken.push(thread);
            }
        }
        execution::with(|execution| {
            execution.note(me, Step::NotifyAll { condvar, woken, expired });
        });
    }

    fn choose(&self, options: usize) -> usize {
        execution::with(|execution| execution.options = options);
        let value = self.checker.choose(options);
        assert!(value < options, "a choice is out of range");
        execution::with(|execution| execution.chosen(value));
        value
    }

    fn wakes_spuriously(&self) -> bool {
        let me = self.me;
        let possible = execution::with(|execution| execution.threads[me].spurious_left > 0);
        possible && self.choose(2) == 1
    }

    fn wake(&self, thread: usize) {
        let condvar = self.condvar;
        let kind = execution::with(|execution| execution.remove_waiter(condvar, thread));
        if kind == WaiterKind::Untimed {
            execution::with(|execution| execution.unblock(thread));
            self.checker.wake(thread);
        }
    }
}

/// Performs what the last running thread has to do before it stops.
pub(crate) fn after_block(checker: Checker, block: &Blocked) {
    match block {
        Blocked::Main => checker.wake(0),
        Blocked::Deadlock => checker.stop(),
        Blocked::Others | Blocked::Over => {}
    }
}

impl Execution {
    fn enqueue_waiter(
        &mut self,
        me: usize,
        lock: usize,
        condvar: usize,
        kind: WaiterKind,
        timed: bool,
    ) {
        let thread = &mut self.threads[me];
        thread.timed = timed;
        let condition = thread.waits.take();
        match kind {
            WaiterKind::Spurious => thread.spurious_left -= 1,
            WaiterKind::Timed => thread.timeouts_left -= 1,
            WaiterKind::Untimed | WaiterKind::Expired => {}
        }
        let place = &mut self.wait_queues[condvar];
        let owner = *place.lock.get_or_insert(lock);
        assert!(owner == lock, "one condition variable is used with two mutexes");
        place.condition = place.condition.or(condition);
        place.waiters.push((me, kind));
        self.note(me, Step::Wait { condvar, kind });
    }

    fn is_waiting(&self, me: usize, condvar: usize) -> bool {
        self.wait_queues[condvar].waiters.iter().any(|(thread, _)| *thread == me)
    }

    /// Removes the thread from the wait queue if it is still there; returns why the wait is over.
    fn dequeue_waiter(&mut self, me: usize, condvar: usize, kind: WaiterKind) -> Reason {
        let still = self.is_waiting(me, condvar);
        self.wait_queues[condvar].waiters.retain(|(thread, _)| *thread != me);
        let reason = match kind {
            WaiterKind::Timed if still => Reason::TimedOut,
            WaiterKind::Spurious if still => Reason::Spurious,
            _ => Reason::Notified,
        };
        if kind == WaiterKind::Timed && !still {
            self.threads[me].timeouts_left += 1;
        }
        self.see(me, count(usize::from(reason == Reason::TimedOut)));
        self.note(me, Step::Woke { condvar, reason });
        reason
    }

    fn mark_expired(&mut self, condvar: usize, thread: usize) {
        let waiters = self.wait_queues[condvar].waiters.iter_mut();
        waiters.filter(|(waiter, _)| *waiter == thread).for_each(|(_, kind)| {
            *kind = WaiterKind::Expired;
        });
    }

    /// Marks every waiter as expired: a notification found that all timers were first.
    fn mark_all_expired(&mut self, condvar: usize) {
        for (_, kind) in &mut self.wait_queues[condvar].waiters {
            *kind = WaiterKind::Expired;
        }
    }

    fn remove_waiter(&mut self, condvar: usize, thread: usize) -> WaiterKind {
        let waiters = &mut self.wait_queues[condvar].waiters;
        let place = waiters.iter().position(|(waiter, _)| *waiter == thread);
        waiters.remove(place.expect("only waiters are woken")).1
    }

    /// Asserts that the mutex is held. Notifications are modelled only while it is, which makes the
    /// mutex the only visible object. Before the first wait the mutex is unknown, so any one passes.
    fn assert_mutex_held(&self, me: usize, condvar: usize) {
        let held = &self.threads[me].held;
        let holds =
            self.wait_queues[condvar].lock.map_or(!held.is_empty(), |lock| held.contains(&lock));
        assert!(holds, "a notification without holding the mutex cannot be modelled");
    }

    /// Returns the waiters that `notify_one` may wake, whether it may wake none because every timer
    /// may have been first, and the number of waiters. With a fixed order, each timed waiter before
    /// the first untimed one may be passed over.
    fn candidates(&self, condvar: usize) -> (Vec<usize>, bool, usize) {
        let mut waiters = self.wait_queues[condvar].waiters.clone();
        waiters.retain(|(_, kind)| *kind != WaiterKind::Expired);
        let maybe_none =
            !waiters.is_empty() && waiters.iter().all(|(_, kind)| *kind == WaiterKind::Timed);
        let total = waiters.len();
        let order = self.hostility().waiters;
        if order == Waiters::Lifo {
            waiters.reverse();
        }
        if order != Waiters::Any {
            let untimed = waiters.iter().position(|(_, kind)| *kind == WaiterKind::Untimed);
            waiters.truncate(untimed.map_or(total, |place| place + 1));
        }
        (waiters.into_iter().map(|(thread, _)| thread).collect(), maybe_none, total)
    }
}
