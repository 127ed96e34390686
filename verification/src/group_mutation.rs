//! The seeded bugs of groups, each tried with programs in groups.

use crate::checks::{Checks, Compared};
use crate::engine::Engine;
use crate::mutation::{family, hostility, Detector, MutantResult};
use crate::search::Search;
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
    "group 1 1 1: recv | recv@2 | recv@3",
    "group 1 1: sentinel@2 recv | recv | recv@2",
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
    programs.extend(OTHERS.iter().map(|text| match text.parse() {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }));
    // Those in a scope last: loom has no such threads, and must have a program.
    programs.sort_by_key(|program: &Program| {
        (program.environment.is_scope(), program.size(), program.all_threads().count())
    });
    programs
}

/// Runs one mutant: shuttle's search goes through the programs until one stops it, and the other
/// detectors run that program. loom only shows that it can see the mutant, too, so it has at most
/// three preemptions. If the search finds no program, the outcomes of all programs are compared, and
/// real threads run them.
pub fn run_mutant((number, mutant): (usize, &'static Mutant)) -> MutantResult {
    let mut programs = programs(mutant);
    let search = |detector: Detector, programs: &[Program]| {
        let engine = match detector {
            Detector::Loom => Engine::Loom,
            Detector::Threads => Engine::Threads { executions: STRESS },
            _ => Engine::Shuttle,
        };
        let judged = detector != Detector::Outcomes;
        let compared =
            if judged { Compared::Nothing } else { Compared::WithoutGroup { effects: false } };
        let checks = Checks { compared, clients: judged, mutant: Some(number), ..Checks::ALL };
        let preemptions = (engine == Engine::Loom).then_some(3);
        let stateful = engine == Engine::Shuttle;
        let hostility = hostility(mutant);
        let limits = Limits { hostility, preemptions, stateful, ..Limits::default() };
        (detector, Search::of(engine, checks, limits).over(programs, 1, &|| ()))
    };
    let mut runs = vec![search(Detector::Shuttle, &programs)];
    if let Some(place) = runs[0].1.first.as_ref().map(|found| found.place) {
        let one = &programs[place..=place];
        runs.extend(is_for_loom(&one[0]).then(|| search(Detector::Loom, one)));
        runs.extend(one[0].is_comparable().then(|| search(Detector::Outcomes, one)));
        return MutantResult { mutant, in_group: true, runs };
    }
    programs.retain(Program::is_comparable);
    runs.push(search(Detector::Outcomes, &programs));
    programs.retain(|program| !program.environment.is_scope());
    runs.push(search(Detector::Threads, &programs));
    MutantResult { mutant, in_group: true, runs }
}
