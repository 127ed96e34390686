//! The sending handle, and the constructors of queues.

use crate::buffer::Chunk;
use crate::error::{SendError, SendTimeoutError, TrySendError};
use crate::queue::{Queue, SendFailure};
use crate::receiver::Receiver;
use crate::sync::{Deadline, Instant};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The sending half of a queue.
///
/// Clone it to send from several threads. Dropping the last one closes the queue: what is queued is
/// still delivered, and then every worker's loop ends. So a sender that is kept, even unused, keeps
/// the workers waiting.
///
/// Operations shared with the [`Receiver`], such as [`close`](Queue::close) and
/// [`len`](Queue::len), are those of [`Queue`].
///
/// Cloning a handle and dropping one each take the lock once, for a few instructions, because the
/// number of handles belongs to the consistent snapshot of [`stats`](Queue::stats).
pub struct Sender<T> {
    pub(crate) queue: Arc<Queue<T>>,
}

/// Creates a queue that holds at most `capacity` items; a send blocks while it is full.
///
/// Memory grows with what is queued, not with the capacity. To have deadlocks detected, create the
/// queue with [`Scope::bounded`](crate::Scope::bounded) instead.
///
/// # Panics
///
/// Panics if `capacity` is 0: a rendezvous, which passes an item on without queueing it, is not
/// offered.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{bounded, TrySendError};
///
/// let (tx, rx) = bounded(1);
/// tx.send('a').unwrap();
/// assert_eq!(tx.try_send('b'), Err(TrySendError::Full('b')));
/// assert_eq!(rx.recv(), Ok('a'));
/// ```
#[doc(alias("channel", "sync_channel", "mpmc"))]
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    channel(Arc::new(Queue::new(Some(check_capacity(capacity)), None)))
}

/// Creates a queue that holds any number of items; a send never blocks.
///
/// The number is limited by memory; for zero-sized items by `isize::MAX`, beyond which a send
/// panics. To have deadlocks detected, create the queue with
/// [`Scope::unbounded`](crate::Scope::unbounded) instead.
///
/// # Examples
///
/// ```
/// let (tx, rx) = sentinel_queue::unbounded();
/// tx.send_many(0..1000).unwrap();
/// assert_eq!(rx.len(), 1000);
/// ```
#[doc(alias("channel", "mpmc"))]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    channel(Arc::new(Queue::new(None, None)))
}

#[track_caller]
pub(crate) fn check_capacity(capacity: usize) -> usize {
    assert!(capacity > 0, "a bounded queue needs a capacity of at least 1, and got 0");
    capacity
}

/// A sender that is counted already.
pub(crate) fn counted_sender<T>(queue: Arc<Queue<T>>) -> Sender<T> {
    Sender { queue }
}

pub(crate) fn channel<T>(queue: Arc<Queue<T>>) -> (Sender<T>, Receiver<T>) {
    (Sender { queue: Arc::clone(&queue) }, Receiver::new(queue))
}

