//! What a command has found so far. Each row is printed and kept when its run ends, so that an
//! interrupted command loses only the run that it was in.

use crate::external::NOT_CHECKED;
use crate::options::Options;
use crate::plan::Run;
use crate::report::{Report, Row, Verdict};
use crate::runner::Findings;
use crate::site;
use crate::table::{markdown, summary, Layout};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};
use terminal_size::terminal_size_of;

/// The findings of a command, its plan, and how they are reported.
#[derive(Debug)]
pub struct Session {
    /// What was asked for.
    pub options: Options,
    plan: Vec<Run>,
    finished: BTreeSet<String>,
    report: Report,
    stories: Vec<String>,
    tables: Vec<String>,
    layout: Layout,
}

impl Session {
    /// Begins with nothing found.
    pub fn new(options: Options, plan: Vec<Run>) -> Self {
        let layout = Layout { width: width(), bounds: options.bounds };
        let (finished, report, stories, tables) = Default::default();
        Session { options, plan, finished, report, stories, tables, layout }
    }

    /// Locks a session. The lock is held while something is printed.
    pub fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
        session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a run found, and prints it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add(&mut self, run: &Run, findings: Findings) -> io::Result<()> {
        let first = self.report.rows.is_empty();
        for story in &findings.stories {
            let _ = writeln!(io::stderr(), "{story}\n");
        }
        let is_wanted = |row: &Row| self.options.wants_claim(&row.claim);
        let rows: Vec<_> = findings.rows.into_iter().filter(is_wanted).collect();
        let text = if first { self.layout.heading() } else { String::new() };
        let text = text + &self.layout.rows(&rows);
        self.report.rows.extend(rows);
        self.stories.extend(findings.stories);
        self.finished.insert(run.name.clone());
        self.write_json()?;
        if !self.options.markdown {
            print(&text)?;
        }
        if self.options.kills {
            findings.tables.iter().try_for_each(|table| print(&format!("\n{table}\n")))?;
        }
        self.tables.extend(findings.tables);
        Ok(())
    }

    /// Takes over rows that other commands found.
    pub fn merge(&mut self, report: Report) {
        self.finished = self.plan.iter().map(|run| run.name.clone()).collect();
        self.report = report;
    }

    /// Returns the rows.
    pub fn rows(&self) -> &[Row] {
        &self.report.rows
    }

    /// Returns what was found.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether the whole tier was run, nothing was skipped and everything is good.
    pub fn is_whole(&self) -> bool {
        self.options.is_everything() && self.stories.is_empty() && self.report.is_good(true)
    }

    /// Adds something that went wrong.
    pub fn complain(&mut self, story: String) {
        let _ = writeln!(io::stderr(), "{story}");
        self.stories.push(story);
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

    /// In continuous integration nothing may be skipped; nowhere may anything go wrong.
    fn verdict(&self, is_interrupted: bool) -> Conclusion {
        let integration = env::var("CI").is_ok_and(|value| value == "true");
        let only_skipped = self.stories.iter().all(|story| story.starts_with(NOT_CHECKED));
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
        fs::write(file, self.report.json().map_err(io::Error::other)?).map_err(named)
    }

    fn write_site(&self) -> io::Result<()> {
        let Some(folder) = &self.options.html else { return Ok(()) };
        let texts = [&self.stories[..], &self.tables].concat();
        site::write(folder, &self.report, &texts).map_err(io::Error::other)
    }
}

/// How a command ends.
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

/// Returns how wide the output may be: as the terminal, or 80 columns.
pub fn width() -> usize {
    terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0))
}
