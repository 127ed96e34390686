//! A handle that counts for neither side.

use crate::queue::Queue;
use crate::receiver::Receiver;
use crate::sender::{counted_sender, Sender};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

impl<T> Sender<T> {
    /// Returns a handle that counts as neither a sender nor a receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded::<u8>();
    /// let weak = tx.downgrade();
    /// drop(tx);
    /// assert!(weak.is_closed() && weak.upgrade_sender().is_none());
    /// # drop(rx);
    /// ```
    pub fn downgrade(&self) -> WeakHandle<T> {
        WeakHandle { queue: Arc::clone(&self.queue) }
    }
}

impl<T> Receiver<T> {
    /// Returns a handle that counts as neither a sender nor a receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// let weak = rx.downgrade();
    /// tx.send(1).unwrap();
    /// assert_eq!((weak.len(), rx.receiver_count()), (1, 1));
    /// drop(rx);
    /// assert_eq!((weak.len(), weak.upgrade_receiver().is_none()), (0, true));
    /// ```
    pub fn downgrade(&self) -> WeakHandle<T> {
        WeakHandle { queue: Arc::clone(&self.queue) }
    }
}

/// A handle that counts as neither a sender nor a receiver: for a thread that waits for signals, a
/// watchdog, or a thread that prints progress.
///
/// Returned by [`Sender::downgrade`] and [`Receiver::downgrade`]. It closes a queue, waits for its work
/// and reads its numbers, by the methods of [`Queue`], and keeps it neither open nor in use: the queue
/// closes with the last sender, and what is queued is dropped with the last receiver, whatever weak
/// handles there are. It keeps the memory of the empty queue, a few KiB at most.
///
/// Cloning and dropping it take no lock.
///
/// In a [`Group`](crate::Group) a thread outside that holds one, and may call
/// [`close`](Queue::close) or upgrade it, needs a token: [`external.with(weak)`](crate::External::with).
///
/// # Examples
///
/// A program that ends by itself, or earlier on a signal:
///
/// ```
/// use std::thread;
///
/// let (signal, signals) = sentinel_queue::unbounded::<()>(); // stands for those of the system
/// let (tx, rx) = sentinel_queue::bounded(4);
/// let weak = tx.downgrade();
/// let listener = thread::spawn(move || {
///     if signals.recv().is_ok() {
///         weak.close();
///     }
/// });
/// let worker = thread::spawn(move || rx.iter().sum::<u32>());
/// tx.send_many(1..=100).unwrap();
/// drop(tx); // the last sender: the weak handle keeps nothing open
/// assert_eq!(worker.join().unwrap(), 5050);
/// drop(signal);
/// listener.join().unwrap();
/// ```
#[doc(alias("WeakSender", "WeakReceiver", "downgrade", "signal"))]
pub struct WeakHandle<T> {
    queue: Arc<Queue<T>>,
}

impl<T> WeakHandle<T> {
    /// Returns a sender if there is one still; `None` once the last one is dropped.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// let weak = tx.downgrade();
    /// weak.upgrade_sender().unwrap().send(1).unwrap();
    /// drop(tx);
    /// assert!(weak.upgrade_sender().is_none());
    /// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn upgrade_sender(&self) -> Option<Sender<T>> {
        self.queue.upgrade_sender().then(|| counted_sender(Arc::clone(&self.queue)))
    }

    /// Returns a receiver if there is one still; `None` once the last one is dropped.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::unbounded();
    /// let weak = rx.downgrade();
    /// tx.send(1).unwrap();
    /// assert_eq!(weak.upgrade_receiver().unwrap().recv(), Ok(1));
    /// drop(rx);
    /// assert!(weak.upgrade_receiver().is_none());
    /// ```
    pub fn upgrade_receiver(&self) -> Option<Receiver<T>> {
        self.queue.upgrade_receiver().then(|| Receiver::new(Arc::clone(&self.queue)))
    }
}

impl<T> Deref for WeakHandle<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> Clone for WeakHandle<T> {
    fn clone(&self) -> Self {
        WeakHandle { queue: Arc::clone(&self.queue) }
    }
}

impl<T> fmt::Debug for WeakHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakHandle").field(&self.queue).finish()
    }
}
