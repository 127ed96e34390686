//! Programs in groups: the language, and the tools of the evidence for C7 and C8. The evidence itself
//! runs with the layers.

use sentinel_queue_kernel::{Limits, Recognition};
use sentinel_queue_models::program::{Environment, Family, Op, Program};
use sentinel_queue_mutants::in_groups;
use sentinel_queue_verification::explore::engine::Token;
use sentinel_queue_verification::explore::engine::{execute, Engine};
use sentinel_queue_verification::explore::search::{Counterexample, Search};
use sentinel_queue_verification::explore::{Checks, Compared, Outcomes};
use sentinel_queue_verification::layers::mutation::{first, programs_in_groups, FIRST_PREEMPTIONS};
use std::collections::BTreeSet;

const MINIMAL: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel];

fn family(threads: usize, operations: usize) -> Family {
    Family {
        environment: Environment::Group,
        capacities: &[Some(1)],
        ..Family::of("minimal", MINIMAL, threads, operations)
    }
}

fn small() -> Vec<Program> {
    Family { total: 3, ..family(2, 2) }.programs()
}

fn careful() -> Limits {
    Limits { recognition: Recognition::Careful, ..Limits::default() }
}

/// Describes a counterexample.
fn describe(found: &Counterexample) -> String {
    format!("{}\n{}", found.headline(), found.failure.interleaving)
}

/// The programs that mutants are run with pass without a mutant.
#[test]
fn programs_of_mutants_hold_without_a_mutant() {
    let all: BTreeSet<_> = in_groups().flat_map(|(_, mutant)| programs_in_groups(mutant)).collect();
    let crowds: BTreeSet<_> = in_groups().filter_map(|(_, mutant)| first(mutant)).collect();
    let mut limits = careful();
    limits.hostility.timeouts = 2;
    let bounded = Limits { preemptions: Some(FIRST_PREEMPTIONS), ..limits.clone() };
    for (programs, limits) in [(all, limits), (crowds, bounded)] {
        let programs: Vec<_> = programs.into_iter().collect();
        let is_bounded = limits.preemptions.is_some();
        let search = Search::of(Engine::Shuttle, Checks::ALL, limits);
        let totals = search.over(&programs, 2, &|| ());
        let first = totals.first.as_ref().map(describe).unwrap_or_default();
        assert!(totals.first.is_none(), "{first}");
        assert!((totals.complete || is_bounded) && totals.programs == programs.len());
    }
}

/// Recognizing states loses no outcome: the stateless search finds the same.
#[test]
fn stateful_search_sees_every_ending() {
    let inside = ["scope 1: recv", "nested owning 1: recv", "joined 1: recv", "joined 1: sentinel"];
    let inside = inside.map(|text| text.parse().expect("it is a program"));
    for program in small().into_iter().chain(inside) {
        let seen = |limits: &Limits| {
            let endings = Outcomes::default();
            let mode = Checks { endings: Some(endings.clone()), ..Checks::ALL };
            let outcome = execute(Engine::Shuttle, &program, &mode, limits);
            assert!(outcome.complete, "{program}: {:?}", outcome.failure);
            (endings.seen(), outcome.executions)
        };
        let (all, stateless) = seen(&Limits::default());
        let (recognized, stateful) = seen(&careful());
        assert_eq!(all, recognized, "{program}");
        assert!(stateful <= stateless, "{program}");
    }
}

/// loom and shuttle find the same endings.
#[test]
fn engines_agree_on_the_endings() {
    for program in family(2, 1).programs() {
        let seen = |engine, limits: &Limits| {
            let endings = Outcomes::default();
            let mode = Checks { endings: Some(endings.clone()), ..Checks::ALL };
            let outcome = execute(engine, &program, &mode, limits);
            assert!(outcome.complete, "{program}: {:?}", outcome.failure);
            endings.seen()
        };
        let shuttle = seen(Engine::Shuttle, &careful());
        assert_eq!(seen(Engine::Loom, &Limits::default()), shuttle, "{program}");
    }
}

/// A program that hangs without a group, in one of its two endings.
#[test]
fn wait_forever_without_a_group_is_a_deadlock_in_a_group() {
    for environment in [Environment::Group, Environment::Alone] {
        let program = program("group 1: recv | sentinel recv").at(environment);
        let endings = Outcomes::default();
        let mode = Checks { compared: COMPARE, endings: Some(endings.clone()), ..Checks::ALL };
        assert!(execute(Engine::Shuttle, &program, &mode, &careful()).complete);
        let seen = endings.seen();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen.iter().all(|ending| ending.contains("recv forever")), "{seen:?}");
    }
}

