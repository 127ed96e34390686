//! Seeded bugs. If the checks are worth anything, each of these is stopped by one of them.
//!
//! Every mutant changes the queue's real source in one place or two. The build scripts of the
//! packages under this one copy that source and replace each marked piece of code by *this or that,
//! depending on which mutant is active*: one compilation per engine holds them all, and a run
//! selects one of them, or none. When the source changes so that a pattern is not in it any more, that
//! mutant is left out: it survives, and fails a test. A pattern that is there twice fails the build.

mod active;
mod list;
mod splice;

pub use active::{gave_up, has_given_up, is, select};
pub use list::{in_groups, mutants, Edit, Hunt, Mutant};
pub use splice::build;
