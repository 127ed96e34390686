//! The receiving handle.

use crate::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::queue::Queue;
use crate::state::Front;
use crate::sync::{Deadline, Instant};
use crate::task::Task;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The receiving half of a queue.
///
/// Clone it to receive from several threads: every item goes to *one* of them, and so does every
/// sentinel; this is no broadcast. Which one gets the next item is not specified; a thread that
/// arrives may be served before one that waits.
///
/// Dropping the last one closes the queue and drops what is queued: each item, even if the
/// destructor of another one panics; the first panic is resumed. So a receiver that is kept, even
/// unused, keeps the queue open after all workers have ended, and a send to a full queue then
/// blocks forever. Drop it once the workers have their clones.
///
/// Operations shared with the [`Sender`](crate::Sender), such as [`close`](Queue::close) and
/// [`len`](Queue::len), are those of [`Queue`].
///
/// Cloning a handle and dropping one each take the lock once, for a few instructions, because the
/// number of handles belongs to the consistent snapshot of [`stats`](Queue::stats).
pub struct Receiver<T> {
    pub(crate) queue: Arc<Queue<T>>,
    /// It is no longer counted: see [`leave_if_idle`](Self::leave_if_idle).
    has_left: bool,
}

impl<T> Receiver<T> {
    /// A receiver that is counted already.
    pub(crate) fn new(queue: Arc<Queue<T>>) -> Self {
        Receiver { queue, has_left: false }
    }

