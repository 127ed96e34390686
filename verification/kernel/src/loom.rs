//! The kernel over loom: an independent search with dynamic partial order reduction.
//!
//! Acquiring a mutex is a `lock` of loom's own mutex; blocking is loom's `park`. Releasing,
//! enqueuing the waiter and parking happen without a scheduling point in between, hence
//! atomically. Choices of threads are relaxed loads of atomics that main has stored to
//! (`choices`); main knows those values, so its choices are enumerated outside of loom (`tape`).

mod completion;
mod explore;
mod choices;
mod tape;

use crate::engine::Engine;
use crate::execution;
use crate::panics::Stop;
use sentinel_queue_models::Event;
use std::cell::RefCell;
use std::panic::resume_unwind;

pub use explore::{explore, VERSION};
pub use std::time::Instant;

/// The backend.
#[derive(Clone, Copy, Debug)]
pub struct Loom;

/// A mutual exclusion lock under loom.
pub type Mutex<T> = crate::mutex::Mutex<T, Loom>;
/// The right to use what a [`Mutex`] protects.
pub type MutexGuard<'a, T> = crate::mutex::MutexGuard<'a, T, Loom>;
/// A condition variable under loom.
pub type Condvar = crate::condvar::Condvar<Loom>;

/// Records what the running thread does in its critical section.
///
/// # Panics
/// Outside of a critical section of a created queue.
pub fn record(event: Event) {
    crate::mutex::record::<Loom>(event);
}

/// Publishes a digest of the state under the innermost mutex; see [`crate::shuttle::publish`].
pub fn publish(digest: u64) {
    crate::mutex::publish::<Loom>(digest);
}

/// Publishes the `Debug` output of the state under the innermost mutex, before it is released. It is
/// not printed unless states are recognized.
pub fn publish_all(change: &'static str, state: &dyn std::fmt::Debug) {
    crate::mutex::publish_all::<Loom>(change, state);
}

thread_local! {
    static THREADS: RefCell<Vec<loom::thread::Thread>> = const { RefCell::new(Vec::new()) };
}

/// Begins an execution: the running thread is main, and there is no other yet.
fn begin() {
    let main = loom::thread::current();
    THREADS.with(|threads| *threads.borrow_mut() = vec![main]);
}

impl Engine for Loom {
    type EngineMutex = loom::sync::Mutex<()>;
    type EngineGuard<'a> = loom::sync::MutexGuard<'a, ()>;

    const NAME: &'static str = "loom";
    const THREADS: usize = loom::MAX_THREADS;

    fn new_mutex() -> Self::EngineMutex {
        loom::sync::Mutex::new(())
    }

    fn me() -> usize {
        let me = loom::thread::current().id();
        let place =
            THREADS.with(|threads| threads.borrow().iter().position(|thread| thread.id() == me));
        place.expect("every thread is started by the kernel")
    }

    fn lock(engine_mutex: &Self::EngineMutex) -> Self::EngineGuard<'_> {
        engine_mutex.lock().expect("a failed execution is not continued")
    }

    fn sleep() {
        loom::thread::park();
    }

    fn wake(thread: usize) {
        let thread = THREADS.with(|threads| threads.borrow()[thread].clone());
        thread.unpark();
    }

    fn choose(options: usize) -> usize {
        if <Loom as Engine>::me() == 0 {
            tape::read(options)
        } else {
            choices::next(options)
        }
    }

    fn start(body: Box<dyn FnOnce() + Send>) {
        let handle = loom::thread::spawn(body);
        THREADS.with(|threads| threads.borrow_mut().push(handle.thread().clone()));
    }

    fn all_spawned() {
        choices::prefill();
        loom::explore();
    }

    fn main_released() {
        let others_choose = |execution: &mut execution::Execution| {
            let mut others = execution.threads.iter().skip(1);
            let unfinished = others.any(|thread| thread.activity != execution::Activity::Finished);
            unfinished && execution.is_open() && execution.hostility().has_choices()
        };
        if execution::with(others_choose) {
            loom::stop_exploring();
            choices::prefill_again();
            loom::explore();
        }
    }

    fn stop() -> ! {
        resume_unwind(Box::new(Stop))
    }
}
