//! The kept table of kills: which layer stops which seeded bug, and the smallest program that shows
//! it. `kills.json` has what the layers of the code found, and `KILLS.md` is made of that, of the
//! mutants of the models and of those of the proofs.

use crate::layers::mutation::{is_certain, Bug, Cell, Cells, Detector, MutantResult};
use crate::report::{grouped, rank, CLAIMS};
use sentinel_queue_models::kill_table::{KillTable, SeededBug};
use sentinel_queue_models::{groups, one_queue};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The kept table, by the name of the bug.
pub type Kills = BTreeMap<String, Cells>;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the kept table.
///
/// # Errors
///
/// When the file cannot be read.
pub fn kept() -> io::Result<Kills> {
    Ok(serde_json::from_str(&fs::read_to_string(path("kills.json"))?)?)
}

/// Returns the kept programs that no longer show a bug, in words, and the schedules that have changed,
/// so that what the page shows can be replayed.
pub fn unconfirmed(result: &MutantResult, kept: &Cells) -> Vec<String> {
    let (name, found) = (result.bug.mutant.name, result.cells());
    let again = "(cargo verify --layer mutants --update-counts searches again)";
    let stopped = |(_, cell): &(&Detector, &Cell)| matches!(cell, Cell::Stopped { .. });
    let mut problems = Vec::new();
    if !kept.iter().any(|cell| stopped(&cell)) {
        problems.push(format!("the mutant `{name}`: no program is kept that shows it {again}"));
    }
    for (detector, cell) in kept.iter().filter(stopped) {
        if !is_certain(*detector, kept) || found.get(detector) == Some(cell) {
            continue;
        }
        let Cell::Stopped { program, .. } = cell else { continue };
        let what = match found.get(detector) {
            Some(Cell::Stopped { .. }) if *detector == Detector::Threads => continue,
            Some(Cell::Stopped { .. }) => "fails in another schedule now",
            _ => "no longer shows it",
        };
        let layer = detector.name();
        problems.push(format!("the mutant `{name}`: {layer}: `{program}` {what} {again}"));
    }
    problems
}

/// Returns the differences of a search from the kept table, in words. Real threads are luck.
pub fn differences(found: &Kills, kept: &Kills) -> Vec<String> {
    let nothing = Cells::new();
    let mut differences = Vec::new();
    for (name, cells) in found {
        let kept = kept.get(name).unwrap_or(&nothing);
        for detector in Detector::ALL.into_iter().filter(|layer| *layer != Detector::Threads) {
            let (found, kept) = (cells.get(&detector), kept.get(&detector));
            if found != kept {
                let layer = detector.name();
                differences.push(format!("{name}: {layer}: {found:?}, kept is {kept:?}"));
            }
        }
    }
    differences
}

/// Keeps what was found. What real threads have shown once is kept as long as the other layers find
/// the same; bugs that are in no list any more are removed.
///
/// # Errors
///
/// When what is kept is there and cannot be read, or the file cannot be written.
pub fn update(found: &Kills) -> io::Result<()> {
    let mut kills = match kept() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Kills::new(),
        kept => kept?,
    };
    for (name, cells) in found {
        let one = Kills::from([(name.clone(), cells.clone())]);
        let mut cells = cells.clone();
        if differences(&one, &kills).is_empty() {
            let seen = kills[name].get(&Detector::Threads).cloned();
            let seen = seen.filter(|cell| matches!(cell, Cell::Stopped { .. }));
            cells.extend(seen.map(|cell| (Detector::Threads, cell)));
        }
        kills.insert(name.clone(), cells);
    }
    let bugs = names();
    kills.retain(|name, _| bugs.contains(&name.as_str()));
    fs::write(path("kills.json"), text(&kills)?)
}

/// Returns the table as JSON, a bug a line.
fn text(kills: &Kills) -> serde_json::Result<String> {
    let line = |(name, cells): (&String, &Cells)| {
        Ok(format!("{}: {}", serde_json::to_string(name)?, serde_json::to_string(cells)?))
    };
    let lines = kills.iter().map(line).collect::<serde_json::Result<Vec<_>>>()?;
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

/// Returns the names of all bugs of the code.
fn names() -> Vec<&'static str> {
    [false, true].into_iter().flat_map(Bug::all).map(|bug| bug.mutant.name).collect()
}

/// One bug of the page, under the same name in all layers.
struct Line {
    claim: String,
    /// The cells of the layers of the code, if it is seeded there.
    code: Option<Cells>,
    number: Option<usize>,
    /// The properties of a model that are violated, with the lengths of shortest counterexamples, the
    /// one it was made to violate first.
    model: Option<String>,
    trace: Option<String>,
    /// What refuses it in the proofs.
    proof: Vec<String>,
}

/// The bugs in the order in which they are found, by name.
#[derive(Default)]
struct Page(Vec<(String, Line)>);

