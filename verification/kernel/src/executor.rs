//! Runs futures on the threads of an execution. What a task shares with its wakers is a mutex and a
//! condition variable of the kernel, so every moment at which a waker may be woken is explored.
//!
//! # What it may do, as any executor
//!
//! * A waker wakes the poll that it was given to, and no later one. A future that keeps the waker of
//!   an earlier poll is not polled again.
//! * A future may be polled although it was not woken: a spurious wakeup of its thread does that.
//! * A future may be dropped at any moment after a poll. To drop one that waits is a critical section,
//!   so the other threads come as far as they may before it.
//!
//! # What it refuses
//!
//! A waker is code of the user's: one that is woken or dropped by a thread that holds a mutex fails the
//! execution. That a waker is cloned cannot be observed without unsafe code. A search that recognizes
//! states cannot see which waker a thread is about to wake, so it may not run futures.

use crate::condvar::Condvar;
use crate::engine::{self, threads, Engine};
use crate::execution;
use crate::mutex::{publish, Mutex};
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// A future that a thread runs, as its wakers see it.
struct Task {
    progress: Mutex<Progress>,
    woken: Condvar,
}

/// The polls of a task, counted from 1.
#[derive(Debug, Default)]
struct Progress {
    /// The poll after which its thread sleeps, or did.
    slept_after: u64,
    /// The latest poll whose waker was woken.
    woken: u64,
}

/// The waker of one poll.
struct PollWaker {
    poll: u64,
    /// Nothing if no thread sleeps after it.
    task: Option<Arc<Task>>,
}

/// Runs a future to its end: polls it, and sleeps until it is woken.
///
/// # Panics
/// In a search that recognizes states.
pub fn block_on<F: Future>(future: F) -> F::Output {
    assert_stateless();
    let mut future = pin!(future);
    let task = Arc::new(Task { progress: Mutex::new(Progress::default()), woken: Condvar::new() });
    let mut poll = 0;
    loop {
        poll += 1;
        let waker = Waker::from(Arc::new(PollWaker { poll, task: Some(Arc::clone(&task)) }));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(output) = polled {
            return output;
        }
        task.sleep_after(poll);
    }
}

/// Polls a future once, on behalf of a task that does not wait for its end.
///
/// # Panics
/// In a search that recognizes states.
pub fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    assert_stateless();
    let waker = Waker::from(Arc::new(PollWaker { poll: 0, task: None }));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

impl Task {
    /// Blocks until that poll is woken, or spuriously.
    fn sleep_after(&self, poll: u64) {
        let mut progress = self.progress.lock();
        if progress.woken < poll {
            progress.slept_after = poll;
            publish("sleeps until its future is woken", &*progress);
            self.woken.wait(&mut progress);
        }
    }

    fn wake(&self, poll: u64) {
        let mut progress = self.progress.lock();
        progress.woken = progress.woken.max(poll);
        publish("wakes a future", &*progress);
        if progress.slept_after == poll {
            self.woken.notify_one();
        }
    }
}

impl Wake for PollWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let _noticed = Noticed;
        assert_no_mutex_held("woken");
        if let Some(task) = &self.task {
            task.wake(self.poll);
        }
    }
}

impl Drop for PollWaker {
    fn drop(&mut self) {
        let _noticed = Noticed;
        assert_no_mutex_held("dropped");
    }
}

/// Fails the execution if a panic passes, since the code under check may catch those of wakers.
struct Noticed;

impl Drop for Noticed {
    fn drop(&mut self) {
        if engine::current() != Engine::Threads {
            execution::has_failed();
        }
    }
}

/// Asserts that code of the user's may run here.
fn assert_no_mutex_held(what: &str) {
    if std::thread::panicking() {
        return;
    }
    let holds = match engine::current() {
        Engine::Threads => threads::current(|thread| thread.holds_a_mutex()),
        Engine::Checker(_) if execution::has_failed() => false,
        Engine::Checker(checker) => {
            let me = checker.me();
            execution::with(|execution| !execution.threads[me].held.is_empty())
        }
    };
    assert!(!holds, "a waker is {what} by a thread that holds a mutex");
}

fn assert_stateless() {
    let Engine::Checker(_) = engine::current() else { return };
    let recognizes = execution::with(|execution| execution.recognizes());
    assert!(!recognizes, "a search that recognizes states may not run futures");
}
