//! Mutation testing: every layer runs each seeded bug by itself. A search goes through whole families
//! of programs, the smallest first, for the first that a layer stops the bug with. What it finds is
//! kept, and a confirmation runs those programs alone, within the same bounds.

use crate::explore::engine::Engine;
use crate::explore::search::{Counterexample, Search, Totals};
use crate::explore::Checks;
use crate::litmus;
use sentinel_queue_kernel::{Hostility, Limits, Recognition, Waiters};
use sentinel_queue_models::program::{Environment, Family, Op, Program};
use sentinel_queue_mutants::{in_groups, mutants, Mutant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A way to detect a seeded bug: an engine with some of the oracles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detector {
    /// loom, with the oracles of the clients.
    Loom,
    /// shuttle's search, with the oracles of the clients.
    Shuttle,
    /// shuttle's search, replaying the record through the model, with no other oracle.
    Conformance,
    /// shuttle's search, comparing outcomes with those of the model, with no other oracle.
    Outcomes,
    /// shuttle's search of the litmus tests, with the oracles of the clients and the outcomes.
    Litmus,
    /// Real threads, with all oracles.
    Threads,
    /// The schedules of loom's own condition variable: waiters in the order of arrival, no spurious
    /// wakeups, no timeouts; with the oracles of the clients. (In that mode the kernel enumerates the
    /// same lock orders as stock loom does; that is a test of the kernel.)
    Stock,
}

impl Detector {
    /// All of them, in the order of every table.
    pub const ALL: [Detector; 7] = [
        Detector::Loom,
        Detector::Shuttle,
        Detector::Conformance,
        Detector::Outcomes,
        Detector::Litmus,
        Detector::Threads,
        Detector::Stock,
    ];

    /// Returns the name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Detector::Loom => "loom",
            Detector::Shuttle => "shuttle",
            Detector::Conformance => "conformance",
            Detector::Outcomes => "outcomes",
            Detector::Litmus => "litmus tests",
            Detector::Threads => "threads",
            Detector::Stock => "stock loom",
        }
    }

    /// Returns what it asks of an execution.
    pub fn checks(self) -> Checks {
        match self {
            Detector::Conformance => Checks::RECORD,
            Detector::Outcomes => Checks::OUTCOMES,
            Detector::Threads => Checks::ALL,
            _ => Checks::CLIENTS,
        }
    }

    /// Runs a bug with these programs until one fails.
    fn run(self, bug: Bug, programs: &[Program]) -> Totals {
        if self == Detector::Litmus {
            return bug.run_litmus_tests(programs);
        }
        let mutant = bug.mutant;
        let hostility = match self {
            Detector::Stock => Hostility { waiters: Waiters::Fifo, spurious: 0, timeouts: 0 },
            _ => hostility(mutant),
        };
        let engine = match self {
            Detector::Loom => Engine::Loom,
            Detector::Threads => Engine::Threads { executions: STRESS },
            _ => Engine::Shuttle,
        };
        let is_first = first(mutant).is_some_and(|first| programs == [first]);
        let preemptions = match self {
            Detector::Loom if bug.in_group => Some(LOOM_PREEMPTIONS),
            _ => is_first.then_some(FIRST_PREEMPTIONS),
        };
        let recognition = if bug.in_group { Recognition::Careful } else { Recognition::Off };
        let reentrant = mutant.claim == "C10";
        let checks = Checks { mutant: Some(bug.number), reentrant, ..self.checks() };
        let limits = Limits { hostility, preemptions, recognition, ..Limits::default() };
        Search::of(engine, checks, limits).over(programs, 1, &|| ())
    }
}

/// Returns the hostility that a mutant is run with.
pub fn hostility(mutant: &Mutant) -> Hostility {
    let (spurious, timeouts) = (mutant.bounds.spurious, mutant.bounds.timeouts);
    Hostility { waiters: Waiters::Any, spurious, timeouts }
}

/// A mutant, with what selects it and where its programs run.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The number of the mutant.
    pub number: usize,
    /// The mutant.
    pub mutant: &'static Mutant,
    /// Whether only programs in groups can show it.
    pub in_group: bool,
}

/// Returns the mutants of one queue and their numbers.
pub fn numbered() -> impl Iterator<Item = (usize, &'static Mutant)> {
    mutants().enumerate()
}

impl Bug {
    /// Returns the bugs of queues, or those of groups.
    pub fn all(in_group: bool) -> Vec<Bug> {
        let bug = |(number, mutant)| Bug { number, mutant, in_group };
        if in_group {
            in_groups().map(bug).collect()
        } else {
            numbered().map(bug).collect()
        }
    }

