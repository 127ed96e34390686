//! What the kernel takes from loom. Choices of threads are relaxed loads of atomics that main has
//! stored to (`choices`); main knows those values, so its choices are enumerated outside of loom
//! (`tape`).

pub(crate) mod choices;
pub(crate) mod tape;

use crate::execution::{self, Activity, Execution};
use crate::panics::Stop;
use std::cell::RefCell;
use std::panic::resume_unwind;

thread_local! {
    static THREADS: RefCell<Vec<loom::thread::Thread>> = const { RefCell::new(Vec::new()) };
}

/// Begins an execution: the running thread is main, and there is no other yet.
pub(crate) fn begin() {
    let main = loom::thread::current();
    THREADS.with(|threads| *threads.borrow_mut() = vec![main]);
}

pub(super) fn me() -> usize {
    let me = loom::thread::current().id();
    let place =
        THREADS.with(|threads| threads.borrow().iter().position(|thread| thread.id() == me));
    place.expect("every thread is started by the kernel")
}

pub(super) fn wake(thread: usize) {
    let thread = THREADS.with(|threads| threads.borrow()[thread].clone());
    thread.unpark();
}

pub(super) fn choose(options: usize) -> usize {
    if me() == 0 {
        tape::read(options)
    } else {
        choices::next(options)
    }
}

pub(super) fn start(body: impl FnOnce() + Send + 'static) {
    let handle = loom::thread::spawn(body);
    THREADS.with(|threads| threads.borrow_mut().push(handle.thread().clone()));
}

pub(super) fn all_spawned() {
    choices::prefill();
    loom::explore();
}

pub(super) fn main_released() {
    let others_choose = |execution: &mut Execution| {
        let mut others = execution.threads.iter().skip(1);
        let unfinished = others.any(|thread| thread.activity != Activity::Finished);
        unfinished && execution.is_open() && execution.hostility().has_choices()
    };
    if execution::with(others_choose) {
        loom::stop_exploring();
        choices::prefill_again();
        loom::explore();
    }
}

pub(super) fn stop() -> ! {
    resume_unwind(Box::new(Stop))
}
