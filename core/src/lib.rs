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
//! drop(queue); // each worker has its own; if all of them panic, `send` fails instead of waiting
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
//! | end | caused by | effect |
//! | --- | --- | --- |
//! | **sentinel** | a producer, with [`send_sentinels`](Sender::send_sentinels), one per worker | one sentinel ends exactly one loop |
//! | **closed** | any thread, with [`close`](Queue::close), or by dropping the last [`Sender`] | what is queued is drained first, then every loop ends |
//! | **would block forever** | a deadlock: in a [`scope()`], all threads are blocked and none can be woken | every operation blocked on a queue returns an error, `WouldBlockForever` from a receive or a send |
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
//! | detect deadlocks of threads that no scope starts | [`Group`] |
//! | wait until what was sent so far is done | [`flush`](Queue::flush) |
//! | retry an item, also after a panic | [`Task::put_back`], [`Task::put_back_on_drop`] |
//! | stop some workers now, before their backlog | [`send_sentinels_front`](Sender::send_sentinels_front) |
//! | let an idle worker leave, and strand nothing | [`leave_if_idle`](Receiver::leave_if_idle) |
//! | close from a signal, and keep nothing open | [`WeakHandle`] |
//! | discard what is queued, and go on | [`drain`](Queue::drain) |
//! | move several items at once | [`send_many`](Sender::send_many), [`recv_many`](Receiver::recv_many) |
//! | flush batches by size or age | [`recv_full`](Receiver::recv_full) |
//! | not wait, or not for long | [`try_send`](Sender::try_send), [`recv_timeout`](Receiver::recv_timeout) and the like |
//! | await instead of blocking, with threads and tasks on one queue | [`recv_async`](Receiver::recv_async), [`send_async`](Sender::send_async), [`join_async`](Queue::join_async) |
//! | cancel one consumer that waits, or wait for one of two queues | any executor's `select`, of [`recv_async`](Receiver::recv_async) |
//! | make room by taking out the oldest item | [`force_send`](Sender::force_send) |
//! | watch a queue | [`stats`](Queue::stats) |
//! | use `?` on several operations | [`QueueError`] |
//! | compare it with other queues | [`comparison`] |
//! | model-check my crate with this queue inside | [`model_checking`] |
//!
//! # A deadlock, reported
//!
//! In a [`scope()`] a forgotten sentinel, `close` or drop does not hang: every operation
//! blocked on a queue returns an error, and the scope returns a [report](report::Report). This is
//! the report of an example in which all three were forgotten; `main`, which joins a worker, is
//! listed but not counted, because its join returns once that worker has ended:
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
//! # Tasks that await
//!
//! An operation of a task is a future: [`recv_async`](Receiver::recv_async),
//! [`recv_many_async`](Receiver::recv_many_async), [`recv_task_async`](Receiver::recv_task_async),
//! [`send_async`](Sender::send_async), [`join_async`](Queue::join_async), and with the feature
//! `futures-core` a `Stream`. It is the same queue: threads and tasks may share it in any mixture, and a
//! sentinel ends the loop of a task as it ends that of a thread. No runtime is needed, and any will do.
//!
//! *Cancellation.* A future that is dropped, whenever that is, has taken and sent nothing, and what it was
//! woken for goes to another waiter. It is a timed wait that ends, and so a `select` or a timeout may
//! drop it in any loop.
//!
//! *What no queue can promise.* A future that was woken and is neither polled nor dropped holds what it
//! was woken for: an item may lie in the queue while another receiver waits. So do not keep a future
//! that waits while its task awaits something else, which is also called a *futurelock*, and leak none.
//!
//! A waker that panics when it is woken or dropped harms no operation: the panic hook reports it, and it
//! goes no further.
//!
//! In a [`Group`] a task that waits counts as running. So no deadlock is reported that is none; one that a
//! waiting task takes part in is not reported either. [`flush`](Queue::flush) has no future: what it
//! covers is what was accepted before its call, and a future does nothing before it is polled.
//!
//! # What it is, and what it costs
//!
//! One lock, four condition variables, a buffer of chunks. An operation that need not wait takes
//! the lock once, for a time that is bounded whatever the number of queued items. It makes no system
//! call unless the lock is contended, it wakes a thread, or the allocator makes one. A push may
//! allocate under the lock: a chunk of 2 KiB (or of one item that is larger) if no emptied chunk is
//! kept, and small nodes of the index of chunks. Chunks are freed while the queue drains, after the
//! lock is released; a nearly empty queue keeps at most 8 KiB. Items are moved
//! under the lock, so send a large item in a `Box`.
//!
//! *Never blocks*, on these pages, means that an operation waits for nothing but the lock.
//!
//! A thread that waits for an item, for room or for completion yields before it blocks, up to 64 times. A
//! thread that waits for the lock spins for about a microsecond before it blocks. No user code (no
//! destructor, clone, iterator or waker) runs while the lock is held, except a custom global allocator.
//! A panic in user code leaves the queue consistent and usable.
//!
//! Which waiter is served next is not specified, and a thread that arrives may be served before one
//! that waits: progress is promised, fairness is not. Each item goes to one receiver. Items and
//! sentinels form one first-in, first-out order, and each producer's own order is kept.
//!
//! The crate contains no `unsafe`. The claims about it, from *every accepted item is received, returned
//! or dropped exactly once* to *no wakeup is lost*, are listed in the README of its repository, each
//! with its evidence. This source, except the lines around the lock, is explored under loom and shuttle
//! within stated bounds. Of each claim at least a part is also proven of models, for any number of
//! threads; that no user code runs under the lock, for one, is explored and tested alone. Recorded
//! executions are replayed against the models of a queue and of a group.
//!
//! # Pitfalls
//!
//! - A [`Sender`] kept by a thread that waits for the workers keeps them waiting; a [`Receiver`]
//!   kept anywhere keeps the queue open after all workers have ended. Drop each handle once it has
//!   been cloned for others, or use a [`scope()`].
//! - A thread that holds a [`Task`] and calls [`join`](Queue::join) waits for itself.
//! - `Err(RecvError) =>`, as written for other crates, matches every error here: see [`RecvError`].
//! - A child process made by `fork` must not use an inherited queue: as with any lock, it may hang.
//! - A timeout too large for the clock, such as `Duration::MAX`, is endless. Only endless waits are
//!   part of deadlock detection.
//!
//! # What it is not
//!
//! What it leaves out on purpose:
//!
//! - select over several queues by a thread: one queue of an enum has an order, and deadlocks stay
//!   detectable; a task selects by its executor;
//! - a rendezvous (a capacity of 0): each of the two would wait for the other's wait, a second protocol;
//! - priorities, LIFO order, peek: one FIFO order is what the claims are about. A queue per priority, or
//!   a `Mutex` around a heap, does it;
//! - reopening and changing the capacity: *closed* and *full* could not be relied on;
//! - broadcast: each item goes to one receiver;
//! - pause: let the workers wait for a queue of their own.

