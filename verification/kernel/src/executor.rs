//! Runs futures on the threads of an execution.
//!
//! # What it may do, as any executor
//!
//! * A waker wakes the poll that it was given to, and no later one. A future that keeps the waker of
//!   an earlier poll is not polled again.
//! * A future may be polled although it was not woken: a spurious wakeup of its thread does that.
//! * A future may be dropped at any moment after a poll. To drop one that waits is a critical section,
//!   so the other threads come as far as they may before it.
//!
//! # Why every moment of a wakeup is explored
//!
//! To wake a task takes no mutex, so it is done at once. That loses no schedule: a thread that comes
//! late to it is like a task that is woken and comes late to its next mutex, and a task that sleeps
//! after it was woken does not sleep.
//!
//! # What it refuses
//!
//! A waker is code of the user's: one that is woken or dropped by a thread that holds a mutex fails the
//! execution. That a waker is cloned cannot be observed without unsafe code. A search that recognizes
//! states cannot see which waker a thread is about to wake, so it may not run futures.

use crate::condvar::Waiter;
use crate::engine::{self, threads, Engine};
use crate::execution::{self, WaitQueue};
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A future that a thread runs, as its wakers see it.
struct Task {
    /// Never contended under a checker.
    progress: Mutex<Progress>,
    place: Place,
}

/// The place where the thread of a task sleeps.
enum Place {
    /// Under a checker, the wait queue of this number.
    Checked(usize),
    /// With real threads.
    Real(Condvar),
}

/// The polls of a task, counted from 1.
#[derive(Default)]
struct Progress {
    /// The thread that sleeps, and the poll after which it does.
    asleep: Option<(usize, u64)>,
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
    let task = Arc::new(Task::new());
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
    fn new() -> Self {
        let place = match engine::current() {
            Engine::Threads => Place::Real(Condvar::new()),
            Engine::Checker(_) => Place::Checked(execution::with(|execution| {
                execution.wait_queues.push(WaitQueue::default());
                execution.wait_queues.len() - 1
            })),
        };
        Task { progress: Mutex::default(), place }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until that poll is woken, or spuriously.
    fn sleep_after(&self, poll: u64) {
        let number = match &self.place {
            Place::Checked(number) => *number,
            Place::Real(condvar) => {
                let asleep = |progress: &mut Progress| progress.woken < poll;
                drop(condvar.wait_while(self.progress(), asleep));
                return;
            }
        };
        if execution::has_failed() {
            engine::checker().stop();
        }
        if self.progress().woken >= poll {
            return;
        }
        let waiter = Waiter::new(number);
        let kind = waiter.untimed();
        // A checker may run others before it chooses.
        if self.progress().woken < poll {
            self.progress().asleep = Some((waiter.me, poll));
            waiter.sleep(kind);
            self.progress().asleep = None;
        }
    }

    fn wake(&self, poll: u64) {
        let mut progress = self.progress();
        progress.woken = progress.woken.max(poll);
        let asleep = progress.asleep.take_if(|(_, after)| *after == poll);
        drop(progress);
        match (&self.place, asleep) {
            (Place::Real(condvar), _) => condvar.notify_one(),
            (Place::Checked(number), Some((thread, _))) if !execution::has_failed() => {
                Waiter::new(*number).wake_task(thread);
            }
            (Place::Checked(_), _) => {}
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