    /// Receives the oldest item.
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is open and holds neither an item nor a sentinel. O(1).
    ///
    /// # Errors
    ///
    /// Returns `Sentinel` when a sentinel has its turn: it is consumed, and ends this receive
    /// alone. Returns `Closed` when the queue is closed and empty. In a [`Group`](crate::Group),
    /// returns `WouldBlockForever` on a deadlock, when no thread is left that could send.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// tx.send_sentinel().unwrap();
    /// tx.close();
    /// assert_eq!(rx.recv(), Ok(1));
    /// assert_eq!(rx.recv(), Err(RecvError::Sentinel));
    /// assert_eq!(rx.recv(), Err(RecvError::Closed));
    /// ```
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_blocking(Deadline::never())
    }

    /// Receives without a deadline; `never` carries the call site.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_blocking(&self, never: Deadline) -> Result<T, RecvError> {
        into_recv(self.queue.recv(never))
    }

    /// Receives the oldest item if there is one now.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv), and `Empty` if the queue is open and empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, TryRecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        into_try_recv(self.queue.recv(Deadline::Now))
    }

    /// Receives the oldest item if there is one within `timeout`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv), and at most about `timeout`. It tries at least once, even
    /// with a timeout of zero. A timeout too large for the clock, such as `Duration::MAX`, is
    /// endless, and only an endless one is part of deadlock detection.
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv), and `Timeout` when the time is up; then nothing has
    /// been taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// let timeout = Duration::from_millis(1);
    /// assert_eq!(rx.recv_timeout(timeout), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_timeout(Duration::ZERO), Ok(1));
    /// ```
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let deadline = Deadline::after(timeout);
        into_recv_timeout(self.queue.recv(deadline), deadline)
    }

    /// Receives the oldest item if there is one by `deadline`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv), until about `deadline` at most. It tries at least once, even
    /// with a deadline in the past. A wait with a deadline is not part of deadlock detection, so
    /// `WouldBlockForever` is never returned.
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv), and `Timeout` when the time is up; then nothing has
    /// been taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = unbounded();
    /// let past = Instant::now();
    /// assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Timeout));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_deadline(past), Ok(1));
    /// ```
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        let deadline = Deadline::At(deadline);
        into_recv_timeout(self.queue.recv(deadline), deadline)
    }

    /// Receives several items in one step: at least one, at most `limit`.
    ///
    /// They are appended to `batch`, oldest first; their number is returned. A batch never reaches
    /// past a sentinel: the items before it come first, and the next receive takes the sentinel. It
    /// takes no more than a short critical section can move, some tens of KiB, even if more is
    /// queued.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv). With a limit of 0 it never blocks, and returns `Ok(0)` whatever
    /// the state of the queue. O(items); memory is reserved without the lock.
    ///
    /// # Panics
    ///
    /// Panics if `batch` has no room for one more item even when it grows (*capacity overflow*).
    /// Nothing is received then.
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2, 3]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 2), Ok(2));
    /// assert_eq!(rx.recv_many(&mut batch, 2), Ok(1));
    /// assert_eq!(rx.recv_many(&mut batch, 2), Err(RecvError::Sentinel));
    /// assert_eq!(batch, [1, 2, 3]);
    /// ```
    #[track_caller]
    pub fn recv_many(&self, batch: &mut Vec<T>, limit: usize) -> Result<usize, RecvError> {
        into_recv(self.queue.recv_batch(batch, limit, Deadline::never()))
    }

    /// Receives several items in one step if there are any now; see [`recv_many`](Self::recv_many).
    ///
    /// # Blocking
    ///
    /// Never blocks. O(items).
    ///
    /// # Panics
    ///
    /// Panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// Returns errors as [`try_recv`](Self::try_recv); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, TryRecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.try_recv_many(&mut batch, 9), Err(TryRecvError::Empty));
    /// tx.send_many([1, 2]).unwrap();
    /// assert_eq!(rx.try_recv_many(&mut batch, 9), Ok(2));
    /// ```
    pub fn try_recv_many(&self, batch: &mut Vec<T>, limit: usize) -> Result<usize, TryRecvError> {
        into_try_recv(self.queue.recv_batch(batch, limit, Deadline::Now))
    }

    /// Receives several items in one step within `timeout`; see [`recv_many`](Self::recv_many).
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv_timeout`](Self::recv_timeout): until there is an item, not until the batch
    /// is full. O(items).
    ///
    /// # Panics
    ///
    /// Panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_timeout`](Self::recv_timeout); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// let mut batch = Vec::new();
    /// let timeout = Duration::from_millis(1);
    /// let early = rx.recv_many_timeout(&mut batch, 9, timeout);
    /// assert_eq!(early, Err(RecvTimeoutError::Timeout));
    /// tx.send_many([1, 2]).unwrap();
    /// assert_eq!(rx.recv_many_timeout(&mut batch, 9, timeout), Ok(2));
    /// ```
    #[track_caller]
    pub fn recv_many_timeout(
        &self,
        batch: &mut Vec<T>,
        limit: usize,
        timeout: Duration,
    ) -> Result<usize, RecvTimeoutError> {
        let deadline = Deadline::after(timeout);
        into_recv_timeout(self.queue.recv_batch(batch, limit, deadline), deadline)
    }

    /// Receives several items in one step by `deadline`; see [`recv_many`](Self::recv_many).
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv_deadline`](Self::recv_deadline): until there is an item, not until the batch
    /// is full. O(items).
    ///
    /// # Panics
    ///
    /// Panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_deadline`](Self::recv_deadline); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = unbounded();
    /// let mut batch = Vec::new();
    /// let past = Instant::now();
    /// let early = rx.recv_many_deadline(&mut batch, 9, past);
    /// assert_eq!(early, Err(RecvTimeoutError::Timeout));
    /// tx.send_many([1, 2]).unwrap();
    /// assert_eq!(rx.recv_many_deadline(&mut batch, 9, past), Ok(2));
    /// ```
    pub fn recv_many_deadline(
        &self,
        batch: &mut Vec<T>,
        limit: usize,
        deadline: Instant,
    ) -> Result<usize, RecvTimeoutError> {
        let deadline = Deadline::At(deadline);
        into_recv_timeout(self.queue.recv_batch(batch, limit, deadline), deadline)
    }

    /// Receives until there are `limit` items, or until `linger` has passed since the first of them:
    /// for a batch that is written when it is full or old.
    ///
    /// The items are appended to `batch`, oldest first; their number is returned. What interrupts the
    /// batch is not consumed: at a sentinel, at the end of a closed queue, and on a deadlock in a
    /// [`Group`](crate::Group) it returns the items that it has, and the next receive finds the
    /// sentinel or the end. Other receivers may receive in between.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv) for the first item, however long that takes; then at most about
    /// `linger`. A `linger` of zero takes what is there. One too large for the clock, such as
    /// `Duration::MAX`, is endless. With a limit of 0 it never blocks, and returns `Ok(0)`. O(items).
    ///
    /// # Panics
    ///
    /// Panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv) if there is no first item; `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many(1..=5).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let linger = Duration::from_secs(1);
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_full(&mut batch, 4, linger), Ok(4)); // by its size
    /// assert_eq!(rx.recv_full(&mut batch, 4, linger), Ok(1)); // interrupted
    /// assert_eq!(rx.recv_full(&mut batch, 4, linger), Err(RecvError::Sentinel));
    /// tx.send(6).unwrap();
    /// assert_eq!(rx.recv_full(&mut batch, 4, Duration::from_millis(1)), Ok(1)); // by its age
    /// assert_eq!(batch, [1, 2, 3, 4, 5, 6]);
    /// ```
    #[doc(alias("linger", "batch_size", "chunks_timeout"))]
    #[track_caller]
    pub fn recv_full(
        &self,
        batch: &mut Vec<T>,
        limit: usize,
        linger: Duration,
    ) -> Result<usize, RecvError> {
        let mut count = self.recv_many(batch, limit)?;
        let deadline = Deadline::after(linger);
        while count < limit {
            match self.queue.recv_more(batch, limit - count, deadline) {
                0 => break,
                more => count += more,
            }
        }
        Ok(count)
    }

    /// Receives the oldest item as a [`Task`], which [`join`](Queue::join) waits for.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv). A sentinel is no task.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// tx.send(String::from("work")).unwrap();
    /// let task = rx.recv_task()?;
    /// assert_eq!(task.len(), 4);
    /// assert_eq!(tx.stats().unfinished_tasks, 1);
    /// drop(task);
    /// assert_eq!(tx.stats().unfinished_tasks, 0);
    /// # Ok::<(), sentinel_queue::RecvError>(())
    /// ```
    #[track_caller]
    pub fn recv_task(&self) -> Result<Task<T>, RecvError> {
        self.recv_task_blocking(Deadline::never())
    }

    /// Receives without a deadline; `never` carries the call site.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_task_blocking(&self, never: Deadline) -> Result<Task<T>, RecvError> {
        into_recv(self.task_within(never))
    }

    #[cfg_attr(loom, track_caller)]
    fn task_within(&self, deadline: Deadline) -> Front<Task<T>> {
        let (front, generation) = self.queue.recv_as(deadline, true);
        front.map(|item| Task::new(item, generation, Arc::clone(&self.queue)))
    }

    /// Receives the oldest item as a [`Task`] if there is one now.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns errors as [`try_recv`](Self::try_recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, Task, TryRecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// assert_eq!(rx.try_recv_task().unwrap_err(), TryRecvError::Empty);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv_task().map(Task::into_inner), Ok(1));
    /// ```
    pub fn try_recv_task(&self) -> Result<Task<T>, TryRecvError> {
        into_try_recv(self.task_within(Deadline::Now))
    }

    /// Receives the oldest item as a [`Task`] if there is one within `timeout`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv_timeout`](Self::recv_timeout).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_timeout`](Self::recv_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError, Task};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// let early = rx.recv_task_timeout(Duration::from_millis(1));
    /// assert_eq!(early.unwrap_err(), RecvTimeoutError::Timeout);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_task_timeout(Duration::ZERO).map(Task::into_inner), Ok(1));
    /// ```
    #[track_caller]
    pub fn recv_task_timeout(&self, timeout: Duration) -> Result<Task<T>, RecvTimeoutError> {
        let deadline = Deadline::after(timeout);
        into_recv_timeout(self.task_within(deadline), deadline)
    }

    /// Receives the oldest item as a [`Task`] if there is one by `deadline`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv_deadline`](Self::recv_deadline).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv_deadline`](Self::recv_deadline).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvTimeoutError, Task};
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = unbounded();
    /// let past = Instant::now();
    /// assert_eq!(rx.recv_task_deadline(past).unwrap_err(), RecvTimeoutError::Timeout);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_task_deadline(past).map(Task::into_inner), Ok(1));
    /// ```
    pub fn recv_task_deadline(&self, deadline: Instant) -> Result<Task<T>, RecvTimeoutError> {
        let deadline = Deadline::At(deadline);
        into_recv_timeout(self.task_within(deadline), deadline)
    }

    /// Receives several items in one step, each as a [`Task`]: at least one, at most `limit`; see
    /// [`recv_many`](Self::recv_many).
    ///
    /// While a [`flush`](Queue::flush) is under way, a batch ends where its items begin to be newer, or
    /// older, than that flush.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv_many`](Self::recv_many). O(items).
    ///
    /// # Errors
    ///
    /// Returns errors as [`recv`](Self::recv); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// tx.send_many([1, 2, 3]).unwrap();
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many_tasks(&mut batch, 2), Ok(2));
    /// assert_eq!(batch.iter().map(|task| **task).sum::<u32>(), 3);
    /// assert_eq!(tx.stats().unfinished_tasks, 2);
    /// batch.clear();
    /// assert_eq!(tx.stats().unfinished_tasks, 0);
    /// ```
    #[track_caller]
    pub fn recv_many_tasks(
        &self,
        batch: &mut Vec<Task<T>>,
        limit: usize,
    ) -> Result<usize, RecvError> {
        into_recv(self.tasks_within(batch, limit, Deadline::never()))
    }

    /// Receives several items in one step, each as a [`Task`], if there are any now; see
    /// [`recv_many`](Self::recv_many).
    ///
    /// # Blocking
    ///
    /// Never blocks. O(items).
    ///
    /// # Errors
    ///
    /// Returns errors as [`try_recv`](Self::try_recv); `batch` is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, TryRecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.try_recv_many_tasks(&mut batch, 9), Err(TryRecvError::Empty));
    /// tx.send_many([1, 2]).unwrap();
    /// assert_eq!(rx.try_recv_many_tasks(&mut batch, 9), Ok(2));
    /// ```
    pub fn try_recv_many_tasks(
        &self,
        batch: &mut Vec<Task<T>>,
        limit: usize,
    ) -> Result<usize, TryRecvError> {
        into_try_recv(self.tasks_within(batch, limit, Deadline::Now))
    }

    #[cfg_attr(loom, track_caller)]
    fn tasks_within(
        &self,
        batch: &mut Vec<Task<T>>,
        limit: usize,
        deadline: Deadline,
    ) -> Front<usize> {
        let mut items = Vec::new();
        let (front, generation) = self.queue.recv_batch_as(&mut items, limit, deadline, true);
        let task = |item| Task::new(item, generation, Arc::clone(&self.queue));
        batch.extend(items.into_iter().map(task));
        front
    }

    /// Drops this receiver if nothing is queued, in one step with that look: for a worker of an elastic
    /// pool that leaves when it is idle.
    ///
    /// No item or sentinel is stranded: one that is sent before this is found by this thread, and one
    /// sent later goes to the others. The last receiver does not leave an open queue, which would close
    /// it. If it is to be closed when all are idle, drop the receiver.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns the receiver if an item or a sentinel is queued, or if the queue is open and has no other
    /// receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::bounded;
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = bounded(8);
    /// let mut worker = rx.clone();
    /// tx.send_many([1, 2]).unwrap();
    /// let mut sum = 0;
    /// loop {
    ///     while let Ok(item) = worker.recv_timeout(Duration::from_millis(1)) {
    ///         sum += item;
    ///     }
    ///     worker = match worker.leave_if_idle() {
    ///         Ok(()) => break,
    ///         Err(worker) => worker, // something was sent meanwhile
    ///     };
    /// }
    /// assert_eq!((sum, rx.receiver_count()), (3, 1));
    /// assert!(rx.leave_if_idle().is_err()); // the last one
    /// ```
    #[doc(alias("elastic", "shrink"))]
    pub fn leave_if_idle(mut self) -> Result<(), Self> {
        self.has_left = self.queue.leave_if_idle();
        if self.has_left {
            Ok(())
        } else {
            Err(self)
        }
    }
}

