//! Mutants: each is hunted by every layer on its own, and the table tells who has stopped it, with
//! the smallest program that shows it.

use crate::checks::Checks;
use crate::engine::Engine;
use crate::search::{Counterexample, Search, Totals};
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_models::program::{Family, Op, Program};
use sentinel_queue_mutants::{mutants, Mutant};

/// Who hunts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hunter {
    /// shuttle's search, asking the clients.
    Shuttle,
    /// loom, asking the clients.
    Loom,
    /// shuttle's search, replaying the record through the model, asking nobody.
    Conformance,
    /// Real threads, with all oracles.
    Threads,
    /// shuttle's search, comparing outcomes and asking nothing else: of programs around one queue with
    /// those of the model, of programs in a group with those in none.
    Outcomes,
    /// What loom's own condition variable would show: waiters in the order they came, no spurious
    /// wakeups, no timeouts; asking the clients. (In that mode the kernel enumerates the same lock
    /// orders as stock loom does; that is a test of the kernel.)
    Stock,
}

impl Hunter {
    /// Those who hunt on one queue.
    pub const ON_QUEUES: &'static [Hunter] = &[
        Hunter::Shuttle,
        Hunter::Loom,
        Hunter::Outcomes,
        Hunter::Conformance,
        Hunter::Threads,
        Hunter::Stock,
    ];
    /// Those who hunt in groups.
    pub const IN_GROUPS: &'static [Hunter] =
        &[Hunter::Shuttle, Hunter::Loom, Hunter::Outcomes, Hunter::Threads];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Hunter::Shuttle => "shuttle",
            Hunter::Loom => "loom",
            Hunter::Conformance => "conformance",
            Hunter::Threads => "threads",
            Hunter::Outcomes => "outcomes",
            Hunter::Stock => "stock loom",
        }
    }

    /// How often real threads run each program.
    const STRESS: u64 = 300;

    fn search(self, number: usize, mutant: &Mutant) -> Search {
        let hostility = match self {
            Hunter::Stock => Hostility { waiters: Waiters::Fifo, spurious: 0, timeouts: 0 },
            _ => hostility(mutant),
        };
        let checks = match self {
            Hunter::Conformance => Checks::RECORD,
            Hunter::Outcomes => Checks::OUTCOMES,
            Hunter::Threads => Checks::ALL,
            _ => Checks::CLIENTS,
        };
        let engine = match self {
            Hunter::Loom => Engine::Loom,
            Hunter::Threads => Engine::Threads { executions: Self::STRESS },
            _ => Engine::Shuttle,
        };
        let reentrant = mutant.claim == "C10";
        let checks = Checks { mutant: Some(number), reentrant, ..checks };
        Search::of(engine, checks, Limits { hostility, ..Limits::default() })
    }
}

/// What a mutant is hunted with.
pub fn hostility(mutant: &Mutant) -> Hostility {
    let (spurious, timeouts) = (mutant.hunt.spurious, mutant.hunt.timeouts);
    Hostility { waiters: Waiters::Any, spurious, timeouts }
}

/// The programs that a mutant is hunted with, as far as they are of one queue.
///
/// # Panics
///
/// When the hunt names an operation that there is not.
pub fn family(mutant: &Mutant, capacities: &'static [Option<usize>]) -> Family {
    let hunt = mutant.hunt;
    let alphabet = Op::list(hunt.alphabet).expect("hunts name operations");
    let alphabet = Box::leak(alphabet.into_boxed_slice());
    Family { capacities, ..Family::of("hunt", alphabet, hunt.threads, hunt.operations) }
}

/// What all hunters together have found of one mutant.
#[derive(Clone, Debug)]
pub struct Quarry {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// Whether it is one of groups.
    pub in_group: bool,
    /// Each hunter that hunted.
    pub hunted: Vec<(Hunter, Totals)>,
}

