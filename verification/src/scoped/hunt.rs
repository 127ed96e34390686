//! The seeded bugs of groups, hunted with programs in groups.

use super::program::{on_one_queue, GroupProgram};
use super::search::{Counterexample, Explorer, Search, Totals, Work};
use crate::generate::Family;
use crate::program::Op;
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_mutants::Mutant;

/// Programs that no family on one queue has, for all of them.
const OTHERS: &[&str] = &[
    "1: recv | outside sentinel",
    "1: recv | outside try_recv",
    "1: await | recv",
    "1: await | sentinel",
    "1: await | await",
    "1 1: recv | recv@2",
    "1 1: recv | sentinel recv@2",
    "1 1: recv@2 | sentinel@2 recv",
    "1: recv | recv | send",
    "resuming 1: recv recv",
    "resuming 1: recv | recv sentinel",
    "resuming 1: recv recv | recv",
    "resuming 1: await await | await",
];

/// One who hunts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hunter {
    /// shuttle's search.
    Shuttle,
    /// loom with at most three preemptions, on the program that shuttle's search has found.
    Loom,
    /// shuttle's search once more, on that program with and without a group: the endings must
    /// differ, or one of them hang; nothing else is asked.
    Endings,
    /// Real threads, with all programs, if shuttle's search has found none.
    Threads,
}

impl Hunter {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Hunter::Shuttle => "shuttle",
            Hunter::Loom => "loom",
            Hunter::Endings => "endings",
            Hunter::Threads => "threads",
        }
    }
}

/// How often real threads run each program.
const STRESS: u64 = 100;

/// What was found of one mutant.
#[derive(Clone, Debug)]
pub struct Quarry {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// Each hunter that hunted.
    pub hunted: Vec<(Hunter, Totals)>,
}

impl Quarry {
    /// How a hunter stopped it, if it did.
    pub fn kill(&self, hunter: Hunter) -> Option<&Counterexample> {
        let found = self.hunted.iter().find(|(other, _)| *other == hunter);
        found.and_then(|(_, totals)| totals.first.as_ref())
    }

    /// The hunters that stopped it.
    pub fn stopped_by(&self) -> Vec<Hunter> {
        let all = self.hunted.iter().map(|(hunter, _)| *hunter);
        all.filter(|hunter| self.kill(*hunter).is_some()).collect()
    }

    /// The smallest program that shows it.
    pub fn minimal(&self) -> Option<&Counterexample> {
        self.hunted.iter().find_map(|(_, totals)| totals.first.as_ref())
    }
}

/// The programs that a mutant is hunted with, the smallest first.
///
/// # Panics
///
/// When the list of mutants names an operation that there is not.
pub fn programs(mutant: &Mutant) -> Vec<GroupProgram> {
    let operation = |word| Op::ALL.iter().find(|(_, name)| *name == word).map(|&(op, _)| op);
    let alphabet: Option<Vec<_>> = mutant.hunt.alphabet.split_whitespace().map(operation).collect();
    let alphabet = alphabet.expect("hunts name operations");
    let family = Family {
        name: "hunt",
        alphabet: Box::leak(alphabet.into_boxed_slice()),
        threads: mutant.hunt.threads,
        operations: mutant.hunt.operations,
        capacities: &[Some(1)],
    };
    let mut programs = on_one_queue(&family);
    programs.extend(OTHERS.iter().map(|text| match text.parse() {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }));
    programs.sort_by_key(|program: &GroupProgram| (program.size(), program.all_threads().count()));
    programs
}

/// Hunts one mutant.
pub fn hunt((number, mutant): (usize, &'static Mutant)) -> Quarry {
    let programs = programs(mutant);
    let search = |explorer: Explorer, work: Work, programs: &[GroupProgram]| {
        let Mutant { hunt, .. } = mutant;
        let (spurious, timeouts) = (hunt.spurious, hunt.timeouts);
        let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts };
        // loom is to show that it can see it, too, not to see everything else.
        let preemptions = (explorer == Explorer::Loom).then_some(3);
        let stateful = explorer == Explorer::Shuttle;
        let limits = Limits { hostility, preemptions, stateful, ..Limits::default() };
        let search = Search::of(explorer, work, limits);
        Search { mutant: Some(number), ..search }.over(programs, 1, &|| ())
    };
    let shuttle = search(Explorer::Shuttle, Work::Judge, &programs);
    let Some(place) = shuttle.first.as_ref().map(|found| found.place) else {
        let threads = search(Explorer::Threads { executions: STRESS }, Work::Judge, &programs);
        let hunted = vec![(Hunter::Shuttle, shuttle), (Hunter::Threads, threads)];
        return Quarry { mutant, hunted };
    };
    let one = &programs[place..=place];
    let loom = search(Explorer::Loom, Work::Judge, one);
    let mut hunted = vec![(Hunter::Shuttle, shuttle), (Hunter::Loom, loom)];
    if one[0].is_comparable() {
        let compare = Work::Compare { effects: false };
        hunted.push((Hunter::Endings, search(Explorer::Shuttle, compare, one)));
    }
    Quarry { mutant, hunted }
}