    fn programs(self) -> Vec<Program> {
        match (self.in_group, self.mutant.bounds.unbounded, self.mutant.bounds.threads) {
            (true, ..) => programs_in_groups(self.mutant),
            (false, true, _) => family(self.mutant, &[None]).programs(),
            (false, false, 1) => family(self.mutant, SEQUENTIAL).programs(),
            (false, false, _) => family(self.mutant, CONCURRENT).programs(),
        }
    }

    fn run_litmus_tests(self, programs: &[Program]) -> Totals {
        let mut totals = Totals { complete: true, ..Totals::default() };
        let tests = litmus::all().into_iter().filter(|test| programs.contains(&test.program));
        for (place, test) in tests.enumerate() {
            totals.add(place, test.run(Engine::Shuttle, Some(self.number)));
            if totals.first.is_some() {
                break;
            }
        }
        totals
    }

    /// Searches for the smallest program with which each layer stops it.
    pub fn search(self) -> MutantResult {
        // A bug that begins at a size has a program of its own.
        let first = first(self.mutant).map(|first| self.search_among(&[first]));
        match first.filter(|result| result.minimal().is_some()) {
            Some(result) => result,
            None => self.search_among(&self.programs()),
        }
    }

    fn search_among(self, programs: &[Program]) -> MutantResult {
        let few = &programs[..programs.len().min(FEW_PROGRAMS)];
        let mut result = MutantResult { bug: self, runs: Vec::new() };
        result.run(Detector::Shuttle, few);
        let of_shuttle = result.place(Detector::Shuttle);
        // In a group there are too many schedules for each layer to search by itself.
        let (few, all) = match of_shuttle.filter(|_| self.in_group) {
            Some(place) => (&programs[place..=place], &programs[place..=place]),
            None => (few, programs),
        };
        result.run(Detector::Outcomes, few);
        result.run(Detector::Conformance, all);
        if of_shuttle.is_none() && !self.in_group {
            let tests: Vec<_> = litmus::all().into_iter().map(|test| test.program).collect();
            result.run(Detector::Litmus, &tests);
        }
        let of_shuttle = of_shuttle.map(|place| &programs[place]);
        match of_shuttle.filter(|program| self.is_for_loom(program)) {
            Some(program) => result.run(Detector::Loom, std::slice::from_ref(program)),
            // In a group there are more schedules of the others than loom runs in minutes.
            None if self.in_group => {}
            None => {
                let small = programs.iter().filter(|program| program.threads.len() <= 2);
                let small: Vec<_> = small.take(LOOM_PROGRAMS).cloned().collect();
                result.run(Detector::Loom, &small);
            }
        }
        let searches = [Detector::Shuttle, Detector::Outcomes, Detector::Conformance];
        let known = searches.into_iter().find_map(|detector| result.place(detector));
        let one = known.map_or(&[][..], |place| &programs[place..=place]);
        let is_stopped = result.minimal().is_some();
        let threads = if is_stopped || !self.in_group { one } else { programs };
        let threads = threads.iter().filter(|program| !program.environment.is_scope());
        result.run(Detector::Threads, &threads.cloned().collect::<Vec<_>>());
        if !self.in_group {
            let end = result.place(Detector::Shuttle).map_or(programs.len(), |place| place + 1);
            let stock = programs[..end].iter().take(STOCK_PROGRAMS).chain(one);
            result.run(Detector::Stock, &stock.cloned().collect::<Vec<_>>());
        }
        result
    }

    /// Whether loom gets through the program soon.
    fn is_for_loom(self, program: &Program) -> bool {
        if !self.in_group {
            return program.all_threads().count() < LOOM_THREADS;
        }
        let few = program.threads.len() <= 2
            || (program.size() <= 3 && program.capacities.len() <= 2)
            || first(self.mutant).as_ref() == Some(program);
        // loom has no threads of a scope.
        few && !program.environment.is_scope()
    }

    /// Runs the kept programs alone, each with the layer that it is kept of. With real threads it is
    /// luck, so they run only if no other layer stops the bug.
    pub fn confirm(self, kept: &Cells) -> MutantResult {
        let mut result = MutantResult { bug: self, runs: Vec::new() };
        for (detector, cell) in kept {
            if let (Cell::Stopped { program, .. }, true) = (cell, is_certain(*detector, kept)) {
                result.run(*detector, &[parse(program)]);
            }
        }
        result
    }
}

/// What one layer makes of one bug; nothing is kept where it was not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A program fails.
    Stopped {
        /// The smallest program that does.
        program: String,
        /// The number of its operations.
        operations: usize,
        /// A failing schedule of it, without the number of the bug. Real threads have none, nor has
        /// an outcome that is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schedule: Option<String>,
    },
    /// No program of those that were run fails.
    Survived {
        /// The number of programs.
        survived: usize,
    },
}

/// What all layers make of one bug.
pub type Cells = BTreeMap<Detector, Cell>;

