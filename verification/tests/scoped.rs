//! Programs in groups: the language, and that what the evidence for C7 and C8 rests on means what
//! it says. The evidence itself runs with the layers.

use sentinel_queue_kernel::Limits;
use sentinel_queue_mutants::in_groups;
use sentinel_queue_verification::generate::Family;
use sentinel_queue_verification::program::Op;
use sentinel_queue_verification::scoped::hunt::programs;
use sentinel_queue_verification::scoped::program::{on_one_queue, on_two_queues, GroupProgram};
use sentinel_queue_verification::scoped::run::{Endings, Mode};
use sentinel_queue_verification::scoped::search::{execute, Explorer, Search, Work};
use std::collections::BTreeSet;

const MINIMAL: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel];

fn family(threads: usize, operations: usize) -> Family {
    Family { name: "minimal", alphabet: MINIMAL, threads, operations, capacities: &[Some(1)] }
}

fn small() -> Vec<GroupProgram> {
    let all = on_one_queue(&family(2, 2));
    all.into_iter().filter(|program| program.size() <= 3).collect()
}

fn stateful() -> Limits {
    Limits { stateful: true, ..Limits::default() }
}

#[test]
fn program_text_is_read_as_written() {
    let texts = [
        "1: send recv | await",
        "owning 1 unbounded: send recv@2 | sentinel@2",
        "resuming 2: worker | task | outside close",
    ];
    for text in texts {
        let program: GroupProgram = text.parse().expect("it is a program");
        assert_eq!(program.to_string(), text);
    }
    for text in ["", "1:", "1: send@2", "0: send", "1: outside send", "1: nothing", "1: send |"] {
        assert!(text.parse::<GroupProgram>().is_err(), "{text:?} is no program");
    }
}

#[test]
fn family_on_two_queues_has_every_assignment_once() {
    let programs = on_two_queues(&family(2, 1));
    // Two threads, one operation each, 6 pairs; the second operation is on the other queue.
    assert_eq!(programs.len(), 6);
    let texts: BTreeSet<_> = programs.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 6);
    assert!(texts.contains("1 1: send | recv@2"), "{texts:?}");
}

/// What mutants are hunted with stops nobody but mutants.
#[test]
fn hunted_programs_hold_without_a_mutant() {
    let all: BTreeSet<String> =
        in_groups().flat_map(|(_, mutant)| programs(mutant)).map(|p| p.to_string()).collect();
    let all: Vec<GroupProgram> = all.iter().map(|text| text.parse().expect("texts")).collect();
    let mut limits = stateful();
    limits.hostility.timeouts = 2;
    let totals = Search::of(Explorer::Shuttle, Work::Judge, limits).over(&all, 2, &|| ());
    assert!(totals.first.is_none(), "{:?}", totals.first);
    assert!(totals.complete && totals.programs == all.len());
}

/// Recognizing states loses no ending: the search that recognizes none finds the same.
#[test]
fn stateful_search_sees_every_ending() {
    for program in small() {
        let seen = |limits: &Limits| {
            let endings = Endings::default();
            let mode = Mode { endings: Some(endings.clone()), ..Mode::GROUPED };
            let outcome = execute(Explorer::Shuttle, &program, &mode, limits);
            assert!(outcome.complete, "{program}: {:?}", outcome.failure);
            (endings.seen(), outcome.executions)
        };
        let (all, stateless) = seen(&Limits::default());
        let (recognized, stateful) = seen(&stateful());
        assert_eq!(all, recognized, "{program}");
        assert!(stateful <= stateless, "{program}");
    }
}

/// loom and shuttle find the same endings.
#[test]
fn engines_agree_on_the_endings() {
    for program in on_one_queue(&family(2, 1)) {
        let seen = |explorer, limits: &Limits| {
            let endings = Endings::default();
            let mode = Mode { endings: Some(endings.clone()), ..Mode::GROUPED };
            let outcome = execute(explorer, &program, &mode, limits);
            assert!(outcome.complete, "{program}: {:?}", outcome.failure);
            endings.seen()
        };
        let shuttle = seen(Explorer::Shuttle, &stateful());
        assert_eq!(seen(Explorer::Loom, &Limits::default()), shuttle, "{program}");
    }
}

/// A program that hangs without a group, in one of its two endings.
#[test]
fn asleep_for_ever_without_a_group_is_told_so_in_it() {
    let program: GroupProgram = "1: recv | sentinel recv".parse().expect("it is a program");
    for grouped in [true, false] {
        let endings = Endings::default();
        let mode = Mode { grouped, mutant: None, endings: Some(endings.clone()) };
        assert!(execute(Explorer::Shuttle, &program, &mode, &stateful()).complete);
        let seen = endings.seen();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen.iter().all(|ending| ending.contains("recv for ever")), "{seen:?}");
    }
}

/// Real threads, as far as they go: nobody hangs, and nothing is lost.
#[test]
fn real_threads_do_not_hang_in_a_group() {
    let programs = on_one_queue(&family(3, 2));
    let explorer = Explorer::Threads { executions: 3 };
    let totals = Search::of(explorer, Work::Judge, Limits::default()).over(&programs, 2, &|| ());
    assert!(totals.first.is_none(), "{:?}", totals.first);
    assert_eq!(totals.programs, programs.len());
}
