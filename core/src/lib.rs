//! A blocking work queue for threads, many producers and many consumers, that knows how to stop.
//!
//! Workers loop over a queue. How do they stop: exactly once each, nothing lost, never hanging?
//!
//! ```
//! use sentinel_queue::bounded;
//! use std::thread;
//!
//! let (tasks, queue) = bounded(64);
//! let workers: Vec<_> = (0..4)
//!     .map(|_| {
//!         let queue = queue.clone();
//!         thread::spawn(move || queue.iter().map(|task: u64| task * task).sum::<u64>())
//!     })
//!     .collect();
//! for task in 1..=100 {
//!     tasks.send(task)?;
//! }
//! drop(tasks); // nobody is left to send: what is queued is done, then every loop ends
//! let sum: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
//! assert_eq!(sum, 338_350);
//! # Ok::<(), sentinel_queue::SendError<u64>>(())
//! ```
//!
//! # The three ends of a loop
//!
//! | end | who asks for it | what the loop sees |
//! | --- | --- | --- |
//! | **sentinel** | a producer, with [`send_sentinels`](Sender::send_sentinels), one per worker | one sentinel ends exactly one loop |
//! | **closed** | anyone, with [`close`](Queue::close); or the last [`Sender`] is dropped | what is queued is drained first, then every loop ends |
//! | **would block forever** | nobody: in a [`scope()`] it is noticed that none is left who could wake anyone | everybody who is blocked is told |
//!
//! A loop tells which it was: [`Iter::end`].
//!
//! # What it is, and what it costs
//!
//! One lock, three condition variables, a `VecDeque`. An operation that need not wait takes the lock
//! once, for a few instructions, and makes no system call unless it wakes somebody. A thread that
//! has to wait lets others run a few times and then sleeps; it does not spin. Items move; no code of yours, no destructor, clone or iterator,
//! runs while the lock is held, and a panic of yours can not harm the queue.
//!
//! Which waiter is served next is not specified, and a thread that comes may be served before one
//! that waits: progress is promised, fairness is not. Items and sentinels form one first-in,
//! first-out order, and each producer's own order is kept.
//!
//! There is no `unsafe` in it. The claims about it, from *every item is received exactly once* to
//! *no wakeup is lost*, are stated one by one in the README of its repository, each with the
//! evidence: this source is explored under loom and shuttle and compared with a model, of which the
//! claims are proven for any number of threads.
//!
//! To model-check a crate with this queue inside, see [`model_checking`].
//!
//! # What it is not
//!
//! It has no select, no async, no rendezvous (a capacity of 0), no priorities, and it does not
//! reopen.

#![forbid(unsafe_code)]

// In the order in which they build on each other.

mod error;
mod state;
mod sync;
mod report;
mod members;
mod supervisor;
mod queue;
mod sender;
mod receiver;
mod iter;
mod task;
mod group;
mod scope;

pub use error::{
    JoinError, JoinTimeoutError, RecvError, RecvTimeoutError, SendError, SendTimeoutError,
    TryRecvError, TrySendError,
};
pub use group::{External, Group, Participant};
pub use iter::{IntoIter, Iter, TryIter};
pub use queue::{Drained, Queue};
pub use receiver::Receiver;
pub use report::{Blocked, Left, Operation, QueueReport, Report, WouldBlockForever};
pub use scope::{scope, Scope, ScopedJoinHandle};
pub use sender::{bounded, unbounded, Sender};
pub use state::Stats;
pub use task::Task;

#[cfg(doc)]
#[doc = include_str!("../docs/model_checking.md")]
pub mod model_checking {}
