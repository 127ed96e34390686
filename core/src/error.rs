//! Errors. Those of sends contain the item that was not sent. None needs `T: Debug` to be printed
//! or to be an [`Error`].

mod any;

use std::error::Error;
use std::fmt;

pub use any::QueueError;

/// Error returned by [`send`](crate::Sender::send) and [`send_many`](crate::Sender::send_many), and,
/// only as `Closed`, by [`force_send`](crate::Sender::force_send) and
/// [`send_sentinels`](crate::Sender::send_sentinels); contains the items that were not sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendError<T> {
    /// The queue is closed, and stays closed.
    #[doc(alias = "Disconnected")]
    Closed(T),
    /// A deadlock: no thread is left that could make room. Only for a thread and a queue of the same
    /// [`scope`](crate::scope()) or [`Group`](crate::Group).
    WouldBlockForever(T),
}

/// Error returned by [`try_send`](crate::Sender::try_send); contains the item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// The queue is full at the moment.
    Full(T),
    /// The queue is closed, and stays closed.
    #[doc(alias = "Disconnected")]
    Closed(T),
}

/// Error returned by [`send_timeout`](crate::Sender::send_timeout) and
/// [`send_deadline`](crate::Sender::send_deadline); contains the item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// The queue was full at every attempt until time was up.
    Timeout(T),
    /// The queue is closed, and stays closed.
    #[doc(alias = "Disconnected")]
    Closed(T),
    /// A deadlock: the timeout was endless (such as `Duration::MAX`), and no thread is left that
    /// could make room. Only in a [`Group`](crate::Group).
    WouldBlockForever(T),
}

/// Error returned by [`recv`](crate::Receiver::recv), [`recv_many`](crate::Receiver::recv_many) and
/// [`recv_task`](crate::Receiver::recv_task): why no item was received. Also returned by
/// [`Iter::end`](crate::Iter::end): why a loop ended.
///
/// # Migration
///
/// In other crates this is a unit struct that means *disconnected*. Here `Err(RecvError) =>` still
/// compiles, but binds no variant: `RecvError` is a new variable that matches *every* error. Write
/// `Err(RecvError::Closed) =>`, or `Err(_) =>` if all ends are the same to a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// The queue is closed and empty, and stays both.
    #[doc(alias = "Disconnected")]
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
    /// A deadlock: no thread is left that could send. Only for a thread and a queue of the same
    /// [`scope`](crate::scope()) or [`Group`](crate::Group).
    WouldBlockForever,
}

/// Error returned by [`try_recv`](crate::Receiver::try_recv): why no item was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// The queue is empty at the moment.
    Empty,
    /// The queue is closed and empty, and stays both.
    #[doc(alias = "Disconnected")]
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
}

/// Error returned by [`recv_timeout`](crate::Receiver::recv_timeout) and
/// [`recv_deadline`](crate::Receiver::recv_deadline): why no item was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The queue was empty at every attempt until time was up. Nothing was taken.
    Timeout,
    /// The queue is closed and empty, and stays both.
    #[doc(alias = "Disconnected")]
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
    /// A deadlock: the timeout was endless (such as `Duration::MAX`), and no thread is left that
    /// could send. Only in a [`Group`](crate::Group).
    WouldBlockForever,
}

/// Error returned by [`Queue::join`](crate::Queue::join) and [`Group::join`](crate::Group::join), and
/// payload of the error of [`ScopedJoinHandle::join`](crate::ScopedJoinHandle::join): a deadlock, see
/// [`Group`](crate::Group).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinError;

/// Error returned by [`join_timeout`](crate::Queue::join_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinTimeoutError {
    /// Time was up.
    Timeout,
    /// A deadlock: the timeout was endless (such as `Duration::MAX`), and no thread is left that
    /// could complete the work. Only in a [`Group`](crate::Group).
    WouldBlockForever,
}

const CLOSED: &str = "the queue is closed";
const DRAINED: &str = "the queue is closed and empty";
const FULL: &str = "the queue is full";
const EMPTY: &str = "the queue is empty";
const SENTINEL: &str = "a sentinel ended this receive";
const SEND_TIMEOUT: &str = "the queue stayed full until the time was up";
const RECV_TIMEOUT: &str = "the queue stayed empty until the time was up";
const WOULD_BLOCK_FOREVER: &str = "this operation would block forever";
const TIMEOUT: &str = "the time was up";
const JOIN_TIMEOUT: &str = "the queue still had items or unfinished tasks when the time was up";

impl<T> SendError<T> {
    /// Returns the item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendError::Closed(item) | SendError::WouldBlockForever(item) => item,
        }
    }

    /// Returns whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendError::Closed(_))
    }

    /// Returns whether this was a deadlock: no thread was left that could make room.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, SendError::WouldBlockForever(_))
    }
}

impl<T> TrySendError<T> {
    /// Returns the item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(item) | TrySendError::Closed(item) => item,
        }
    }

    /// Returns whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, TrySendError::Full(_))
    }

    /// Returns whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, TrySendError::Closed(_))
    }
}

