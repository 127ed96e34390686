//! The queues that are compared, behind one small interface.
//!
//! Everything is generic, so each contender is measured through direct, inlinable calls. The
//! columns of the table stand in the order of [`NAMES`].

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::Duration;

/// The columns, ours first.
pub(crate) const NAMES: [&str; 6] =
    ["sentinel-queue", "crossbeam", "flume", "kanal", "async-channel", "std::mpsc"];

/// One implementation of a blocking queue of `T`.
pub(crate) trait Contender<T>: 'static {
    /// The sending handle.
    type Sender: Clone + Send;
    /// The receiving handle.
    type Receiver: Send;

    /// The bounded receive, if there is one: whether it ended by the time and not by an end of the
    /// queue. Nothing is ever sent where this is used.
    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = None;

    /// Makes a queue; `None` is unbounded.
    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver);

    /// Another receiver of the same queue, if it can have more than one.
    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver>;

    /// Sends, waiting for room. The queue is open.
    fn send(sender: &Self::Sender, item: T);

    /// Receives, waiting for an item; `None` when there will never be one.
    fn recv(receiver: &Self::Receiver) -> Option<T>;

    /// Closes the queue, or gives up the last sender where closing is not offered.
    fn close(sender: Self::Sender);
}

/// The queue of this repository.
pub(crate) struct Ours;

impl<T: Send + 'static> Contender<T> for Ours {
    type Sender = sentinel_queue::Sender<T>;
    type Receiver = sentinel_queue::Receiver<T>;

    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = Some(|receiver, timeout| {
        receiver.recv_timeout(timeout).is_err_and(|error| error.is_timeout())
    });

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(sentinel_queue::unbounded, sentinel_queue::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        assert!(sender.send(item).is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv().ok()
    }

    fn close(sender: Self::Sender) {
        sender.close();
    }
}

/// The queue of this repository, in a group. Its threads here are no participants: this is for what
/// an operation costs that need not wait.
pub(crate) struct InGroup;

impl<T: Send + 'static> Contender<T> for InGroup {
    type Sender = sentinel_queue::Sender<T>;
    type Receiver = sentinel_queue::Receiver<T>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        let group = sentinel_queue::Group::new();
        capacity.map_or_else(|| group.unbounded(), |capacity| group.bounded(capacity))
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Ours::share(receiver)
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        Ours::send(sender, item);
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        Ours::recv(receiver)
    }

    fn close(sender: Self::Sender) {
        Ours::close(sender);
    }
}

/// A lock around a `VecDeque`, and a yield where a thread would wait: what the lock alone costs in
/// the same pattern. It is no queue that one would use, because its threads never block.
pub(crate) struct OneLock;

/// Its one handle.
pub(crate) struct Locked<T> {
    items: Arc<Mutex<VecDeque<T>>>,
    capacity: usize,
}

impl<T> Clone for Locked<T> {
    fn clone(&self) -> Self {
        Locked { items: Arc::clone(&self.items), capacity: self.capacity }
    }
}

impl<T: Send + 'static> Contender<T> for OneLock {
    type Sender = Locked<T>;
    type Receiver = Locked<T>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        let queue = Locked { items: Arc::default(), capacity: capacity.unwrap_or(usize::MAX) };
        (queue.clone(), queue)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        loop {
            let mut items = sender.items.lock();
            if items.len() < sender.capacity {
                return items.push_back(item);
            }
            drop(items);
            thread::yield_now();
        }
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        loop {
            let front = receiver.items.lock().pop_front();
            if front.is_some() {
                return front;
            }
            thread::yield_now();
        }
    }

    /// Cannot be closed; its threads count their items.
    fn close(_sender: Self::Sender) {}
}

/// crossbeam-channel.
pub(crate) struct Crossbeam;

impl<T: Send + 'static> Contender<T> for Crossbeam {
    type Sender = crossbeam_channel::Sender<T>;
    type Receiver = crossbeam_channel::Receiver<T>;

    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = Some(|receiver, timeout| {
        receiver.recv_timeout(timeout).is_err_and(|error| error.is_timeout())
    });

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        assert!(sender.send(item).is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv().ok()
    }

    fn close(sender: Self::Sender) {
        drop(sender);
    }
}

/// flume, without its async side.
pub(crate) struct Flume;

impl<T: Send + 'static> Contender<T> for Flume {
    type Sender = flume::Sender<T>;
    type Receiver = flume::Receiver<T>;

    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = Some(|receiver, timeout| {
        matches!(receiver.recv_timeout(timeout), Err(flume::RecvTimeoutError::Timeout))
    });

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(flume::unbounded, flume::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        assert!(sender.send(item).is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv().ok()
    }

    fn close(sender: Self::Sender) {
        drop(sender);
    }
}

/// kanal, its blocking side.
pub(crate) struct Kanal;

impl<T: Send + 'static> Contender<T> for Kanal {
    type Sender = kanal::Sender<T>;
    type Receiver = kanal::Receiver<T>;

    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = Some(|receiver, timeout| {
        matches!(receiver.recv_timeout(timeout), Err(kanal::ReceiveErrorTimeout::Timeout))
    });

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(kanal::unbounded, kanal::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        assert!(sender.send(item).is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv().ok()
    }

    fn close(sender: Self::Sender) {
        sender.close().expect("it was open");
    }
}

/// async-channel, its blocking side.
pub(crate) struct AsyncChannel;

impl<T: Send + 'static> Contender<T> for AsyncChannel {
    type Sender = async_channel::Sender<T>;
    type Receiver = async_channel::Receiver<T>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(async_channel::unbounded, async_channel::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        assert!(sender.send_blocking(item).is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv_blocking().ok()
    }

    fn close(sender: Self::Sender) {
        sender.close();
    }
}

/// `std::sync::mpsc`: a single receiver.
pub(crate) struct Std;

/// The two senders of `std::sync::mpsc` as one.
pub(crate) enum StdSender<T> {
    /// From `channel`.
    Unbounded(mpsc::Sender<T>),
    /// From `sync_channel`.
    Bounded(mpsc::SyncSender<T>),
}

impl<T> Clone for StdSender<T> {
    fn clone(&self) -> Self {
        match self {
            StdSender::Unbounded(sender) => StdSender::Unbounded(sender.clone()),
            StdSender::Bounded(sender) => StdSender::Bounded(sender.clone()),
        }
    }
}

impl<T: Send + 'static> Contender<T> for Std {
    type Sender = StdSender<T>;
    type Receiver = mpsc::Receiver<T>;

    const WAIT: Option<fn(&Self::Receiver, Duration) -> bool> = Some(|receiver, timeout| {
        matches!(receiver.recv_timeout(timeout), Err(mpsc::RecvTimeoutError::Timeout))
    });

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        if let Some(capacity) = capacity {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            (StdSender::Bounded(sender), receiver)
        } else {
            let (sender, receiver) = mpsc::channel();
            (StdSender::Unbounded(sender), receiver)
        }
    }

    fn share(_receiver: &Self::Receiver) -> Option<Self::Receiver> {
        None
    }

    #[inline]
    fn send(sender: &Self::Sender, item: T) {
        let sent = match sender {
            StdSender::Unbounded(sender) => sender.send(item),
            StdSender::Bounded(sender) => sender.send(item),
        };
        assert!(sent.is_ok());
    }

    #[inline]
    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.recv().ok()
    }

    fn close(sender: Self::Sender) {
        drop(sender);
    }
}