#![forbid(unsafe_code)]

// In the order in which they build on each other.

mod error;
mod sync;
mod buffer;
mod grace;
mod state;
pub mod report;
mod registry;
mod detector;
mod queue;
mod task;
mod receiver;
mod sender;
mod iter;
mod future;
mod weak;
mod group;
mod scope;

pub use error::{
    JoinError, JoinTimeoutError, QueueError, RecvError, RecvTimeoutError, SendError,
    SendTimeoutError, TryRecvError, TrySendError,
};
#[cfg(feature = "futures-core")]
pub use future::RecvStream;
pub use future::{JoinFuture, RecvFuture, RecvManyFuture, RecvTaskFuture, SendFuture};
pub use group::{External, Group, Participant};
pub use iter::{IntoIter, Iter, TaskIter, TryIter};
pub use queue::{Drained, Queue};
pub use receiver::Receiver;
pub use report::{Report, WouldBlockForever};
pub use scope::{scope, Scope, ScopedJoinHandle, ScopedThreadBuilder};
pub use sender::{bounded, unbounded, Sender};
pub use state::Stats;
pub use task::Task;
pub use weak::WeakHandle;

#[cfg(doc)]
#[doc = include_str!("../docs/model_checking.md")]
pub mod model_checking {}

#[cfg(doc)]
#[doc = include_str!("../docs/comparison.md")]
pub mod comparison {}
