//! What the tests with real threads share: a watchdog, a way to wait for a fact, and items that are
//! counted.
//!
//! No test sleeps and none looks at how much time has passed. A test that needs somebody to be
//! blocked looks at the queue's own [`stats`](sentinel_queue::Queue::stats) until it is so; a test
//! that hangs is ended, and failed, by the watchdog.
//!
//! # What must not compile
//!
//! Items that stay with their thread do not go to another one through a queue:
//!
//! ```compile_fail,E0277
//! let (tx, rx) = sentinel_queue::unbounded::<std::rc::Rc<u8>>();
//! std::thread::spawn(move || drop(rx));
//! ```
//!
//! It is the item that matters, since with another one the same compiles:
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

#![forbid(unsafe_code)]

/// The programs of the pages, which are tested as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../core/README.md")]
pub struct Pages;

mod counted;
mod dice;
mod watchdog;

pub use counted::{Counted, Ledger};
pub use dice::Dice;
pub use watchdog::{until, within_reason};
