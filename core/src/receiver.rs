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
/// Clone it to receive from several threads: every item goes to one of them, and so does every
/// sentinel. Who gets the next one is not specified; a thread that comes may be served before one
/// that waits. When the last one is dropped the queue is closed, and what is queued is dropped.
///
/// What it shares with the [`Sender`](crate::Sender), such as [`close`](Queue::close) or
/// [`len`](Queue::len), it has from [`Queue`].
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
    /// While the queue holds neither an item nor a sentinel, and is open. O(1).
    ///
    /// # Errors
    ///
    /// When a sentinel has its turn: it is consumed, and ends this receive alone. When the queue is
    /// closed and nothing is left in it. In a [`Group`](crate::Group) also when nobody is left who
    /// could send.
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
        self.recv_within(Deadline::never())
    }

    /// Receives with a deadline that is never.
    pub(crate) fn recv_within(&self, never: Deadline) -> Result<T, RecvError> {
        received(self.queue.recv(never, false))
    }

    /// Receives the oldest item if there is one now.
    ///
    /// # Blocking
    ///
    /// Never waits. O(1).
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and when the queue is empty and open.
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
        tried(self.queue.recv(Deadline::Now, false))
    }

    /// Receives the oldest item if there is one within `timeout`.
    ///
    /// # Blocking
    ///
    /// As [`recv`](Self::recv), and at most about `timeout`; it tries at least once, also for a
    /// timeout of zero. `Duration::MAX` waits for ever.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and when time is up; then nothing has been taken.
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
        timed(self.queue.recv(deadline, false), deadline)
    }

    /// Receives the oldest item if there is one until `deadline`.
    ///
    /// # Blocking
    ///
    /// As [`recv`](Self::recv), and about until `deadline`; it tries at least once, also for a
    /// deadline in the past.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and when time is up; then nothing has been taken.
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
        timed(self.queue.recv(deadline, false), deadline)
    }

    /// Receives several items in one step: at least one, at most `limit`.
    ///
    /// They are appended to `batch`, oldest first; their number is returned. A batch never reaches
    /// past a sentinel: the items before it come first, and the next receive takes the sentinel. It
    /// takes no more than a short critical section can move, some tens of KiB, even if more is queued.
    ///
    /// # Blocking
    ///
    /// Blocks as [`recv`](Self::recv). A limit of 0 receives nothing and never blocks. O(items); memory
    /// is reserved without the lock.
    ///
    /// # Panics
    ///
    /// Panics if `batch` has no room for one more item even when it grows (*capacity overflow*). Nothing
    /// is received then.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv); `batch` is unchanged then.
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
        received(self.queue.recv_batch(batch, limit, Deadline::never()))
    }

    /// Receives like [`recv_many`](Self::recv_many) what is there now.
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
    /// As [`try_recv`](Self::try_recv); `batch` is unchanged then.
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
        tried(self.queue.recv_batch(batch, limit, Deadline::Now))
    }

    /// Receives like [`recv_many`](Self::recv_many), within `timeout`.
    ///
    /// # Blocking
    ///
    /// As [`recv_timeout`](Self::recv_timeout): until the first item is there, not until the batch
    /// is full. O(items).
    ///
    /// # Panics
    ///
    /// Panics as [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout); `batch` is unchanged then.
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
        timed(self.queue.recv_batch(batch, limit, deadline), deadline)
    }

    /// Receives the oldest item as a [`Task`], which [`join`](Queue::join) waits for.
    ///
    /// # Blocking
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv). A sentinel is no task.
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
        let item = received(self.queue.recv(Deadline::never(), true))?;
        Ok(Task::new(item, Arc::clone(&self.queue)))
    }

    /// Iterates over what is received, waiting for each item: the loop of a worker.
    ///
    /// It ends, and stays ended, when the queue is closed and empty, when it receives a sentinel, of
    /// which it takes at most one, or, in a [`Group`](crate::Group), when nobody is left who could
    /// send; [`Iter::end`] tells which it was.
    ///
    /// # Blocking
    ///
    /// Each step as [`recv`](Self::recv).
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

    /// Iterates over what can be received without waiting.
    ///
    /// # Blocking
    ///
    /// Never waits.
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
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }
}

/// What an operation without a deadline answers: if it leaves an empty queue, then because waiting
/// on would be for ever.
fn received<R>(front: Front<R>) -> Result<R, RecvError> {
    match front {
        Front::Item(item) => Ok(item),
        Front::Sentinel => Err(RecvError::Sentinel),
        Front::Closed => Err(RecvError::Closed),
        Front::Empty => Err(RecvError::WouldBlockForever),
    }
}

fn tried<R>(front: Front<R>) -> Result<R, TryRecvError> {
    match front {
        Front::Item(item) => Ok(item),
        Front::Sentinel => Err(TryRecvError::Sentinel),
        Front::Closed => Err(TryRecvError::Closed),
        Front::Empty => Err(TryRecvError::Empty),
    }
}

fn timed<R>(front: Front<R>, deadline: Deadline) -> Result<R, RecvTimeoutError> {
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
