//! Loops over a queue. All are fused, and tell how they ended.

use crate::error::{RecvError, TryRecvError};
use crate::receiver::Receiver;
use crate::sync::Deadline;
use std::fmt;
use std::iter::FusedIterator;

/// The items of a queue, each waited for. Made by [`Receiver::iter`].
#[must_use = "an iterator receives nothing until it is used"]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
    /// Never, and where the loop stands.
    deadline: Deadline,
    end: Option<RecvError>,
}

impl<'a, T> Iter<'a, T> {
    #[track_caller]
    pub(crate) fn new(receiver: &'a Receiver<T>) -> Self {
        Iter { receiver, deadline: Deadline::never(), end: None }
    }

    /// How the loop ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.recv_within(self.deadline).map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

/// The items of a queue, each waited for; owns the receiver. Made by
/// [`into_iter`](Receiver::into_iter).
#[must_use = "an iterator receives nothing until it is used"]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
    /// Never, and where the loop stands.
    deadline: Deadline,
    end: Option<RecvError>,
}

impl<T> IntoIter<T> {
    #[track_caller]
    pub(crate) fn new(receiver: Receiver<T>) -> Self {
        IntoIter { receiver, deadline: Deadline::never(), end: None }
    }

    /// How the loop ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.recv_within(self.deadline).map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for IntoIter<T> {}

/// The items of a queue that are there without waiting. Made by [`Receiver::try_iter`].
#[must_use = "an iterator receives nothing until it is used"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
    end: Option<TryRecvError>,
}

impl<'a, T> TryIter<'a, T> {
    pub(crate) fn new(receiver: &'a Receiver<T>) -> Self {
        TryIter { receiver, end: None }
    }

    /// How the loop ended; `None` while it has not.
    pub fn end(&self) -> Option<TryRecvError> {
        self.end
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.end.is_some() {
            return None;
        }
        self.receiver.try_recv().map_err(|end| self.end = Some(end)).ok()
    }
}

impl<T> FusedIterator for TryIter<'_, T> {}

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
