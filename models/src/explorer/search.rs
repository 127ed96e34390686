//! The search: every world that can be reached, breadth first.

use std::time::{Duration, Instant};

use crate::client::section::{Player, Scratch};
use crate::client::{Claims, Configuration, Fault, Group, Promise, Stage, Step, World};
use crate::explorer::measure::Measure;
use crate::explorer::store::Store;
use crate::explorer::story::Counterexample;
use crate::Side;

/// Where a search may end before it is complete.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After so many worlds.
    pub states: Option<usize>,
    /// After so much time.
    pub time: Option<Duration>,
}

/// What a search has found.
#[derive(Clone, Debug)]
pub struct Exploration<Story = Counterexample> {
    /// How many worlds can be reached (or were, if the search is not complete).
    pub states: usize,
    /// How many steps lead from one to another.
    pub steps: usize,
    /// How many worlds have no further step.
    pub ends: usize,
    /// Whether every world that can be reached was looked at.
    pub complete: bool,
    /// How long it took.
    pub time: Duration,
    /// A shortest way to a breach, if there is one.
    pub counterexample: Option<Story>,
}

/// Looks at every world that a configuration can reach, for breaches of these claims.
pub fn explore(configuration: &Configuration, claims: Claims, limits: Limits) -> Exploration {
    let start = Instant::now();
    let mut search = Search::new(configuration, claims);
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

/// A step in a world that breaks a claim; without a step if it is the world itself.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) world: usize,
    pub(super) step: Option<(usize, Step)>,
    pub(super) fault: Fault,
}

pub(super) struct Search<'a> {
    pub(super) player: Player<'a>,
    pub(super) store: Store,
    measure: Measure,
    visited: usize,
    steps: usize,
    ends: usize,
}

/// Memory that is used again in every visit.
struct Desk {
    here: World,
    there: World,
    wanted: Vec<Step>,
    scratch: Scratch,
    key: Vec<u8>,
}

impl<'a> Search<'a> {
    pub(super) fn new(configuration: &'a Configuration, claims: Claims) -> Self {
        let player = Player { configuration, claims };
        let measure = Measure::of(configuration);
        Self { player, store: Store::new(), measure, visited: 0, steps: 0, ends: 0 }
    }

    pub(super) fn run(&mut self, limits: Limits, start: Instant) -> Result<(), Broken> {
        let mut desk = Desk::new(self.player.configuration);
        desk.here.encode(self.player.configuration, &mut desk.key);
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
        let world = self.visited;
        let broken = |step, fault| Broken { world, step, fault };
        let before = self.measure.weigh(self.player.configuration, &desk.here);
        let mut alive = false;
        for thread in desk.here.distinct() {
            let mut wanted = std::mem::take(&mut desk.wanted);
            self.player.steps(&desk.here, thread, &mut wanted);
            for &step in &wanted {
                alive |= !step.is_spurious();
                let taken = self.take(desk, thread, step, before);
                taken.map_err(|fault| broken(Some((thread, step)), fault))?;
            }
            desk.wanted = wanted;
        }
        if !alive {
            self.ends += 1;
            self.player.weigh_end(&desk.here).map_err(|fault| broken(None, fault))?;
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
        let after = self.measure.weigh(self.player.configuration, &desk.there);
        let closer = after < before || step.is_spurious() && after == before;
        // A broken queue that is followed past its fault owes nobody a decreasing measure, unless
        // that is what is asked.
        if !closer {
            self.player.report(Fault::NoCloser { before, after })?;
        }
        desk.there.sort();
        desk.there.encode(self.player.configuration, &mut desk.key);
        debug_assert!(
            self.player.configuration.mutation.is_some()
                || !step.is_spurious()
                || self.store.find(&desk.key) == Some(self.visited),
            "without a fault a spurious wakeup changes nothing"
        );
        self.store.insert(&desk.key, self.visited);
        Ok(())
    }
}

impl Desk {
    fn new(configuration: &Configuration) -> Self {
        let here = World::first(configuration);
        Self {
            there: here.clone(),
            here,
            wanted: Vec::new(),
            scratch: Scratch::default(),
            key: Vec::new(),
        }
    }
}

impl World {
    /// One of each kind of interchangeable threads, in a sorted world.
    pub(super) fn distinct(&self) -> impl Iterator<Item = usize> {
        let mut firsts = Vec::with_capacity(8);
        for thread in 0..self.threads.len() {
            let same = thread > 0
                && self.threads[thread] == self.threads[thread - 1]
                && self.state.place(thread) == self.state.place(thread - 1);
            if !same && self.threads[thread].stage != Stage::Ended {
                firsts.push(thread);
            }
        }
        firsts.into_iter()
    }
}

impl Player<'_> {
    /// A world in which nothing can happen any more, except spurious wakeups.
    fn weigh_end(self, world: &World) -> Result<(), Fault> {
        for side in Side::ALL {
            if world.state.waiting(side) > 0 && world.state.ready(side) > 0 {
                self.report(Fault::SleepsForEver { side })?;
            }
        }
        let promised = |group: &Group| match self.configuration.promise {
            Promise::Delivery | Promise::Everybody => true,
            Promise::Workers => group.works(),
            Promise::Nobody => false,
        };
        if !world.have_ended(self.configuration, promised) {
            let hangs = world.threads.iter().filter(|thread| thread.stage != Stage::Ended);
            self.report(Fault::Stuck { threads: hangs.count() })?;
        }
        let items = world.state.len();
        if world.is_over() && self.configuration.promise == Promise::Delivery && items > 0 {
            self.report(Fault::ItemsLeft { items })?;
        }
        Ok(())
    }
}
