//! The model and the engines agree on every outcome, and a difference on either side is seen.

use sentinel_queue_kernel::{Hostility, Limits, Recognition, Waiters};
use sentinel_queue_models::program::{Environment, Family, Op, Program};
use sentinel_queue_mutants::in_groups;
use sentinel_queue_verification::explore::engine::Engine;
use sentinel_queue_verification::explore::engine::Token;
use sentinel_queue_verification::explore::search::{Counterexample, Search, Totals};
use sentinel_queue_verification::explore::Checks;
use sentinel_queue_verification::layers::mutation::numbered;
use sentinel_queue_verification::litmus;

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Close, Op::Sentinel];

fn compare(engine: Engine, programs: &[Program], checks: Checks) -> Totals {
    // In a group more spurious wakeups have more schedules than a test runs.
    let alone = programs.iter().all(|program| program.environment == Environment::Alone);
    let budget = u32::from(alone);
    let hostility = Hostility { waiters: Waiters::Any, spurious: budget, timeouts: budget };
    let limits = Limits { hostility, ..Limits::default() };
    Search::of(engine, checks, limits).over(programs, 2, &|| ())
}

fn headline(totals: &Totals) -> String {
    totals.first.as_ref().map(Counterexample::headline).unwrap_or_default()
}

#[test]
fn outcomes_of_all_small_programs_are_those_of_the_model() {
    let programs = Family::of("basic", BASIC, 2, 2).programs();
    for engine in [Engine::Loom, Engine::Shuttle] {
        let totals = compare(engine, &programs, Checks::OUTCOMES);
        assert!(totals.complete && totals.first.is_none(), "{}", headline(&totals));
        assert_eq!((totals.programs, totals.outcomes), (460, 795));
    }
}

/// Returns the counterexample of the comparison for a mutant on this program.
fn difference(name: &str, program: &str, engine: Engine) -> Counterexample {
    let all = numbered().chain(in_groups());
    let (number, _) = all.into_iter().find(|(_, mutant)| mutant.name == name).expect("that mutant");
    let programs = [program.parse().expect("it is a program")];
    let checks = Checks { mutant: Some(number), ..Checks::OUTCOMES };
    compare(engine, &programs, checks).first.expect("the outcomes are not those of the model")
}

#[test]
fn outcome_that_is_missing_is_noticed() {
    for engine in [Engine::Loom, Engine::Shuttle] {
        let found = difference("try_recv finds nothing", "1: send | try_recv", engine);
        let message = found.failure.message;
        assert!(message.contains("must be possible"), "{message}");
        assert!(message.contains("sent 1.0 | got 1.0"), "{message}");
        assert_eq!(found.token, None, "no schedule shows it");
    }
}

/// No oracle refuses it: only the outcomes show it.
#[test]
fn outcome_that_is_missing_in_a_group_is_noticed() {
    let name = "a join fails after a report though the others have left";
    for engine in [Engine::Loom, Engine::Shuttle] {
        let message = difference(name, "group 1: await | await", engine).failure.message;
        assert!(message.contains("must be possible"), "{message}");
        assert!(message.contains("joined | would block forever"), "{message}");
    }
}

#[test]
fn outcome_that_is_new_is_noticed_and_can_be_replayed() {
    let batch = ("a batch goes in one by one", "2: send_many 2 | send recv recv");
    let deadlock =
        ("deadlocked once is deadlocked forever", "group resuming 1: recv recv | recv sentinel");
    for (engine, (name, program)) in
        [(Engine::Loom, batch), (Engine::Shuttle, batch), (Engine::Shuttle, deadlock)]
    {
        let found = difference(name, program, engine);
        let message = &found.failure.message;
        assert!(message.contains("an outcome that must not be"), "{message}");
        let token = Token::parse(&found.token.expect("of a schedule")).expect("it is a token");
        let again = token.replay().expect("of a schedule").failure.expect("that fails again");
        assert_eq!(again.message, found.failure.message);
    }
}

#[test]
fn document_of_litmus_tests_is_the_generated_one() {
    let kept = include_str!("../../LITMUS.md");
    assert!(kept == litmus::document(), "run the example `litmus` again: see LITMUS.md");
    assert_eq!(litmus::all().len(), 74);
}

/// Three notifications need a fourth waiter, which is not notified: otherwise all are.
#[test]
fn notification_that_is_recorded_and_not_done_is_noticed() {
    let name = "the third of several notifications is recorded and not done";
    let (number, _) = numbered().find(|(_, mutant)| mutant.name == name).expect("that mutant");
    let program = "unbounded: recv | recv | recv | recv | send_many 3";
    let program: Program = program.parse().expect("it is a program");
    let difference = "a notification is recorded and not done";
    for (checks, message) in [(Checks::CLIENTS, "C6: thread"), (Checks::RECORD, difference)] {
        let checks = Checks { mutant: Some(number), ..checks };
        let limits = Limits { recognition: Recognition::Careful, ..Limits::default() };
        let search = Search::of(Engine::Shuttle, checks, limits);
        let totals = search.over(std::slice::from_ref(&program), 1, &|| ());
        assert!(headline(&totals).contains(message), "{}", headline(&totals));
    }
}
