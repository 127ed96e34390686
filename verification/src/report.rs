//! What was found: one row per claim and run, as a table for people and as JSON for machines.

use crate::claims::{abridged, rank};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The claim holds within the bounds.
    Holds,
    /// The mutant was stopped.
    Killed,
    /// Not run.
    Skipped,
    /// Not run to its end.
    #[serde(rename = "cut short")]
    CutShort,
    /// The mutant was not stopped.
    Survived,
    /// The claim does not hold.
    Fails,
}

impl Verdict {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Killed => "killed",
            Verdict::Skipped => "skipped",
            Verdict::CutShort => "cut short",
            Verdict::Survived => "survived",
            Verdict::Fails => "FAILS",
        }
    }

    /// Whether it is what we want to see; in continuous integration nothing may be skipped.
    pub fn is_good(self, everything_must_run: bool) -> bool {
        match self {
            Verdict::Holds | Verdict::Killed => true,
            Verdict::Skipped => !everything_must_run,
            Verdict::CutShort | Verdict::Survived | Verdict::Fails => false,
        }
    }
}

/// One claim, as seen by one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The claim's identifier.
    pub claim: String,
    /// loom, shuttle, mutants, model, conformance or proof.
    pub layer: String,
    /// What ran.
    pub engine: String,
    /// Its exact version.
    pub version: String,
    /// The name of the run.
    pub name: String,
    /// How many programs; of the model: configurations.
    pub programs: u64,
    /// How many executions; of the model: states.
    pub executions: u64,
    /// Whether everything within the bounds was run.
    pub complete: bool,
    /// All bounds.
    pub bounds: String,
    /// How long it took.
    pub seconds: f64,
    /// What came of it.
    pub verdict: Verdict,
    /// Which part of the work this is, `1/4`; absent when it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One row per claim and run.
    pub rows: Vec<Row>,
}

/// The rows of one run, which differ in the claim alone.
struct Line<'a> {
    claims: Vec<&'a str>,
    row: Row,
}

impl Row {
    fn is_mutant(&self) -> bool {
        matches!(self.verdict, Verdict::Killed | Verdict::Survived)
    }

    /// Whether its verdict is good, and is one about something.
    fn is_good(&self, everything_must_run: bool) -> bool {
        let ran = self.programs > 0 && self.executions > 0;
        // Of few programs a part may have none, and a proof runs nothing.
        let may_be_empty = self.part.is_some() || self.layer == "proof";
        let something = ran || may_be_empty || self.verdict == Verdict::Skipped;
        self.verdict.is_good(everything_must_run) && something
    }

    /// Whether it differs in the claim alone.
    fn is_like(&self, other: &Row) -> bool {
        let claim = self.claim.clone();
        *self == Row { claim, seconds: self.seconds, ..other.clone() }
    }
}

