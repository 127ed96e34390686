//! Every layer within the quick bounds, as in `cargo verify --quick`: every claim holds, every mutant
//! is stopped, every search is complete, and the counts are the kept ones.

use sentinel_queue_verification::counts;
use sentinel_queue_verification::plan::{runs, Tier};
use sentinel_queue_verification::progress::Progress;
use sentinel_queue_verification::runner::{Part, Runner};

fn holds(layer: &str) {
    let plan: Vec<_> = runs(Tier::Quick).into_iter().filter(|run| run.layer == layer).collect();
    assert!(!plan.is_empty(), "there is a layer of that name");
    let progress = Progress::over(plan.len());
    let runner = Runner { cores: 2, part: Part::WHOLE, progress: &progress };
    for run in &plan {
        let found = runner.execute(run);
        progress.clear();
        assert!(found.problems.is_empty(), "{}", found.problems.join("\n\n"));
        assert!(!found.rows.is_empty(), "{} found nothing", run.name);
        for row in &found.rows {
            assert!(row.verdict.is_good(true), "{row:?}");
            assert!(row.programs > 0 && row.executions > 0, "nothing was run: {row:?}");
        }
        let differences = counts::differences(&found.rows).expect("the counts are there");
        assert!(differences.is_empty(), "counts changed: {differences:#?}");
    }
}

#[test]
fn every_program_and_litmus_test_holds_under_loom() {
    holds("loom");
}

#[test]
fn every_program_and_litmus_test_holds_under_shuttle() {
    holds("shuttle");
}

#[test]
fn every_record_conforms_to_the_model() {
    holds("conformance");
}

#[test]
fn every_mutant_is_stopped() {
    holds("mutants");
}

#[test]
fn the_model_holds() {
    holds("model");
}
