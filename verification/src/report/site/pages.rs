//! The pages of the site, as text.

use super::claims::assumptions;
use super::data::{Claim, Kind, Schedule, Site};
use super::html::{badge, document, escape, marked, page, strings, table};
use super::play;
use crate::report::abridged;
use crate::report::{grouped, Row, Verdict};
use std::fmt::Write;

/// Returns all pages by name.
pub(super) fn all(site: &Site) -> Vec<(String, String)> {
    let mut pages = vec![
        ("index.html".to_owned(), page("The evidence", "index.html", &index(site))),
        ("bugs.html".to_owned(), page("Seeded bugs", "bugs.html", &bugs(site))),
        ("schedules.html".to_owned(), page("Schedules", "schedules.html", &schedules(site))),
        ("blog.html".to_owned(), page("The blog's programs", "blog.html", &blog(site))),
    ];
    pages.extend(site.claims.iter().map(|claim| {
        let title = format!("{} {}", claim.id, claim.name);
        (format!("claim-{}.html", claim.id), page(&title, "index.html", &claim_page(site, claim)))
    }));
    pages.extend(site.schedules.iter().map(|schedule| {
        let current = if schedule.kind == Kind::Blog { "blog.html" } else { "schedules.html" };
        (href(schedule), page(&schedule.title, current, &play::section(schedule, true)))
    }));
    pages
}

/// Returns one schedule as a standalone page.
pub(super) fn alone(schedule: &Schedule) -> String {
    document(&schedule.title, "", &play::section(schedule, false))
}

fn href(schedule: &Schedule) -> String {
    format!("schedule-{}.html", schedule.id)
}

fn layers(site: &Site) -> Vec<&str> {
    let mut layers: Vec<&str> = Vec::new();
    for row in &site.rows {
        if !layers.contains(&row.layer.as_str()) {
            layers.push(&row.layer);
        }
    }
    layers
}

fn index(site: &Site) -> String {
    let layers = layers(site);
    let mut head = vec!["claim".to_owned()];
    head.extend(layers.iter().map(|layer| escape(layer)));
    let row = |claim: &Claim| {
        let id = claim.id;
        let mut row = vec![format!("<a href=\"claim-{id}.html\">{id}</a> {}", claim.name)];
        row.extend(layers.iter().map(|layer| cell(site, id, layer)));
        row
    };
    let rows: Vec<_> = site.claims.iter().map(row).collect();
    let total = site.rows.len();
    let broken = site.rows.iter().filter(|row| !row.verdict.is_good(false)).count();
    format!(
        "<p>A lock-based work queue whose worker loops end, and that reports a deadlock instead of \
         hanging. Each row is a claim, each column a layer of evidence; a cell sums the runs of \
         that layer for that claim. Follow a claim to its sentence, theorem, tests and \
         counterexamples.</p>\n\
         <p id=\"totals\">{total} rows in the report, {broken} of them not good.</p>\n{}\
         <h2>What is assumed</h2>\n<p>{}</p>\n\
         <h2>Every run, with its bounds</h2>\n{}\
         <p><a href=\"data.json\">data.json</a> has all that is shown here.</p>\n",
        table("Claims by layer", &head, &rows),
        marked(&assumptions()),
        runs_table(site.rows.iter().filter(|row| !is_mutant(row))),
    )
}

/// Returns the cell of a layer and a claim.
fn cell(site: &Site, claim: &str, layer: &str) -> String {
    let rows: Vec<_> =
        site.rows.iter().filter(|row| row.claim == claim && row.layer == layer).collect();
    let Some(worst) = rows.iter().map(|row| row.verdict).max() else {
        return "<span class=\"none\">–</span>".to_owned();
    };
    format!(
        "<span data-cell=\"{claim} {layer}\">{}<br><span class=\"count\">{}</span></span>",
        badge(worst),
        counts(layer, &rows).join("<br>")
    )
}

/// Describes what the numbers of these rows count, and whether the searches are complete.
fn counts(layer: &str, rows: &[&Row]) -> Vec<String> {
    let (theorems, runs): (Vec<&Row>, Vec<_>) = rows.iter().partition(|row| row.engine == "Coq");
    let sum = |rows: &[&Row], of: fn(&Row) -> u64| grouped(rows.iter().map(|row| of(row)).sum());
    let both = |rows: &[&Row], (programs, executions): (&str, &str)| {
        let of_programs = sum(rows, |row| row.programs);
        let of_executions = sum(rows, |row| row.executions);
        [format!("{of_programs} {programs}"), format!("{of_executions} {executions}")]
    };
    let mut lines = Vec::new();
    if theorems.iter().any(|row| row.programs > 0) {
        lines.extend(both(&theorems, ("theorems", "lines")));
    }
    if !runs.is_empty() {
        let is_model = layer == "model";
        let names =
            if is_model { ("configurations", "states") } else { ("programs", "executions") };
        lines.extend(both(&runs, names));
        let complete = runs.iter().all(|row| row.complete);
        lines.push(if complete { "complete" } else { "complete in part" }.to_owned());
    }
    lines
}

