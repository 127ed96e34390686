//! Everything that a small system can reach, to look at it world by world.

use std::time::Instant;

use super::search::{Limits, Search};
use super::System;

/// All worlds of a system and the steps between them.
pub struct Atlas<'a, S: System> {
    search: Search<'a, S>,
}

impl<'a, S: System> Atlas<'a, S> {
    /// Explores a system for these properties; if one is broken, there the atlas ends.
    pub fn of(system: &'a S, properties: S::Properties) -> Self {
        let mut search = Search::new(system, properties);
        // What was reached is what counts here.
        let _found = search.run(Limits::default(), Instant::now());
        Self { search }
    }

    /// How many worlds there are; they are numbered, beginning with the first.
    #[allow(clippy::len_without_is_empty)] // There is always the first.
    pub fn len(&self) -> usize {
        self.search.store.len()
    }

    /// The world of a number.
    pub fn world(&self, number: usize) -> S::World {
        self.search.world(number)
    }

    /// The steps out of a world: the thread, what it does, and where it leads.
    pub fn steps(&self, number: usize) -> Vec<(usize, S::Step, usize)> {
        let roads = self.search.roads(number).into_iter();
        roads.map(|road| (road.thread, road.step, road.target)).collect()
    }
}