/// The result of a receive without a deadline. An empty queue means that it would block forever.
pub(crate) fn into_recv<R>(front: Front<R>) -> Result<R, RecvError> {
    match front {
        Front::Item(item) => Ok(item),
        Front::Sentinel => Err(RecvError::Sentinel),
        Front::Closed => Err(RecvError::Closed),
        Front::Empty => Err(RecvError::WouldBlockForever),
    }
}

fn into_try_recv<R>(front: Front<R>) -> Result<R, TryRecvError> {
    match front {
        Front::Item(item) => Ok(item),
        Front::Sentinel => Err(TryRecvError::Sentinel),
        Front::Closed => Err(TryRecvError::Closed),
        Front::Empty => Err(TryRecvError::Empty),
    }
}

fn into_recv_timeout<R>(front: Front<R>, deadline: Deadline) -> Result<R, RecvTimeoutError> {
    match front {
        Front::Item(item) => Ok(item),
        Front::Sentinel => Err(RecvTimeoutError::Sentinel),
        Front::Closed => Err(RecvTimeoutError::Closed),
        Front::Empty if deadline.is_never() => Err(RecvTimeoutError::WouldBlockForever),
        Front::Empty => Err(RecvTimeoutError::Timeout),
    }
}

impl<T> Deref for Receiver<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.queue.add_receiver();
        Receiver::new(Arc::clone(&self.queue))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if !self.has_left {
            self.queue.drop_receiver();
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.queue).finish()
    }
}
