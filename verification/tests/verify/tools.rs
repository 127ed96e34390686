//! The tools that the evidence rests on: the language and its families, tokens, parts and reports.

use sentinel_queue_kernel::{Hostility, Limits, Recognition, Waiters};
use sentinel_queue_models::program::{Family, Op, Program};
use sentinel_queue_verification::explore::engine::Engine;
use sentinel_queue_verification::explore::engine::Token;
use sentinel_queue_verification::explore::search::{Counterexample, Search};
use sentinel_queue_verification::explore::Checks;
use sentinel_queue_verification::layers::mutation::numbered;
use sentinel_queue_verification::plan::Part;
use sentinel_queue_verification::report::{Report, Row, Verdict};
use std::collections::BTreeSet;

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Close, Op::Sentinel];

fn family(threads: usize, operations: usize) -> Family {
    Family::of("basic", BASIC, threads, operations)
}

#[test]
fn parts_are_the_whole() {
    let whole: Vec<_> = (0..17).collect();
    let parts = (0..4).flat_map(|index| Part { index, of: 4 }.share(whole.clone()));
    assert_eq!(parts.collect::<BTreeSet<_>>().len(), whole.len());
}

fn failure(engine: Engine, name: &str) -> Counterexample {
    let (number, mutant) =
        numbered().find(|(_, mutant)| mutant.name == name).expect("there is that mutant");
    let (spurious, timeouts) = (mutant.bounds.spurious, mutant.bounds.timeouts);
    let hostility = Hostility { spurious, timeouts, ..Hostility::default() };
    let limits = Limits { hostility, ..Limits::default() };
    let search = Search::of(engine, Checks { mutant: Some(number), ..Checks::CLIENTS }, limits);
    let totals = search.over(&family(2, 2).programs(), 2, &|| ());
    totals.first.expect("the mutant is stopped")
}

#[test]
fn failures_of_both_engines_can_be_replayed() {
    for engine in [Engine::Loom, Engine::Shuttle] {
        let found = failure(engine, "send notifies no thread");
        let token = Token::parse(&found.token.expect("of a schedule")).expect("it is a token");
        let again = token.replay().expect("of a schedule").failure.expect("that fails again");
        assert_eq!(again.message, found.failure.message);
        assert_eq!(again.interleaving, found.failure.interleaving);
        assert!(again.interleaving.contains("thread 1  locks"), "{}", again.interleaving);
    }
}

/// A notification that came too late for a timed waiter is spent; the next one goes to those that
/// still wait. The kernel once gave it to the waiter that had left.
#[test]
fn expired_waiter_is_not_notified() {
    let program: Program =
        "1: recv_timeout | send recv | recv close".parse().expect("it is a program");
    for engine in [Engine::Loom, Engine::Shuttle] {
        let hostility = Hostility { timeouts: 1, ..Hostility::default() };
        let limits = Limits { hostility, ..Limits::default() };
        let search = Search::of(engine, Checks::ALL, limits);
        let totals = search.over(std::slice::from_ref(&program), 1, &|| ());
        assert!(totals.complete && totals.first.is_none(), "{totals:#?}");
    }
}

/// The reason why the kernel may wake any waiter: stock loom wakes the one that has waited longest,
/// and there all schedules of this program pass with a bug of which it is a counterexample.
#[test]
fn bug_that_fifo_hides_is_shown_by_any_waiter() {
    let name = "one condition for all, and each change notifies one";
    let (number, _) = numbered().find(|(_, mutant)| mutant.name == name).expect("it is there");
    let program: Program =
        "2: send send | send send | recv recv | recv | recv".parse().expect("it is a program");
    let run = |waiters| {
        let hostility = Hostility { waiters, ..Hostility::default() };
        let limits = Limits { hostility, recognition: Recognition::Careful, ..Limits::default() };
        let checks = Checks { mutant: Some(number), ..Checks::CLIENTS };
        Search::of(Engine::Shuttle, checks.clone(), limits).explore(&program, &checks)
    };
    let fifo = run(Waiters::Fifo);
    assert!(fifo.complete && fifo.first.is_none(), "{fifo:#?}");
    let any = run(Waiters::Any).first.expect("a thread sleeps forever");
    assert!(any.failure.message.contains("C6"), "{}", any.failure.message);
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", "any.0.0-a", "any.0.0-a@", "any.0.0-a@1:send+nonsense"] {
        assert!(Token::parse(text).is_err(), "{text:?}");
    }
}

fn row(part: Option<&str>, verdict: Verdict) -> Row {
    Row {
        claim: "C6".to_owned(),
        layer: "loom".to_owned(),
        engine: "loom".to_owned(),
        version: "0".to_owned(),
        name: "loom: basic".to_owned(),
        programs: 2,
        executions: 30,
        pruned: 0,
        failures: 0,
        failing: 0,
        outcomes: 5,
        complete: true,
        bounds: "some".to_owned(),
        seconds: 0.5,
        verdict,
        part: part.map(str::to_owned),
    }
}

#[test]
fn merged_parts_are_summed_and_the_worst_verdict_counts() {
    let parts = vec![row(Some("1/2"), Verdict::Holds), row(Some("2/2"), Verdict::Fails)];
    let report = Report::merged(parts).expect("both are there");
    assert_eq!(
        report.rows,
        [Row {
            programs: 4,
            executions: 60,
            outcomes: 10,
            seconds: 1.0,
            ..row(None, Verdict::Fails)
        }]
    );
    assert!(!report.is_good(false));
}

#[test]
fn missing_parts_are_noticed() {
    assert!(Report::merged(vec![row(Some("1/2"), Verdict::Holds)]).is_err());
    assert!(Report::merged(vec![row(Some("1/2"), Verdict::Holds); 2]).is_err());
    let of_others = ["1/2", "2/4"].map(|part| row(Some(part), Verdict::Holds));
    assert!(Report::merged(of_others.to_vec()).is_err());
    assert!(Report::merged(vec![row(None, Verdict::Holds)]).is_ok());
}

#[test]
fn verdicts_have_their_names_in_json() {
    let report = Report { rows: vec![row(None, Verdict::CutShort)] };
    let json = report.json().expect("rows can be written");
    assert!(json.contains("\"verdict\": \"cut short\""), "{json}");
    let rows: Vec<Row> = serde_json::from_str(&json).expect("and read");
    assert_eq!(rows, report.rows);
}

#[test]
fn what_is_skipped_or_cut_short_is_no_success() {
    assert!(!row(None, Verdict::CutShort).verdict.is_good(false));
    assert!(row(None, Verdict::Skipped).verdict.is_good(false));
    assert!(!row(None, Verdict::Skipped).verdict.is_good(true));
    assert!(!Report::default().is_good(false), "nothing at all is no success");
}
