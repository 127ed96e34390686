//! Kept counts: the number of programs and executions of each deterministic run. If they change,
//! coverage has changed, and the kept file must be updated on purpose.

use crate::explore::engine::Engine;
use crate::plan::{runs, Tier};
use crate::report::{is_zero, Row, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{fs, io};

/// The kept counts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The number of programs.
    pub programs: u64,
    /// The number of executions.
    pub executions: u64,
    /// The number of outcomes; 0 if they were not compared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outcomes: u64,
}

/// The counts of all runs, by name.
pub type Counts = BTreeMap<String, Count>;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

/// Returns the kept counts.
///
/// # Errors
///
/// When the file cannot be read.
pub fn kept() -> io::Result<Counts> {
    Ok(serde_json::from_str(&fs::read_to_string(file())?)?)
}

/// Returns the counts of rows that depend on the source alone: searches, and samples with a seed. (The
/// models and the bugs have files of their own.)
fn counts(rows: &[Row]) -> impl Iterator<Item = (String, Count)> + '_ {
    let is_kept = |row: &&Row| {
        let layer = ["loom", "shuttle", "conformance", "mutants"].contains(&row.layer.as_str());
        let is_luck = row.engine == Engine::Threads { executions: 0 }.name();
        layer && !is_luck && row.verdict == Verdict::Holds && row.part.is_none()
    };
    rows.iter().filter(is_kept).map(|row| (row.name.clone(), count(row)))
}

fn count(row: &Row) -> Count {
    Count { programs: row.programs, executions: row.executions, outcomes: row.outcomes }
}

/// Returns the differences from the kept counts, in words.
///
/// # Errors
///
/// When the file cannot be read.
pub fn differences(rows: &[Row]) -> io::Result<Vec<String>> {
    let kept = kept()?;
    let mut differences = Vec::new();
    for (name, count) in counts(rows) {
        match kept.get(&name) {
            Some(same) if *same == count => {}
            Some(other) => differences.push(format!("{name}: {count:?}, kept is {other:?}")),
            None => differences.push(format!("{name}: {count:?}, nothing is kept")),
        }
    }
    differences.dedup();
    Ok(differences)
}

/// Returns the kept counts that were not reproduced, in words, after all of a tier was run: a run that
/// is no longer in the plan, or no longer holds.
///
/// # Errors
///
/// When the file cannot be read.
pub fn missing(rows: &[Row], tier: Tier) -> io::Result<Vec<String>> {
    Ok(unseen(&kept()?, rows, tier))
}

fn unseen(kept: &Counts, rows: &[Row], tier: Tier) -> Vec<String> {
    let seen: Counts = counts(rows).collect();
    let (planned, ever) = (names(&[tier]), names(&Tier::ALL));
    let unseen = |name: &String| {
        let why = match (planned.contains(name), ever.contains(name)) {
            (true, _) if seen.contains_key(name) => return None,
            (true, _) => "it does not hold any more",
            (false, true) => return None, // of a longer tier
            (false, false) => "in no plan any more",
        };
        Some(format!("{name}: kept, but {why}"))
    };
    kept.keys().filter_map(unseen).collect()
}

/// Returns the names of the runs of these tiers.
fn names(tiers: &[Tier]) -> BTreeSet<String> {
    tiers.iter().flat_map(|tier| runs(*tier)).map(|run| run.name).collect()
}

/// Keeps the counts of these rows. Those of other runs of the plan stay; those of runs that are no
/// longer in the plan are removed.
///
/// # Errors
///
/// When the file cannot be written.
pub fn update(rows: &[Row]) -> io::Result<()> {
    let plan = names(&Tier::ALL);
    let mut kept = kept().unwrap_or_default();
    kept.retain(|name, _| plan.contains(name));
    kept.extend(counts(rows));
    fs::write(file(), serde_json::to_string_pretty(&kept)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::search::Totals;
    use crate::plan::{Job, Run};
    use crate::report::rows::of_totals;

    const COUNT: Count = Count { programs: 2, executions: 3, outcomes: 0 };

    fn complete(name: &str) -> Row {
        let (name, layer) = (name.to_owned(), "loom".to_owned());
        let Count { programs, executions, .. } = COUNT;
        Row { name, layer, programs, executions, complete: true, ..of_totals(&Totals::default()) }
    }

    #[test]
    fn kept_run_that_is_gone_or_fails_is_noticed() {
        let [quick, longer] = ["loom: basic, 2x2+1+1", "loom: basic, 3x2+0+0"];
        let kept = Counts::from([quick, longer].map(|name| (name.to_owned(), COUNT)));
        let both = [quick, longer].map(complete);
        assert!(unseen(&kept, &both[..1], Tier::Quick).is_empty());
        assert!(unseen(&kept, &both, Tier::Default).is_empty());
        let expected = [format!("{longer}: kept, but it does not hold any more")];
        assert_eq!(unseen(&kept, &both[..1], Tier::Default), expected);
        let failing = [complete(quick), Row { verdict: Verdict::Fails, ..complete(longer) }];
        assert_eq!(unseen(&kept, &failing, Tier::Default), expected);

        let kept = Counts::from([("gone".to_owned(), COUNT)]);
        assert_eq!(unseen(&kept, &both, Tier::Quick), ["gone: kept, but in no plan any more"]);
    }

    #[test]
    fn what_is_kept_is_the_plan() {
        let is_kept = |run: &Run| match &run.job {
            Job::Family(_, search) | Job::Programs(_, search) => {
                !matches!(search.engine, Engine::Threads { .. })
            }
            Job::Litmus(_) | Job::Agreement(..) | Job::AgreementInGroups(_) => true,
            Job::Mutants { .. } | Job::Model { .. } | Job::Proof { .. } => false,
        };
        let plan = Tier::ALL.into_iter().flat_map(runs).filter(is_kept);
        let plan: BTreeSet<_> = plan.map(|run| run.name).collect();
        let kept: BTreeSet<_> = kept().expect("it can be read").into_keys().collect();
        assert_eq!(kept.symmetric_difference(&plan).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
