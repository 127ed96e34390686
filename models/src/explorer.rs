//! Every world that a configuration can reach, and a shortest way to whatever is wrong in one.

mod atlas;
mod measure;
mod search;
mod store;
mod story;
mod walk;

pub use atlas::Atlas;
pub use search::{explore, Exploration, Limits};
pub(crate) use store::Store;
pub(crate) use story::tell;
pub use story::{Counterexample, Scene};
pub use walk::{walk, Walk};
