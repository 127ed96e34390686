//! The search: every world that a program in a group can reach, breadth first.

use std::time::Instant;

use super::measure::weigh;
use super::play::{Player, Scratch};
use super::world::World;
use super::{Configuration, Counterexample, Fault, Properties, Step};
use crate::explorer::{Exploration, Limits, Store};

/// A step in a world that breaks a property; without a step if it is the world itself.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) world: usize,
    pub(super) step: Option<(usize, Step)>,
    pub(super) fault: Fault,
}

pub(super) struct Search<'a> {
    pub(super) player: Player<'a>,
    pub(super) store: Store,
    visited: usize,
    steps: usize,
    ends: usize,
}

/// Memory that is used again in every visit.
struct Desk {
    here: World,
    there: World,
    scratch: Scratch,
    key: Vec<u8>,
}

/// Looks at every world that a configuration can reach, for breaches of these properties.
pub fn explore(
    configuration: &Configuration,
    properties: Properties,
    limits: Limits,
) -> Exploration<Counterexample> {
    let start = Instant::now();
    let player = Player { configuration, properties };
    let mut search = Search { player, store: Store::new(), visited: 0, steps: 0, ends: 0 };
    let found = search.run(limits, start);
    let counterexample = found.err().map(|broken| search.tell(broken));
    Exploration {
        states: search.store.len(),
        steps: search.steps,
        ends: search.ends,
        complete: search.visited == search.store.len(),
        time: start.elapsed(),
        counterexample,
    }
}

impl Search<'_> {
    fn run(&mut self, limits: Limits, start: Instant) -> Result<(), Broken> {
        let first = World::first(self.player.configuration);
        let (scratch, key) = (Scratch::default(), Vec::new());
        let mut desk = Desk { there: first.clone(), here: first, scratch, key };
        desk.here.encode(&mut desk.key);
        self.store.insert(&desk.key, 0);
        while self.visited < self.store.len() && !self.is_past(limits, start) {
            desk.here.decode(self.player.configuration, self.store.key(self.visited));
            self.visit(&mut desk)?;
            self.visited += 1;
        }
        Ok(())
    }

    /// Time is looked at now and then only.
    fn is_past(&self, limits: Limits, start: Instant) -> bool {
        let states = limits.states.is_some_and(|states| self.store.len() >= states);
        let look = self.visited % 1024 == 0;
        states || look && limits.time.is_some_and(|time| start.elapsed() >= time)
    }

    /// Takes every step out of a world, once for threads that are interchangeable.
    fn visit(&mut self, desk: &mut Desk) -> Result<(), Broken> {
        let (world, configuration) = (self.visited, self.player.configuration);
        let broken = |step, fault| Broken { world, step, fault };
        self.look(&desk.here).map_err(|fault| broken(None, fault))?;
        let before = weigh(configuration, &desk.here);
        let mut alive = false;
        for thread in desk.here.distinct() {
            for step in desk.here.steps(configuration, thread) {
                alive |= !step.is_spurious();
                let taken = self.take(desk, thread, step, before);
                taken.map_err(|fault| broken(Some((thread, step)), fault))?;
            }
        }
        if !alive {
            self.ends += 1;
            let participants = desk.here.left_behind(configuration);
            if participants > 0 {
                let stuck = self.player.properties.report(Fault::Stuck { participants });
                stuck.map_err(|fault| broken(None, fault))?;
            }
        }
        Ok(())
    }

    /// A world by itself: does the group miss it?
    fn look(&self, world: &World) -> Result<(), Fault> {
        let configuration = self.player.configuration;
        if !world.is_examined() && world.blocks_forever(configuration) {
            self.player.properties.report(Fault::Missed)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        desk: &mut Desk,
        thread: usize,
        step: Step,
        before: usize,
    ) -> Result<(), Fault> {
        self.steps += 1;
        desk.there.clone_from(&desk.here);
        self.player.play(&mut desk.there, thread, step, &mut desk.scratch)?;
        let after = weigh(self.player.configuration, &desk.there);
        if after >= before && !step.is_spurious() {
            self.player.properties.report(Fault::NoCloser { before, after })?;
        }
        desk.there.encode(&mut desk.key);
        self.store.insert(&desk.key, self.visited);
        Ok(())
    }
}
