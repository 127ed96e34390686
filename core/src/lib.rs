//! A blocking multi-producer, multi-consumer work queue whose workers stop: by sentinels, by an
//! explicit close, or, in a scope, by deadlock detection.
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
//! drop(queue); // each worker has its own; if all of them die, `send` fails instead of waiting
//! for task in 1..=100 {
//!     tasks.send(task)?;
//! }
//! drop(tasks); // the last sender: what is queued is done, then every loop ends
//! let sum: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
//! assert_eq!(sum, 338_350);
//! # Ok::<(), sentinel_queue::SendError<u64>>(())
//! ```
//!
#![cfg_attr(doc, doc = include_str!("../docs/queue.svg"))]
//!
//! # The three ends of a loop
//!
//! | end | requested by | what the loop sees |
//! | --- | --- | --- |
//! | **sentinel** | a producer, with [`send_sentinels`](Sender::send_sentinels), one per worker | one sentinel ends exactly one loop |
//! | **closed** | any thread, with [`close`](Queue::close), or by dropping the last [`Sender`] | what is queued is drained first, then every loop ends |
//! | **would block forever** | deadlock: in a [`scope()`], all threads are blocked and none can be woken | every blocked operation returns `WouldBlockForever` |
//!
//! [`Iter::end`] returns which it was.
//!
//! # I want to …
//!
//! | I want to … | use |
//! | --- | --- |
//! | let workers share tasks, and end when all are sent | [`bounded`] or [`unbounded`]; drop the last [`Sender`] |
//! | stop each worker once, and keep the queue open | [`send_sentinels`](Sender::send_sentinels) |
//! | shut down, and finish what is queued | [`close`](Queue::close) |
//! | shut down at once, and take back what is queued | [`close_now`](Queue::close_now) |
//! | know why a loop ended | [`Iter::end`] |
//! | wait until all work is done | [`recv_task`](Receiver::recv_task) and [`join`](Queue::join) |
//! | let workers feed their own queue, and end when none has work | [`scope()`] |
//! | find a deadlock, with the lines that are blocked | [`scope()`] and its [`report`] |
//! | have the same where I own the threads | [`Group`] |
//! | move several items at once | [`send_many`](Sender::send_many), [`recv_many`](Receiver::recv_many) |
//! | not wait, or not for long | [`try_send`](Sender::try_send), [`recv_timeout`](Receiver::recv_timeout) and the like |
//! | make room by dropping the oldest item | [`force_send`](Sender::force_send) |
//! | watch a queue | [`stats`](Queue::stats) |
//! | use `?` on several operations | [`QueueError`] |
//! | model-check my crate with this queue inside | [`model_checking`] |
//!
//! # A deadlock, reported
//!
//! In a [`scope()`] a forgotten sentinel, `close` or drop does not hang: every blocked operation
//! returns `WouldBlockForever`, and the scope returns a [report](report::Report). That of the
//! example `blog_2_in_scope`, in which all three were forgotten:
//!
//! ```text
//! this operation would block forever: deadlock of 3 threads, none can be woken
//!   steve is blocked in a receive from queue 1 at core/examples/blog_2_in_scope.rs:14:38
//!   john is blocked in a receive from queue 1 at core/examples/blog_2_in_scope.rs:14:38
//!   nancy is blocked in a receive from queue 1 at core/examples/blog_2_in_scope.rs:14:38
//!   main is blocked until steve ends at core/examples/blog_2_in_scope.rs:24:32
//!   queue 1 (of i32, made at core/examples/blog_2_in_scope.rs:9:31) was never closed, holds 0 items and 0 sentinels; alive: 1 sender, 4 receivers
//! ```
//!
//! # What it is, and what it costs
//!
//! One lock, three condition variables, a buffer of chunks. An operation that need not wait takes
//! the lock once, for a time that does not depend on how much is queued. It makes no system call
//! unless it wakes a thread, or the allocator makes one: a push allocates at most one chunk of a
//! few KiB, under the lock, and only when no emptied chunk is at hand. Memory goes back while the
//! queue drains, and is freed without the lock; a nearly empty queue keeps at most 8 KiB. Items are
//! moved under the lock, so send a large item in a `Box`.
//!
//! A thread that has to wait yields a few times before it blocks; only for the lock it spins first,
//! for about a microsecond. No user code, no destructor, clone or iterator, runs while the lock is
//! held (but for a global allocator), and a panic in it cannot harm the queue.
//!
//! Which waiter is served next is not specified, and a thread that arrives may be served before one
//! that waits: progress is promised, fairness is not. Each item goes to one receiver. Items and
//! sentinels form one first-in, first-out order, and each producer's own order is kept.
//!
//! There is no `unsafe` in it. The claims about it, from *every item is received exactly once* to
//! *no wakeup is lost*, are stated one by one in the README of its repository, each with the
//! evidence: this source is explored under loom and shuttle and compared with a model, of which the
//! claims are proven for any number of threads.
//!
//! # Pitfalls
//!
//! - A [`Sender`] kept by a thread that waits for the workers keeps them waiting; a [`Receiver`]
//!   kept anywhere keeps the queue open after all workers have died. Drop each handle once it has
//!   been cloned for others, or use a [`scope()`].
//! - A thread that holds a [`Task`] and calls [`join`](Queue::join) waits for itself.
//! - `Err(RecvError) =>`, as written for other crates, matches every error here: see [`RecvError`].
//! - A child process made by `fork` must not use an inherited queue: as with any lock, it may hang.
//! - A timeout too large for the clock, such as `Duration::MAX`, is endless. Only endless waits are
//!   part of deadlock detection.
//!
//! # What it is not
//!
//! It has no select, no async, no rendezvous (a capacity of 0), no broadcast, no priorities, and it
//! does not reopen.

#![forbid(unsafe_code)]

// In the order in which they build on each other.

mod error;
mod sync;
mod buffer;
mod state;
pub mod report;
mod registry;
mod detector;
mod queue;
mod sender;
mod receiver;
mod iter;
mod task;
mod group;
mod scope;

pub use error::{
    JoinError, JoinTimeoutError, QueueError, RecvError, RecvTimeoutError, SendError,
    SendTimeoutError, TryRecvError, TrySendError,
};
pub use group::{External, Group, Participant};
pub use iter::{IntoIter, Iter, TryIter};
pub use queue::{Drained, Queue};
pub use receiver::Receiver;
pub use report::{Report, WouldBlockForever};
pub use scope::{scope, Scope, ScopedJoinHandle, ScopedThreadBuilder};
pub use sender::{bounded, unbounded, Sender};
pub use state::Stats;
pub use task::Task;

#[cfg(doc)]
#[doc = include_str!("../docs/model_checking.md")]
pub mod model_checking {}
