//! The plan: the runs of each tier, and the claims that each is evidence for.

mod run;
mod queues;
mod groups;
pub mod external;
pub mod execute;
pub mod processes;
pub mod counts;

use queues::{BASIC, EVERY, LITMUS};
use sentinel_queue_models::program::Family;

pub use run::{Findings, Job, Part, Run, Runner, Tier};

const MODELLED: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C11", "C12"];
const PROVEN: &[&str] =
    &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12"];

/// Returns all runs of a tier.
pub fn runs(tier: Tier) -> Vec<Run> {
    [queues::runs(tier), others(tier), groups::runs(tier)].concat()
}

fn mutants(tier: Tier, in_groups: bool) -> Job {
    Job::Mutants { in_groups, searched: tier > Tier::Quick }
}

fn others(tier: Tier) -> Vec<Run> {
    let mut runs = vec![
        Run::of("mutants", "mutants", LITMUS, mutants(tier, false)),
        agreement(Family::of("basic", BASIC, 2, 1), 1),
    ];
    if tier > Tier::Quick {
        runs.push(agreement(Family::of("basic", BASIC, 2, 2), 0));
        runs.push(agreement(Family::of("basic", BASIC, 3, 1), 0));
        runs.push(agreement(Family::of("every operation", EVERY, 2, 1), 1));
    }
    runs.push(Run::of("model", "model", MODELLED, Job::Model { large: tier > Tier::Quick }));
    runs.push(Run::of("proof", "proof", PROVEN, Job::Proof { thorough: tier > Tier::Quick }));
    runs
}

fn agreement(family: Family, spurious: u32) -> Run {
    let Family { name, threads, operations, .. } = family;
    let size = format!("{threads}x{operations}+{spurious}");
    let name = format!("loom and shuttle agree on every mutant: {name}, {size}");
    Run::of(name, "mutants", &["C6"], Job::Agreement(family, spurious))
}
