use super::{Environment, Family, Op, Program};
use std::collections::BTreeSet;

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Close, Op::Sentinel];

#[test]
fn text_is_read_as_written() {
    for text in [
        "2: send recv | close",
        "unbounded: worker | send_many 3 drop_sender",
        "1: take_task end_task | clone_sender drop_sender drop_sender | sentinels 2",
        "group 1: send recv | await",
        "group owning 1 unbounded: send recv@2 | send_many@2 6",
        "group resuming 2: worker | task | external close",
        "late owning 1: send | recv",
        "scope owning 1: send | recv",
        "nested 1: send | recv_many_timeout 4",
        "joined resuming 1: send | recv",
        "2: take_tasks 2 put_back end_task join | leave | drop_sender upgrade_sender",
        "1: recv_async_drop flush | sentinels_front 2 drain",
    ] {
        let program: Program = text.parse().expect("it is a program");
        assert_eq!(program.to_string(), text);
        assert_eq!(program.to_string().parse(), Ok(program));
    }
}

#[test]
fn text_that_is_not_a_program_is_an_error() {
    for text in [
        "",
        "send",
        "1:",
        "0: send",
        "1: nothing",
        "1: send |",
        "1: send_many",
        "1: send_many 0",
        "1: send 2",
        "1: send@2",
        "1: send@0",
        "1: await",
        "1: external send",
        "1: drop_sender send",
        "1: die recv",
        "1: end_task",
        "1: put_back",
        "1: take_task flush",
        "1: take_tasks 2 end_task join",
        "1: leave recv",
        "late 1: await | send",
        "group 1: recv_async",
        "group 1: external send",
        "group 1: send | external send | external send",
    ] {
        assert!(text.parse::<Program>().is_err(), "{text:?} is no program");
    }
}

#[test]
fn every_operation_has_a_text() {
    for op in Op::all() {
        let op = Op::named(op.name(), Some(3)).expect("it has a name");
        assert_eq!(Op::list(&op.to_string()), Some(vec![op]));
        assert!(op.size().is_none_or(|size| size == 3));
    }
}

#[test]
fn families_hold_each_program_once() {
    // 4 + 16 lists: as many programs of one thread, 20 * 21 / 2 of two, 20 * 21 * 22 / 6 of three.
    for (threads, count) in [(1, 20), (2, 20 + 210), (3, 20 + 210 + 1540)] {
        let programs = Family::of("basic", BASIC, threads, 2).programs();
        assert_eq!(programs.len(), 2 * count);
        let sorted = |program: &Program| {
            let mut threads = program.threads.clone();
            threads.sort();
            (program.capacities.clone(), threads)
        };
        let distinct: BTreeSet<_> = programs.iter().map(sorted).collect();
        assert_eq!(distinct.len(), programs.len(), "no two differ in the order of threads alone");
    }
}

#[test]
fn programs_of_families_are_read_as_written() {
    let alphabet: &[Op] = &[Op::SendMany(3), Op::RecvMany(2), Op::Sentinels(2), Op::DropSender];
    let environment = Environment::Group;
    for family in [
        Family::of("alone", alphabet, 2, 2),
        Family { queues: 3, total: 3, environment, ..Family::of("queues", alphabet, 3, 1) },
    ] {
        for program in family.programs() {
            assert_eq!(program.to_string().parse(), Ok(program));
        }
    }
}

#[test]
fn families_on_queues_have_every_assignment_once() {
    let one: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel];
    let family = Family { capacities: &[Some(1)], ..Family::of("few", one, 2, 1) };
    let programs = Family { queues: 2, environment: Environment::Group, ..family }.programs();
    // Two threads, one operation each, 6 pairs; the second operation is on the other queue.
    assert_eq!(programs.len(), 6);
    let texts: BTreeSet<_> = programs.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 6);
    assert!(texts.contains("group 1 1: send | recv@2"), "{texts:?}");
    // Three operations on three queues: one way, for each of the 3 + 6 + 1 multisets.
    let programs = Family { queues: 3, threads: 3, total: 3, ..family }.programs();
    assert_eq!(programs.len(), 10);
}

#[test]
fn family_without_a_program_holds_all_others() {
    let all = Family::of("basic", BASIC, 2, 1);
    let without = Family { without: &["2: send | recv"], ..all };
    let mut programs = all.programs();
    programs.retain(|program| program.to_string() != "2: send | recv");
    assert_eq!(without.programs(), programs);
    assert_eq!(all.programs().len(), programs.len() + 1);
    assert!(without.bounds().ends_with(", without 2: send | recv"), "{}", without.bounds());
}

#[test]
#[should_panic(expected = "3: send is not in the family")]
fn family_does_not_hide_that_it_never_had_a_program() {
    let _ = Family { without: &["3: send"], ..Family::of("basic", BASIC, 2, 1) }.programs();
}
