//! Why an operation did not do what it was asked to.
//!
//! Whatever carried an item in hands it back in its error. No error needs `T: Debug` to be printed
//! or to be an [`Error`].

use std::error::Error;
use std::fmt;

/// What a [`send`](crate::Sender::send) or [`force_send`](crate::Sender::force_send) that did not
/// send answers, and what [`send_many`](crate::Sender::send_many) answers with all it did not send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendError<T> {
    /// The queue is closed, and stays so.
    Closed(T),
    /// Nobody is left who could make room: see
    /// [`Group`](crate::Group). Never on a queue of no group.
    WouldBlockForever(T),
}

/// What a [`try_send`](crate::Sender::try_send) that did not send answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// The queue is full at the moment.
    Full(T),
    /// The queue is closed, and stays so.
    Closed(T),
}

/// What a [`send_timeout`](crate::Sender::send_timeout) or
/// [`send_deadline`](crate::Sender::send_deadline) that did not send answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// The queue was full at every attempt until time was up.
    Timeout(T),
    /// The queue is closed, and stays so.
    Closed(T),
    /// The time was endless (`Duration::MAX`), and nobody is left who could make room: see
    /// [`Group`](crate::Group). Never on a queue of no group.
    WouldBlockForever(T),
}

/// The end of a loop over a queue: what a [`recv`](crate::Receiver::recv) that brings no item
/// answers, and what [`Iter::end`](crate::Iter::end) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// The queue is closed and empty, and stays so.
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
    /// Nobody is left who could send: see
    /// [`Group`](crate::Group). Never on a queue of no group.
    WouldBlockForever,
}

/// What a [`try_recv`](crate::Receiver::try_recv) that brings no item answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// The queue is empty at the moment.
    Empty,
    /// The queue is closed and empty, and stays so.
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
}

/// What a [`recv_timeout`](crate::Receiver::recv_timeout) or
/// [`recv_deadline`](crate::Receiver::recv_deadline) that brings no item answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The queue was empty at every attempt until time was up. Nothing was taken.
    Timeout,
    /// The queue is closed and empty, and stays so.
    Closed,
    /// A sentinel, which this receive has consumed.
    Sentinel,
    /// The time was endless (`Duration::MAX`), and nobody is left who could send: see
    /// [`Group`](crate::Group). Never on a queue of no group.
    WouldBlockForever,
}

/// What a wait for the work of a queue ([`Queue::join`](crate::Queue::join)), or for threads of a
/// group to end, answers when nobody is left who could finish it: see [`Group`](crate::Group).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinError;

/// What a [`join_timeout`](crate::Queue::join_timeout) answers before the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinTimeoutError {
    /// Time was up.
    Timeout,
    /// The time was endless (`Duration::MAX`), and nobody is left who could finish the work: see
    /// [`Group`](crate::Group). Never on a queue of no group.
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
const JOIN_TIMEOUT: &str = "the queue still had items or unfinished tasks when the time was up";

impl<T> SendError<T> {
    /// The item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendError::Closed(item) | SendError::WouldBlockForever(item) => item,
        }
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendError::Closed(_))
    }

    /// Whether nobody was left who could make room.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, SendError::WouldBlockForever(_))
    }
}

impl<T> TrySendError<T> {
    /// The item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(item) | TrySendError::Closed(item) => item,
        }
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, TrySendError::Full(_))
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, TrySendError::Closed(_))
    }
}

impl<T> SendTimeoutError<T> {
    /// The item that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendTimeoutError::Timeout(item)
            | SendTimeoutError::Closed(item)
            | SendTimeoutError::WouldBlockForever(item) => item,
        }
    }

    /// Whether time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendTimeoutError::Timeout(_))
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendTimeoutError::Closed(_))
    }

    /// Whether nobody was left who could make room.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, SendTimeoutError::WouldBlockForever(_))
    }
}

/// An endless wait that ended by itself found no room.
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

/// An endless wait that ended by itself found nothing.
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
    /// Whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, RecvError::Closed)
    }

    /// Whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, RecvError::Sentinel)
    }

    /// Whether nobody was left who could send.
    pub fn is_would_block_forever(&self) -> bool {
        matches!(self, RecvError::WouldBlockForever)
    }
}

impl TryRecvError {
    /// Whether there was nothing to receive.
    pub fn is_empty(&self) -> bool {
        matches!(self, TryRecvError::Empty)
    }

    /// Whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, TryRecvError::Closed)
    }

    /// Whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, TryRecvError::Sentinel)
    }
}

impl RecvTimeoutError {
    /// Whether time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, RecvTimeoutError::Timeout)
    }

    /// Whether the queue is closed and empty.
    pub fn is_closed(&self) -> bool {
        matches!(self, RecvTimeoutError::Closed)
    }

    /// Whether a sentinel was consumed.
    pub fn is_sentinel(&self) -> bool {
        matches!(self, RecvTimeoutError::Sentinel)
    }

    /// Whether nobody was left who could send.
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