/// A flush that no thread can end is reported; one that a thread ends is not.
#[test]
fn flush_that_no_thread_can_end_is_a_deadlock() {
    for (text, hangs) in [
        ("group 1: send flush", true),
        ("group 1: send take_task put_back flush", true),
        ("group 1: send flush | take_task end_task", false),
        ("group 2: send flush | send flush", true),
    ] {
        let endings = Outcomes::default();
        let mode = Checks { endings: Some(endings.clone()), ..Checks::ALL };
        let outcome = execute(Engine::Shuttle, &program(text), &mode, &careful());
        assert!(outcome.complete, "{text}: {:?}", outcome.failure);
        let seen = endings.seen();
        assert!(seen.iter().all(|ending| ending.contains("flush forever") == hangs), "{seen:?}");
    }
}

/// Real threads do not hang, and nothing is lost.
#[test]
fn real_threads_do_not_hang_in_a_group() {
    let programs = family(3, 2).programs();
    let engine = Engine::Threads { executions: 3 };
    let totals = Search::of(engine, Checks::ALL, Limits::default()).over(&programs, 2, &|| ());
    assert!(totals.first.is_none(), "{}", totals.first.as_ref().map(describe).unwrap_or_default());
    assert_eq!(totals.programs, programs.len());
}

/// Threads that die with a task, by a panic, leave the group, lose nothing, and block no `join`.
#[test]
fn real_threads_that_die_leave_their_group() {
    let texts =
        ["group 1: send die | recv", "group 1: send join | die", "group 1: send die | join"];
    let programs = texts.map(program);
    let engine = Engine::Threads { executions: 50 };
    let totals = Search::of(engine, Checks::ALL, Limits::default()).over(&programs, 2, &|| ());
    assert!(totals.first.is_none(), "{}", totals.first.as_ref().map(describe).unwrap_or_default());
    assert_eq!(totals.programs, programs.len());
}

fn program(text: &str) -> Program {
    text.parse().expect("it is a program")
}

#[test]
fn token_of_every_kind_of_program_is_read_as_written() {
    let texts = [
        "group 1: send recv | await",
        "group owning 1 unbounded: send recv@2 | sentinel@2",
        "scope owning 1: send | recv",
        "joined owning 1: send",
        "group owning resuming 1 2: send_many@2 2 worker | task | join@2",
        "group resuming 2: worker | task | external close",
        "scope owning 1: send | recv",
        "nested 1: send | recv",
        "joined resuming 1: send | recv",
    ];
    let effects = Compared::WithoutGroup { effects: true };
    let modes = [
        Checks::ALL,
        Checks { mutant: Some(60), ..Checks::ALL },
        Checks { unwanted: Some(0xfeed_5eed), compared: effects, ..Checks::ALL },
        Checks { clients: false, mutant: Some(54), ..Checks::ALL },
    ];
    for (text, mode) in texts.iter().flat_map(|text| modes.iter().map(move |mode| (text, mode))) {
        let written = Token::of(&program(text), mode, "any.1.2-ab01").to_string();
        let read = Token::parse(&written).expect("it is a token");
        assert_eq!(read.to_string(), written);
        let debug = format!("{read:?}");
        assert!(debug.contains(&format!("{:?}", program(text))), "{debug}");
        assert!(debug.contains(&format!("{mode:?}")), "{debug}");
    }
}

/// The first mutant of groups that this program shows, found by this engine.
fn found(name: &str, text: &str, engine: Engine, compared: Compared) -> Counterexample {
    found_within(None, name, text, engine, compared)
}

fn found_within(
    preemptions: Option<usize>,
    name: &str,
    text: &str,
    engine: Engine,
    compared: Compared,
) -> Counterexample {
    let (number, _) = in_groups().find(|(_, mutant)| mutant.name == name).expect("that mutant");
    let clients = compared == Compared::Nothing;
    let mode = Checks { compared, clients, record: clients, mutant: Some(number), ..Checks::ALL };
    let recognition =
        if engine == Engine::Shuttle { Recognition::Careful } else { Recognition::Off };
    let limits = Limits { recognition, preemptions, ..Limits::default() };
    let totals = Search::of(engine, mode, limits).over(&[program(text)], 1, &|| ());
    totals.first.unwrap_or_else(|| panic!("{name} passes {text}"))
}

