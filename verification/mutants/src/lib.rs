//! Seeded bugs. The checks are only as good as the mutants they stop: each must be stopped by one.
//!
//! Every mutant changes the queue's real source in one place or two. The build scripts of the
//! packages under this one copy that source and replace each marked piece of code by a branch on the
//! active mutant: one compilation per engine contains them all, and a run selects one, or none. If a
//! pattern is no longer in the source, its mutant is left out: it survives, and fails a test. A
//! pattern that is there twice fails the build.

mod active;
mod list;
mod splice;

pub use active::{gave_up, has_given_up, is, select};
pub use list::{in_groups, mutants, Bounds, Edit, Mutant};
pub use splice::build;
