//! The one error that every other one converts into.

use super::{
    JoinError, JoinTimeoutError, RecvError, RecvTimeoutError, SendError, SendTimeoutError,
    TryRecvError, TrySendError, CLOSED, EMPTY, FULL, SENTINEL, TIMEOUT, WOULD_BLOCK_FOREVER,
};
use std::error::Error;
use std::fmt;

/// Error that every error of an operation converts into, for functions that use `?` on several of them.
///
/// It contains no item: the conversion drops what was not sent. To keep it, convert into
/// `SendError<Vec<T>>`, as errors of [`send`](crate::Sender::send) and
/// [`send_many`](crate::Sender::send_many) do, or match the error itself. Where items are `'static`,
/// `Box<dyn Error>` works as well, and keeps them.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{unbounded, QueueError, Receiver, Sender};
///
/// fn relay(from: &Receiver<u32>, to: &Sender<u32>) -> Result<(), QueueError> {
///     to.send(from.recv()?)?;
///     to.send_many([2, 3])?;
///     to.try_send(from.try_recv()?)?;
///     to.send_sentinels(2)?;
///     Ok(())
/// }
///
/// let (tx, rx) = unbounded();
/// tx.send(1).unwrap();
/// assert_eq!(relay(&rx, &tx), Ok(()));
/// tx.close_now();
/// assert_eq!(relay(&rx, &tx), Err(QueueError::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueError {
    /// The queue is closed; a receive also found it empty.
    #[doc(alias = "Disconnected")]
    Closed,
    /// A sentinel, which the receive has consumed.
    Sentinel,
    /// A deadlock, see [`scope`](crate::scope()).
    WouldBlockForever,
    /// The queue is full at the moment.
    Full,
    /// The queue is empty at the moment.
    Empty,
    /// Time was up.
    Timeout,
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QueueError::Closed => CLOSED,
            QueueError::Sentinel => SENTINEL,
            QueueError::WouldBlockForever => WOULD_BLOCK_FOREVER,
            QueueError::Full => FULL,
            QueueError::Empty => EMPTY,
            QueueError::Timeout => TIMEOUT,
        })
    }
}

impl Error for QueueError {}

impl<T> From<SendError<T>> for QueueError {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(_) => QueueError::Closed,
            SendError::WouldBlockForever(_) => QueueError::WouldBlockForever,
        }
    }
}

impl<T> From<TrySendError<T>> for QueueError {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => QueueError::Full,
            TrySendError::Closed(_) => QueueError::Closed,
        }
    }
}

impl<T> From<SendTimeoutError<T>> for QueueError {
    fn from(error: SendTimeoutError<T>) -> Self {
        match error {
            SendTimeoutError::Timeout(_) => QueueError::Timeout,
            SendTimeoutError::Closed(_) => QueueError::Closed,
            SendTimeoutError::WouldBlockForever(_) => QueueError::WouldBlockForever,
        }
    }
}

impl From<RecvError> for QueueError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Closed => QueueError::Closed,
            RecvError::Sentinel => QueueError::Sentinel,
            RecvError::WouldBlockForever => QueueError::WouldBlockForever,
        }
    }
}

impl From<TryRecvError> for QueueError {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => QueueError::Empty,
            TryRecvError::Closed => QueueError::Closed,
            TryRecvError::Sentinel => QueueError::Sentinel,
        }
    }
}

impl From<RecvTimeoutError> for QueueError {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => QueueError::Timeout,
            RecvTimeoutError::Closed => QueueError::Closed,
            RecvTimeoutError::Sentinel => QueueError::Sentinel,
            RecvTimeoutError::WouldBlockForever => QueueError::WouldBlockForever,
        }
    }
}

impl From<JoinError> for QueueError {
    fn from(_: JoinError) -> Self {
        QueueError::WouldBlockForever
    }
}

impl From<JoinTimeoutError> for QueueError {
    fn from(error: JoinTimeoutError) -> Self {
        match error {
            JoinTimeoutError::Timeout => QueueError::Timeout,
            JoinTimeoutError::WouldBlockForever => QueueError::WouldBlockForever,
        }
    }
}
