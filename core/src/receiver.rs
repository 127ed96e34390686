//! The receiving handle.

use crate::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::iter::{IntoIter, Iter, TryIter};
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
    queue: Arc<Queue<T>>,
}

impl<T> Receiver<T> {
    pub(crate) fn new(queue: Arc<Queue<T>>) -> Self {
        Receiver { queue }
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
        into_recv(self.queue.recv(never, false))
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
        into_try_recv(self.queue.recv(Deadline::Now, false))
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
        into_recv_timeout(self.queue.recv(deadline, false), deadline)
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
        into_recv_timeout(self.queue.recv(deadline, false), deadline)
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
        let item = into_recv(self.queue.recv(Deadline::never(), true))?;
        Ok(Task::new(item, Arc::clone(&self.queue)))
    }

    /// Returns an iterator that receives, blocking for each item: the loop of a worker.
    ///
    /// It ends, and stays ended, when the queue is closed and empty, when it takes a sentinel (at
    /// most one), or, in a [`Group`](crate::Group), on a deadlock; [`Iter::end`] returns which.
    ///
    /// # Blocking
    ///
    /// Each step blocks as [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let mut tasks = rx.iter();
    /// assert_eq!(tasks.by_ref().sum::<i32>(), 3);
    /// assert_eq!(tasks.end(), Some(RecvError::Sentinel));
    /// ```
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// Returns an iterator that receives without blocking.
    ///
    /// It is not fused: after `None` for an empty queue, the next call of `next` tries again. It ends
    /// permanently when it takes a sentinel or finds the queue closed and empty; [`TryIter::end`]
    /// returns which.
    ///
    /// # Blocking
    ///
    /// Never blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, TryRecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// let mut ready = rx.try_iter();
    /// assert_eq!(ready.by_ref().count(), 2);
    /// assert_eq!(ready.end(), Some(TryRecvError::Empty));
    /// tx.send(3).unwrap();
    /// assert_eq!(ready.next(), Some(3));
    /// ```
    #[doc(alias = "drain")]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }
}

/// The result of a receive without a deadline. An empty queue means that it would block forever.
fn into_recv<R>(front: Front<R>) -> Result<R, RecvError> {
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
        Receiver { queue: Arc::clone(&self.queue) }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.queue.drop_receiver();
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter::new(self)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.queue).finish()
    }
}