impl Page {
    fn line(&mut self, name: &str, claim: &str) -> &mut Line {
        let place = self.0.iter().position(|(other, _)| other == name);
        let place = place.unwrap_or_else(|| {
            let (claim, code, number, model) = (claim.to_owned(), None, None, None);
            let line = Line { claim, code, number, model, trace: None, proof: Vec::new() };
            self.0.push((name.to_owned(), line));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }

    /// Says how many bugs are seeded in how many of the model, the code and the proofs.
    fn shared(&self) -> String {
        let mut of = [0; 4];
        for (_, line) in &self.0 {
            let seeded = [line.model.is_some(), line.code.is_some(), !line.proof.is_empty()];
            of[seeded.into_iter().filter(|is| *is).count()] += 1;
        }
        let [_, one, two, three] = of;
        let all = self.0.len();
        format!(
            "Of {all} bugs {three} are seeded in the models, the code and the proofs, {two} in two of \
             these, {one} in one.\n\n"
        )
    }

    fn add_model<M: SeededBug>(&mut self, table: &KillTable<M>) {
        for kill in &table.0 {
            let target = kill.mutant.target();
            let line = self.line(&kill.mutant.id(), claim_of(&target.to_string()));
            let found = kill.counterexample(target);
            let own = found.map_or_else(|| "survives".to_owned(), |it| it.steps.len().to_string());
            let others = kill.killed_by.iter().filter(|(by, _)| *by != target);
            let others: Vec<_> =
                others.map(|(by, found)| format!("{by} {}", found.steps.len())).collect();
            let others =
                if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
            line.model = Some(format!("{own}{others}"));
            line.trace = found.map(ToString::to_string);
        }
    }
}

/// Returns the claim of a property of the model; those of one queue are named like it.
pub(crate) fn claim_of(property: &str) -> &str {
    match property {
        "NoHang" | "Termination" => "C7",
        "QueueRules" => "C6",
        id if id.starts_with('C') => id,
        _ => "C8",
    }
}

/// What `mutants.sh` has kept: each bug that it puts into the proofs, and what has refused it.
const PROOFS: &str = include_str!("../../../models/proofs/mutants.txt");

/// Returns the claim and the name of a bug of the proofs, and what has refused it: the violated claim
/// with the number of choices of an execution, or the theorem whose proof failed.
fn of_proofs(line: &str) -> Option<(&str, &str, String)> {
    let (title, result) = line.split_once('\t')?;
    // A bug of another file than `Model.v` has that in front.
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    let with_claim = title.split_once(' ').filter(|(claim, _)| rank(claim) < CLAIMS.len());
    let (claim, name) = with_claim.unwrap_or(("", title));
    let refused = match result.split_once(": ")? {
        ("refuted", found) => {
            let (theorem, choices) = found.strip_suffix(" choices")?.split_once(" by ")?;
            format!("{choices} (`{theorem}`)")
        }
        ("refused", found) => found
            .strip_prefix("the proof of ")
            .map_or_else(|| "a comparison".to_owned(), |theorem| format!("`{theorem}`")),
        _ => return None,
    };
    Some((claim, name, refused))
}

/// The beginning of the page.
const INTRODUCTION: &str = "\
# Seeded bugs, and what stops them

Generated by `cargo verify --update-counts` (of `kills.json`, the mutants of the models, and
`models/proofs/mutants.txt`, which `mutants.sh` writes there); a test compares. A bug has one name in all layers; two are one bug where
it is the same fault of the design, whatever line of each formulation it changes.

A number says that a layer stops the bug: the number of operations of the smallest program that
fails, and in the model the number of critical sections of a shortest counterexample (in brackets
that of other claims and properties that are violated, too). In the column of the proofs stands what
has refused it: the number of choices of an execution that was computed (in brackets the theorem that
it contradicts), or the theorem whose proof was the first to fail. *survives (n)*: all of n programs
pass. *not run*: the layer has no program for it, or another one has stopped it. *not
seeded*: the bug is not in what the layer runs. Of real threads *seen* says that they failed at least
once: that is luck, and no other run is compared with it. *stock loom* is no layer: it shows what is
missed if waiters are woken in the order of their arrival, as by loom's own condition variable (shuttle
searches, with that order). In groups loom runs at most 3 preemptions, and every layer at most 2 of a
program that a bug has of its own because it begins at a size.

`cargo verify --quick` runs the kept programs alone; `cargo verify` searches all programs again. In groups
only shuttle searches. The other layers run the program that it has found; *survives (1)* says that
this one passes there. Where it finds none, loom is not run, outcomes are compared of the first
2,500 programs, and records of all are replayed. There are no litmus tests in groups, and stock loom is not run.

";

/// Returns the page.
///
/// # Errors
///
/// When the script of the proofs cannot be read.
pub fn document(
    kept: &Kills,
    queues: &KillTable<one_queue::Mutant>,
    groups: &KillTable<groups::Mutant>,
) -> io::Result<String> {
    let mut page = Page::default();
    for bug in [false, true].into_iter().flat_map(Bug::all) {
        let line = page.line(bug.mutant.name, bug.mutant.claim);
        line.code = Some(kept.get(bug.mutant.name).cloned().unwrap_or_default());
        line.number = Some(bug.number);
    }
    page.add_model(queues);
    page.add_model(groups);
    for (claim, name, refused) in PROOFS.lines().filter_map(of_proofs) {
        page.line(name, claim).proof.push(refused);
    }
    page.0.sort_by_key(|(_, line)| rank(&line.claim));
    let mut text = INTRODUCTION.to_owned();
    text += &page.shared();
    let names = Detector::ALL.map(Detector::name).join(" | ");
    let _ = writeln!(text, "| claim | bug | model | {names} | proof |");
    let _ = writeln!(text, "| --- | --- | --- | {}--- |", "--- | ".repeat(Detector::ALL.len()));
    for (name, line) in &page.0 {
        let code = Detector::ALL.map(|detector| line.mark(detector)).join(" | ");
        let model = line.model.as_deref().unwrap_or("not seeded");
        let proof =
            if line.proof.is_empty() { "not seeded".to_owned() } else { line.proof.join(", ") };
        let claim = if line.claim.is_empty() { "–" } else { &line.claim };
        let _ = writeln!(text, "| {claim} | {name} | {model} | {code} | {proof} |");
    }
    text.push_str("\n## Shortest counterexamples\n");
    for (name, line) in &page.0 {
        line.write_counterexamples(name, &mut text);
    }
    Ok(text)
}

impl Line {
    fn mark(&self, detector: Detector) -> String {
        let Some(cells) = &self.code else { return "not seeded".to_owned() };
        match (cells.get(&detector), detector) {
            (None, _) => "not run".to_owned(),
            (Some(Cell::Stopped { .. }), Detector::Threads) => "seen".to_owned(),
            (Some(Cell::Stopped { operations, .. }), _) => operations.to_string(),
            (Some(Cell::Survived { .. }), Detector::Threads) => "not seen".to_owned(),
            (Some(Cell::Survived { survived }), _) => {
                format!("survives ({})", grouped(*survived as u64))
            }
        }
    }

