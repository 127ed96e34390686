//! The threads of the operating system that searches run on. Engines keep their state in
//! thread-locals, so a search has such a thread to itself; and a failed execution leaves unfinished
//! coroutines behind, so a thread in which one has failed is used for no other search. All others
//! are used again, with the stacks of their coroutines: to make these costs more than most searches.

use crate::execution::{self, Execution};
use crate::panics;
use shuttle_engine::runtime::thread::continuation::{ContinuationPool, CONTINUATION_POOL};
use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, Sender};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    /// The thread that runs the searches of this one, while it is idle.
    static IDLE: Cell<Option<Sender<Job>>> = const { Cell::new(None) };
}

/// Runs `work`, a search, on a thread that runs no other one meanwhile, and in which none has failed.
pub(crate) fn isolated<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    panics::install();
    let thread = IDLE.take().unwrap_or_else(start);
    let (sender, receiver) = channel();
    let job = move || {
        // What is left of the previous search would be counted.
        execution::with(|execution| *execution = Execution::default());
        let result = catch_unwind(AssertUnwindSafe(work));
        let spent = panics::is_spent() || result.is_err();
        drop(sender.send((result, spent)));
    };
    thread.send(Box::new(job)).expect("it runs until its sender is dropped");
    let (result, spent) = receiver.recv().expect("each search has a result");
    IDLE.set((!spent).then_some(thread));
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

fn start() -> Sender<Job> {
    let (sender, jobs) = channel::<Job>();
    thread::spawn(move || {
        panics::capture();
        CONTINUATION_POOL.set(&ContinuationPool::new(), || jobs.iter().for_each(|job| job()));
    });
    sender
}
