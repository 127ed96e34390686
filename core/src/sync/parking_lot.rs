//! The backend that ships: parking_lot. Its `notify_*` under the lock moves the waiter over to the
//! lock's own queue, so a notified thread does not wake up only to find the lock taken.

use super::Instant;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) use ::parking_lot::{Mutex, MutexGuard};
pub(crate) use std::thread::ThreadId;

/// The size of a chunk of items, in bytes.
pub(crate) const ITEM_BYTES: usize = 2048;

/// A yield that takes longer than this means that the machine is oversubscribed: blocking would have
/// been cheaper.
const YIELD_BUDGET: Duration = Duration::from_micros(250);
/// How many waits skip the yield after a slow one.
const YIELDS_SKIPPED: usize = 50;

/// A condition variable that does not say how many threads it woke.
#[derive(Default)]
pub(crate) struct Condvar {
    inner: ::parking_lot::Condvar,
    /// How many yields are still to be skipped. A hint: nothing but speed depends on it.
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

    /// Yields to other threads, without the lock, and returns true; or returns false at once where
    /// a yield has lately been slow, as on a machine with more to do than cores.
    ///
    /// To the caller it is as if the operation had begun later. While work keeps coming this saves
    /// blocking and being woken, each of which costs more than a hundred sends.
    pub(crate) fn try_yield<T>(&self, guard: &mut MutexGuard<'_, T>) -> bool {
        let skip = self.skip_yields.load(Ordering::Relaxed);
        if skip > 0 {
            self.skip_yields.store(skip - 1, Ordering::Relaxed);
            return false;
        }
        let began = Instant::now();
        MutexGuard::unlocked(guard, thread::yield_now);
        if began.elapsed() > YIELD_BUDGET {
            self.skip_yields.store(YIELDS_SKIPPED, Ordering::Relaxed);
        }
        true
    }
}

/// The checking builds record events here. The shipped crate compiles this to nothing at all.
macro_rules! record {
    ($($event:tt)*) => {{}};
}
pub(crate) use record;

/// The checking builds publish state here. The shipped crate compiles this to nothing.
macro_rules! publish {
    ($change:expr, $state:expr) => {
        let _: &'static str = $change;
    };
}
pub(crate) use publish;

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}