    /// Writes the smallest program and its schedule, and the trace of the model.
    fn write_counterexamples(&self, name: &str, text: &mut String) {
        let smallest = self.smallest();
        if smallest.is_none() && self.trace.is_none() {
            return;
        }
        let _ = writeln!(text, "\n### {name}\n");
        if let Some((layer, program, schedule)) = smallest {
            let _ = writeln!(text, "{layer}: `{program}`");
            if let (Some(schedule), Some(number)) = (schedule, self.number) {
                let _ = writeln!(text, "(`cargo verify --replay '{schedule}+mutant{number}'`)");
            }
        }
        if let Some(trace) = &self.trace {
            let before = if smallest.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{before}```text\n{trace}\n```");
        }
    }

    /// Returns the smallest program that fails, of those the one with a schedule first.
    fn smallest(&self) -> Option<(&'static str, &str, Option<&str>)> {
        let stopped = self.code.iter().flatten().filter_map(|(detector, cell)| match cell {
            Cell::Stopped { program, operations, schedule } if *detector != Detector::Stock => {
                let order = (*operations, schedule.is_none(), *detector);
                Some((order, (detector.name(), program.as_str(), schedule.as_deref())))
            }
            _ => None,
        });
        stopped.min_by_key(|(order, _)| *order).map(|(_, found)| found)
    }
}

/// Writes the page.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn write_page() -> io::Result<()> {
    let page = document(&kept()?, &KillTable::make(), &KillTable::make())?;
    fs::write(path("KILLS.md"), page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_kept_is_a_bug_and_every_bug_is_kept() {
        let kept = kept().expect("it can be read");
        let kept: Vec<_> = kept.keys().map(String::as_str).collect();
        let mut bugs = names();
        bugs.sort_unstable();
        assert_eq!(kept, bugs, "`cargo verify --layer mutants --update-counts` keeps them");
    }

    #[test]
    fn every_bug_of_the_proofs_is_kept_with_what_refuses_it() {
        let script = include_str!("../../../models/proofs/mutants.sh").lines();
        let title = |line: &'static str| {
            let (word, rest) = line.split_once(" \"")?;
            let is_bug = matches!(word, "mutant" | "difference");
            rest.split_once('"').filter(|_| is_bug).map(|(title, _)| title)
        };
        let kept = |line: &'static str| of_proofs(line).and(line.split_once('\t')).map(|it| it.0);
        let kept: Vec<_> = PROOFS.lines().map(|line| kept(line).expect(line)).collect();
        assert_eq!(kept, script.filter_map(title).collect::<Vec<_>>(), "mutants.sh keeps them");
        let read = ["C1 a b\trefuted: C1_x by 3 choices", "state: C2 c\trefused: the proof of B.y"];
        let read = read.map(|line| of_proofs(line).expect(line));
        assert_eq!(read[0], ("C1", "a b", "3 (`C1_x`)".to_owned()));
        assert_eq!(read[1].2, "`B.y`");
        assert_eq!(of_proofs("C1 a\tSURVIVED"), None);
    }
}
