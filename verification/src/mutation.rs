//! Mutation testing: each mutant is run by every detector on its own, and the table shows which of
//! them stop it, with the smallest program that fails.

use crate::checks::Checks;
use crate::engine::Engine;
use crate::search::{Counterexample, Search, Totals};
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_models::program::{Family, Op, Program};
use sentinel_queue_mutants::{mutants, Mutant};

/// A way to detect mutants: an engine with some of the oracles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// shuttle's search, with the oracles of the clients.
    Shuttle,
    /// loom, with the oracles of the clients.
    Loom,
    /// shuttle's search, replaying the record through the model, with no other oracle.
    Conformance,
    /// Real threads, with all oracles.
    Threads,
    /// shuttle's search, comparing outcomes with those of the model, with no other oracle.
    Outcomes,
    /// The schedules of loom's own condition variable: waiters in the order of arrival, no spurious
    /// wakeups, no timeouts; with the oracles of the clients. (In that mode the kernel enumerates the
    /// same lock orders as stock loom does; that is a test of the kernel.)
    Stock,
}

impl Detector {
    /// The detectors of mutants of one queue.
    pub const ON_QUEUES: &'static [Detector] = &[
        Detector::Shuttle,
        Detector::Loom,
        Detector::Outcomes,
        Detector::Conformance,
        Detector::Threads,
        Detector::Stock,
    ];
    /// The detectors of mutants of groups.
    pub const IN_GROUPS: &'static [Detector] = &[
        Detector::Shuttle,
        Detector::Loom,
        Detector::Outcomes,
        Detector::Conformance,
        Detector::Threads,
    ];

    /// Returns the name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Detector::Shuttle => "shuttle",
            Detector::Loom => "loom",
            Detector::Conformance => "conformance",
            Detector::Threads => "threads",
            Detector::Outcomes => "outcomes",
            Detector::Stock => "stock loom",
        }
    }

    /// The number of executions of each program on real threads.
    const STRESS: u64 = 300;

    /// Returns what it asks of an execution.
    pub fn checks(self) -> Checks {
        match self {
            Detector::Conformance => Checks::RECORD,
            Detector::Outcomes => Checks::OUTCOMES,
            Detector::Threads => Checks::ALL,
            _ => Checks::CLIENTS,
        }
    }

    fn search(self, number: usize, mutant: &Mutant) -> Search {
        let hostility = match self {
            Detector::Stock => Hostility { waiters: Waiters::Fifo, spurious: 0, timeouts: 0 },
            _ => hostility(mutant),
        };
        let engine = match self {
            Detector::Loom => Engine::Loom,
            Detector::Threads => Engine::Threads { executions: Self::STRESS },
            _ => Engine::Shuttle,
        };
        let reentrant = mutant.claim == "C10";
        let checks = Checks { mutant: Some(number), reentrant, ..self.checks() };
        Search::of(engine, checks, Limits { hostility, ..Limits::default() })
    }
}

/// Returns the hostility that a mutant is run with.
pub fn hostility(mutant: &Mutant) -> Hostility {
    let (spurious, timeouts) = (mutant.bounds.spurious, mutant.bounds.timeouts);
    Hostility { waiters: Waiters::Any, spurious, timeouts }
}

/// Returns the programs that a mutant is run with, as far as they are of one queue.
///
/// # Panics
///
/// When the mutant names an unknown operation.
pub fn family(mutant: &Mutant, capacities: &'static [Option<usize>]) -> Family {
    let bounds = mutant.bounds;
    let alphabet = Op::list(bounds.alphabet).expect("mutants name operations");
    let alphabet = Box::leak(alphabet.into_boxed_slice());
    Family { capacities, ..Family::of("mutation", alphabet, bounds.threads, bounds.operations) }
}

/// The results of all detectors for one mutant.
#[derive(Clone, Debug)]
pub struct MutantResult {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// Whether it is a mutant of groups.
    pub in_group: bool,
    /// The detectors that ran, with their totals.
    pub runs: Vec<(Detector, Totals)>,
}

impl MutantResult {
    /// Returns the counterexample of a detector, if it stopped the mutant.
    pub fn kill(&self, detector: Detector) -> Option<&Counterexample> {
        let (_, totals) = self.runs.iter().find(|(other, _)| *other == detector)?;
        totals.first.as_ref()
    }

