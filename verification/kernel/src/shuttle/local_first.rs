//! A partial order reduction: threads that are not about to lock a mutex run first, and only the
//! order in which threads acquire mutexes is left to a strategy.
//!
//! # Why nothing is lost
//!
//! Between two acquisitions a thread touches what it owns, what the mutexes it holds protect, and
//! the wait queues, which belong to mutexes it holds; waking a waiter only makes it request a
//! mutex in turn. Everything else is behind `lock`. So such a stretch commutes with every step of
//! every other thread: two schedules that differ only in where these stretches happen are the same
//! run. Local stretches can therefore be done at once, in any fixed order (a persistent set of one
//! thread), and the schedules that remain differ in the order of acquisitions: with one mutex, each
//! is visited exactly once. Main's wait for quiescence ends when no other thread can run; that
//! moment is the same in all schedules with the same acquisitions.
//!
//! This needs what the kernel enforces: no notification without the mutex, no `try_lock`, no
//! atomics; and, which it cannot see, that threads share nothing but its objects. (The counts of
//! `Arc`s are shared: an upgrade that races with the last drop is explored in one order.) A thread that requests a mutex
//! held by another one across a scheduling point (nested mutexes) is not a candidate.

use crate::execution::{self, Activity};
use crate::progress::Progress;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::{Arc, Mutex};

/// The decisions that the reduction leaves open.
pub(super) trait Strategy {
    /// Begins an execution; returns whether there is another one to run.
    fn begin(&mut self) -> bool;
    /// Returns which of several candidates acquires its mutex; with `first`, the first one is
    /// already running, so that choosing another one is a preemption.
    fn pick(&mut self, candidates: &[usize], first: bool) -> usize;
    /// Returns any number below `options`.
    fn choose(&mut self, options: usize) -> usize;
}

/// A scheduler that runs a strategy under the reduction.
pub(super) struct LocalFirst<S> {
    strategy: S,
    /// The threads that can acquire the mutex that they are about to lock, the running one first.
    candidates: Vec<usize>,
    progress: Arc<Mutex<Progress>>,
}

impl<S: Strategy> LocalFirst<S> {
    pub(super) fn new(strategy: S, progress: Arc<Mutex<Progress>>) -> Self {
        LocalFirst { strategy, candidates: Vec::new(), progress }
    }
}

impl<S: Strategy> Scheduler for LocalFirst<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        let failed = execution::with(|execution| execution.failed());
        let another = !failed && self.strategy.begin();
        (another && self.progress.lock().expect("one thread").next()).then(|| Schedule::new(0))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        _: bool,
    ) -> Option<TaskId> {
        let current = current.map(usize::from);
        let candidates = &mut self.candidates;
        match sort(runnable, current, candidates) {
            Step::Over => None,
            Step::Local(task) => Some(task.into()),
            Step::Visible if candidates.len() == 1 => Some(candidates[0].into()),
            Step::Visible => {
                let first = current == Some(candidates[0]);
                let place = self.strategy.pick(candidates, first);
                candidates.get(place).map(|task| (*task).into())
            }
        }
    }

    fn next_u64(&mut self) -> u64 {
        let options = execution::with(|execution| execution.options);
        self.strategy.choose(options) as u64
    }
}

/// The kinds of scheduling points.
enum Step {
    /// The execution has failed.
    Over,
    /// This thread is not about to lock.
    Local(usize),
    /// Every thread is about to lock.
    Visible,
}

fn sort(runnable: &[&Task], current: Option<usize>, candidates: &mut Vec<usize>) -> Step {
    let tasks = || runnable.iter().map(|task| usize::from(task.id()));
    execution::with(|execution| {
        if execution.failed() {
            return Step::Over;
        }
        let wanted = |task: usize| match execution.threads.get(task).map(|thread| thread.activity) {
            Some(Activity::Locking(lock)) => Some(lock),
            _ => None,
        };
        let runs = |task: &usize| tasks().any(|other| other == *task);
        let local = current.filter(|task| runs(task) && wanted(*task).is_none());
        let local = local.or_else(|| tasks().find(|task| wanted(*task).is_none()));
        if let Some(task) = local {
            return Step::Local(task);
        }
        let is_free =
            |task: &usize| wanted(*task).is_none_or(|lock| execution.locks[lock].holder.is_none());
        let first = current.filter(|task| runs(task) && is_free(task));
        let others = tasks().filter(|task| is_free(task) && Some(*task) != first);
        candidates.clear();
        candidates.extend(first.into_iter().chain(others));
        if candidates.is_empty() {
            execution
                .fail("deadlock: every thread wants a mutex that another one holds".to_owned());
            return Step::Over;
        }
        Step::Visible
    })
}

/// Returns those of the runnable tasks whose requested mutex is free, or none when the execution has
/// failed.
pub(super) fn unobstructed(tasks: &[usize]) -> Vec<usize> {
    execution::with(|execution| {
        if execution.failed() {
            return Vec::new();
        }
        let is_free =
            |task: &&usize| match execution.threads.get(**task).map(|thread| thread.activity) {
                Some(Activity::Locking(lock)) => execution.locks[lock].holder.is_none(),
                _ => true,
            };
        let free: Vec<usize> = tasks.iter().filter(is_free).copied().collect();
        if free.is_empty() {
            execution
                .fail("deadlock: every thread wants a mutex that another one holds".to_owned());
        }
        free
    })
}
