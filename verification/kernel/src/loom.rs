//! The kernel over loom: an independent search with dynamic partial order reduction.
//!
//! Acquiring a mutex is a `lock` of loom's own mutex; blocking is loom's `park`. Releasing,
//! enqueuing the waiter and parking happen without a scheduling point in between, hence
//! atomically.

mod completion;
mod explore;

pub use explore::{explore, VERSION};
