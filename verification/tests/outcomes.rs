//! The model and the engines agree on every outcome, and a difference on either side is seen.

use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_models::program::{Family, Op, Program};
use sentinel_queue_verification::checks::Checks;
use sentinel_queue_verification::engine::Engine;
use sentinel_queue_verification::litmus;
use sentinel_queue_verification::search::{Counterexample, Search, Totals};

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Close, Op::Sentinel];

fn compare(engine: Engine, programs: &[Program], checks: Checks) -> Totals {
    let hostility = Hostility { waiters: Waiters::Any, spurious: 1, timeouts: 1 };
    let limits = Limits { hostility, ..Limits::default() };
    Search::of(engine, checks, limits).over(programs, 2, &|| ())
}

fn told(totals: &Totals) -> String {
    totals.first.as_ref().map(Counterexample::headline).unwrap_or_default()
}

#[test]
fn outcomes_of_all_small_programs_are_those_of_the_model() {
    let programs = Family::of("basic", BASIC, 2, 2).programs();
    for engine in [Engine::Loom, Engine::Shuttle] {
        let totals = compare(engine, &programs, Checks::OUTCOMES);
        assert!(totals.complete && totals.first.is_none(), "{}", told(&totals));
        assert_eq!((totals.programs, totals.outcomes), (460, 795));
    }
}

#[test]
fn document_of_litmus_tests_is_the_generated_one() {
    let kept = include_str!("../LITMUS.md");
    assert!(kept == litmus::document(), "run the example `litmus` again: see LITMUS.md");
    assert_eq!(litmus::all().len(), 67);
}
