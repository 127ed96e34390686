//! The stories, each a plain function named after what it shows.

mod isolation;
mod pools;
mod shutdowns;
mod ties;

use crate::scenario::Scenario;

/// A story and its name.
pub type Named = (&'static str, fn() -> Scenario);

/// All stories.
pub fn all() -> impl Iterator<Item = (&'static str, Scenario)> {
    let all = ties::ALL.iter().chain(shutdowns::ALL).chain(pools::ALL).chain(isolation::ALL);
    all.map(|(name, scenario)| (*name, scenario()))
}
