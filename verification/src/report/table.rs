//! Reports as text: rows that fit a terminal, and a page in Markdown.

use crate::report::{abridged, grouped, Line, Report, Row};
use std::fmt::Write;

/// The columns of a row, with their widths: 80 with the spaces between them.
const COLUMNS: [(&str, usize); 7] = [
    ("claim", 12),
    ("layer", 11),
    ("engine", 14),
    ("programs", 8),
    ("executions", 12),
    ("complete", 8),
    ("verdict", 9),
];

/// The width of a row without the name of its run.
const ROW_WIDTH: usize = 80;

/// The minimum width at which a name is shown.
const NAME_WIDTH: usize = 20;

/// The layout of rows.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The number of characters in a line.
    pub width: usize,
    /// Whether the bounds are shown as well.
    pub bounds: bool,
}

impl Layout {
    /// Returns the heading of the columns.
    pub fn heading(self) -> String {
        self.line(COLUMNS.map(|(name, _)| name.to_owned()), "run")
    }

    /// Returns the rows of one run, each with its bounds if requested or if the verdict is bad.
    pub fn rows(self, rows: &[Row]) -> String {
        let report = Report { rows: rows.to_vec() };
        let mut text = String::new();
        for Line { claims, row } in &report.lines() {
            text += &self.line(cells(claims, row), &row.name);
            if self.bounds || !row.verdict.is_good(true) {
                text += &wrapped(&explanation(row), self.width, 4);
            }
        }
        text
    }

    fn line(self, cells: [String; 7], name: &str) -> String {
        let [claims, layer, engine, programs, executions, complete, verdict] = cells;
        let [claims, layer] = [(claims, 12), (layer, 11)].map(|(cell, width)| fitted(&cell, width));
        let work = if executions.is_empty() {
            format!("{engine:<3}{programs:>33}")
        } else {
            format!("{:<14} {programs:>8} {executions:>12}", fitted(&engine, 14))
        };
        let line = format!("{claims:<12} {layer:<11} {work} {complete:<8} {verdict:<9}");
        let room = self.width.saturating_sub(ROW_WIDTH + 1);
        let name = if room < NAME_WIDTH { String::new() } else { fitted(name, room) };
        format!("{line} {name}").trim_end().to_owned() + "\n"
    }
}

fn cells(claims: &[&str], row: &Row) -> [String; 7] {
    let (programs, executions) = match row.theorems_and_lines() {
        Some((theorems, lines)) => {
            (format!("{} theorems, {} lines", grouped(theorems), grouped(lines)), String::new())
        }
        None => (grouped(row.programs), grouped(row.executions)),
    };
    [
        abridged(claims),
        row.layer.clone(),
        row.engine.clone(),
        programs,
        executions,
        yes_or_no(row.complete).to_owned(),
        row.verdict.name().to_owned(),
    ]
}

fn explanation(row: &Row) -> String {
    let version = format!("{} {}", row.engine, row.version);
    format!("{}: {} ({}, {:.1} s)", row.name, row.bounds(), version.trim(), row.seconds)
}

fn yes_or_no(answer: bool) -> &'static str {
    if answer {
        "yes"
    } else {
        "no"
    }
}

/// Returns the table for a page in Markdown, with nothing in it that differs from run to run.
pub fn markdown(report: &Report) -> String {
    let mut page = String::from(
        "| claims | layer | engine | programs | executions | complete | bounds | verdict |\n\
         | --- | --- | --- | ---: | ---: | --- | --- | --- |\n",
    );
    for Line { claims, row } in &report.lines() {
        let (programs, executions) = match row.theorems_and_lines() {
            Some((theorems, lines)) => {
                let lines = (lines > 0).then(|| format!("{} lines", grouped(lines)));
                (format!("{} theorems", grouped(theorems)), lines.unwrap_or("–".to_owned()))
            }
            None => (number(row.programs), number(row.executions)),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {programs} | {executions} | {} | {} | {} |",
            abridged(claims),
            row.layer,
            format!("{} {}", row.engine, row.version).trim(),
            yes_or_no(row.complete),
            row.bounds().replace('|', "\\|"),
            row.verdict.name(),
        );
    }
    page
}

/// Returns a number, or a dash if there is none.
fn number(number: u64) -> String {
    if number == 0 {
        "–".to_owned()
    } else {
        grouped(number)
    }
}

/// Breaks a text at spaces into lines of at most this width, all of them indented.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let indent = " ".repeat(indent);
    let (mut wrapped, mut used) = (indent.clone(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            wrapped.push('\n');
            wrapped.push_str(&indent);
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped.push('\n');
    wrapped
}

/// Shortens a text to this many characters.
pub fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
