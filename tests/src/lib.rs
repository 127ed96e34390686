//! Support for the tests with real threads: a watchdog, a spin loop that waits for a condition, items
//! that are counted, and a `block_on`.
//!
//! No test sleeps and none measures time. A test that needs a blocked thread polls the queue's own
//! [`stats`](sentinel_queue::Queue::stats); the watchdog fails a test that hangs.
//!
//! # What must not compile
//!
//! Items that are not `Send` do not reach another thread through a queue:
//!
//! ```compile_fail,E0277
//! let (tx, rx) = sentinel_queue::unbounded::<std::rc::Rc<u8>>();
//! std::thread::spawn(move || drop(rx));
//! ```
//!
//! The item decides, since with another one the same compiles:
//!
//! ```
//! let (tx, rx) = sentinel_queue::unbounded::<std::sync::Arc<u8>>();
//! std::thread::spawn(move || drop(rx));
//! ```
//!
//! A borrowing iterator does not outlive its receiver:
//!
//! ```compile_fail,E0505
//! let (tx, rx) = sentinel_queue::unbounded::<u8>();
//! let items = rx.iter();
//! drop(rx);
//! drop(items);
//! ```
//!
//! Nor does a future outlive its handle:
//!
//! ```compile_fail,E0505
//! let (tx, rx) = sentinel_queue::unbounded::<u8>();
//! let sending = tx.send_async(1);
//! drop(tx);
//! drop(sending);
//! ```

#![forbid(unsafe_code)]

/// The programs of the pages, which are tested as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../core/README.md")]
pub struct Pages;

mod block_on;
mod drop_registry;
mod rng;
mod watchdog;

pub use block_on::{block_on, poll_once};
pub use drop_registry::{DropRegistry, TrackedItem};
pub use rng::Rng;
pub use watchdog::{spin_until, with_watchdog};
