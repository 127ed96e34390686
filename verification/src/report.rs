//! The report: one row per claim and run, printed as a table and written as JSON, and the claims. The
//! reports of parts are joined here.

pub mod rows;
pub mod table;
pub mod kills;
pub mod progress;
pub mod documents;
pub mod site;

use serde::{Deserialize, Serialize};

/// The layers, in the order of every report.
pub const LAYERS: [&str; 6] = ["loom", "shuttle", "conformance", "mutants", "model", "proof"];

/// The engine of the proof; its row counts theorems and lines.
pub(crate) const COQ: &str = "Coq";

/// The verdict on a claim or a mutant.
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
    /// Returns the name in the table.
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

    /// Returns whether the verdict is a success; in continuous integration nothing may be skipped.
    pub fn is_good(self, everything_must_run: bool) -> bool {
        match self {
            Verdict::Holds | Verdict::Killed => true,
            Verdict::Skipped => !everything_must_run,
            Verdict::CutShort | Verdict::Survived | Verdict::Fails => false,
        }
    }
}

/// The result of one run for one claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The claim's identifier.
    pub claim: String,
    /// loom, shuttle, mutants, model, conformance or proof.
    pub layer: String,
    /// The engine.
    pub engine: String,
    /// The engine's exact version.
    pub version: String,
    /// The name of the run.
    pub name: String,
    /// The number of programs; of the model: configurations; of the proof: headline theorems.
    pub programs: u64,
    /// The number of executions; of the model: states; of the proof: lines.
    pub executions: u64,
    /// The number of those that ended in a state seen before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pruned: u64,
    /// Where engines are compared: the number of programs that fail with a mutant under each.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u64,
    /// The number of those mutants.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failing: u64,
    /// The number of outcomes that the model allows and the engine has shown; 0 if not compared.
    #[serde(default)]
    pub outcomes: u64,
    /// Whether everything within the bounds was run.
    pub complete: bool,
    /// All bounds.
    pub bounds: String,
    /// The duration.
    pub seconds: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// The part of the work, such as `1/4`; absent when it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// The results of all runs.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One row per claim and run.
    pub rows: Vec<Row>,
}

/// The rows of one run, which differ in the claim alone.
pub(crate) struct Line<'a> {
    pub(crate) claims: Vec<&'a str>,
    pub(crate) row: Row,
}

impl Row {
    fn is_mutant(&self) -> bool {
        matches!(self.verdict, Verdict::Killed | Verdict::Survived)
    }

    /// Returns whether the verdict is a success and something was run.
    fn is_good(&self, everything_must_run: bool) -> bool {
        let ran = self.programs > 0 && self.executions > 0;
        // Of few programs a part may have none.
        let something = ran || self.part.is_some() || self.verdict == Verdict::Skipped;
        self.verdict.is_good(everything_must_run) && something
    }

    /// Returns the bounds, and the numbers that have no column.
    pub(crate) fn bounds(&self) -> String {
        let failures = match self.failures {
            0 => String::new(),
            failures => format!(
                "; the same {} failures of {} mutants under each engine, and under shuttle where it \
                 recognizes states",
                grouped(failures),
                self.failing
            ),
        };
        let pruned = match self.pruned {
            0 => String::new(),
            pruned => format!("; {} executions end in a state seen before", grouped(pruned)),
        };
        let outcomes = match (self.outcomes, self.verdict) {
            (0, _) => String::new(),
            (outcomes, Verdict::Holds) => format!("; outcomes: equal, {}", grouped(outcomes)),
            (outcomes, _) => format!("; outcomes: {}", grouped(outcomes)),
        };
        format!("{}{failures}{pruned}{outcomes}", self.bounds)
    }

    /// Returns the number of headline theorems and of lines of a proof.
    pub(crate) fn theorems_and_lines(&self) -> Option<(u64, u64)> {
        (self.engine == COQ).then_some((self.programs, self.executions))
    }

    /// Adds the same row of another part.
    fn add(&mut self, other: Row) {
        if self.version.is_empty() {
            self.version = other.version;
        }
        self.programs += other.programs;
        self.executions += other.executions;
        self.pruned += other.pruned;
        self.failures += other.failures;
        self.failing += other.failing;
        self.outcomes += other.outcomes;
        self.seconds += other.seconds;
        self.complete &= other.complete;
        self.verdict = self.verdict.max(other.verdict);
    }

    /// Returns whether the rows differ in the claim alone.
    fn is_like(&self, other: &Row) -> bool {
        let claim = self.claim.clone();
        *self == Row { claim, seconds: self.seconds, ..other.clone() }
    }
}

impl Report {
    /// Returns whether every verdict is a success, and each row has run something.
    pub fn is_good(&self, everything_must_run: bool) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.is_good(everything_must_run))
    }

    /// Returns the layers with a skipped run.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = &str> {
        let skipped = self.rows.iter().filter(|row| row.verdict == Verdict::Skipped);
        skipped.map(|row| row.layer.as_str())
    }

    /// Returns the runs, each with its claims; all mutants together are one run.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
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

    /// Returns all mutants as one line.
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

    /// Returns the rows as JSON.
    ///
    /// # Errors
    ///
    /// Never for rows that this program made.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.rows).map(|text| text + "\n")
    }

    /// Sorts the rows by layer and then by claim.
    pub fn sort(&mut self) {
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
            report.rows[place].add(row);
        }
        for (row, parts) in report.rows.iter().zip(&seen) {
            let of = |part: &String| part.split_once('/').and_then(|(_, of)| of.parse().ok());
            if parts.iter().any(|part| of(part) != Some(parts.len())) {
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

#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires a reference
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Returns a number with its thousands set apart.
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

/// The claims: identifier and short name.
pub const CLAIMS: [(&str, &str); 12] = [
    ("C1", "conservation"),
    ("C2", "sentinels"),
    ("C3", "order"),
    ("C4", "capacity"),
    ("C5", "close"),
    ("C6", "no lost wakeup"),
    ("C7", "no hang"),
    ("C8", "would block forever"),
    ("C9", "timeouts"),
    ("C10", "isolation"),
    ("C11", "completion"),
    ("C12", "cancellation"),
];

/// The names of the headline theorems, with their files: none has assumptions.
pub(crate) const HEADLINES: &str = include_str!("../../models/proofs/headlines.txt");

/// Returns the position of a claim in the list; unknown ones come last.
pub fn rank(claim: &str) -> usize {
    CLAIMS.iter().position(|(id, _)| *id == claim).unwrap_or(CLAIMS.len())
}

/// Abbreviates several claims: `C1-C4 C7`.
pub fn abridged(claims: &[&str]) -> String {
    let mut ranks: Vec<_> = claims.iter().map(|claim| rank(claim)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for rank in ranks {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == rank => *last = rank,
            _ => parts.push((rank, rank)),
        }
    }
    let name = |rank: usize| CLAIMS.get(rank).map_or("?", |(id, _)| id);
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => name(first).to_owned(),
            1 => format!("{} {}", name(first), name(last)),
            _ => format!("{}-{}", name(first), name(last)),
        })
        .collect();
    parts.join(" ")
}
