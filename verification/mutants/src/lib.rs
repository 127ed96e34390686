//! Seeded bugs. The checks are only as good as the mutants they stop: each must be stopped by one.
//!
//! Every mutant changes the queue's real source in one place or two. The build script copies that
//! source and replaces each marked piece of code by a branch on the active mutant: one compilation
//! contains them all, and a run selects one, or none. If a pattern is no longer in the source, its
//! mutant is left out: it survives, and fails a test. A pattern that is there twice fails the build.
//!
//! Without a mutant it is the queue as it ships.

// The mutated source names this crate.
extern crate self as sentinel_queue_mutants;

mod active;
mod list;

pub use active::{gave_up, has_given_up, is, select};
pub use list::{in_groups, mutants, Bounds, Edit, Mutant};

include!(concat!(env!("OUT_DIR"), "/queue/lib.rs"));
