//! Iterators over received items. Those that wait are fused; each of them knows how it ended.

use crate::error::{RecvError, TryRecvError};
use crate::receiver::Receiver;
use crate::sync::Deadline;
use crate::task::Task;
use std::fmt;
use std::iter::FusedIterator;

impl<T> Receiver<T> {
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
        Iter { receiver: self, deadline: Deadline::never(), end: None }
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
        TryIter { receiver: self, end: None }
    }

    /// Returns an iterator that receives each item as a [`Task`], blocking for it: the loop of a worker
    /// whose work [`join`](crate::Queue::join) waits for.
    ///
    /// It ends, and stays ended, as [`iter`](Self::iter) does; [`TaskIter::end`] returns why.
    ///
    /// # Blocking
    ///
    /// Each step blocks as [`recv_task`](Self::recv_task).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let mut tasks = rx.task_iter();
    /// assert_eq!(tasks.by_ref().map(|task| *task).sum::<i32>(), 3);
    /// assert_eq!(tasks.end(), Some(RecvError::Sentinel));
    /// ```
    #[track_caller]
    pub fn task_iter(&self) -> TaskIter<'_, T> {
        TaskIter { receiver: self, deadline: Deadline::never(), end: None }
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
        IntoIter { receiver: self, deadline: Deadline::never(), end: None }
    }
}

/// A blocking iterator over received items. Returned by [`Receiver::iter`].
#[must_use = "an iterator receives nothing until it is used"]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
    /// Never, with the call site for deadlock reports.
    deadline: Deadline,
    end: Option<RecvError>,
}

impl<T> Iter<'_, T> {
    /// Returns why the iterator ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[cfg_attr(loom, track_caller)]
    fn next(&mut self) -> Option<T> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.recv_blocking(self.deadline).map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

/// A blocking iterator over received items that owns the receiver. Returned by
/// [`into_iter`](Receiver::into_iter).
#[must_use = "an iterator receives nothing until it is used"]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
    /// Never, with the call site for deadlock reports.
    deadline: Deadline,
    end: Option<RecvError>,
}

impl<T> IntoIter<T> {
    /// Returns why the iterator ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[cfg_attr(loom, track_caller)]
    fn next(&mut self) -> Option<T> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.recv_blocking(self.deadline).map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for IntoIter<T> {}

/// A blocking iterator over received tasks. Returned by [`Receiver::task_iter`].
#[must_use = "an iterator receives nothing until it is used"]
pub struct TaskIter<'a, T> {
    receiver: &'a Receiver<T>,
    /// Never, with the call site for deadlock reports.
    deadline: Deadline,
    end: Option<RecvError>,
}

impl<T> TaskIter<'_, T> {
    /// Returns why the iterator ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Iterator for TaskIter<'_, T> {
    type Item = Task<T>;

    #[cfg_attr(loom, track_caller)]
    fn next(&mut self) -> Option<Task<T>> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.recv_task_blocking(self.deadline).map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for TaskIter<'_, T> {}

/// An iterator over the items that can be received without waiting. Returned by
/// [`Receiver::try_iter`].
///
/// It is not fused: after `None` for an empty queue, the next call of `next` tries again. It ends
/// permanently when it takes a sentinel, of which it takes at most one, or finds the queue closed
/// and empty.
#[must_use = "an iterator receives nothing until it is used"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
    end: Option<TryRecvError>,
}

impl<T> TryIter<'_, T> {
    /// Returns why the last call of `next` returned `None`; `None` if it returned an item, or before
    /// the first call.
    ///
    /// `Empty` is not final: the next call tries again. The others are final.
    pub fn end(&self) -> Option<TryRecvError> {
        self.end
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.end.is_some_and(|end| !end.is_empty()) {
            return None;
        }
        let received = self.receiver.try_recv();
        self.end = received.as_ref().err().copied();
        received.ok()
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Iter", self.receiver, self.end.as_ref())
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "IntoIter", &self.receiver, self.end.as_ref())
    }
}

impl<T> fmt::Debug for TaskIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "TaskIter", self.receiver, self.end.as_ref())
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "TryIter", self.receiver, self.end.as_ref())
    }
}

fn debug<T, E: fmt::Debug>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    receiver: &Receiver<T>,
    end: Option<&E>,
) -> fmt::Result {
    f.debug_struct(name).field("receiver", receiver).field("end", &end).finish()
}
