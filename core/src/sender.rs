//! The sending handle, and where queues come from.

use crate::error::{SendError, SendTimeoutError, TrySendError};
use crate::queue::{Queue, Refused};
use crate::receiver::Receiver;
use crate::sync::{Deadline, Instant};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The sending half of a queue.
///
/// Clone it to send from several threads. When the last one is dropped the queue is closed: what is
/// queued is still delivered, and then every worker's loop ends.
///
/// What it shares with the [`Receiver`], such as [`close`](Queue::close) or [`len`](Queue::len), it
/// has from [`Queue`].
pub struct Sender<T> {
    queue: Arc<Queue<T>>,
}

/// Makes a queue that holds at most `capacity` items; a send waits while it is full.
///
/// Memory grows with what is queued, not with the capacity.
///
/// # Panics
///
/// If `capacity` is 0: a rendezvous, in which an item goes from hand to hand without being queued,
/// is not offered.
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
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    channel(Arc::new(Queue::new(Some(check_capacity(capacity)), None)))
}

/// Makes a queue that holds any number of items; a send never waits.
///
/// # Examples
///
/// ```
/// let (tx, rx) = sentinel_queue::unbounded();
/// tx.send_many(0..1000).unwrap();
/// assert_eq!(rx.len(), 1000);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    channel(Arc::new(Queue::new(None, None)))
}

#[track_caller]
pub(crate) fn check_capacity(capacity: usize) -> usize {
    assert!(capacity > 0, "a bounded queue needs a capacity of at least 1, and got 0");
    capacity
}

pub(crate) fn channel<T>(queue: Arc<Queue<T>>) -> (Sender<T>, Receiver<T>) {
    (Sender { queue: Arc::clone(&queue) }, Receiver::new(queue))
}

impl<T> Sender<T> {
    /// Sends an item.
    ///
    /// # Blocking
    ///
    /// While the queue is full and open. Never on an unbounded queue. O(1).
    ///
    /// # Errors
    ///
    /// With the item, when the queue is closed or gets closed while this waits. In a
    /// [`Group`](crate::Group) also when nobody is left who could make room.
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
        self.queue.send(item, Deadline::never()).map_err(|refused| match refused {
            Refused::Closed(item) => SendError::Closed(item),
            Refused::Full(item) => SendError::WouldBlockForever(item),
        })
    }

    /// Sends an item if there is room now.
    ///
    /// # Blocking
    ///
    /// Never waits. O(1).
    ///
    /// # Errors
    ///
    /// With the item, when the queue is closed, else when it is full.
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
        self.queue.send(item, Deadline::Now).map_err(|refused| match refused {
            Refused::Closed(item) => TrySendError::Closed(item),
            Refused::Full(item) => TrySendError::Full(item),
        })
    }

    /// Sends an item if there is room within `timeout`.
    ///
    /// # Blocking
    ///
    /// While the queue is full and open, and at most about `timeout`; it tries at least once, also
    /// for a timeout of zero. `Duration::MAX` waits for ever.
    ///
    /// # Errors
    ///
    /// With the item, when the queue is or gets closed, else when time is up.
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

    /// Sends an item if there is room until `deadline`.
    ///
    /// # Blocking
    ///
    /// While the queue is full and open, and about until `deadline`; it tries at least once, also
    /// for a deadline in the past.
    ///
    /// # Errors
    ///
    /// With the item, when the queue is or gets closed, else when time is up.
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

    fn send_within(&self, item: T, deadline: Deadline) -> Result<(), SendTimeoutError<T>> {
        self.queue.send(item, deadline).map_err(|refused| match refused {
            Refused::Closed(item) => SendTimeoutError::Closed(item),
            Refused::Full(item) if deadline.is_never() => SendTimeoutError::WouldBlockForever(item),
            Refused::Full(item) => SendTimeoutError::Timeout(item),
        })
    }

    /// Sends an item at once: if the queue is full, the oldest item makes way and is handed back.
    ///
    /// Sentinels never make way.
    ///
    /// # Blocking
    ///
    /// Never waits. O(1).
    ///
    /// # Errors
    ///
    /// With the item, when the queue is closed.
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

    /// Sends all items in order, together: in one step if they fit, else in as many as there is
    /// room for.
    ///
    /// The iterator is run to its end before the first item is sent, while nothing is locked. For
    /// one that is endless or slow, send its items one by one or in chunks.
    ///
    /// If the iterator panics, what it gave until then is sent as if it had ended there, waiting for
    /// room if need be, and then the panic goes on. (If that finds the queue closed, or that it
    /// would block forever, nobody is left to hand the items to, and the panic drops them.)
    ///
    /// # Blocking
    ///
    /// While the queue is full and open, until the last item is sent. Others may send in between.
    /// O(items), of which only the moving happens under the lock.
    ///
    /// # Errors
    ///
    /// With the items not sent, when the queue is closed or gets closed meanwhile, or in a
    /// [`Group`](crate::Group) when nobody is left who could make room; the others stay sent. No
    /// items are never an error.
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
    /// assert_eq!(tx.send_many([4, 5]), Err(SendError::Closed(vec![4, 5])));
    /// ```
    #[track_caller]
    pub fn send_many<I>(&self, items: I) -> Result<(), SendError<Vec<T>>>
    where
        I: IntoIterator<Item = T>,
    {
        let deadline = Deadline::never();
        let mut taken = Taken { queue: &self.queue, items: VecDeque::new(), deadline };
        taken.items.extend(items);
        let mut batch = std::mem::take(&mut taken.items);
        self.queue.send_batch(&mut batch, deadline).map_err(|refused| match refused {
            Refused::Closed(()) => SendError::Closed(batch.into()),
            Refused::Full(()) => SendError::WouldBlockForever(batch.into()),
        })
    }

    /// Sends a sentinel, which ends exactly one receive: the next step of one worker's loop.
    ///
    /// It stands in line behind everything sent before it, needs no capacity, and is still
    /// delivered in its turn when the queue is closed.
    ///
    /// # Blocking
    ///
    /// Never waits, also when the queue is full. O(1).
    ///
    /// # Errors
    ///
    /// When the queue is closed.
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
    pub fn send_sentinel(&self) -> Result<(), SendError<()>> {
        self.send_sentinels(1)
    }

    /// Sends `count` sentinels in a row, in one step: one for each worker that is to stop.
    ///
    /// # Blocking
    ///
    /// Never waits, also when the queue is full. O(1), whatever the count; and a wakeup for each
    /// worker that sleeps and is to stop.
    ///
    /// # Errors
    ///
    /// When the queue is closed; none is sent.
    ///
    /// # Panics
    ///
    /// If the queue would hold more than `usize::MAX` sentinels; none is sent.
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
    pub fn send_sentinels(&self, count: usize) -> Result<(), SendError<()>> {
        if self.queue.send_sentinels(count) {
            Ok(())
        } else {
            Err(SendError::Closed(()))
        }
    }
}

/// The items taken from an iterator so far. They are sent also if it panics.
struct Taken<'a, T> {
    queue: &'a Queue<T>,
    items: VecDeque<T>,
    deadline: Deadline,
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        // Empty but after a panic. A closed queue refuses, and the items end with the panic.
        let _ = self.queue.send_batch(&mut self.items, self.deadline);
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
