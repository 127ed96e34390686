//! The seeded bugs of groups, each tried with programs in groups.

use crate::checks::Checks;
use crate::engine::Engine;
use crate::mutation::{family, hostility, Detector, MutantResult};
use crate::search::{Search, Totals};
use sentinel_queue_kernel::Limits;
use sentinel_queue_models::program::{Environment, Family, Program};
use sentinel_queue_mutants::Mutant;

/// Programs that no family on one queue has, for all of them.
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

/// Whether loom gets through it soon: it has no threads of a scope, and more participants or queues
/// have more schedules than it runs in minutes.
fn is_for_loom(program: &Program) -> bool {
    let few = program.threads.len() <= 2 || (program.size() <= 3 && program.capacities.len() <= 2);
    !program.environment.is_scope() && few
}

/// How often real threads run each program.
const STRESS: u64 = 100;

/// The programs that a mutant is tried with, the smallest first, and those in a scope after all others.
///
/// # Panics
///
/// When the list of mutants names an operation that there is not.
pub fn programs(mutant: &Mutant) -> Vec<Program> {
    let family = Family { environment: Environment::Group, ..family(mutant, &[Some(1)]) };
    let mut programs = family.programs();
    programs.extend(OTHERS.iter().map(|text| parse(text)));
    // Those in a scope last: loom has no such threads, and must have a program.
    programs.sort_by_key(|program: &Program| {
        (program.environment.is_scope(), program.size(), program.all_threads().count())
    });
    programs
}

/// The program of a bug that begins at a size, which is tried first, with at most
/// [`FIRST_PREEMPTIONS`].
pub fn first(mutant: &Mutant) -> Option<Program> {
    mutant.bounds.first.map(parse)
}

/// The number of preemptions of a program that has too many schedules.
pub const FIRST_PREEMPTIONS: usize = 2;

fn parse(text: &str) -> Program {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs one mutant: shuttle's search goes through the programs until one stops it. The comparison of
/// outcomes and the replay of the record run that program, or go through all of them if there is none.
/// loom only shows that it can see the mutant, too, so it runs the program with at most three
/// preemptions. If no program stops the mutant, real threads run them.
pub fn run_mutant((number, mutant): (usize, &'static Mutant)) -> MutantResult {
    if let Some(first) = first(mutant) {
        let (runs, is_stopped) =
            search_for(number, mutant, &[first], Some(FIRST_PREEMPTIONS), |_| true);
        if is_stopped {
            return MutantResult { mutant, in_group: true, runs };
        }
    }
    let mut programs = programs(mutant);
    let (mut runs, is_stopped) = search_for(number, mutant, &programs, None, is_for_loom);
    if !is_stopped {
        programs.retain(|program| !program.environment.is_scope());
        runs.push(search(Detector::Threads, number, mutant, &programs, None));
    }
    MutantResult { mutant, in_group: true, runs }
}

/// Returns the results of the checkers, and whether one of them has stopped the mutant.
fn search_for(
    number: usize,
    mutant: &'static Mutant,
    programs: &[Program],
    preemptions: Option<usize>,
    is_for_loom: fn(&Program) -> bool,
) -> (Vec<(Detector, Totals)>, bool) {
    let mut runs: Vec<(Detector, Totals)> = Vec::new();
    let mut found = None;
    for detector in [Detector::Shuttle, Detector::Outcomes, Detector::Conformance] {
        let one = found.map_or(0..programs.len(), |place: usize| place..place + 1);
        let run = search(detector, number, mutant, &programs[one], preemptions);
        found = found.or(run.1.first.as_ref().map(|kill| kill.place));
        runs.push(run);
    }
    let program = found.map(|place| &programs[place]);
    if let Some(program) = program.filter(|program| is_for_loom(program)) {
        runs.push(search(Detector::Loom, number, mutant, std::slice::from_ref(program), Some(3)));
    }
    (runs, program.is_some())
}

fn search(
    detector: Detector,
    number: usize,
    mutant: &'static Mutant,
    programs: &[Program],
    preemptions: Option<usize>,
) -> (Detector, Totals) {
    let engine = match detector {
        Detector::Loom => Engine::Loom,
        Detector::Threads => Engine::Threads { executions: STRESS },
        _ => Engine::Shuttle,
    };
    let checks = Checks { mutant: Some(number), ..detector.checks() };
    let stateful = engine == Engine::Shuttle;
    let hostility = hostility(mutant);
    let limits = Limits { hostility, preemptions, stateful, ..Limits::default() };
    (detector, Search::of(engine, checks, limits).over(programs, 1, &|| ()))
}
