//! Futures: operations of a task, which waits without blocking its thread.
//!
//! Each is one [`TaskWait`], which it leaves when it is dropped.

use crate::error::{RecvError, SendError};
use crate::queue::{Queue, TaskWait};
use crate::receiver::{into_recv, Receiver};
use crate::sender::{into_send, Sender};
use crate::sync::Condition;
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

impl<T> Receiver<T> {
    /// Receives the oldest item, in a task: returns a future.
    ///
    /// Threads and tasks may receive from one queue, in any mixture: each item and each sentinel goes to
    /// one of them.
    ///
    /// # Cancellation
    ///
    /// A future that is dropped before it is ready has taken nothing, and what it was woken for goes to
    /// another receiver. One that was woken, and is neither polled nor dropped, holds what it was woken
    /// for: see [`RecvFuture`].
    ///
    /// # Errors
    ///
    /// Returns `Sentinel` and `Closed` as [`recv`](Self::recv). Never returns `WouldBlockForever`: in a
    /// [`Group`](crate::Group) a task that waits counts as running.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::{bounded, RecvError};
    ///
    /// let (tx, rx) = bounded(1);
    /// let producer = std::thread::spawn(move || {
    ///     tx.send_many([1, 2, 3]).unwrap();
    ///     tx.send_sentinel().unwrap();
    /// });
    /// let end = block_on(async {
    ///     let mut sum = 0;
    ///     loop {
    ///         match rx.recv_async().await {
    ///             Ok(item) => sum += item,
    ///             Err(end) => break (sum, end),
    ///         }
    ///     }
    /// });
    /// assert_eq!(end, (6, RecvError::Sentinel));
    /// # producer.join().unwrap();
    /// ```
    #[doc(alias("async", "await", "future"))]
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        RecvFuture { wait: Wait::new(self, Condition::NotEmpty) }
    }

    /// Receives several items in one step, in a task: returns a future; see
    /// [`recv_many`](Self::recv_many).
    ///
    /// # Cancellation
    ///
    /// As of [`recv_async`](Self::recv_async); `batch` is unchanged then.
    ///
    /// # Panics
    ///
    /// The future panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_async`](Self::recv_async); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::unbounded;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2, 3]).unwrap();
    /// let mut batch = Vec::new();
    /// assert_eq!(block_on(rx.recv_many_async(&mut batch, 2)), Ok(2));
    /// assert_eq!(batch, [1, 2]);
    /// ```
    pub fn recv_many_async<'a>(
        &'a self,
        batch: &'a mut Vec<T>,
        limit: usize,
    ) -> RecvManyFuture<'a, T> {
        RecvManyFuture { wait: Wait::new(self, Condition::NotEmpty), batch, limit }
    }

    /// Receives the oldest item as a [`Task`], in a task of an executor: returns a future; see
    /// [`recv_task`](Self::recv_task).
    ///
    /// # Cancellation
    ///
    /// As of [`recv_async`](Self::recv_async). A [`Task`] in a future that is dropped later is completed
    /// or put back as its documentation says.
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_async`](Self::recv_async). A sentinel is no task.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::unbounded;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send("work").unwrap();
    /// let task = block_on(rx.recv_task_async())?;
    /// assert_eq!((*task, tx.stats().unfinished_tasks), ("work", 1));
    /// # Ok::<(), sentinel_queue::RecvError>(())
    /// ```
    pub fn recv_task_async(&self) -> RecvTaskFuture<'_, T> {
        RecvTaskFuture { wait: Wait::new(self, Condition::NotEmpty), queue: &self.queue }
    }
}

impl<T> Sender<T> {
    /// Sends an item, in a task: returns a future.
    ///
    /// Nothing is sent before the future is polled. Threads and tasks may send to one queue, in any
    /// mixture.
    ///
    /// # Cancellation
    ///
    /// A future that is dropped before it is ready has sent nothing; [`SendFuture::into_inner`] returns
    /// the item. The room that it was woken for goes to another sender. One that was woken, and is
    /// neither polled nor dropped, holds that room: see [`SendFuture`].
    ///
    /// # Errors
    ///
    /// Returns `Closed` with the item as [`send`](Self::send). Never returns `WouldBlockForever`: in a
    /// [`Group`](crate::Group) a task that waits counts as running.
    ///
    /// # Panics
    ///
    /// The future panics where [`send`](Self::send) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::{bounded, SendError};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(block_on(tx.send_async(1)), Ok(()));
    /// rx.close();
    /// assert_eq!(block_on(tx.send_async(2)), Err(SendError::Closed(2)));
    /// ```
    #[doc(alias("async", "await", "future"))]
    pub fn send_async(&self, item: T) -> SendFuture<'_, T> {
        SendFuture { wait: Wait::new(self, Condition::NotFull), item: Some(item) }
    }
}

impl<T> Queue<T> {
    /// Waits until the work is done, as [`join`](Self::join), in a task: returns a future.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the wait, and changes nothing else. See [`JoinFuture`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::unbounded;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// let worker = std::thread::spawn(move || drop(rx.recv_task()));
    /// block_on(tx.join_async());
    /// assert_eq!((tx.len(), tx.stats().unfinished_tasks), (0, 0));
    /// # worker.join().unwrap();
    /// ```
    pub fn join_async(&self) -> JoinFuture<'_, T> {
        JoinFuture { wait: Wait::new(self, Condition::Completed) }
    }
}

/// Receives the oldest item. Returned by [`Receiver::recv_async`].
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

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Wait { queue, task } = &mut self.wait;
        queue.poll_recv(task, context, false).map(|(front, _)| into_recv(front))
    }
}

/// Receives several items in one step. Returned by
/// [`Receiver::recv_many_async`].
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

impl<T> Future for RecvManyFuture<'_, T> {
    type Output = Result<usize, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait: Wait { queue, task }, batch, limit } = &mut *self;
        queue.poll_recv_batch(task, context, batch, *limit).map(into_recv)
    }
}

/// Receives the oldest item as a [`Task`]. Returned by
/// [`Receiver::recv_task_async`].
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

impl<T> Future for RecvTaskFuture<'_, T> {
    type Output = Result<Task<T>, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait: Wait { queue, task }, queue: shared } = &mut *self;
        queue.poll_recv(task, context, true).map(|(front, generation)| {
            into_recv(front.map(|item| Task::new(item, generation, Arc::clone(shared))))
        })
    }
}

/// Sends an item. Returned by [`Sender::send_async`].
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

impl<T> SendFuture<'_, T> {
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
