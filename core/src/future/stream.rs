//! What the feature `futures-core` adds: a stream of items, and futures that say whether they have ended.

use super::{JoinFuture, RecvFuture, RecvManyFuture, RecvTaskFuture, SendFuture};
use crate::error::RecvError;
use crate::queue::TaskWait;
use crate::receiver::{into_recv, Receiver};
use crate::sync::Condition;
use futures_core::{FusedFuture, FusedStream, Stream};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

impl<T> Receiver<T> {
    /// Returns a stream of items, which owns the receiver: the loop of a task, as [`iter`](Self::iter) is
    /// that of a thread. With the feature `futures-core`.
    ///
    /// It ends, and stays ended, as [`iter`](Self::iter) does; [`RecvStream::end`] returns why.
    ///
    /// # Cancellation
    ///
    /// A `next` that is dropped takes nothing, and the stream keeps its place: see [`RecvStream`].
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_core::Stream;
    /// use pollster::block_on; // any executor does
    /// use sentinel_queue::{unbounded, RecvError};
    /// use std::{future::poll_fn, pin::pin};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let mut items = pin!(rx.into_stream());
    /// let sum = block_on(async {
    ///     let mut sum = 0;
    ///     // `StreamExt::next` of other crates is this `poll_fn`.
    ///     while let Some(item) = poll_fn(|context| items.as_mut().poll_next(context)).await {
    ///         sum += item;
    ///     }
    ///     sum
    /// });
    /// assert_eq!((sum, items.end()), (3, Some(RecvError::Sentinel)));
    /// ```
    #[doc(alias("async", "stream"))]
    pub fn into_stream(self) -> RecvStream<T> {
        RecvStream { receiver: self, wait: TaskWait::new(Condition::NotEmpty), end: None }
    }
}

/// A stream of received items, which owns its receiver. Returned by [`Receiver::into_stream`].
///
/// # Cancellation
///
/// A `next` that is dropped leaves the stream where it is: it takes nothing, and the stream keeps its
/// place among those that wait. So a stream that was woken, and is neither polled nor dropped, holds
/// what it was woken for, as a [`RecvFuture`] does. Dropping the stream passes that on, and
/// drops the receiver.
#[must_use = "a stream receives nothing until it is polled"]
pub struct RecvStream<T> {
    receiver: Receiver<T>,
    wait: TaskWait,
    end: Option<RecvError>,
}

impl<T> RecvStream<T> {
    /// Returns why the stream ended; `None` while it has not.
    pub fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<T> Stream for RecvStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { receiver, wait, end } = &mut *self;
        if end.is_some() {
            return Poll::Ready(None);
        }
        receiver.poll_recv(wait, context, false).map(|(front, _)| {
            *wait = TaskWait::new(Condition::NotEmpty);
            into_recv(front).map_err(|error| *end = Some(error)).ok()
        })
    }
}

impl<T> Drop for RecvStream<T> {
    fn drop(&mut self) {
        self.receiver.cancel(&mut self.wait);
    }
}

impl<T> FusedStream for RecvStream<T> {
    fn is_terminated(&self) -> bool {
        self.end.is_some()
    }
}

impl<T> fmt::Debug for RecvStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("RecvStream");
        text.field("receiver", &self.receiver).field("end", &self.end).finish_non_exhaustive()
    }
}

impl<T> FusedFuture for RecvFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.wait.task.has_ended()
    }
}

impl<T> FusedFuture for RecvManyFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.wait.task.has_ended()
    }
}

impl<T> FusedFuture for RecvTaskFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.wait.task.has_ended()
    }
}

impl<T> FusedFuture for SendFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.wait.task.has_ended()
    }
}

impl<T> FusedFuture for JoinFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.wait.task.has_ended()
    }
}
