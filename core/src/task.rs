//! Items under work.

use crate::queue::Queue;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// An item that is being worked on; [`join`](Queue::join) waits until it is dropped.
///
/// Made by [`recv_task`](crate::Receiver::recv_task). It ends when this guard is dropped, in
/// whatever way: also when the worker panics. Leaking it (`mem::forget`) means that the work never
/// ends; nothing else suffers.
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
#[must_use = "a task ends when it is dropped"]
pub struct Task<T> {
    item: T,
    /// After the item: the task ends once the item is gone, also if its destructor panics.
    _end: End<T>,
}

/// Ends the task when it is dropped.
struct End<T> {
    queue: Arc<Queue<T>>,
}

impl<T> Task<T> {
    pub(crate) fn new(item: T, queue: Arc<Queue<T>>) -> Self {
        Task { item, _end: End { queue } }
    }

    /// Ends the task and gives its item out.
    ///
    /// It is called as `Task::into_inner(task)`, so that it never hides a method of the item.
    pub fn into_inner(this: Self) -> T {
        this.item
    }
}

impl<T> Drop for End<T> {
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