impl<T> SendTimeoutError<T> {
    /// Returns the item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendTimeoutError::Timeout(item)
            | SendTimeoutError::Closed(item)
            | SendTimeoutError::WouldBlockForever(item) => item,
        }
    }

    /// Returns whether time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendTimeoutError::Timeout(_))
    }

    /// Returns whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendTimeoutError::Closed(_))
    }

    /// Returns whether this was a deadlock: no thread was left that could make room.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, SendTimeoutError::WouldBlockForever(_))
    }
}

/// Converts `WouldBlockForever` into `Full`, since the queue was full.
impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(item) => TrySendError::Closed(item),
            SendError::WouldBlockForever(item) => TrySendError::Full(item),
        }
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(item) => SendTimeoutError::Closed(item),
            SendError::WouldBlockForever(item) => SendTimeoutError::WouldBlockForever(item),
        }
    }
}

/// Converts the item into a vector of one, so that `?` works on `send` and `send_many` in one function.
impl<T> From<SendError<T>> for SendError<Vec<T>> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(item) => SendError::Closed(vec![item]),
            SendError::WouldBlockForever(item) => SendError::WouldBlockForever(vec![item]),
        }
    }
}

impl From<JoinError> for JoinTimeoutError {
    fn from(_: JoinError) -> Self {
        JoinTimeoutError::WouldBlockForever
    }
}

/// Converts `WouldBlockForever` into `Empty`, since the queue was empty.
impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => TryRecvError::Closed,
            RecvError::Sentinel => TryRecvError::Sentinel,
            RecvError::WouldBlockForever => TryRecvError::Empty,
        }
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => RecvTimeoutError::Closed,
            RecvError::Sentinel => RecvTimeoutError::Sentinel,
            RecvError::WouldBlockForever => RecvTimeoutError::WouldBlockForever,
        }
    }
}

impl RecvError {
    /// Returns whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, RecvError::Closed)
    }

    /// Returns whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, RecvError::Sentinel)
    }

    /// Returns whether this was a deadlock: no thread was left that could send.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, RecvError::WouldBlockForever)
    }
}

impl TryRecvError {
    /// Returns whether there was nothing to receive.
    pub fn is_empty(&self) -> bool {
        matches!(self, TryRecvError::Empty)
    }

    /// Returns whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, TryRecvError::Closed)
    }

    /// Returns whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, TryRecvError::Sentinel)
    }
}

impl RecvTimeoutError {
    /// Returns whether time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, RecvTimeoutError::Timeout)
    }

    /// Returns whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, RecvTimeoutError::Closed)
    }

    /// Returns whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, RecvTimeoutError::Sentinel)
    }

    /// Returns whether this was a deadlock: no thread was left that could send.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, RecvTimeoutError::WouldBlockForever)
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Closed(_) => "Closed(..)",
            SendError::WouldBlockForever(_) => "WouldBlockForever(..)",
        })
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendTimeoutError::Timeout(_) => "Timeout(..)",
            SendTimeoutError::Closed(_) => "Closed(..)",
            SendTimeoutError::WouldBlockForever(_) => "WouldBlockForever(..)",
        })
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Closed(_) => CLOSED,
            SendError::WouldBlockForever(_) => WOULD_BLOCK_FOREVER,
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => FULL,
            TrySendError::Closed(_) => CLOSED,
        })
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendTimeoutError::Timeout(_) => SEND_TIMEOUT,
            SendTimeoutError::Closed(_) => CLOSED,
            SendTimeoutError::WouldBlockForever(_) => WOULD_BLOCK_FOREVER,
        })
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecvError::Closed => DRAINED,
            RecvError::Sentinel => SENTINEL,
            RecvError::WouldBlockForever => WOULD_BLOCK_FOREVER,
        })
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryRecvError::Empty => EMPTY,
            TryRecvError::Closed => DRAINED,
            TryRecvError::Sentinel => SENTINEL,
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecvTimeoutError::Timeout => RECV_TIMEOUT,
            RecvTimeoutError::Closed => DRAINED,
            RecvTimeoutError::Sentinel => SENTINEL,
            RecvTimeoutError::WouldBlockForever => WOULD_BLOCK_FOREVER,
        })
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WOULD_BLOCK_FOREVER)
    }
}

impl fmt::Display for JoinTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinTimeoutError::Timeout => JOIN_TIMEOUT,
            JoinTimeoutError::WouldBlockForever => WOULD_BLOCK_FOREVER,
        })
    }
}

impl<T> Error for SendError<T> {}
impl<T> Error for TrySendError<T> {}
impl<T> Error for SendTimeoutError<T> {}
impl Error for RecvError {}
impl Error for TryRecvError {}
impl Error for RecvTimeoutError {}
impl Error for JoinError {}
impl Error for JoinTimeoutError {}
