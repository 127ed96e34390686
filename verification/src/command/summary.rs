//! The plan as text, and one line per claim of what was run for it.

use crate::plan::Run;
use crate::report::claims::{abridged, CLAIMS};
use crate::report::table::wrapped;
use crate::report::{Row, Verdict, LAYERS};
use std::collections::BTreeSet;

/// The indent of the second and later lines of a claim's summary.
const SUMMARY_INDENT: &str = "\n                ";

/// Returns one line per claim: the runs for it by layer, the skipped ones, and the number of runs of
/// the plan that were not finished.
pub fn summary(plan: &[Run], finished: &BTreeSet<String>, rows: &[Row], width: usize) -> String {
    let mut text = String::new();
    for (claim, name) in CLAIMS {
        let rows: Vec<_> = rows.iter().filter(|row| row.claim == claim).collect();
        let missing = plan
            .iter()
            .filter(|run| run.claims.contains(&claim) && !finished.contains(&run.name))
            .count();
        let counts: Vec<_> = LAYERS.iter().filter_map(|layer| count(&rows, layer)).collect();
        let mut parts = if counts.is_empty() { Vec::new() } else { vec![counts.join(", ")] };
        let skipped: BTreeSet<_> = rows
            .iter()
            .filter(|row| row.verdict == Verdict::Skipped)
            .map(|row| row.layer.as_str())
            .collect();
        parts.extend(skipped.iter().map(|layer| format!("SKIPPED: {layer}")));
        parts.extend((missing > 0).then(|| format!("NOT FINISHED: {missing} runs")));
        let what = if parts.is_empty() { "no run chosen".to_owned() } else { parts.join("; ") };
        let verdict = verdict(&rows, missing);
        let line = format!("{claim:<4} {verdict:<10} {what} ({name})");
        let lines = wrapped(&line, width.saturating_sub(SUMMARY_INDENT.len()), 0);
        text += &lines.trim_end().replace('\n', SUMMARY_INDENT);
        text.push('\n');
    }
    text
}

fn count(rows: &[&Row], layer: &str) -> Option<String> {
    let ran = |row: &&&Row| row.layer == layer && row.verdict != Verdict::Skipped;
    let names: BTreeSet<_> = rows.iter().filter(ran).map(|row| &row.name).collect();
    let (_, lines) =
        rows.iter().filter(ran).find_map(|row| row.theorems_and_lines()).unwrap_or((0, 0));
    let checked = (lines > 0).then(|| format!("{layer} checked"));
    checked.or((!names.is_empty()).then(|| format!("{layer} {}", names.len())))
}

fn verdict(rows: &[&Row], missing: usize) -> &'static str {
    let worst = rows.iter().map(|row| row.verdict).filter(|v| *v != Verdict::Skipped).max();
    match worst {
        Some(bad) if !bad.is_good(true) => bad.name(),
        _ if missing > 0 => "unfinished",
        Some(_) => Verdict::Holds.name(),
        None if rows.is_empty() => "-",
        None => Verdict::Skipped.name(),
    }
}

/// Returns the runs of a plan, with their layers and claims.
pub fn list(plan: &[Run], width: usize) -> String {
    let mut text = format!("{:<12} {:<12} run\n", "layer", "claim");
    for run in plan {
        let claims = abridged(run.claims);
        let line = format!("{:<12} {claims:<12} {}", run.layer, run.name);
        text += line.trim_end();
        text.push('\n');
    }
    text.push('\n');
    let claims = CLAIMS.map(|(id, name)| format!("{id} {name}")).join(", ");
    text += &wrapped(&format!("claims: {claims}"), width, 0);
    text += &wrapped(&format!("layers: {}", LAYERS.join(", ")), width, 0);
    text
}
