//! A mutex and a condition variable for checking, as hostile as the assumptions of the queue allow
//! and no more, over two model checkers and over real threads.
//!
//! The queue's source is compiled unchanged, and once, against [`Mutex`], [`MutexGuard`],
//! [`Condvar`], [`record`], [`record_in_group`] and [`publish`]; harnesses are written over
//! [`harness`] and [`executor`].
//! Which engine runs them is a value that a driver sets: [`loom::explore`], [`shuttle::explore`],
//! [`shuttle::sample`], [`shuttle::replay`] or [`threads::stress`].
//!
//! # What the condition variable may do
//!
//! * `notify_one` wakes any one of the waiters; every possibility is explored
//!   ([`Waiters::Any`]).
//! * A wait may return without a notification, [`Hostility::spurious`] times per thread.
//! * A timed wait may expire at any moment, also just before a notification arrives,
//!   [`Hostility::timeouts`] times per thread. A timed wait of a thread that has used up its
//!   timeouts lasts until it is notified, so progress that needs the clock shows as a deadlock.
//!
//! # What it cannot model, and refuses
//!
//! Every use outside the model ends the execution as failed: notifying without holding the mutex,
//! one condition variable with two mutexes, locking a mutex twice, an event outside a critical
//! section, a waker that runs under a mutex, too many threads, a lock during unwinding. Nothing of
//! this is silently accepted.

// In the order in which they build on each other.

mod bounds;
mod digest;
mod token;
mod outcome;
mod panics;
mod abstract_state;
mod notifications;
mod trace;
mod execution;
mod search_thread;
mod engine;
mod mutex;
mod condvar;
pub mod executor;
pub mod harness;
mod progress;
pub mod loom;
pub mod shuttle;
pub mod threads;

pub use bounds::{Hostility, Limits, Recognition, Waiters};
pub use condvar::Condvar;
pub use digest::{digest, of as whole_digest, Digest, Digests};
pub use mutex::{publish, record, record_in_group, Mutex, MutexGuard};
pub use outcome::{Failure, Outcome};
pub use token::TokenError;