impl<T> Sender<T> {
    /// Sends an item, which is received at most once, by one receiver.
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open; never if it is unbounded. O(1). If all workers have
    /// ended but a [`Receiver`] is kept somewhere, for example by `main`, the queue stays open, and
    /// a send to the full queue blocks forever: drop that receiver, or send in a
    /// [`scope`](crate::scope()).
    ///
    /// # Errors
    ///
    /// Returns `Closed` with the item if the queue is closed, or gets closed while this blocks. In a
    /// [`Group`](crate::Group), returns `WouldBlockForever` with the item on a deadlock, when no
    /// thread is left that could make room.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendError};
    ///
    /// let (tx, rx) = bounded(8);
    /// assert_eq!(tx.send(1), Ok(()));
    /// rx.close();
    /// assert_eq!(tx.send(2), Err(SendError::Closed(2)));
    /// ```
    #[track_caller]
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        self.queue.send(item, Deadline::never()).map_err(into_send)
    }

    /// Sends an item if there is room now.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns the item as `Closed` if the queue is closed, else as `Full` if it is full.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, TrySendError};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        self.queue.send(item, Deadline::Now).map_err(|failure| match failure {
            SendFailure::Closed(item) => TrySendError::Closed(item),
            SendFailure::Full(item) => TrySendError::Full(item),
        })
    }

    /// Sends an item if there is room within `timeout`.
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open, and at most about `timeout`. It tries at least
    /// once, even with a timeout of zero. A timeout too large for the clock, such as
    /// `Duration::MAX`, is endless, and only an endless one is part of deadlock detection.
    ///
    /// # Errors
    ///
    /// Returns the item: as `Closed` if the queue is or gets closed, else as `Timeout` after the
    /// timeout. In a [`Group`](crate::Group), returns it as `WouldBlockForever` on a deadlock if the
    /// timeout is endless.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = bounded(1);
    /// assert_eq!(tx.send_timeout(1, Duration::ZERO), Ok(()));
    /// let late = tx.send_timeout(2, Duration::from_millis(1));
    /// assert_eq!(late, Err(SendTimeoutError::Timeout(2)));
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, item: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_within(item, Deadline::after(timeout))
    }

    /// Sends an item if there is room by `deadline`.
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open, until about `deadline` at most. It tries at least
    /// once, even with a deadline in the past.
    ///
    /// # Errors
    ///
    /// Returns the item: as `Closed` if the queue is or gets closed, else as `Timeout` after the
    /// deadline. It never returns `WouldBlockForever`: a deadline is not part of deadlock detection.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = bounded(1);
    /// assert_eq!(tx.send_deadline(1, Instant::now()), Ok(()));
    /// assert_eq!(tx.send_deadline(2, Instant::now()), Err(SendTimeoutError::Timeout(2)));
    /// ```
    pub fn send_deadline(&self, item: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_within(item, Deadline::At(deadline))
    }

    #[cfg_attr(loom, track_caller)]
    fn send_within(&self, item: T, deadline: Deadline) -> Result<(), SendTimeoutError<T>> {
        self.queue.send(item, deadline).map_err(|failure| match failure {
            SendFailure::Closed(item) => SendTimeoutError::Closed(item),
            SendFailure::Full(item) if deadline.is_never() => {
                SendTimeoutError::WouldBlockForever(item)
            }
            SendFailure::Full(item) => SendTimeoutError::Timeout(item),
        })
    }

    /// Sends an item at once; if the queue is full, removes the oldest item and returns it, else `None`.
    ///
    /// Sentinels are never removed. If tasks that were put back fill the queue beyond its capacity, one
    /// item is removed all the same.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Errors
    ///
    /// Returns `Closed` with the item if the queue is closed, and no other error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendError};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(tx.force_send("old"), Ok(None));
    /// assert_eq!(tx.force_send("new"), Ok(Some("old")));
    /// assert_eq!(rx.recv(), Ok("new"));
    /// rx.close();
    /// assert_eq!(tx.force_send("late"), Err(SendError::Closed("late")));
    /// ```
    pub fn force_send(&self, item: T) -> Result<Option<T>, SendError<T>> {
        self.queue.force_send(item).map_err(SendError::Closed)
    }

    /// Sends all items of an iterator in order, in batches.
    ///
    /// The iterator runs without the lock, one batch ahead of what is sent. A batch is 2 KiB of items,
    /// no more than the capacity of a bounded queue, but never limited to fewer than 16 items. So an
    /// infinite iterator is consumed only as the queue has room, and up to 16 items are sent in one
    /// step if they fit. A batch that does not fit is sent in several steps; items of other senders
    /// may come in between.
    ///
    /// If the iterator panics, as many of the items taken from it as fit are sent, without waiting.
    /// The panic drops the others.
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open, until the last item is sent. O(items), of which
    /// only the moving of a batch happens under the lock.
    ///
    /// # Errors
    ///
    /// Returns the items that were taken from the iterator and not sent: as `Closed` if the queue is
    /// or gets closed, or, in a [`Group`](crate::Group), as `WouldBlockForever` on a deadlock, when no
    /// thread is left that could make room. Items sent before stay sent.
    /// Items not yet taken stay in the iterator: pass it by
    /// [`by_ref`](Iterator::by_ref) to keep them. Sending no items always succeeds.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendError};
    ///
    /// let (tx, rx) = bounded(8);
    /// assert_eq!(tx.send_many([1, 2, 3]), Ok(()));
    /// assert_eq!(rx.len(), 3);
    /// rx.close();
    /// let mut numbers = 4..1000;
    /// let Err(SendError::Closed(unsent)) = tx.send_many(numbers.by_ref()) else { unreachable!() };
    /// assert!(unsent.into_iter().chain(numbers).eq(4..1000));
    /// ```
    #[track_caller]
    pub fn send_many<I>(&self, items: I) -> Result<(), SendError<Vec<T>>>
    where
        I: IntoIterator<Item = T>,
    {
        self.send_pieces(items, Deadline::never()).map_err(into_send)
    }

    /// Sends as many items of an iterator as there is room for now, in order; see
    /// [`send_many`](Self::send_many).
    ///
    /// # Blocking
    ///
    /// Never blocks. O(items).
    ///
    /// # Errors
    ///
    /// Returns the items that were taken from the iterator and not sent, in order: as `Closed` if the
    /// queue is closed, else as `Full`. Items sent before stay sent. Items not yet taken stay in the
    /// iterator: pass it by [`by_ref`](Iterator::by_ref) to keep them.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, TrySendError};
    ///
    /// let (tx, rx) = bounded(2);
    /// assert_eq!(tx.try_send_many([1, 2, 3]), Err(TrySendError::Full(vec![3])));
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn try_send_many<I>(&self, items: I) -> Result<(), TrySendError<Vec<T>>>
    where
        I: IntoIterator<Item = T>,
    {
        self.send_pieces(items, Deadline::Now).map_err(|failure| match failure {
            SendFailure::Closed(unsent) => TrySendError::Closed(unsent),
            SendFailure::Full(unsent) => TrySendError::Full(unsent),
        })
    }

    /// Sends the items of an iterator in order, as far as there is room within `timeout`; see
    /// [`send_many`](Self::send_many).
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open, and at most about `timeout` in all. It tries at least
    /// once, even with a timeout of zero. A timeout too large for the clock, such as `Duration::MAX`,
    /// is endless, and only an endless one is part of deadlock detection. O(items).
    ///
    /// # Errors
    ///
    /// Returns the items that were taken from the iterator and not sent, in order: as `Closed` if the
    /// queue is or gets closed, else as `Timeout`. In a [`Group`](crate::Group), returns them as
    /// `WouldBlockForever` on a deadlock if the timeout is endless. Items sent before stay sent. Items
    /// not yet taken stay in the iterator: pass it by [`by_ref`](Iterator::by_ref) to keep them.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = bounded(2);
    /// let late = tx.send_many_timeout([1, 2, 3], Duration::from_millis(1));
    /// assert_eq!(late, Err(SendTimeoutError::Timeout(vec![3])));
    /// ```
    #[track_caller]
    pub fn send_many_timeout<I>(
        &self,
        items: I,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<Vec<T>>>
    where
        I: IntoIterator<Item = T>,
    {
        self.send_pieces_within(items, Deadline::after(timeout))
    }

    /// Sends the items of an iterator in order, as far as there is room by `deadline`; see
    /// [`send_many`](Self::send_many).
    ///
    /// # Blocking
    ///
    /// Blocks while the queue is full and open, until about `deadline` at most. It tries at least
    /// once, even with a deadline in the past. O(items).
    ///
    /// # Errors
    ///
    /// Returns errors as [`send_many_timeout`](Self::send_many_timeout), and never
    /// `WouldBlockForever`: a deadline is not part of deadlock detection.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, SendTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = bounded(2);
    /// let late = tx.send_many_deadline([1, 2, 3], Instant::now());
    /// assert_eq!(late, Err(SendTimeoutError::Timeout(vec![3])));
    /// ```
    pub fn send_many_deadline<I>(
        &self,
        items: I,
        deadline: Instant,
    ) -> Result<(), SendTimeoutError<Vec<T>>>
    where
        I: IntoIterator<Item = T>,
    {
        self.send_pieces_within(items, Deadline::At(deadline))
    }

    #[cfg_attr(loom, track_caller)]
    fn send_pieces_within(
        &self,
        items: impl IntoIterator<Item = T>,
        deadline: Deadline,
    ) -> Result<(), SendTimeoutError<Vec<T>>> {
        self.send_pieces(items, deadline).map_err(|failure| match failure {
            SendFailure::Closed(unsent) => SendTimeoutError::Closed(unsent),
            SendFailure::Full(unsent) if deadline.is_never() => {
                SendTimeoutError::WouldBlockForever(unsent)
            }
            SendFailure::Full(unsent) => SendTimeoutError::Timeout(unsent),
        })
    }

    /// Sends the items of an iterator, piece by piece. A failure contains what was taken from it and
    /// not sent.
    #[cfg_attr(loom, track_caller)]
    fn send_pieces(
        &self,
        items: impl IntoIterator<Item = T>,
        deadline: Deadline,
    ) -> Result<(), SendFailure<Vec<T>>> {
        let mut items = items.into_iter();
        let mut piece = SendOnUnwind { queue: &self.queue, items: Chunk::new() };
        loop {
            let is_last = piece.fill(&mut items);
            let mut batch = std::mem::take(&mut piece.items);
            self.queue.send_batch(&mut batch, deadline).map_err(|failure| {
                let unsent = Vec::from(std::mem::take(&mut batch));
                match failure {
                    SendFailure::Closed(()) => SendFailure::Closed(unsent),
                    SendFailure::Full(()) => SendFailure::Full(unsent),
                }
            })?;
            if is_last {
                return Ok(());
            }
            piece.items = batch;
        }
    }

    /// Sends a sentinel, which ends exactly one receive, and so one worker's loop.
    ///
    /// It is queued behind everything sent before it, needs no capacity, and is still delivered in
    /// its turn when the queue is closed.
    ///
    /// # Blocking
    ///
    /// Never blocks, even if the queue is full. O(1).
    ///
    /// # Errors
    ///
    /// Returns an error if the queue is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{bounded, RecvError, SendError};
    ///
    /// let (tx, rx) = bounded(1);
    /// tx.send('a').unwrap();
    /// assert_eq!(tx.send_sentinel(), Ok(())); // though it is full
    /// assert_eq!(rx.recv(), Ok('a'));
    /// assert_eq!(rx.recv(), Err(RecvError::Sentinel));
    /// rx.close();
    /// assert_eq!(tx.send_sentinel(), Err(SendError::Closed(())));
    /// ```
    #[doc(alias("poison", "poison pill", "StopIteration"))]
    pub fn send_sentinel(&self) -> Result<(), SendError<()>> {
        self.send_sentinels(1)
    }

    /// Sends `count` sentinels in a row, in one step: one for each worker that is to stop.
    ///
    /// # Blocking
    ///
    /// Never blocks, even if the queue is full. O(1), whatever the count, and a wakeup for each
    /// waiting worker that is to stop.
    ///
    /// # Errors
    ///
    /// Returns an error if the queue is closed; none is sent.
    ///
    /// # Panics
    ///
    /// Panics if the queue would hold more than `usize::MAX` sentinels; none is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// let workers: Vec<_> = (0..3)
    ///     .map(|_| {
    ///         let rx = rx.clone();
    ///         std::thread::spawn(move || rx.iter().sum::<u32>())
    ///     })
    ///     .collect();
    /// tx.send_many(1..=100)?;
    /// tx.send_sentinels(3).unwrap();
    /// let total: u32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    /// assert_eq!(total, 5050);
    /// # Ok::<(), sentinel_queue::SendError<Vec<u32>>>(())
    /// ```
    #[doc(alias("poison", "poison pill", "shutdown"))]
    pub fn send_sentinels(&self, count: usize) -> Result<(), SendError<()>> {
        self.sentinels(count, false)
    }

    /// Sends `count` sentinels to the front of the queue, ahead of all that is queued: that many
    /// workers stop now, each after the item that it works on.
    ///
    /// The backlog stays for the workers that are left. These sentinels are the one exception from
    /// the first-in, first-out order; in all else they are sentinels like any other.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1), whatever the count, and a wakeup for each waiting worker that is to stop.
    ///
    /// # Errors
    ///
    /// Returns an error if the queue is closed; none is sent.
    ///
    /// # Panics
    ///
    /// Panics if the queue would hold more than `usize::MAX` sentinels; none is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// tx.send_sentinels_front(1).unwrap(); // one worker less, at once
    /// assert_eq!(rx.recv(), Err(RecvError::Sentinel));
    /// assert_eq!(rx.recv(), Ok(1));
    /// ```
    #[doc(alias("retire", "shrink", "scale down"))]
    pub fn send_sentinels_front(&self, count: usize) -> Result<(), SendError<()>> {
        self.sentinels(count, true)
    }

    fn sentinels(&self, count: usize, front: bool) -> Result<(), SendError<()>> {
        if self.queue.send_sentinels(count, front) {
            Ok(())
        } else {
            Err(SendError::Closed(()))
        }
    }
}

