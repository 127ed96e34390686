//! The kernel over shuttle: the wide exhaustive search, sampling, and replay.
//!
//! Only the engine is shuttle's; mutex and condition variable are the kernel's. A thread requests a
//! mutex before it yields to the scheduler, so every scheduler here knows which threads can run and
//! never runs a thread into a mutex that is held.

mod local_first;
mod unreduced;
mod replay;
mod depth_first;
mod drive;
pub mod scoped;

pub use drive::{explore, replay, sample, Sampler, VERSION};
