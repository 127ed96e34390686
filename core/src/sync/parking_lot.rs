//! The backend that ships: parking_lot. Its `notify_*` under the lock moves the sleeper over to the
//! lock's own queue, so a notified thread does not wake up only to find the lock taken.

use super::Instant;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) use ::parking_lot::{Mutex, MutexGuard};
pub(crate) use std::thread::ThreadId;

/// The size of a chunk of items.
pub(crate) const ITEM_BYTES: usize = 2048;

/// Whoever lets others run and is away for longer had better have slept.
const TOO_LONG: Duration = Duration::from_micros(250);
/// So many times nobody lingers after that.
const IMPATIENT: usize = 50;

/// A condition variable whose answers do not leak: how many were woken is nobody's business.
#[derive(Default)]
pub(crate) struct Condvar {
    inner: ::parking_lot::Condvar,
    /// How often [`linger`] is still to decline. A hint: nothing depends on it but
    /// speed.
    impatient: AtomicUsize,
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
}

/// Lets other threads run for a moment, without the lock, instead of going to sleep; declines where
/// that has lately taken too long, as on a machine with more to do than cores.
///
/// To the caller it is as if it had come a moment later. Where work keeps coming it saves both
/// going to sleep and being woken, each of which costs more than a hundred sends.
pub(crate) fn linger<T>(condition: &Condvar, guard: &mut MutexGuard<'_, T>) -> bool {
    let impatient = condition.impatient.load(Ordering::Relaxed);
    if impatient > 0 {
        condition.impatient.store(impatient - 1, Ordering::Relaxed);
        return false;
    }
    let began = Instant::now();
    MutexGuard::unlocked(guard, thread::yield_now);
    if began.elapsed() > TOO_LONG {
        condition.impatient.store(IMPATIENT, Ordering::Relaxed);
    }
    true
}

/// The checking builds record events here. The shipped crate compiles this to nothing at all.
macro_rules! record {
    ($($event:tt)*) => {{}};
}
pub(crate) use record;

/// Nothing is told to anybody here.
macro_rules! publish {
    ($change:expr, $state:expr) => {
        let _: &'static str = $change;
    };
}
pub(crate) use publish;

pub(crate) fn current_thread() -> ThreadId {
    std::thread::current().id()
}
