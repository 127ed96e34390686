//! The session of a command, its summary, and the plan as a list. Each row is printed and kept when
//! its run ends, so that an interrupted command loses only the current run.

pub mod options;

use crate::command::options::Options;
use crate::plan::external::NOT_CHECKED;
use crate::plan::{Findings, Run};
use crate::report::kills::Kills;
use crate::report::table::{markdown, wrapped, Layout};
use crate::report::{abridged, site, Report, Row, Verdict, CLAIMS, LAYERS};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};
use terminal_size::terminal_size_of;

/// The findings of a command, with its plan and its layout.
#[derive(Debug)]
pub struct Session {
    /// The options of the command.
    pub options: Options,
    plan: Vec<Run>,
    finished: BTreeSet<String>,
    report: Report,
    problems: Vec<String>,
    kills: Kills,
    replays: Vec<String>,
    layout: Layout,
}

impl Session {
    /// Creates a session without findings.
    pub fn new(options: Options, plan: Vec<Run>) -> Self {
        let layout = Layout { width: width(), bounds: options.bounds };
        let (finished, report, problems, kills, replays) = Default::default();
        Session { options, plan, finished, report, problems, kills, replays, layout }
    }

    /// Locks a session. The lock is held while something is printed.
    pub fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
        session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps and prints the findings of a run.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add(&mut self, run: &Run, findings: Findings) -> io::Result<()> {
        let first = self.report.rows.is_empty();
        for problem in &findings.problems {
            let _ = writeln!(io::stderr(), "{problem}\n");
        }
        let is_wanted = |row: &Row| self.options.wants_claim(&row.claim);
        let rows: Vec<_> = findings.rows.into_iter().filter(is_wanted).collect();
        let text = if first { self.layout.heading() } else { String::new() };
        let text = text + &self.layout.rows(&rows);
        self.report.rows.extend(rows);
        self.problems.extend(findings.problems);
        self.finished.insert(run.name.clone());
        self.write_json()?;
        if !self.options.markdown {
            print(&text)?;
        }
        self.kills.extend(findings.kills);
        self.replays.extend(findings.replays);
        Ok(())
    }

    /// Takes over the rows of other commands. A run is finished if each of its rows is there.
    pub fn merge(&mut self, report: Report) {
        let names: BTreeSet<_> = report.rows.iter().map(|row| row.name.as_str()).collect();
        let is_there = |run: &&Run| run.rows().iter().all(|name| names.contains(name.as_str()));
        let finished = self.plan.iter().filter(is_there).map(|run| run.name.clone());
        self.finished = finished.collect();
        let unfinished = self.plan.iter().filter(|run| !self.finished.contains(&run.name));
        let missing: Vec<_> = unfinished.map(|run| format!("MISSING: {}", run.name)).collect();
        self.report = report;
        for problem in missing {
            self.complain(problem);
        }
    }

    /// Returns the rows.
    pub fn rows(&self) -> &[Row] {
        &self.report.rows
    }

    /// Returns what was found of the mutants that were searched for.
    pub fn kills(&self) -> &Kills {
        &self.kills
    }

    /// Returns what was found.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether the whole tier was run, nothing was skipped and everything is good.
    pub fn is_whole(&self) -> bool {
        self.options.is_everything() && self.problems.is_empty() && self.report.is_good(true)
    }

    /// Adds and prints a problem.
    pub fn complain(&mut self, problem: String) {
        let _ = writeln!(io::stderr(), "{problem}");
        self.problems.push(problem);
    }

