//! Items being worked on.

use crate::queue::Queue;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A received item that is unfinished until this is dropped; [`join`](Queue::join) waits for that.
///
/// Returned by [`recv_task`](crate::Receiver::recv_task) and the like. A leaked task (`mem::forget`) is
/// never completed; it has no other effect.
///
/// A thread that holds a task and calls [`join`](Queue::join) on its queue waits for itself.
///
/// # At most once, or at least once
///
/// Dropping a task completes it, also when the worker panics: each item is worked on at most once. For
/// items that must be worked on at least once, call [`put_back_on_drop`](Self::put_back_on_drop) when
/// the task is received, and [`complete`](Self::complete) when it is done: then a panic, or an early
/// return, puts the item back into the queue, and another worker receives it. To retry at once, call
/// [`put_back`](Self::put_back). The item is put back and the task finished in one step, so `join` does
/// not return in between. Count the attempts in the item, else one that panics always is retried
/// forever.
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
///
/// An item is lost by no panic:
///
/// ```
/// use sentinel_queue::{unbounded, Task};
///
/// let (tx, rx) = unbounded();
/// tx.send("job").unwrap();
/// let worker = std::thread::spawn({
///     let rx = rx.clone();
///     move || {
///         let mut task = rx.recv_task().unwrap();
///         Task::put_back_on_drop(&mut task);
///         panic!("of the worker");
///     }
/// });
/// assert!(worker.join().is_err());
/// let task = rx.recv_task().unwrap();
/// assert_eq!((*task, tx.stats().put_back), ("job", 1));
/// Task::complete(task);
/// ```
#[doc(alias("task_done", "JoinableQueue", "ack", "nack"))]
#[must_use = "a task is completed when it is dropped"]
pub struct Task<T> {
    /// `None` once it is moved out.
    item: Option<T>,
    puts_back_on_drop: bool,
    /// Dropped after the item: the task is completed once the item is dropped, also if that panics.
    completion: CompletionGuard<T>,
}

/// Completes the task when it is dropped, unless it was put back.
struct CompletionGuard<T> {
    queue: Arc<Queue<T>>,
    generation: u64,
    is_finished: bool,
}

impl<T> Task<T> {
    /// The generation is that of [`Grace`](crate::grace::Grace).
    pub(crate) fn new(item: T, generation: u64, queue: Arc<Queue<T>>) -> Self {
        let completion = CompletionGuard { queue, generation, is_finished: false };
        Task { item: Some(item), puts_back_on_drop: false, completion }
    }

    /// Completes the task and returns its item.
    ///
    /// This is an associated function, `Task::into_inner(task)`, so that it hides no method of the
    /// item; so are the others.
    pub fn into_inner(mut this: Self) -> T {
        this.take()
    }

    /// Completes the task and drops its item, whatever a drop of the task would do.
    pub fn complete(mut this: Self) {
        this.puts_back_on_drop = false;
    }

    /// Puts the item back, behind all that is queued, and finishes the task in the same step.
    ///
    /// The item needs no room: the queue may hold more than its capacity then. As a queued item it
    /// keeps [`join`](Queue::join) waiting, which therefore never returns in between, and it is received
    /// as any other.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns the task, which is still unfinished, if the queue is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, Task};
    ///
    /// let (tx, rx) = bounded(1);
    /// tx.send(1).unwrap();
    /// let task = rx.recv_task().unwrap();
    /// tx.send(2).unwrap();
    /// assert!(Task::put_back(task).is_ok()); // though the queue is full
    /// assert_eq!((tx.len(), tx.stats().unfinished_tasks), (2, 0));
    /// let task = rx.recv_task().unwrap();
    /// tx.close();
    /// let task = Task::put_back(task).unwrap_err();
    /// assert_eq!((*task, rx.recv()), (2, Ok(1)));
    /// ```
    #[doc(alias("retry", "requeue", "nack"))]
    pub fn put_back(mut this: Self) -> Result<(), Self> {
        if this.try_put_back() {
            Ok(())
        } else {
            Err(this)
        }
    }

    /// Makes a drop of the task, by a panic or an early return, put the item back as
    /// [`put_back`](Self::put_back) does, instead of completing the task.
    ///
    /// [`complete`](Self::complete) and [`into_inner`](Self::into_inner) complete it all the same. If the
    /// queue is closed, a drop completes the task, and the item is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError, Task};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// for mut task in rx.task_iter().take(3) {
    ///     Task::put_back_on_drop(&mut task);
    ///     *task += 1;
    /// }
    /// assert_eq!(rx.recv(), Ok(4));
    /// ```
    pub fn put_back_on_drop(this: &mut Self) {
        this.puts_back_on_drop = true;
    }

    /// Moves the item out.
    fn take(&mut self) -> T {
        self.item.take().expect(PRESENT)
    }

    /// Puts the item back, and returns whether the queue was open.
    fn try_put_back(&mut self) -> bool {
        let item = self.take();
        self.item = self.completion.queue.put_back(item, self.completion.generation).err();
        self.completion.is_finished = self.item.is_none();
        self.completion.is_finished
    }
}

/// Why an item is there.
const PRESENT: &str = "the item leaves with the task";

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if self.puts_back_on_drop && self.item.is_some() {
            self.try_put_back();
        }
    }
}

impl<T> Drop for CompletionGuard<T> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.queue.finish_task(self.generation);
        }
    }
}

impl<T> Deref for Task<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.item.as_ref().expect(PRESENT)
    }
}

impl<T> DerefMut for Task<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.item.as_mut().expect(PRESENT)
    }
}

impl<T: fmt::Debug> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&**self).finish()
    }
}