fn is_mutant(row: &Row) -> bool {
    matches!(row.verdict, Verdict::Killed | Verdict::Survived)
}

/// Returns the table of runs; rows that differ in the claim alone are one line.
fn runs_table<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    const HEAD: &str = "run claims layer engine programs executions complete verdict bounds";
    let head = strings(&HEAD.split(' ').collect::<Vec<_>>());
    let mut lines: Vec<(Vec<&str>, &Row)> = Vec::new();
    for row in rows {
        match lines.iter_mut().find(|(_, other)| is_same_run(row, other)) {
            Some((claims, _)) => claims.push(&row.claim),
            None => lines.push((vec![&row.claim], row)),
        }
    }
    let line = |(claims, row): &(Vec<&str>, &Row)| {
        vec![
            escape(&row.name),
            abridged(claims),
            escape(&row.layer),
            escape(format!("{} {}", row.engine, row.version).trim()),
            grouped(row.programs),
            grouped(row.executions),
            if row.complete { "yes" } else { "no" }.to_owned(),
            badge(row.verdict),
            format!("<span class=\"bounds\">{}</span>", escape(&row.bounds)),
        ]
    };
    table("Runs", &head, &lines.iter().map(line).collect::<Vec<_>>())
}

fn is_same_run(row: &Row, other: &Row) -> bool {
    let counts = |row: &Row| (row.programs, row.executions, row.verdict);
    let names = |row: &Row| [&row.layer, &row.engine, &row.name, &row.bounds].map(Clone::clone);
    counts(row) == counts(other) && names(row) == names(other)
}

fn claim_page(site: &Site, claim: &Claim) -> String {
    let id = claim.id;
    let mut text = format!("<blockquote>{}</blockquote>\n", marked(&claim.sentence));
    let _ = write!(text, "<h2>Run it again</h2>\n<pre>cargo verify --claim {id}</pre>\n");
    text.push_str("<h2>Theorem</h2>\n");
    if claim.theorems.is_empty() {
        text.push_str("<p>No theorem is named after this claim; it is explored and tested.</p>\n");
    }
    for theorem in &claim.theorems {
        let (file, line, body) = (theorem.file, theorem.line, escape(&theorem.text));
        let _ = write!(text, "<pre>{body}</pre>\n<p>models/proofs/{file}, line {line}.</p>\n");
    }
    text.push_str("<h2>Programs that were run</h2>\n");
    let own = site.rows.iter().filter(|row| row.claim == id && !is_mutant(row));
    text.push_str(&runs_table(own));
    text.push_str("<h2>Tests with real threads</h2>\n");
    for (file, names) in &claim.tests {
        let items: Vec<_> = names.iter().map(|name| format!("<li>{}</li>", escape(name))).collect();
        let _ = writeln!(
            text,
            "<details><summary>{}: {} tests</summary><ul>{}</ul></details>",
            escape(file),
            names.len(),
            items.concat()
        );
    }
    if claim.tests.is_empty() {
        text.push_str("<p>None in a file named after the claim.</p>\n");
    }
    text.push_str(&claim_bugs(site, claim));
    text
}

/// Returns the seeded bugs made to break a claim; those that only this claim stops are marked.
fn claim_bugs(site: &Site, claim: &Claim) -> String {
    let head = strings(&["seeded bug of the model", "stopped by", "only this claim"]);
    let own = site.mutations.iter().filter(|mutation| mutation.claim == claim.id);
    let rows: Vec<_> = own
        .map(|mutation| {
            let only = if mutation.stopped_by.len() == 1 { "only this" } else { "" };
            vec![linked(&mutation.name, mutation.schedule.as_deref()), stops(mutation), only.into()]
        })
        .collect();
    let mut text = String::from("<h2>Seeded bugs</h2>\n");
    if !rows.is_empty() {
        text.push_str(&table("Seeded bugs of the model", &head, &rows));
    }
    let own = site.rows.iter().filter(|row| is_mutant(row) && row.claim == claim.id);
    let rows: Vec<_> =
        own.map(|row| vec![code_bug(site, row), escape(&row.engine), badge(row.verdict)]).collect();
    if !rows.is_empty() {
        let head = strings(&["seeded bug of the code", "stopped by", "verdict"]);
        text.push_str(&table("Seeded bugs of the code", &head, &rows));
    }
    text
}

