//! The kernel over loom: an independent search with dynamic partial order reduction.
//!
//! Acquiring a mutex is a `lock` of loom's own mutex; sleeping is loom's `park`. Releasing,
//! registering as a sleeper and parking happen without a scheduling point in between, hence
//! atomically. Choices of threads are relaxed loads of atomics that main has stored to (oracles);
//! main, who knows those values, has its choices enumerated outside of loom (a tape).

mod completion;
mod explore;
mod oracle;
mod tape;

use crate::engine::Engine;
use crate::panics::Stop;
use crate::session;
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

/// Tells a digest of the state under the innermost mutex; see [`crate::shuttle::publish`].
pub fn publish(digest: u64) {
    crate::mutex::publish::<Loom>(digest);
}

/// Tells everything that this state prints, under the innermost mutex, before it is released; where
/// nothing recognizes states it is not printed. A mutex of no queue, whose whole state is told
/// after every change, is recognized by that.
pub fn publish_all(change: &'static str, state: &dyn std::fmt::Debug) {
    crate::mutex::publish_all::<Loom>(change, state);
}

thread_local! {
    static THREADS: RefCell<Vec<loom::thread::Thread>> = const { RefCell::new(Vec::new()) };
}

/// The running thread is main, and nobody else is there yet.
fn begin() {
    let main = loom::thread::current();
    THREADS.with(|threads| *threads.borrow_mut() = vec![main]);
}

impl Engine for Loom {
    type Gate = loom::sync::Mutex<()>;
    type Pass<'gate> = loom::sync::MutexGuard<'gate, ()>;

    const NAME: &'static str = "loom";
    const THREADS: usize = loom::MAX_THREADS;

    fn gate() -> Self::Gate {
        loom::sync::Mutex::new(())
    }

    fn me() -> usize {
        let me = loom::thread::current().id();
        let place =
            THREADS.with(|threads| threads.borrow().iter().position(|thread| thread.id() == me));
        place.expect("every thread is started by the kernel")
    }

    fn enter(gate: &Self::Gate) -> Self::Pass<'_> {
        gate.lock().expect("a failed execution is not continued")
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
            oracle::ask(options)
        }
    }

    fn start(body: Box<dyn FnOnce() + Send>) {
        let handle = loom::thread::spawn(body);
        THREADS.with(|threads| threads.borrow_mut().push(handle.thread().clone()));
    }

    fn all_spawned() {
        oracle::stock();
        loom::explore();
    }

    fn main_released() {
        let others_choose = |session: &mut session::Session| {
            let mut others = session.threads.iter().skip(1);
            let anybody = others.any(|thread| thread.activity != session::Activity::Finished);
            anybody && session.is_open() && session.hostility().has_choices()
        };
        if session::with(others_choose) {
            loom::stop_exploring();
            oracle::stock_again();
            loom::explore();
        }
    }

    fn stop() -> ! {
        resume_unwind(Box::new(Stop))
    }
}
