//! The parts of pages that `cargo verify --quick` compares, and with `--update-counts` writes: the
//! table of what runs, and its numbers in a sentence. Between the marks stands nothing that a hand has
//! written.

use crate::report::table::markdown;
use crate::report::{grouped, Report, Row, Verdict, COQ, HEADLINES};
use std::path::Path;
use std::{fs, io};

/// Returns the pages, the names of their parts, and the text of each.
fn parts(report: &Report) -> [(&'static str, &'static str, String); 2] {
    [
        ("verification/README.md", "table", markdown(&reproducible(report))),
        ("README.md", "numbers", numbers(report)),
    ]
}

/// Writes the parts into their pages.
///
/// # Errors
///
/// When a page cannot be read or written, or has no such part.
pub fn update(report: &Report) -> io::Result<()> {
    for (page, part, text) in parts(report) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
        let whole = fs::read_to_string(&path)?;
        let [before, _, after] = split(&whole, page, part)?;
        fs::write(&path, [before, &text, after].concat())?;
    }
    Ok(())
}

/// Returns the pages whose parts are not what was found, in words.
///
/// # Errors
///
/// When a page cannot be read, or has no such part.
pub fn stale(report: &Report) -> io::Result<Vec<String>> {
    let mut stale = Vec::new();
    for (page, part, text) in parts(report) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
        let whole = fs::read_to_string(path)?;
        let [_, old, _] = split(&whole, page, part)?;
        if old != text {
            let differs = |(old, new): &(&str, &str)| old != new;
            let lines = old.lines().zip(text.lines()).find(differs);
            let (old, new) = lines.unwrap_or(("another number of lines", ""));
            stale.push(format!("the {part} of {page}:\n  kept  {old}\n  found {new}"));
        }
    }
    Ok(stale)
}

/// What stands before a part, between its marks, and after it.
fn split<'a>(whole: &'a str, page: &str, part: &str) -> io::Result<[&'a str; 3]> {
    let (begin, end) = (format!("<!-- {part}: begin -->\n"), format!("<!-- {part}: end -->"));
    let marks = whole.find(&begin).zip(whole.find(&end));
    let (begin, end) = marks
        .map(|(place, end)| (place + begin.len(), end))
        .filter(|(begin, end)| begin <= end)
        .ok_or_else(|| io::Error::other(format!("{page}: no {part}")))?;
    Ok([&whole[..begin], &whole[begin..end], &whole[end..]])
}

/// The report without what is not decided by the source alone, or by each of its lines: the version of
/// Coq, the length of the proof, what real threads recorded, and how soon each mutant was stopped.
fn reproducible(report: &Report) -> Report {
    let without = |row: &Row| {
        let mut row = row.clone();
        if row.layer == "proof" {
            (row.version, row.executions) = (String::new(), 0);
        }
        if row.layer == "proof" && row.engine != COQ {
            "recorded traces explained by the proven semantics, tampered ones refused"
                .clone_into(&mut row.bounds);
        }
        if row.verdict == Verdict::Killed {
            (row.programs, row.executions) = (0, 0);
        }
        row
    };
    Report { rows: report.rows.iter().map(without).collect() }
}

/// The numbers of the report in one sentence.
fn numbers(report: &Report) -> String {
    let lines = report.lines();
    let rows: Vec<&Row> = lines.iter().map(|line| &line.row).collect();
    let sum = |is_of: fn(&Row) -> bool, number: fn(&Row) -> u64| {
        grouped(rows.iter().filter(|row| is_of(row)).map(|row| number(row)).sum())
    };
    // The rows of conformance run programs of the others again, to ask the record alone.
    let is_search: fn(&Row) -> bool = |row| matches!(row.layer.as_str(), "loom" | "shuttle");
    let is_proof: fn(&Row) -> bool = |row| row.engine == COQ;
    format!(
        "`cargo verify --quick`: {} runs of programs in {} schedules of the source, {} of them in rows \
         that are complete within their bounds; {}; {} theorems that state claims, of {} headline \
         theorems about the models, without an axiom.\n",
        sum(is_search, |row| row.programs),
        sum(is_search, |row| row.executions),
        sum(is_search, |row| if row.complete { row.executions } else { 0 }),
        rows.iter().find(|row| row.verdict == Verdict::Killed).map_or("", |row| &row.bounds),
        HEADLINES.lines().filter(|line| line.contains(" C")).count(),
        sum(is_proof, |row| row.programs),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::search::Totals;
    use crate::report::rows::of_totals;

    fn row(layer: &str, engine: &str, verdict: Verdict) -> Row {
        let (layer, engine) = (layer.to_owned(), engine.to_owned());
        let complete = layer == "loom";
        Row { layer, engine, complete, verdict, ..of_totals(&Totals::default()) }
    }

    fn report() -> Report {
        let loom = Row { programs: 2, executions: 30, ..row("loom", "loom", Verdict::Holds) };
        let sampled = Row { executions: 1_000, ..loom.clone() };
        let sampled = Row { layer: "shuttle".to_owned(), complete: false, ..sampled };
        let coq = Row { programs: 5, executions: 70, ..row("proof", COQ, Verdict::Holds) };
        let version = "8.16.1".to_owned();
        let replay = Row { engine: "Coq replay".to_owned(), version, ..coq.clone() };
        let mutant = Row { programs: 9, executions: 9, ..row("mutants", "all", Verdict::Killed) };
        Report { rows: vec![loom, sampled, coq, replay, mutant] }
    }

    #[test]
    fn numbers_are_sums_of_rows() {
        assert_eq!(
            numbers(&report()),
            format!(
                "`cargo verify --quick`: 4 runs of programs in 1,030 schedules of the source, 30 of \
                 them in rows that are complete within their bounds; 1 of 1 seeded bugs are stopped; \
                 {} theorems that state claims, of 5 headline theorems about the models, without an \
                 axiom.\n",
                HEADLINES.lines().filter(|line| line.contains(" C")).count()
            )
        );
    }

    #[test]
    fn what_differs_from_machine_to_machine_is_left_out() {
        let [_, _, _, replay, mutant] = &reproducible(&report()).rows[..] else { panic!() };
        assert_eq!((replay.version.as_str(), replay.executions), ("", 0));
        assert_eq!((mutant.programs, mutant.executions), (0, 0));
    }

    #[test]
    fn part_stands_between_its_marks() {
        let (begin, end) = ("a\n<!-- x: begin -->\n", "<!-- x: end -->\nc");
        for text in ["b\n", ""] {
            let page = [begin, text, end].concat();
            assert_eq!(split(&page, "page", "x").unwrap(), [begin, text, end]);
        }
        for page in [begin, end, "<!-- x: end --><!-- x: begin -->\n"] {
            assert!(split(page, "page", "x").unwrap_err().to_string().contains("page: no x"));
        }
    }
}
