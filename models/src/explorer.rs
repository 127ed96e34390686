//! Every world that a system can reach, and a shortest way to whatever is wrong in one.

mod atlas;
mod search;
mod store;
mod story;
mod system;

pub use atlas::Atlas;
pub use search::{explore, Exploration, Limits};
pub use story::{Counterexample, Scene};
pub use system::System;
