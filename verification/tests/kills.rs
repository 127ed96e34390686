//! The kept table of seeded bugs: what no longer is as it says is noticed, and its page is up to date.

use sentinel_queue_models::groups::{self, Property};
use sentinel_queue_models::kill_table::{Kill, KillTable, SeededBug};
use sentinel_queue_models::{one_queue, Claim};
use sentinel_queue_verification::kills::{self, differences, unconfirmed, Kills};
use sentinel_queue_verification::mutation::{Bug, Cell, Cells, Detector};
use std::thread;

/// Each mutant is stopped by what it was made to violate, and each property stops one by itself, but
/// for those that imply another.
fn assert_sharp<M: SeededBug>(table: &KillTable<M>, is_implied: fn(M::Property) -> bool) {
    let missed: Vec<_> = table.0.iter().filter(|kill| !kill.is_killed_by_target()).collect();
    assert!(missed.is_empty(), "{missed:?}");
    for &property in M::PROPERTIES {
        let mut kills = table.0.iter().filter(|kill| kill.mutant.target() == property);
        let is_enough = |kill: &Kill<M>| is_implied(property) || kill.is_killed_by_target_alone();
        assert!(kills.any(is_enough), "no mutant is killed by {property} alone");
    }
}

#[test]
fn mutants_of_the_models_are_stopped_and_the_page_of_all_bugs_is_up_to_date() {
    let (queues, groups) = thread::scope(|scope| {
        let queues = scope.spawn(KillTable::<one_queue::Mutant>::make);
        let groups = KillTable::<groups::Mutant>::make();
        (queues.join().expect("it does not panic"), groups)
    });
    assert_sharp(&queues, |_: Claim| false);
    // A missed deadlock is a hang as well, and so is a sleep beside an item.
    assert_sharp(&groups, |property| matches!(property, Property::NoMiss | Property::QueueRules));
    let kept = kills::kept().expect("it can be read");
    let page = kills::document(&kept, &queues, &groups);
    let page = page.expect("the script of the proofs can be read");
    let old = include_str!("../KILLS.md");
    let differs = old.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        old == page,
        "KILLS.md is out of date (any `cargo verify --update-counts` writes it): {differs:?}"
    );
}

fn cell(program: &str, schedule: Option<&str>) -> Cell {
    let (program, schedule) = (program.to_owned(), schedule.map(str::to_owned));
    Cell::Stopped { program, operations: 2, schedule }
}

#[test]
fn kept_program_that_no_longer_shows_its_bug_is_reported() {
    let name = "try_recv finds nothing";
    let all = Bug::all(false);
    let bug = all.iter().find(|bug| bug.mutant.name == name).expect("there is that bug");
    let confirm = |kept: Cell| {
        let kept = Cells::from([(Detector::Conformance, kept)]);
        let result = bug.confirm(&kept);
        (result.cells(), unconfirmed(&result, &kept).join("\n"))
    };
    let shows_it = "1: send try_recv";
    let (found, text) = confirm(cell(shows_it, Some("any.0.0-none")));
    assert!(text.contains("`1: send try_recv` fails in another schedule now"), "{text}");
    let found = found[&Detector::Conformance].clone();
    assert_eq!(confirm(found).1, "");
    let (_, text) = confirm(cell("1: send", None));
    assert!(text.contains("`1: send` no longer shows it"), "{text}");
}

#[test]
fn other_finds_than_the_kept_ones_are_differences_but_for_those_of_luck() {
    let kills = |loom: Cell, threads: Cell| {
        let cells = Cells::from([(Detector::Loom, loom), (Detector::Threads, threads)]);
        Kills::from([("a bug".to_owned(), cells)])
    };
    let survived = Cell::Survived { survived: 3 };
    let kept = kills(cell("1: send", None), cell("1: send", None));
    assert!(differences(&kills(cell("1: send", None), survived.clone()), &kept).is_empty());
    let found = differences(&kills(survived, cell("1: send", None)), &kept);
    assert!(found.len() == 1 && found[0].starts_with("a bug: loom: "), "{found:?}");
    assert_eq!(differences(&kept, &Kills::new()).len(), 1);
}