/// Returns whether a confirmation relies on what is kept of a detector.
pub(crate) fn is_certain(detector: Detector, kept: &Cells) -> bool {
    let stops = |(layer, cell): (&Detector, &Cell)| {
        let is_layer = !matches!(layer, Detector::Threads | Detector::Stock);
        is_layer && matches!(cell, Cell::Stopped { .. })
    };
    detector != Detector::Threads || !kept.iter().any(stops)
}

/// The results of all layers for one bug.
#[derive(Clone, Debug)]
pub struct MutantResult {
    /// The bug.
    pub bug: Bug,
    /// The detectors that ran, with their totals.
    pub runs: Vec<(Detector, Totals)>,
}

impl MutantResult {
    fn run(&mut self, detector: Detector, programs: &[Program]) {
        if !programs.is_empty() {
            self.runs.push((detector, detector.run(self.bug, programs)));
        }
    }

    /// Returns the counterexample of a detector, if it stopped the mutant.
    pub fn kill(&self, detector: Detector) -> Option<&Counterexample> {
        let (_, totals) = self.runs.iter().find(|(other, _)| *other == detector)?;
        totals.first.as_ref()
    }

    fn place(&self, detector: Detector) -> Option<usize> {
        self.kill(detector).map(|kill| kill.place)
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

    /// Returns what is kept of it.
    pub fn cells(&self) -> Cells {
        let suffix = format!("+mutant{}", self.bug.number);
        let cell = |totals: &Totals| match &totals.first {
            None => Cell::Survived { survived: totals.programs },
            Some(kill) => Cell::Stopped {
                program: kill.program.clone(),
                operations: kill.size,
                schedule: kill.token.as_ref().map(|token| token.replacen(&suffix, "", 1)),
            },
        };
        self.runs.iter().map(|(detector, totals)| (*detector, cell(totals))).collect()
    }

    /// Returns the smallest program that fails.
    pub fn minimal(&self) -> Option<&Counterexample> {
        let kills = self.layers().filter_map(|(_, totals)| totals.first.as_ref());
        kills.min_by_key(|kill| (kill.size, kill.place))
    }
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

/// Returns the programs that a mutant of groups is run with, the smallest first.
///
/// # Panics
///
/// When the mutant names an unknown operation.
pub fn programs_in_groups(mutant: &Mutant) -> Vec<Program> {
    let family = Family { environment: Environment::Group, ..family(mutant, &[Some(1)]) };
    let mut programs = family.programs();
    programs.extend(OTHERS.iter().map(|text| parse(text)));
    // Those in a scope last: loom has no such threads, and must have a program.
    programs.sort_by_key(|program: &Program| {
        (program.environment.is_scope(), program.size(), program.all_threads().count())
    });
    programs
}

/// Returns the program of a bug that begins at a size, which is tried first, with at most
/// [`FIRST_PREEMPTIONS`].
pub fn first(mutant: &Mutant) -> Option<Program> {
    mutant.bounds.first.map(parse)
}

fn parse(text: &str) -> Program {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Programs in groups that no family on one queue has, for all mutants of groups.
const OTHERS: &[&str] = &[
    "scope 1: recv",
    "scope owning 1: send | recv",
    "scope owning 1: recv recv | send",
    "joined owning 1: send",
    "group 1: recv | sentinel | external await",
    "group 1: recv | external sentinel",
    "group 1: recv | external try_recv",
    "group 1: await | recv",
    "group 1: await | sentinel",
    "group 1: await | await",
    "group 1 1: recv | recv@2",
    "group 1 1: recv | sentinel recv@2",
    "group 1 1: recv@2 | sentinel@2 recv",
    "group 1: recv | recv | send",
    "group resuming 1: recv recv",
    "group resuming 1: recv | recv sentinel",
    "group resuming 1: recv recv | recv",
    "group resuming 1: await await | await",
];

const CONCURRENT: &[Option<usize>] = &[Some(1), Some(2)];
const SEQUENTIAL: &[Option<usize>] = &[Some(1), Some(2), None];

/// The number of programs that shuttle's search runs with the oracles of the clients, or comparing
/// outcomes.
const FEW_PROGRAMS: usize = 2500;

/// The number of preemptions of a program that has too many schedules.
pub const FIRST_PREEMPTIONS: usize = 2;

/// The number of preemptions under loom in a group, which only shows that loom can see a bug, too.
const LOOM_PREEMPTIONS: usize = 3;

/// The maximum number of loom's threads, main included.
const LOOM_THREADS: usize = 5;

/// The number of programs that loom searches by itself.
const LOOM_PROGRAMS: usize = 200;

/// The number of programs that are run as stock loom would run them.
const STOCK_PROGRAMS: usize = 1000;

/// The number of executions of each program on real threads.
const STRESS: u64 = 300;
