//! The definition of a deadlock, compared with what hangs without a group.

use sentinel_queue_models::explorer::{explore, Limits};
use sentinel_queue_models::groups::{
    Configuration, Family, Mutant, Properties, Property, Protocol,
};

/// Returns whether a property is violated when no thread registers.
fn is_broken_without_group(program: &Configuration, property: Property) -> bool {
    let program = program.clone().with(Mutant::NothingRegistered);
    let explored = explore(&program, Properties::only(property), Limits::default());
    assert!(explored.complete || explored.counterexample.is_some());
    explored.counterexample.is_some()
}

#[test]
fn exactly_the_programs_with_a_deadlocked_state_hang_without_a_group() {
    let on_one_queue = Family {
        queues: 1,
        capacity: Some(1),
        threads: 3,
        instructions: 3,
        external: false,
        resuming: false,
    };
    let on_two_queues = Family { queues: 2, instructions: 2, ..on_one_queue };
    let beside_external = Family { threads: 2, instructions: 2, external: true, ..on_one_queue };
    for family in [on_one_queue, on_two_queues, beside_external] {
        let programs = family.programs();
        let mut hanging = 0;
        for program in &programs {
            let hangs = is_broken_without_group(program, Property::NoHang);
            let defined = is_broken_without_group(program, Property::NoMiss);
            assert_eq!(hangs, defined, "{program}");
            hanging += usize::from(hangs);
        }
        // Both halves of the equivalence occur.
        assert!(hanging > 0 && hanging < programs.len(), "{hanging} of {}", programs.len());
    }
}

#[test]
fn every_protocol_hangs_without_a_group_but_the_one_that_closes() {
    for protocol in Protocol::ALL {
        let programs = protocol.up_to(2, 1, 1);
        let hangs = |program: &Configuration| is_broken_without_group(program, Property::NoHang);
        let closes = protocol == Protocol::RacingClose;
        assert_eq!(programs.iter().any(hangs), !closes, "{}", protocol.name());
    }
}

#[test]
fn the_same_programs_are_not_made_twice() {
    let family = Family {
        queues: 1,
        capacity: Some(1),
        threads: 2,
        instructions: 3,
        external: false,
        resuming: false,
    };
    let mut names: Vec<String> = family.programs().iter().map(ToString::to_string).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