    /// Returns the detectors that stopped it, without stock loom, which is none of the layers.
    pub fn stopped_by(&self) -> Vec<Detector> {
        let stopped = self.layers().filter(|(_, totals)| totals.first.is_some());
        stopped.map(|(detector, _)| *detector).collect()
    }

    /// Returns the detectors that are layers, with their totals.
    pub fn layers(&self) -> impl Iterator<Item = &(Detector, Totals)> {
        self.runs.iter().filter(|(detector, _)| *detector != Detector::Stock)
    }

    /// Returns the smallest program that fails.
    pub fn minimal(&self) -> Option<&Counterexample> {
        let kills = self.layers().filter_map(|(_, totals)| totals.first.as_ref());
        kills.min_by_key(|kill| (kill.size, kill.place))
    }
}

/// Runs one mutant. The replay goes through the programs until one stops it; so does the comparison
/// of outcomes; so does shuttle's search, which then runs the litmus tests. loom and real threads run
/// the program that was found; if there is none, loom searches those of at most two threads itself.
pub fn run_mutant((number, mutant): (usize, &'static Mutant), with_threads: bool) -> MutantResult {
    let sequential = mutant.bounds.threads == 1;
    let capacities = match (mutant.bounds.unbounded, sequential) {
        (true, _) => &[None],
        (false, true) => SEQUENTIAL,
        (false, false) => CONCURRENT,
    };
    let programs = family(mutant, capacities).programs();
    let search = |detector: Detector, programs: &[Program]| {
        (detector, detector.search(number, mutant).over(programs, 1, &|| ()))
    };
    let first = |totals: &Totals| totals.first.as_ref().map(|kill| kill.place);
    let conformance = search(Detector::Conformance, &programs);
    let few = &programs[..programs.len().min(CLIENT_PROGRAMS)];
    let outcomes = search(Detector::Outcomes, few);
    let mut shuttle = search(Detector::Shuttle, few);
    let found = first(&shuttle.1);
    if found.is_none() {
        run_litmus_tests(number, &mut shuttle.1);
    }
    let known = found.or(first(&outcomes.1)).or(first(&conformance.1));
    let one = known.map_or(&[][..], |place| &programs[place..=place]);
    let two_threads = programs.iter().filter(|program| program.threads.len() <= 2);
    let small: Vec<_> = two_threads.take(LOOM_PROGRAMS).cloned().collect();
    let fits = one.iter().all(|program| program.all_threads().count() < LOOM_THREADS);
    let loom = search(Detector::Loom, if found.is_some() && fits { one } else { &small });
    let mut runs = vec![shuttle, loom, outcomes, conformance];
    if with_threads {
        runs.push(search(Detector::Threads, one));
    }
    let stock = &programs[..found.map_or(programs.len(), |place| place + 1)];
    let stock: Vec<_> = stock.iter().take(STOCK_PROGRAMS).chain(one).cloned().collect();
    runs.push(search(Detector::Stock, &stock));
    MutantResult { mutant, in_group: false, runs }
}

/// Runs the litmus tests until one fails.
fn run_litmus_tests(number: usize, totals: &mut Totals) {
    for (place, test) in crate::litmus::all().into_iter().enumerate() {
        let found = test.run(Engine::Shuttle, Some(number));
        totals.programs += found.programs;
        totals.executions += found.executions;
        totals.first = found.first.map(|kill| Counterexample { place, ..kill });
        if totals.first.is_some() {
            return;
        }
    }
}

/// The number of programs that shuttle's search runs before it turns to the litmus tests.
const CLIENT_PROGRAMS: usize = 2500;

const CONCURRENT: &[Option<usize>] = &[Some(1), Some(2)];
const SEQUENTIAL: &[Option<usize>] = &[Some(1), Some(2), None];

/// The maximum number of loom's threads, main included.
const LOOM_THREADS: usize = 5;

/// The number of programs that loom searches by itself.
const LOOM_PROGRAMS: usize = 200;

/// The number of programs that are run as stock loom would run them.
const STOCK_PROGRAMS: usize = 1000;

/// Returns the mutants of one queue and their numbers.
pub fn numbered() -> impl Iterator<Item = (usize, &'static Mutant)> {
    mutants().enumerate()
}