/// The error of a send without a deadline. A full queue means that it would block forever.
pub(crate) fn into_send<T>(failure: SendFailure<T>) -> SendError<T> {
    match failure {
        SendFailure::Closed(item) => SendError::Closed(item),
        SendFailure::Full(item) => SendError::WouldBlockForever(item),
    }
}

/// The items taken from an iterator and not yet sent. If it panics, as many as fit are sent.
struct SendOnUnwind<'a, T> {
    queue: &'a Queue<T>,
    items: Chunk<T>,
}

impl<T> SendOnUnwind<'_, T> {
    /// Takes items from the iterator, and returns whether it has ended.
    fn fill(&mut self, items: &mut impl Iterator<Item = T>) -> bool {
        let piece = self.queue.piece;
        while self.items.len() < piece {
            if self.items.len() == self.items.capacity() {
                let expected = items.size_hint().0.saturating_add(self.items.len());
                let capacity = expected.max(2 * self.items.len()).clamp(1, piece);
                self.items.reserve_exact(capacity - self.items.len());
            }
            let Some(item) = items.next() else { return true };
            self.items.push_back(item);
        }
        false
    }
}

impl<T> Drop for SendOnUnwind<'_, T> {
    fn drop(&mut self) {
        // Empty except after a panic. This does not wait: what does not fit is dropped by the
        // panic.
        let _ = self.queue.send_batch(&mut self.items, Deadline::Now);
    }
}

impl<T> Deref for Sender<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.queue.add_sender();
        Sender { queue: Arc::clone(&self.queue) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.queue.drop_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.queue).finish()
    }
}
