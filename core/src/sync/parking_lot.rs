//! The backend that ships: parking_lot. Its `notify_*` under the lock moves the waiter over to the
//! lock's own queue, so a notified thread does not wake up only to find the lock taken.
//!
//! How a thread waits is decided here. It is nothing but speed:
//!
//! - **For the lock**: a critical section takes tens of nanoseconds, so a short spin outlasts it.
//!   parking_lot spins too, but not while another thread is parked, as one often is under contention.
//! - **For a condition**: it yields, then blocks. A yield takes about half a microsecond where the core
//!   is free, so it is as good as a spin there, and a few of them are enough; where it is not, a spin
//!   delays the very thread that is waited for, above all on one core, and many yields cost less than
//!   to block and be woken for one item.
//! - **Not on a busy machine**: a yield to another program may last a whole time slice, and blocking
//!   costs less. But where threads of queues yield to each other, the next look finds their items in a
//!   batch. So a yield may take [`YIELD_BUDGET`], and [`TURN`] for each thread that yields anywhere.
//! - **Not all at once**: of many threads that wait for one condition, [`YIELDING_LIMIT`] yield and
//!   the others block. A limit below the number of threads of a small pool costs much more than none.

use super::Instant;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) use ::parking_lot::MutexGuard;
pub(crate) use std::thread::ThreadId;

/// The size of a chunk of items, in bytes.
pub(crate) const ITEM_BYTES: usize = 2048;

/// Maximum number of yields before a thread blocks: where threads of queues share a core, each of
/// them gives the others a turn, and to block instead costs a wakeup per item.
const YIELD_LIMIT: usize = 64;
/// A yield that takes less than this has found no other thread that wanted the core.
const FREE_CORE: Duration = Duration::from_micros(1);
/// How many yields such a one counts for: what is waited for may take long, and burns this core.
const IDLE_YIELD_COUNTS: usize = 4;
/// Maximum number of threads that yield for the same condition at a time.
const YIELDING_LIMIT: usize = 8;
/// A yield that takes longer than this, and its turns, means that other programs want the cores.
const YIELD_BUDGET: Duration = Duration::from_micros(250);
/// How long each thread that yields may run before it does so again.
const TURN: Duration = Duration::from_micros(4);
/// How many waits for a condition skip the yield after a slow one: few, since blocked threads make
/// the next yield slow for others, and the queues would not come back to yielding.
const YIELDS_SKIPPED: usize = 4;
/// How many times a thread spins while the lock is taken, before it leaves that to parking_lot.
const LOCK_SPINS: usize = 4;
/// How many pauses of the processor each of these takes, so that the lock is not read all the time.
const LOCK_PAUSES: usize = 16;

/// parking_lot's mutex, with a short spin before its own way to wait.
pub(crate) struct Mutex<T> {
    inner: ::parking_lot::Mutex<T>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex { inner: ::parking_lot::Mutex::new(value) }
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        if self.inner.is_locked() {
            self.spin_while_locked();
        }
        self.inner.lock()
    }

    #[cold]
    #[inline(never)]
    fn spin_while_locked(&self) {
        let mut spins_left = LOCK_SPINS;
        while self.inner.is_locked() && spins_left > 0 {
            (0..LOCK_PAUSES).for_each(|_| spin_loop());
            spins_left -= 1;
        }
    }
}

/// The number of threads that yield, for any condition of any queue. A hint, as the next two are:
/// nothing but speed depends on them.
static YIELDING: AtomicU32 = AtomicU32::new(0);

/// A condition variable that does not say how many threads it woke.
#[derive(Default)]
pub(crate) struct Condvar {
    inner: ::parking_lot::Condvar,
    /// The number of threads that yield for this condition.
    yielding: AtomicUsize,
    /// How many yields are still to be skipped.
    skip_yields: AtomicUsize,
}

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.inner.wait(guard);
    }

    /// Whether the wait ended by the clock.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        self.inner.wait_until(guard, deadline).timed_out()
    }

    pub(crate) fn notify_one(&self) {
        self.inner.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.inner.notify_all();
    }

    /// Yields to other threads, without the lock, as long as `unready` says so: at most
    /// [`YIELD_LIMIT`] times, less where no other thread wants the core, and not at all where enough
    /// threads yield for this condition or a yield has lately been slow.
    ///
    /// To the caller it is as if the operation had begun later.
    pub(crate) fn yield_while<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        unready: impl Fn(&T) -> bool,
    ) {
        let mut yields_left = YIELD_LIMIT;
        while yields_left > 0 && unready(guard) {
            let Some(took) = self.try_yield(guard) else { return };
            let counts = if took < FREE_CORE { IDLE_YIELD_COUNTS } else { 1 };
            yields_left = yields_left.saturating_sub(counts);
        }
    }

    /// Yields once, and returns how long that took.
    fn try_yield<T>(&self, guard: &mut MutexGuard<'_, T>) -> Option<Duration> {
        let skip = self.skip_yields.load(Ordering::Relaxed);
        if skip > 0 {
            self.skip_yields.store(skip - 1, Ordering::Relaxed);
            return None;
        }
        if self.yielding.load(Ordering::Relaxed) >= YIELDING_LIMIT {
            return None;
        }
        self.yielding.fetch_add(1, Ordering::Relaxed);
        let turns = YIELDING.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        MutexGuard::unlocked(guard, thread::yield_now);
        let took = began.elapsed();
        if took > YIELD_BUDGET + TURN * turns {
            self.skip_yields.store(YIELDS_SKIPPED, Ordering::Relaxed);
        }
        YIELDING.fetch_sub(1, Ordering::Relaxed);
        self.yielding.fetch_sub(1, Ordering::Relaxed);
        Some(took)
    }
}

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}