fn stops(mutation: &super::data::Mutation) -> String {
    let by = |(by, steps): &(String, usize)| format!("{by} in {steps} steps");
    mutation.stopped_by.iter().map(by).collect::<Vec<_>>().join(", ")
}

fn linked(name: &str, schedule: Option<&str>) -> String {
    let name = escape(name);
    schedule.map_or(name.clone(), |id| format!("<a href=\"schedule-{id}.html\">{name}</a>"))
}

/// Returns the name of a seeded bug of the code, with a link to its schedule if there is one.
fn code_bug(site: &Site, row: &Row) -> String {
    let same = |schedule: &&Schedule| schedule.kind == Kind::Code && schedule.title == row.name;
    linked(&row.name, site.schedules.iter().find(same).map(|schedule| schedule.id.as_str()))
}

/// The columns of the matrix: the detectors by the names in the rows.
const STOPPERS: [&str; 5] = ["shuttle", "loom", "conformance", "threads", "endings"];

fn bugs(site: &Site) -> String {
    let mut head = strings(&["seeded bug of the code", "breaks"]);
    head.extend(strings(&STOPPERS));
    head.push("bounds".to_owned());
    let row = |row: &Row| {
        let by: Vec<_> = row.engine.split(", ").collect();
        let mark = |stopper: &&str| if by.contains(stopper) { "✓ stops" } else { "–" }.to_owned();
        let mut cells = vec![code_bug(site, row), escape(&row.claim)];
        cells.extend(STOPPERS.iter().map(mark));
        cells.push(format!("<span class=\"bounds\">{}</span>", escape(&row.bounds)));
        cells
    };
    let rows: Vec<_> = site.rows.iter().filter(|row| is_mutant(row)).map(row).collect();
    let killed = site.rows.iter().filter(|row| row.verdict == Verdict::Killed).count();
    let code = if rows.is_empty() {
        "<p>This report has no run of the seeded bugs of the code.</p>\n".to_owned()
    } else {
        table("Seeded bugs of the code by layer", &head, &rows)
    };
    let model: Vec<_> = site
        .mutations
        .iter()
        .map(|mutation| {
            let name = linked(&mutation.name, mutation.schedule.as_deref());
            vec![name, escape(&mutation.claim), stops(mutation)]
        })
        .collect();
    let head = strings(&["seeded bug of the model", "breaks", "stopped by, when asked alone"]);
    format!(
        "<p id=\"killed\">{killed} of {} seeded bugs of the code are stopped; a dash says that the \
         layer passes or was not run.</p>\n{code}<h2>In the model</h2>\n{}",
        rows.len(),
        table("Seeded bugs of the model", &head, &model)
    )
}

fn schedules(site: &Site) -> String {
    let mut text = String::from(
        "<p>Each page plays one schedule: step with the buttons or the arrow keys.</p>\n",
    );
    for (kind, heading) in [
        (Kind::Recorded, "Recorded from the code"),
        (Kind::Code, "Counterexamples of the code"),
        (Kind::Model, "Counterexamples of the model, one for each seeded bug"),
    ] {
        let own: Vec<_> = site.schedules.iter().filter(|s| s.kind == kind).collect();
        if !own.is_empty() {
            let _ = write!(text, "<h2>{heading}</h2>\n{}", list(&own));
        }
    }
    text
}

fn list(schedules: &[&Schedule]) -> String {
    let item = |schedule: &&Schedule| {
        let claim = schedule.claim.as_ref().map_or(String::new(), |claim| format!("{claim}: "));
        let (target, title) = (href(schedule), escape(&schedule.title));
        let steps = schedule.steps.len();
        format!("<li>{claim}<a href=\"{target}\">{title}</a>, {steps} steps</li>")
    };
    format!("<ul>{}</ul>\n", schedules.iter().map(item).collect::<Vec<_>>().concat())
}

fn blog(site: &Site) -> String {
    let own: Vec<_> = site.schedules.iter().filter(|s| s.kind == Kind::Blog).collect();
    format!(
        "<p>The three programs that this project started from, run with this queue and beside \
         gevent's true output. In gevent the second one ends with LoopExit in the main greenlet \
         alone; here each worker's loop ends and the scope returns a report of the deadlock.</p>\n{}",
        list(&own)
    )
}