impl Quarry {
    /// How a hunter stopped it, if it did.
    pub fn kill(&self, hunter: Hunter) -> Option<&Counterexample> {
        let (_, totals) = self.hunted.iter().find(|(other, _)| *other == hunter)?;
        totals.first.as_ref()
    }

    /// The hunters that stopped it. Stock is none of our layers.
    pub fn stopped_by(&self) -> Vec<Hunter> {
        let stopped = self.layers().filter(|(_, totals)| totals.first.is_some());
        stopped.map(|(hunter, _)| *hunter).collect()
    }

    /// What our layers have found.
    pub fn layers(&self) -> impl Iterator<Item = &(Hunter, Totals)> {
        self.hunted.iter().filter(|(hunter, _)| *hunter != Hunter::Stock)
    }

    /// The smallest program that shows it.
    pub fn minimal(&self) -> Option<&Counterexample> {
        let kills = self.layers().filter_map(|(_, totals)| totals.first.as_ref());
        kills.min_by_key(|kill| (kill.size, kill.place))
    }
}

/// Hunts one mutant. The replay goes through the programs until one stops it; so does the comparison
/// of outcomes; so does shuttle's search, and then through the litmus tests. loom and real threads are given the program that was
/// found; if there is none, loom looks through those of at most two threads by itself.
pub fn hunt((number, mutant): (usize, &'static Mutant), with_threads: bool) -> Quarry {
    let sequential = mutant.hunt.threads == 1;
    let capacities = match (mutant.hunt.unbounded, sequential) {
        (true, _) => &[None],
        (false, true) => SEQUENTIAL,
        (false, false) => CONCURRENT,
    };
    let programs = family(mutant, capacities).programs();
    let search = |hunter: Hunter, programs: &[Program]| {
        (hunter, hunter.search(number, mutant).over(programs, 1, &|| ()))
    };
    let first = |totals: &Totals| totals.first.as_ref().map(|kill| kill.place);
    let conformance = search(Hunter::Conformance, &programs);
    let few = &programs[..programs.len().min(CLIENT_PROGRAMS)];
    let outcomes = search(Hunter::Outcomes, few);
    let mut shuttle = search(Hunter::Shuttle, few);
    let found = first(&shuttle.1);
    if found.is_none() {
        run_litmus_tests(number, &mut shuttle.1);
    }
    let known = found.or(first(&outcomes.1)).or(first(&conformance.1));
    let one = known.map_or(&[][..], |place| &programs[place..=place]);
    let two_threads = programs.iter().filter(|program| program.threads.len() <= 2);
    let small: Vec<_> = two_threads.take(LOOM_PROGRAMS).cloned().collect();
    let fits = one.iter().all(|program| program.all_threads().count() < LOOM_THREADS);
    let loom = search(Hunter::Loom, if found.is_some() && fits { one } else { &small });
    let mut hunted = vec![shuttle, loom, outcomes, conformance];
    if with_threads {
        hunted.push(search(Hunter::Threads, one));
    }
    let stock = &programs[..found.map_or(programs.len(), |place| place + 1)];
    let stock: Vec<_> = stock.iter().take(STOCK_PROGRAMS).chain(one).cloned().collect();
    hunted.push(search(Hunter::Stock, &stock));
    Quarry { mutant, in_group: false, hunted }
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

/// How many programs shuttle's search looks through before it turns to the litmus tests.
const CLIENT_PROGRAMS: usize = 2500;

const CONCURRENT: &[Option<usize>] = &[Some(1), Some(2)];
const SEQUENTIAL: &[Option<usize>] = &[Some(1), Some(2), None];

/// How many threads loom can run, main included.
const LOOM_THREADS: usize = 5;

/// How many programs loom looks through by itself.
const LOOM_PROGRAMS: usize = 200;

/// How many programs are tried as stock loom would try them.
const STOCK_PROGRAMS: usize = 1000;

/// The mutants and their numbers.
pub fn numbered() -> impl Iterator<Item = (usize, &'static Mutant)> {
    mutants().enumerate()
}
