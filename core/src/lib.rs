//! A blocking work queue for threads, many producers and many consumers, that knows how to stop.
#![forbid(unsafe_code)]

mod error;
mod iter;
mod queue;
mod receiver;
mod sender;
mod state;
mod sync;
mod task;

pub use error::{
    JoinError, JoinTimeoutError, RecvError, RecvTimeoutError, SendError, SendTimeoutError,
    TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use queue::{Drained, Queue};
pub use receiver::Receiver;
pub use sender::{bounded, unbounded, Sender};
pub use state::Stats;
pub use task::Task;