    /// Prints the whole table, as after a merge.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn print_table(&self) -> io::Result<()> {
        if self.options.markdown {
            return Ok(());
        }
        print(&(self.layout.heading() + &self.layout.rows(self.rows())))
    }

    /// Prints the summary and the verdict, writes the rows, and returns whether all is good.
    ///
    /// # Errors
    ///
    /// When something cannot be written.
    pub fn conclude(&self, is_interrupted: bool) -> io::Result<bool> {
        self.write_json()?;
        if !is_interrupted {
            self.write_site()?;
        }
        let verdict = self.verdict(is_interrupted);
        let rows = self.rows();
        let summary = summary(&self.plan, &self.finished, rows, self.layout.width);
        let ran = rows.iter().any(|row| row.verdict != Verdict::Skipped);
        let rest = if ran { "What was run holds." } else { "Nothing was run." };
        let text = format!("\n{summary}\n{}\n", verdict.sentence(rest));
        if self.options.markdown {
            let _ = io::stderr().write_all(text.as_bytes());
            print(&markdown(&self.report))?;
        } else {
            print(&text)?;
        }
        Ok(verdict.is_good())
    }

    /// Returns the conclusion. In continuous integration a skipped run is a failure.
    fn verdict(&self, is_interrupted: bool) -> Conclusion {
        let integration = env::var("CI").is_ok_and(|value| value == "true");
        let only_skipped = self.problems.iter().all(|problem| problem.starts_with(NOT_CHECKED));
        let missing = self.plan.len() - self.finished.len();
        let is_good = (self.report.is_good(false) || self.rows().is_empty()) && only_skipped;
        let skipped: BTreeSet<_> = self.report.skipped().collect();
        let skipped: Vec<_> = skipped.into_iter().map(str::to_owned).collect();
        if !is_good {
            Conclusion::Fails
        } else if is_interrupted {
            Conclusion::Interrupted { missing }
        } else if self.rows().is_empty() {
            Conclusion::Nothing
        } else if !skipped.is_empty() {
            Conclusion::Skipped { layers: skipped, is_failure: integration }
        } else if self.options.is_everything() {
            Conclusion::Holds
        } else {
            Conclusion::ChosenHolds
        }
    }

    fn write_json(&self) -> io::Result<()> {
        let Some(file) = &self.options.json else { return Ok(()) };
        let named = |error| io::Error::other(format!("{}: {error}", file.display()));
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(named)?;
        }
        fs::write(file, self.report.json().map_err(io::Error::other)?).map_err(named)
    }

    fn write_site(&self) -> io::Result<()> {
        let Some(folder) = &self.options.html else { return Ok(()) };
        let texts = [&self.problems[..], &self.replays].concat();
        site::write(folder, &self.report, &texts).map_err(io::Error::other)
    }
}

/// The conclusion of a command.
enum Conclusion {
    Holds,
    ChosenHolds,
    Nothing,
    Skipped { layers: Vec<String>, is_failure: bool },
    Interrupted { missing: usize },
    Fails,
}

impl Conclusion {
    fn is_good(&self) -> bool {
        match self {
            Conclusion::Holds | Conclusion::ChosenHolds => true,
            Conclusion::Skipped { is_failure, .. } => !is_failure,
            Conclusion::Nothing | Conclusion::Interrupted { .. } | Conclusion::Fails => false,
        }
    }

    fn sentence(&self, rest: &str) -> String {
        match self {
            Conclusion::Holds => "Every claim holds.".to_owned(),
            Conclusion::ChosenHolds => "What was chosen to run holds.".to_owned(),
            Conclusion::Nothing => "NOTHING was found.".to_owned(),
            Conclusion::Skipped { layers, is_failure } => {
                let failure = if *is_failure { " With CI=true this is a failure." } else { "" };
                format!("SKIPPED: {}. {rest}{failure}", layers.join(", "))
            }
            Conclusion::Interrupted { missing } => {
                format!("INTERRUPTED: {missing} runs are not finished. {rest}")
            }
            Conclusion::Fails => "NOT every claim holds.".to_owned(),
        }
    }
}

/// Prints to standard output.
///
/// # Errors
///
/// When the reader has closed its end of a pipe, for example.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Returns the width of the output: that of the terminal, or 80 columns.
pub fn width() -> usize {
    terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0))
}

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
