//! A mutex and a condition variable for checking, as hostile as the assumptions of the queue allow
//! and no more, over two model checkers and over real threads.
//!
//! The queue's source is compiled unchanged against one of the three backends, [`loom`],
//! [`shuttle`] and [`threads`], which export the same names: `Mutex`, `MutexGuard`, `Condvar`,
//! `Instant`, `record` and `publish`. Harnesses are written once over the trait [`Backend`] and run
//! by the drivers of the backend: `loom::explore`, `shuttle::explore`, `shuttle::sample`,
//! `shuttle::replay` and `threads::stress`.
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
//! section, too many threads, a lock during unwinding. Nothing of this is silently accepted.

mod bounds;
mod condvar;
mod digest;
pub mod engine;
mod harness;
mod trace;
pub mod loom;
mod mutex;
mod outcome;
mod panics;
mod execution;
mod abstract_state;
pub mod shuttle;
mod progress;
pub mod threads;
mod token;

pub use bounds::{Hostility, Limits, Waiters};
pub use harness::{Backend, Sleeper};
pub use outcome::{Failure, Outcome};
pub use token::TokenError;