fn is_replayed(found: &Counterexample) {
    let token = found.token.as_ref().expect("of a schedule");
    assert!(found.headline().contains(token.as_str()), "{}", found.headline());
    let again = Token::parse(token).expect("it is a token").replay().expect("of a schedule");
    let again = again.failure.expect("that fails again");
    assert_eq!(again.message, found.failure.message);
    assert_eq!(again.interleaving, found.failure.interleaving);
    assert!(again.interleaving.contains("thread 1  locks"), "{}", again.interleaving);
}

#[test]
fn failures_of_both_engines_can_be_replayed() {
    let mutants = [
        ("blocked threads are counted, no queue is asked", "group 1: send | recv"),
        ("no check when a participant leaves", "group 1: send | send"),
        ("no check when a token is released", "group 1: recv | external try_recv"),
        ("only the waiters of the first queue are woken", "group 1 1: recv | recv@2"),
        ("the check comes before the registration", "group 1: recv"),
        ("deadlocked once is deadlocked forever", "group resuming 1: recv recv | recv"),
    ];
    for (name, text) in mutants {
        for engine in [Engine::Loom, Engine::Shuttle] {
            is_replayed(&found(name, text, engine, Compared::Nothing));
        }
    }
    let name = "the body of a scope is no participant";
    is_replayed(&found(name, "scope owning 1: send | recv", Engine::Shuttle, Compared::Nothing));
}

/// Bugs that only the third of several shows, or the fourth.
#[test]
fn bugs_beyond_a_size_are_stopped() {
    for (name, text) in [
        (
            "only the waiters of the first two queues are woken",
            "group 1 1 1: recv@3 | recv | recv@2",
        ),
        (
            "only the first two waiters are asked about",
            "group 1 1: recv | sentinel@2 recv | recv@2",
        ),
        (
            "only the waiters of the first three queues are woken",
            "group 1 1 1 1: recv@4 | recv | recv@2 | recv@3",
        ),
        (
            "only the first three waiters are asked about",
            "group 1 1: recv | recv | sentinel@2 recv | recv@2",
        ),
    ] {
        let preemptions = Some(FIRST_PREEMPTIONS);
        found_within(preemptions, name, text, Engine::Shuttle, Compared::Nothing);
    }
}

#[test]
fn failures_of_comparisons_can_be_replayed() {
    // A thread that resumes after a deadlock does more than one that sleeps, so the outcomes of this
    // program differ.
    let mode = Checks { compared: COMPARE, ..Checks::ALL };
    let search = Search::of(Engine::Shuttle, mode, careful());
    let totals = search.over(&[program("group resuming 1: recv send")], 1, &|| ());
    let kill = totals.first.expect("it ends differently");
    assert!(
        kill.failure.message.contains("an outcome that must not be"),
        "{}",
        kill.failure.message
    );
    is_replayed(&kill);
    let name = "no check when a participant leaves";
    is_replayed(&found(name, "group 1: send | send", Engine::Shuttle, COMPARE));
}

const COMPARE: Compared = Compared::WithoutGroup { effects: false };

#[test]
fn tampered_token_is_refused() {
    let name = "no check when a participant leaves";
    let kill = found(name, "group 1: send | send", Engine::Shuttle, Compared::Nothing);
    let token = kill.token.expect("of a schedule");
    let (schedule, program) = token.split_once('@').expect("both are there");
    let refused = |text: &str| match Token::parse(text).and_then(|token| token.replay()) {
        Ok(outcome) => panic!("{text} is taken: {outcome:?}"),
        Err(sentence) => sentence,
    };
    for text in [
        format!("{schedule}@{program}+nonsense"),
        format!("{schedule}@{program}+mutant999"),
        format!("{schedule}@1:recv/sentinel@2"),
        format!("{schedule}@1:"),
    ] {
        assert!(refused(&text).contains("is not a token such as"), "{}", refused(&text));
    }
    let wrong = refused(&format!("{schedule}_@{program}"));
    assert!(wrong.contains("is not the token of a schedule"), "{wrong}");
    for (letters, other) in [("bb", "bz"), ("cc", "bb"), ("cc", "c1")] {
        let wrong = refused(&format!("{}@{program}", schedule.replacen(letters, other, 1)));
        assert!(wrong.contains("is none of its program"), "{wrong}");
    }
    let shorter = refused(&format!("{}@{program}", &schedule[..schedule.len() - 1]));
    assert!(shorter.contains("is not the one that fails"), "{shorter}");
}
