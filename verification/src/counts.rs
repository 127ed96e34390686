//! Counts that are kept: how many programs and executions each deterministic run has. If they
//! change, coverage has changed, and somebody must say so.

use crate::plan::{runs, Tier};
use crate::report::{Row, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{fs, io};

/// What is kept of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many programs.
    pub programs: u64,
    /// How many executions.
    pub executions: u64,
}

/// The counts of all runs, by name.
pub type Counts = BTreeMap<String, Count>;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

/// What is kept.
///
/// # Errors
///
/// When the file cannot be read.
pub fn kept() -> io::Result<Counts> {
    Ok(serde_json::from_str(&fs::read_to_string(file())?)?)
}

/// The counts of rows whose number is decided by nothing but the source: complete searches.
fn counts(rows: &[Row]) -> impl Iterator<Item = (String, Count)> + '_ {
    let searched = |row: &&Row| {
        let engine = row.layer == "loom" || row.layer == "shuttle" || row.layer == "conformance";
        engine && row.complete && row.verdict == Verdict::Holds && row.part.is_none()
    };
    rows.iter()
        .filter(searched)
        .map(|row| (row.name.clone(), Count { programs: row.programs, executions: row.executions }))
}

/// What is different from what is kept, in words.
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

/// Keeps the counts of these rows. Those of other runs of the plan stay, what is no run of it goes.
///
/// # Errors
///
/// When the file cannot be written.
pub fn update(rows: &[Row]) -> io::Result<()> {
    let plan: BTreeSet<_> = runs(Tier::Full).into_iter().map(|run| run.name).collect();
    let mut kept = kept().unwrap_or_default();
    kept.retain(|name, _| plan.contains(name));
    kept.extend(counts(rows));
    fs::write(file(), serde_json::to_string_pretty(&kept)? + "\n")
}