impl Report {
    /// Whether every verdict is good, and none is about nothing.
    pub fn is_good(&self, everything_must_run: bool) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.is_good(everything_must_run))
    }

    /// The runs, each with its claims; all mutants together are one run.
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.is_mutant()) {
            let same = |line: &&mut Line<'_>| line.row.is_like(row);
            match lines.iter_mut().find(same) {
                Some(line) => line.claims.push(&row.claim),
                None => lines.push(Line { claims: vec![&row.claim], row: row.clone() }),
            }
        }
        lines.extend(self.mutants());
        lines
    }

    /// All mutants as one line.
    fn mutants(&self) -> Option<Line<'_>> {
        let mutants: Vec<_> = self.rows.iter().filter(|row| row.is_mutant()).collect();
        let first = mutants.first()?;
        let killed = mutants.iter().filter(|row| row.verdict == Verdict::Killed).count();
        let row = Row {
            engine: "all".to_owned(),
            version: String::new(),
            name: "mutants".to_owned(),
            programs: mutants.iter().map(|row| row.programs).sum(),
            executions: mutants.iter().map(|row| row.executions).sum(),
            complete: mutants.iter().all(|row| row.complete),
            bounds: format!("{killed} of {} seeded bugs are stopped", mutants.len()),
            seconds: mutants.iter().map(|row| row.seconds).sum(),
            verdict: mutants.iter().map(|row| row.verdict).max().unwrap_or(Verdict::Skipped),
            ..(*first).clone()
        };
        Some(Line { claims: mutants.iter().map(|row| row.claim.as_str()).collect(), row })
    }

    /// The table for a terminal.
    pub fn table(&self) -> String {
        let header = [
            "claim",
            "layer",
            "engine",
            "version",
            "programs",
            "executions",
            "complete",
            "seconds",
            "verdict",
            "run and bounds",
        ];
        let mut table = vec![header.map(str::to_owned)];
        table.extend(self.lines().iter().map(|line| {
            let row = &line.row;
            [
                abridged(&line.claims),
                row.layer.clone(),
                row.engine.clone(),
                row.version.clone(),
                grouped(row.programs),
                grouped(row.executions),
                if row.complete { "yes" } else { "no" }.to_owned(),
                format!("{:.1}", row.seconds),
                row.verdict.name().to_owned(),
                format!("{}: {}", row.name, row.bounds),
            ]
        }));
        aligned(&table)
    }

    /// The table for a page in Markdown, with nothing in it that differs from run to run.
    pub fn markdown(&self) -> String {
        let mut page = String::from(
            "| claims | layer | engine | programs | executions | complete | bounds | verdict |\n\
             | --- | --- | --- | ---: | ---: | --- | --- | --- |\n",
        );
        for Line { claims, row } in &self.lines() {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                abridged(claims),
                row.layer,
                format!("{} {}", row.engine, row.version).trim(),
                grouped(row.programs),
                grouped(row.executions),
                if row.complete { "yes" } else { "no" },
                row.bounds.replace('|', "\\|"),
                row.verdict.name(),
            );
        }
        page
    }

    /// The rows as JSON.
    ///
    /// # Errors
    ///
    /// Never for rows that this program made.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.rows).map(|text| text + "\n")
    }

    /// The order of the table: by layer as the rows came, claims in their order.
    pub fn sort(&mut self) {
        const LAYERS: [&str; 6] = ["loom", "shuttle", "conformance", "mutants", "model", "proof"];
        let layer = |row: &Row| LAYERS.iter().position(|layer| *layer == row.layer);
        self.rows.sort_by_key(|row| (layer(row), rank(&row.claim)));
    }

    /// Joins the reports of all parts of one work.
    ///
    /// # Errors
    ///
    /// When a part is missing or there twice.
    pub fn merged(parts: Vec<Row>) -> Result<Report, String> {
        let mut report = Report::default();
        let mut seen: Vec<Vec<String>> = Vec::new();
        for row in parts {
            let part = row.part.clone().unwrap_or_else(|| "1/1".to_owned());
            let same = |other: &Row| {
                (&other.claim, &other.layer, &other.engine, &other.name)
                    == (&row.claim, &row.layer, &row.engine, &row.name)
            };
            let Some(place) = report.rows.iter().position(same) else {
                report.rows.push(Row { part: None, ..row });
                seen.push(vec![part]);
                continue;
            };
            if seen[place].contains(&part) {
                return Err(format!("part {part} of `{}` is there twice", row.name));
            }
            seen[place].push(part);
            let sum = &mut report.rows[place];
            if sum.version.is_empty() {
                sum.version = row.version;
            }
            sum.programs += row.programs;
            sum.executions += row.executions;
            sum.seconds += row.seconds;
            sum.complete &= row.complete;
            sum.verdict = sum.verdict.max(row.verdict);
        }
        for (row, parts) in report.rows.iter().zip(&seen) {
            let of = parts[0].split_once('/').and_then(|(_, of)| of.parse::<usize>().ok());
            if of != Some(parts.len()) {
                return Err(format!(
                    "of `{}` only the parts {} are there",
                    row.name,
                    parts.join(" ")
                ));
            }
        }
        Ok(report)
    }
}

/// A number with its thousands set apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns as wide as their widest cell; numbers to the right.
fn aligned<const COLUMNS: usize>(table: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..COLUMNS).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in table {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| {
                if cell.starts_with(|first: char| first.is_ascii_digit()) {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::of_totals;
    use crate::search::Totals;

    #[test]
    fn what_has_run_nothing_is_no_success() {
        let good = |layer: &str, programs, executions, part: Option<&str>| {
            let totals = of_totals(&Totals::default());
            let (layer, part) = (layer.to_owned(), part.map(str::to_owned));
            let row = Row { layer, programs, executions, part, ..totals };
            Report { rows: vec![row] }.is_good(true)
        };
        for layer in ["loom", "shuttle", "conformance", "mutants", "model"] {
            assert!(good(layer, 1, 1, None), "{layer}");
            assert!(!good(layer, 0, 1, None), "{layer}");
            assert!(!good(layer, 1, 0, None), "{layer}");
            assert!(good(layer, 0, 0, Some("2/4")), "{layer}: the others may have some");
        }
        assert!(good("proof", 0, 0, None));
    }
}
