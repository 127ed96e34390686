//! Items being worked on.

use crate::queue::Queue;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A received item that is unfinished until this is dropped; [`join`](Queue::join) waits for that.
///
/// Returned by [`recv_task`](crate::Receiver::recv_task). Dropping it completes the task, also when
/// the worker panics. A leaked task (`mem::forget`) is never completed; it has no other effect.
///
/// A thread that holds a task and calls [`join`](Queue::join) on its queue waits for itself.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{unbounded, Task};
///
/// let (tx, rx) = unbounded();
/// tx.send(String::from("draft")).unwrap();
/// let mut task = rx.recv_task().unwrap();
/// task.push('!');
/// assert_eq!(Task::into_inner(task), "draft!");
/// assert_eq!(tx.stats().unfinished_tasks, 0);
/// ```
#[doc(alias("task_done", "JoinableQueue"))]
#[must_use = "a task is completed when it is dropped"]
pub struct Task<T> {
    item: T,
    /// Dropped after the item: the task is completed once the item is dropped, also if that panics.
    _completion: CompletionGuard<T>,
}

/// Completes the task when it is dropped.
struct CompletionGuard<T> {
    queue: Arc<Queue<T>>,
}

impl<T> Task<T> {
    pub(crate) fn new(item: T, queue: Arc<Queue<T>>) -> Self {
        Task { item, _completion: CompletionGuard { queue } }
    }

    /// Completes the task and returns its item.
    ///
    /// This is an associated function, `Task::into_inner(task)`, so that it hides no method of the
    /// item.
    pub fn into_inner(this: Self) -> T {
        this.item
    }
}

impl<T> Drop for CompletionGuard<T> {
    fn drop(&mut self) {
        self.queue.finish_task();
    }
}

impl<T> Deref for Task<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for Task<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T: fmt::Debug> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.item).finish()
    }
}
