//! Futures: operations of a task, which waits without blocking its thread.
//!
//! Each is one [`TaskWait`], which it leaves when it is dropped.

use crate::error::{RecvError, SendError};
use crate::queue::{Queue, TaskWait};
use crate::receiver::into_recv;
use crate::sender::into_send;
use crate::state::Condition;
use crate::task::Task;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

#[cfg(feature = "futures-core")]
mod stream;

#[cfg(feature = "futures-core")]
pub use stream::RecvStream;

/// A wait on a queue, which ends when this is dropped.
struct Wait<'a, T> {
    queue: &'a Queue<T>,
    task: TaskWait,
}

impl<'a, T> Wait<'a, T> {
    fn new(queue: &'a Queue<T>, condition: Condition) -> Self {
        Wait { queue, task: TaskWait::new(condition) }
    }
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        self.queue.cancel(&mut self.task);
    }
}

impl<T> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.queue).finish()
    }
}

/// Receives the oldest item. Returned by [`Receiver::recv_async`](crate::Receiver::recv_async).
///
/// # Cancellation
///
/// A future that is dropped before it is ready has taken nothing, and what it was woken for goes to
/// another receiver, thread or task: so it may lose a `select` or a timeout at any moment.
///
/// A future that was woken, and is neither polled nor dropped, holds what it was woken for: an item may
/// then lie in the queue while another receiver waits for it. So poll a future until it is ready or
/// drop it, and do not keep it while the task waits for something else. A leaked one (`mem::forget`)
/// holds that forever.
///
/// # Panics
///
/// A poll after it was ready panics.
#[must_use = "a future does nothing unless it is awaited"]
pub struct RecvFuture<'a, T> {
    wait: Wait<'a, T>,
}

impl<'a, T> RecvFuture<'a, T> {
    pub(crate) fn new(queue: &'a Queue<T>) -> Self {
        RecvFuture { wait: Wait::new(queue, Condition::NotEmpty) }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Wait { queue, task } = &mut self.wait;
        queue.poll_recv(task, context, false).map(|(front, _)| into_recv(front))
    }
}

/// Receives several items in one step. Returned by
/// [`Receiver::recv_many_async`](crate::Receiver::recv_many_async).
///
/// # Cancellation
///
/// As of [`RecvFuture`]: one that is dropped before it is ready has taken nothing, and the batch is
/// unchanged.
///
/// # Panics
///
/// A poll after it was ready panics.
#[must_use = "a future does nothing unless it is awaited"]
pub struct RecvManyFuture<'a, T> {
    wait: Wait<'a, T>,
    batch: &'a mut Vec<T>,
    limit: usize,
}

impl<'a, T> RecvManyFuture<'a, T> {
    pub(crate) fn new(queue: &'a Queue<T>, batch: &'a mut Vec<T>, limit: usize) -> Self {
        RecvManyFuture { wait: Wait::new(queue, Condition::NotEmpty), batch, limit }
    }
}

impl<T> Future for RecvManyFuture<'_, T> {
    type Output = Result<usize, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait: Wait { queue, task }, batch, limit } = &mut *self;
        queue.poll_recv_batch(task, context, batch, *limit).map(into_recv)
    }
}

/// Receives the oldest item as a [`Task`]. Returned by
/// [`Receiver::recv_task_async`](crate::Receiver::recv_task_async).
///
/// # Cancellation
///
/// As of [`RecvFuture`]: one that is dropped before it is ready has taken nothing.
///
/// # Panics
///
/// A poll after it was ready panics.
#[must_use = "a future does nothing unless it is awaited"]
pub struct RecvTaskFuture<'a, T> {
    wait: Wait<'a, T>,
    queue: &'a Arc<Queue<T>>,
}

impl<'a, T> RecvTaskFuture<'a, T> {
    pub(crate) fn new(queue: &'a Arc<Queue<T>>) -> Self {
        RecvTaskFuture { wait: Wait::new(queue, Condition::NotEmpty), queue }
    }
}

impl<T> Future for RecvTaskFuture<'_, T> {
    type Output = Result<Task<T>, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait: Wait { queue, task }, queue: shared } = &mut *self;
        queue.poll_recv(task, context, true).map(|(front, generation)| {
            into_recv(front.map(|item| Task::new(item, generation, Arc::clone(shared))))
        })
    }
}

/// Sends an item. Returned by [`Sender::send_async`](crate::Sender::send_async).
///
/// # Cancellation
///
/// A future that is dropped before it is ready has sent nothing, and drops its item;
/// [`into_inner`](Self::into_inner) returns the item instead. The room that it was woken for goes to
/// another sender. As long as it is woken and neither polled nor dropped, it holds that room: see
/// [`RecvFuture`](RecvFuture#cancellation).
///
/// # Panics
///
/// A poll after it was ready panics.
#[must_use = "a future does nothing unless it is awaited"]
pub struct SendFuture<'a, T> {
    wait: Wait<'a, T>,
    /// `None` once it is ready.
    item: Option<T>,
}

impl<'a, T> SendFuture<'a, T> {
    pub(crate) fn new(queue: &'a Queue<T>, item: T) -> Self {
        SendFuture { wait: Wait::new(queue, Condition::NotFull), item: Some(item) }
    }

    /// Returns the item, which is not sent; `None` if the future was ready, with whatever result.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::bounded(1);
    /// let sending = tx.send_async("item");
    /// assert_eq!(sending.into_inner(), Some("item"));
    /// assert!(rx.is_empty());
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.item
    }
}

/// The item is moved, never pinned.
impl<T> Unpin for SendFuture<'_, T> {}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait: Wait { queue, task }, item } = &mut *self;
        queue.poll_send(task, context, item).map_err(into_send)
    }
}

/// Waits until the work is done. Returned by [`Queue::join_async`].
///
/// # Cancellation
///
/// Dropping it ends the wait, and changes nothing else.
///
/// # Panics
///
/// A poll after it was ready panics.
#[must_use = "a future does nothing unless it is awaited"]
pub struct JoinFuture<'a, T> {
    wait: Wait<'a, T>,
}

impl<'a, T> JoinFuture<'a, T> {
    pub(crate) fn new(queue: &'a Queue<T>) -> Self {
        JoinFuture { wait: Wait::new(queue, Condition::Completed) }
    }
}

impl<T> Future for JoinFuture<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Wait { queue, task } = &mut self.wait;
        queue.poll_join(task, context)
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvFuture").field(&self.wait).finish()
    }
}

impl<T> fmt::Debug for RecvManyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvManyFuture").field(&self.wait).finish()
    }
}

impl<T> fmt::Debug for RecvTaskFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvTaskFuture").field(&self.wait).finish()
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendFuture").field(&self.wait).finish()
    }
}

impl<T> fmt::Debug for JoinFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinFuture").field(&self.wait).finish()
    }
}
