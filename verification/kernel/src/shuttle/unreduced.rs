//! Shuttle's own schedulers, unreduced: they decide at every scheduling point, and choices come
//! from their data stream, so that a seed fixes the whole sampling.

use super::local_first::unobstructed;
use crate::execution;
use crate::progress::Progress;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::{Arc, Mutex};

/// A scheduler of shuttle's that never runs a thread into a mutex that is held.
pub(super) struct Unreduced {
    inner: Option<Box<dyn Scheduler + Send>>,
    progress: Arc<Mutex<Progress>>,
}

impl Unreduced {
    pub(super) fn new(inner: Box<dyn Scheduler + Send>, progress: Arc<Mutex<Progress>>) -> Self {
        Unreduced { inner: Some(inner), progress }
    }

    /// Forgets the scheduler: dropped before its end, it prints a seed that reproduces nothing here.
    fn abandon(&mut self) -> Option<Schedule> {
        if let Some(inner) = self.inner.take() {
            std::mem::forget(inner);
        }
        None
    }
}

impl Scheduler for Unreduced {
    fn new_execution(&mut self) -> Option<Schedule> {
        if execution::with(|execution| execution.failed()) {
            return self.abandon();
        }
        let schedule = self.inner.as_mut()?.new_execution()?;
        if self.progress.lock().expect("one thread").next() {
            Some(schedule)
        } else {
            self.abandon()
        }
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let tasks: Vec<usize> = runnable.iter().map(|task| usize::from(task.id())).collect();
        let free = unobstructed(&tasks);
        let can_run = |task: &&&Task| free.contains(&usize::from(task.id()));
        let candidates: Vec<&Task> = runnable.iter().filter(can_run).copied().collect();
        if candidates.is_empty() {
            return None;
        }
        self.inner.as_mut()?.next_task(&candidates, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        let options = execution::with(|execution| execution.options) as u64;
        self.inner.as_mut().map_or(0, |inner| inner.next_u64() % options)
    }
}
