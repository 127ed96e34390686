//! The search: every world that can be reached, breadth first.

use std::time::{Duration, Instant};

use super::store::Store;
use super::{Counterexample, System};

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
pub struct Exploration<S: System> {
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
    pub counterexample: Option<Counterexample<S>>,
}

/// Looks at every world that a system can reach, for breaches of these properties.
pub fn explore<S: System>(system: &S, properties: S::Properties, limits: Limits) -> Exploration<S> {
    let start = Instant::now();
    let mut search = Search::new(system, properties);
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

/// A step in a world that breaks a property; without a step if it is the world itself.
#[derive(Debug)]
pub(super) struct Broken<S: System> {
    pub(super) world: usize,
    pub(super) step: Option<(usize, S::Step)>,
    pub(super) fault: S::Fault,
}

pub(super) struct Search<'a, S: System> {
    pub(super) system: &'a S,
    pub(super) properties: S::Properties,
    pub(super) store: Store,
    threads: usize,
    visited: usize,
    steps: usize,
    ends: usize,
}

/// Memory that is used again in every step.
struct Desk<S: System> {
    there: S::World,
    scratch: S::Scratch,
    key: Vec<u8>,
}

impl<'a, S: System> Search<'a, S> {
    pub(super) fn new(system: &'a S, properties: S::Properties) -> Self {
        let threads = system.cast().iter().map(|(_, threads)| threads).sum();
        let store = Store::new();
        Self { system, properties, store, threads, visited: 0, steps: 0, ends: 0 }
    }

    pub(super) fn run(&mut self, limits: Limits, start: Instant) -> Result<(), Broken<S>> {
        let mut here = self.system.first();
        let (scratch, key) = (S::Scratch::default(), Vec::new());
        let mut desk = Desk { there: here.clone(), scratch, key };
        self.system.encode(&mut here, &mut desk.key);
        self.store.insert(&desk.key, 0);
        while self.visited < self.store.len() && !self.is_past(limits, start) {
            self.system.decode(&mut here, self.store.key(self.visited));
            self.visit(&here, &mut desk)?;
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
    fn visit(&mut self, here: &S::World, desk: &mut Desk<S>) -> Result<(), Broken<S>> {
        let (world, system, properties) = (self.visited, self.system, self.properties);
        let broken = |step, fault| Broken { world, step, fault };
        system.weigh(properties, here).map_err(|fault| broken(None, fault))?;
        let before = system.measure(here);
        let mut alive = false;
        for thread in distinct::<S>(here, self.threads) {
            for step in system.steps(here, thread) {
                alive |= !S::is_spurious(step);
                desk.there.clone_from(here);
                let taken = self.take(desk, thread, step, before);
                taken.map_err(|fault| broken(Some((thread, step)), fault))?;
            }
        }
        if !alive {
            self.ends += 1;
            system.weigh_end(properties, here).map_err(|fault| broken(None, fault))?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        desk: &mut Desk<S>,
        thread: usize,
        step: S::Step,
        before: usize,
    ) -> Result<(), S::Fault> {
        self.steps += 1;
        let Desk { there, scratch, key } = desk;
        self.system.play(self.properties, there, thread, step, scratch)?;
        self.system.weigh_step(self.properties, step, before, self.system.measure(there))?;
        self.system.encode(there, key);
        debug_assert!(
            !self.system.is_idle(step) || self.store.find(key) == Some(self.visited),
            "a step changes something that was known to change nothing"
        );
        self.store.insert(key, self.visited);
        Ok(())
    }

    /// The world of a number.
    pub(super) fn world(&self, number: usize) -> S::World {
        let mut world = self.system.first();
        self.system.decode(&mut world, self.store.key(number));
        world
    }

    /// The steps out of a world that break nothing.
    pub(super) fn roads(&self, world: usize) -> Vec<Road<S>> {
        let (system, here) = (self.system, self.world(world));
        let (mut roads, mut key) = (Vec::new(), Vec::new());
        for thread in distinct::<S>(&here, self.threads) {
            for step in system.steps(&here, thread) {
                let (mut there, mut scratch) = (here.clone(), S::Scratch::default());
                if system.play(self.properties, &mut there, thread, step, &mut scratch).is_ok() {
                    system.encode(&mut there.clone(), &mut key);
                    let target = self.store.find(&key);
                    roads.extend(target.map(|target| Road {
                        thread,
                        step,
                        there,
                        scratch,
                        target,
                    }));
                }
            }
        }
        roads
    }
}

/// A step from one world to another.
pub(super) struct Road<S: System> {
    pub(super) thread: usize,
    pub(super) step: S::Step,
    /// The world that it leads to, in which the threads stand as before.
    pub(super) there: S::World,
    pub(super) scratch: S::Scratch,
    /// The number of that world.
    pub(super) target: usize,
}

/// One of each kind of interchangeable threads, in a world in order.
fn distinct<S: System>(
    world: &S::World,
    threads: usize,
) -> impl Iterator<Item = usize> + use<'_, S> {
    let situation = |thread| S::situation(world, thread);
    (0..threads).filter(move |&one| one == 0 || situation(one) != situation(one - 1))
}
