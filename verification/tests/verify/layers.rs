//! Every layer in small: it runs, it holds with the counts that are kept, and it can fail. All of each
//! layer is what `cargo verify --quick` runs.

use sentinel_queue_models::program::{Environment, Family, Op};
use sentinel_queue_verification::explore::engine::Engine;
use sentinel_queue_verification::explore::search::Search;
use sentinel_queue_verification::layers::mutation::{numbered, Bug, MutantResult};
use sentinel_queue_verification::plan::counts;
use sentinel_queue_verification::plan::{runs, Findings, Job, Part, Run, Runner, Tier};
use sentinel_queue_verification::report::progress::Progress;
use sentinel_queue_verification::report::rows::of_mutant;
use sentinel_queue_verification::report::Verdict;
use std::collections::BTreeSet;

const SEARCHES: [&str; 3] = ["loom", "shuttle", "conformance"];

fn execute(run: &Run, part: Part) -> Findings {
    let progress = Progress::over(1);
    let findings = Runner { cores: 2, part, progress: &progress }.execute(run);
    progress.clear();
    assert!(!findings.rows.is_empty(), "{} found nothing", run.name);
    findings
}

fn of_layer(layer: &str) -> impl Iterator<Item = Run> + '_ {
    runs(Tier::Quick).into_iter().filter(move |run| run.layer == layer)
}

fn assert_holds(run: &Run, part: Part) {
    let found = execute(run, part);
    assert!(found.problems.is_empty(), "{}", found.problems.join("\n\n"));
    for row in &found.rows {
        assert!(row.verdict.is_good(true), "{row:?}");
    }
    let first = &found.rows[0];
    assert!(first.programs > 0 && first.executions > 0, "nothing was run: {first:?}");
    let differences = counts::differences(&found.rows).expect("the counts are there");
    assert!(differences.is_empty(), "counts changed: {differences:#?}");
}

/// Whether programs of these operations can violate a claim, in a search with so many timeouts.
fn can_violate(claim: &str, family: &Family, search: &Search) -> bool {
    let has = |words: &[&str]| {
        let all = family.alphabet.iter().chain(family.external).map(ToString::to_string);
        let all: Vec<_> = all.collect();
        all.iter().any(|op| words.iter().any(|word| op.contains(word)))
    };
    let is_timed =
        search.limits.hostility.timeouts > 0 || matches!(search.engine, Engine::Threads { .. });
    match claim {
        "C2" => has(&["sentinel"]),
        "C4" => family.capacities.iter().any(Option::is_some) && has(&["send"]),
        "C8" => family.environment != Environment::Alone,
        "C9" => is_timed && has(&["timeout", "deadline"]),
        "C11" => has(&["join", "flush"]),
        "C12" => has(&["_drop"]),
        _ => true,
    }
}

#[test]
fn programs_can_violate_every_claim_that_they_speak_for() {
    let mut vain = BTreeSet::new();
    for run in runs(Tier::Quick).into_iter().chain(runs(Tier::Full)) {
        let Job::Family(family, search) = &run.job else { continue };
        let cannot = run.claims.iter().filter(|claim| !can_violate(claim, family, search));
        vain.extend(cannot.map(|claim| format!("{}: {claim}", run.name)));
    }
    assert_eq!(vain, BTreeSet::new());
}

#[test]
fn comparison_of_engines_fails_where_no_program_fails() {
    let family = Family::of("calm", &[Op::TryRecv], 1, 1);
    let name = "nothing to compare".to_owned();
    let run = Run { name, layer: "mutants", claims: &["C6"], job: Job::Agreement(family, 0) };
    let problems = execute(&run, Part::WHOLE).problems;
    assert_eq!(problems, ["nothing to compare: no program fails with any mutant"]);
}

#[test]
fn every_run_has_a_name_of_its_own() {
    for tier in Tier::ALL {
        let runs = runs(tier);
        let names: BTreeSet<_> = runs.iter().map(|run| &run.name).collect();
        assert_eq!(names.len(), runs.len(), "{tier:?}");
    }
}

#[test]
fn cheapest_searches_of_every_layer_hold_and_have_their_kept_counts() {
    let kept = counts::kept().expect("it can be read");
    for layer in SEARCHES {
        let mut runs: Vec<_> = of_layer(layer)
            .filter_map(|run| Some((kept.get(&run.name)?.executions, run)))
            .collect();
        runs.sort_by_key(|(executions, _)| *executions);
        assert!(runs.len() >= 4, "{layer}");
        runs.iter().take(4).for_each(|(_, run)| assert_holds(run, Part::WHOLE));
    }
}

#[test]
fn every_search_fails_on_a_seeded_bug() {
    let name = "send notifies no thread";
    let (number, _) = numbered().find(|(_, mutant)| mutant.name == name).expect("it is there");
    for layer in SEARCHES {
        let mut run = of_layer(layer).next().expect("there is a layer of that name");
        let Job::Family(_, search) = &mut run.job else { panic!("{} is no search", run.name) };
        search.checks.mutant = Some(number);
        let found = execute(&run, Part::WHOLE);
        assert!(found.rows.iter().all(|row| row.verdict == Verdict::Fails), "{:?}", found.rows);
        assert!(found.problems.iter().any(|problem| problem.contains("--replay")), "{layer}");
    }
}

#[test]
fn a_few_mutants_are_stopped_and_one_that_no_detector_stops_is_no_success() {
    for run in of_layer("mutants") {
        assert_holds(&run, Part { index: 0, of: 30 });
    }
    let bug = Bug::all(false)[0];
    let row = of_mutant("mutants", &MutantResult { bug, runs: Vec::new() }, true);
    assert_eq!(row.verdict, Verdict::Survived);
    assert!(!row.verdict.is_good(false));
}
