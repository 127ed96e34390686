//! The kernel over shuttle: the wide exhaustive search, sampling, and replay.
//!
//! Only the engine is shuttle's; mutex and condition variable are the kernel's. A thread requests a
//! mutex before it yields to the scheduler, so every scheduler here knows which threads can run and
//! never runs a thread into a mutex that is held.

mod depth_first;
mod drive;
mod replay;
mod local_first;
pub mod scoped;
mod unreduced;

use crate::engine::Engine;
use sentinel_queue_models::Event;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use shuttle_engine::runtime::{execution::ExecutionState, thread};

pub use drive::{explore, replay, sample, Sampler, VERSION};
pub use std::time::Instant;

/// The backend.
#[derive(Clone, Copy, Debug)]
pub struct Shuttle;

/// A mutual exclusion lock under shuttle.
pub type Mutex<T> = crate::mutex::Mutex<T, Shuttle>;
/// The right to use what a [`Mutex`] protects.
pub type MutexGuard<'a, T> = crate::mutex::MutexGuard<'a, T, Shuttle>;
/// A condition variable under shuttle.
pub type Condvar = crate::condvar::Condvar<Shuttle>;

/// Records what the running thread does in its critical section.
///
/// # Panics
/// Outside of a critical section of a created queue.
pub fn record(event: Event) {
    crate::mutex::record::<Shuttle>(event);
}

/// Publishes a digest of the state under the innermost mutex, before it is released.
///
/// The stateful search recognizes states by the recorded events. A published digest is added to
/// that, so that state which the events do not determine (a counter that drifted, say) keeps two
/// executions apart.
pub fn publish(digest: u64) {
    crate::mutex::publish::<Shuttle>(digest);
}

/// Publishes the `Debug` output of the state under the innermost mutex, before it is released. It is
/// not printed unless states are recognized. A mutex of no queue whose whole state is published
/// after every change is recognized by it. The name of the change is a line of the interleaving.
pub fn publish_all(change: &'static str, state: &dyn std::fmt::Debug) {
    crate::mutex::publish_all::<Shuttle>(change, state);
}

impl Engine for Shuttle {
    type EngineMutex = ();
    type EngineGuard<'a> = ();

    const NAME: &'static str = "shuttle";
    const THREADS: usize = crate::token::MOST;

    fn new_mutex() -> Self::EngineMutex {}

    fn me() -> usize {
        usize::from(ExecutionState::me())
    }

    fn lock((): &Self::EngineMutex) -> Self::EngineGuard<'_> {
        thread::switch();
    }

    fn sleep() {
        ExecutionState::with(|state| state.current_mut().block(false));
        thread::switch();
    }

    fn wake(thread: usize) {
        ExecutionState::with(|state| state.get_mut(thread.into()).unblock());
    }

    fn choose(_options: usize) -> usize {
        // The schedulers of this module know the number of options and answer below it.
        usize::try_from(ExecutionState::next_u64()).expect("few options")
    }

    fn start(body: Box<dyn FnOnce() + Send>) {
        shuttle::thread::spawn(body);
    }

    fn all_spawned() {}

    fn main_released() {}

    fn stop() -> ! {
        // The scheduler is called once more, sees the failure, and does not return here.
        loop {
            thread::switch();
        }
    }
}

/// Makes shuttle install its panic hook now, so that it does not do so later.
pub(crate) fn warm_up() {
    Runner::new(shuttle::scheduler::RoundRobinScheduler::new(1), config(1_000)).run(|| {});
}

/// Sets every field that could stop a run silently or write files.
fn config(steps: usize) -> Config {
    let mut config = Config::new();
    config.stack_size = 0x2_0000;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(steps);
    config.max_time = None;
    config.silence_warnings = true;
    config
}
