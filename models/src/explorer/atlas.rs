//! Everything that a small configuration can reach, to look at it world by world.

use std::time::Instant;

use crate::client::section::Scratch;
use crate::client::{Claims, Configuration, Step, World};
use crate::explorer::search::{Limits, Search};

/// All worlds of a configuration and the steps between them.
pub struct Atlas<'a> {
    search: Search<'a>,
}

impl<'a> Atlas<'a> {
    /// Explores a configuration without judging it.
    pub fn of(configuration: &'a Configuration) -> Self {
        let mut search = Search::new(configuration, Claims::NONE);
        // Nothing is judged, so nothing is found; what was reached is what counts.
        let _found = search.run(Limits::default(), Instant::now());
        Self { search }
    }

    /// How many worlds there are; they are numbered, beginning with the first.
    #[allow(clippy::len_without_is_empty)] // There is always the first.
    pub fn len(&self) -> usize {
        self.search.store.len()
    }

    /// The world of a number.
    pub fn world(&self, number: usize) -> World {
        let configuration = self.search.player.configuration;
        let mut world = World::first(configuration);
        world.decode(configuration, self.search.store.key(number));
        world
    }

    /// The steps out of a world: the thread, what it does, and where it leads.
    pub fn steps(&self, number: usize) -> Vec<(usize, Step, usize)> {
        let player = self.search.player;
        let here = self.world(number);
        let (mut scratch, mut wanted, mut key) = (Scratch::default(), Vec::new(), Vec::new());
        let mut steps = Vec::new();
        for thread in here.distinct() {
            player.steps(&here, thread, &mut wanted);
            for &step in &wanted {
                let mut there = here.clone();
                if player.play(&mut there, thread, step, &mut scratch).is_ok() {
                    there.sort();
                    there.encode(player.configuration, &mut key);
                    let target = self.search.store.find(&key);
                    steps.extend(target.map(|target| (thread, step, target)));
                }
            }
        }
        steps
    }
}
