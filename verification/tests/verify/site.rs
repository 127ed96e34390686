//! The site in a browser: every page loads without an error, every schedule plays, links hold, and
//! the numbers are the report's. Each check is seen to fail on a page with an error in it.
//!
//! Without Chromium the test is skipped, which is a failure with `CI=true`.

use sentinel_queue_verification::report::site;
use sentinel_queue_verification::report::{Report, Row};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Pages by name.
type Pages = BTreeMap<String, String>;

fn rows() -> Vec<Row> {
    let row = |(claim, layer, programs, executions, verdict): (&str, &str, u64, u64, &str)| {
        serde_json::json!({
            "claim": claim, "layer": layer, "engine": "shuttle, loom", "version": "1",
            "name": format!("{layer} <run> & \"more\""), "programs": programs,
            "executions": executions, "complete": true, "bounds": "<= 2 threads",
            "seconds": 1.5, "verdict": verdict
        })
    };
    let rows = [
        ("C1", "loom", 418, 5_956, "holds"),
        ("C1", "loom", 460, 13_265, "holds"),
        ("C6", "shuttle", 3_540, 278_437, "fails"),
        ("C6", "mutants", 12, 34, "killed"),
        ("C8", "model", 13_905, 1_433_612, "skipped"),
        ("C9", "proof", 7, 420, "holds"),
    ];
    let rows = Value::Array(rows.map(row).to_vec());
    serde_json::from_value(rows).expect("these are rows")
}

/// A folder of its own, written once.
fn site_of(rows: Vec<Row>, name: &str) -> (PathBuf, Pages) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    site::write(&folder, &Report { rows }, &[]).expect("the folder can be written to");
    let mut pages = Pages::new();
    for entry in fs::read_dir(&folder).expect("it is there").flatten() {
        let text = fs::read_to_string(entry.path()).expect("pages are text");
        pages.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    (folder, pages)
}

/// The targets of links that are no page.
fn broken_links(pages: &Pages) -> BTreeSet<String> {
    let html = pages.iter().filter(|(name, _)| *name != "data.json");
    let targets = html.flat_map(|(_, text)| text.split("href=\"").skip(1));
    let targets = targets.filter_map(|rest| rest.split('"').next());
    targets.filter(|target| !pages.contains_key(*target)).map(str::to_owned).collect()
}

fn chromium() -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let answers = |name: &String| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let found = std::env::var("CHROMIUM").ok().into_iter().chain(names).find(answers);
    if found.is_none() {
        // Not by a macro, whose output the harness would keep to itself.
        let words = b"NOT CHECKED: the site in a browser, because there is no Chromium\n";
        std::io::stderr().write_all(words).expect("standard error takes it");
        let integration = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!integration, "continuous integration checks the site in a browser");
    }
    found
}

/// What a page looks like after its scripts have run.
fn dom(browser: &str, page: &Path) -> String {
    let profile = page.with_extension("profile");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .output()
        .expect("the browser starts");
    let _ = fs::remove_dir_all(profile);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const COLLECTOR: &str = "<script>window.problems = []; \
    addEventListener('error', (event) => problems.push(event.message));\
    addEventListener('securitypolicyviolation', (event) => problems.push(event.blockedURI));\
    </script>";

/// Of a page without a schedule there is nothing to play.
const LOOK: &str = "const cells = [...document.querySelectorAll('[data-cell]')]\
    .map((cell) => [cell.dataset.cell, cell.innerHTML.replace(/<[^>]*>/g, ' ')]);\
    parent.postMessage({ name: document.title, problems: \
    document.querySelector('h1') ? problems : ['there is no heading'], steps: 0, \
    cells: Object.fromEntries(cells) }, '*');";

/// On a phone nothing but a table or a drawing scrolls sideways.
const FITS: &str = "if (document.documentElement.scrollWidth > innerWidth) \
    problems.push('it is wider than a phone');";

/// Loads these pages side by side, plays those with a schedule, and gives what each had to say, by
/// name. To start the browser takes longer than all of that.
fn visited(browser: &str, folder: &Path, pages: &Pages) -> BTreeMap<String, Value> {
    let html: Vec<_> = pages.iter().filter(|(name, _)| *name != "data.json").collect();
    let frame = |(_, text): &(&String, &String)| {
        let plays = text.contains("id=\"schedule\"");
        let driver = if plays { include_str!("site/driver.js") } else { LOOK };
        let page = text.replacen("<head>", &format!("<head>{COLLECTOR}"), 1).replacen(
            "</body>",
            &format!("<script>{FITS}{driver}</script></body>"),
            1,
        );
        format!(
            "<iframe srcdoc=\"{}\"></iframe>",
            page.replace('&', "&amp;").replace('"', "&quot;")
        )
    };
    let frames: String = html.iter().map(frame).collect();
    let text = format!(
        "<!doctype html><meta charset=\"utf-8\"><pre id=\"said\"></pre><script>\
         addEventListener('message', (event) => {{\
         const place = Array.from(frames).indexOf(event.source);\
         document.getElementById('said')\
         .append(JSON.stringify({{ place, ...event.data }}) + '\\n'); }});</script>{frames}"
    );
    let file = folder.join("visit.html");
    fs::write(&file, text).expect("the folder can be written to");
    let dom = dom(browser, &file);
    let said = dom.split_once("<pre id=\"said\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let said = said.map_or("", |(said, _)| said);
    let plain = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let said = plain.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let named = said.filter_map(|page| {
        let place = usize::try_from(page["place"].as_u64()?).ok()?;
        Some((html.get(place)?.0.clone(), page))
    });
    let said: BTreeMap<_, _> = named.collect();
    assert_eq!(said.len(), html.len(), "each page has its say: {dom:.2000}");
    said
}

fn problems(page: &Value) -> Vec<String> {
    let list = page["problems"].as_array().expect("each page has a list of problems");
    list.iter().map(|problem| format!("{}: {problem}", page["name"])).collect()
}

/// The texts of the cells of the matrix, as the browser shows them.
fn matrix(page: &Value) -> BTreeMap<String, String> {
    let cells = page["cells"].as_object().expect("it has a matrix");
    let text = |text: &Value| {
        let words = text.as_str().unwrap_or_default().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    cells.iter().map(|(name, cell)| (name.clone(), text(cell))).collect()
}

/// What the matrix of the report is to say.
const MATRIX: [(&str, &str); 5] = [
    ("C1 loom", "holds 878 programs 19,221 executions complete"),
    ("C6 mutants", "killed 12 programs 34 executions complete"),
    ("C6 shuttle", "FAILS 3,540 programs 278,437 executions complete"),
    ("C9 proof", "holds 7 programs 420 executions complete"),
    ("C8 model", "skipped 13,905 configurations 1,433,612 states complete"),
];

#[test]
fn site_holds_what_the_report_says_and_plays_it() {
    let (folder, pages) = site_of(rows(), "site");
    assert_eq!(broken_links(&pages), BTreeSet::new());
    let data: Value = serde_json::from_str(&pages["data.json"]).expect("it is JSON");
    assert_eq!(data["rows"], serde_json::to_value(rows()).expect("rows are data"));
    for kind in ["model", "recorded", "blog"] {
        let schedules = data["schedules"].as_array().expect("there are schedules");
        assert!(schedules.iter().any(|schedule| schedule["kind"] == kind), "{kind}");
    }
    let mut less = pages.clone();
    less.remove("claim-C6.html");
    assert_eq!(broken_links(&less), BTreeSet::from(["claim-C6.html".to_owned()]), "a seeded error");

    let alone = schedule_alone(&folder);
    assert_eq!(broken_links(&alone), BTreeSet::new());

    let Some(browser) = chromium() else { return };
    let changed = pages["index.html"].replace("19,221", "19,222");
    let seeded = with_seeded_errors(&pages[SEEDED]);
    let mut all = pages.clone();
    all.extend(alone);
    all.insert("changed.html".to_owned(), changed);
    all.extend(seeded.iter().map(|(name, _, text)| (name.clone(), text.clone())));
    let said = visited(&browser, &folder, &all);
    let sound = said.iter().filter(|(name, _)| !name.starts_with("seeded"));
    let wrong: Vec<_> = sound.flat_map(|(_, page)| problems(page)).collect();
    assert_eq!(wrong, Vec::<String>::new());
    let expected = MATRIX.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let expected = BTreeMap::from(expected);
    assert_eq!(matrix(&said["index.html"]), expected);
    assert_ne!(matrix(&said["changed.html"]), expected, "a seeded error");
    for (name, expected, _) in &seeded {
        let found = problems(&said[name]).join("\n");
        assert!(found.contains(expected), "{name} was not seen: {found}");
    }
}

/// As `--replay TOKEN --html FILE` writes it.
fn schedule_alone(folder: &Path) -> Pages {
    let file = folder.join("alone.html");
    let schedule = site::live::recorded().expect("an execution was recorded");
    site::write_one(&file, &schedule).expect("the folder can be written to");
    Pages::from([("alone.html".to_owned(), fs::read_to_string(file).expect("it was written"))])
}

/// The page of which every check of a schedule is seen to fail.
const SEEDED: &str = "schedule-model-NotifyOnlyWhenEmpty.html";

/// Returns the page with one error each, a name, and what is to be said of it.
fn with_seeded_errors(whole: &str) -> Vec<(String, &'static str, String)> {
    let errors = [
        ("forward: () => show(position + 1)", "forward: () => show(position + 2)", "is not step"),
        ("ArrowLeft: \"back\"", "ArrowDown: \"back\"", "arrow left"),
        ("queue.cells.forEach", "queue.cells.slice(1).forEach", "the queue shows"),
        ("where[0] === number", "where[0] !== number", "sleeping threads"),
        ("position > wrong[0]", "position >= wrong[0]", "the fault"),
        ("  draw();", "  undrawn();", "undrawn"),
        ("max-height: 60vh;", "width: 900px;", "wider than a phone"),
    ];
    let seeded = |(code, error, expected): (&str, &str, &'static str)| {
        assert!(whole.contains(code), "{code} is not in the script");
        (format!("seeded: {error}"), expected, whole.replacen(code, error, 1))
    };
    errors.map(seeded).to_vec()
}

/// Runs the command, which may fail: a replayed schedule does.
fn verify(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_verify")).args(arguments).output();
    let output = output.expect("the command starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {said}");
}

#[test]
fn command_writes_what_its_report_says_and_a_token_as_a_page() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let path = |name: &str| folder.join(name).display().to_string();
    let (json, html, page) = (path("report.json"), path("html"), path("page.html"));
    // A few mutants are enough.
    let run =
        ["--quick", "--run", "mutants", "--partition", "1/40", "--json", &json, "--html", &html];
    verify(&run);
    let read = |path: &str| fs::read_to_string(path).expect("it was written");
    let value = |path: &str| serde_json::from_str::<Value>(&read(path)).expect("it is JSON");
    let data = value(&path("html/data.json"));
    assert_eq!(data["rows"], value(&json));
    let schedules = data["schedules"].as_array().expect("there are schedules");
    let of_code = schedules.iter().find(|schedule| schedule["kind"] == "code");
    let again = of_code.expect("a seeded bug was replayed")["again"].as_str();
    let token = again.and_then(|again| again.split('\'').nth(1)).expect("it has a token");
    verify(&["--replay", token, "--html", &page]);
    let Some(browser) = chromium() else { return };
    let pages = Pages::from([("page.html".to_owned(), read(&page))]);
    let said = visited(&browser, &folder, &pages);
    assert_eq!(problems(&said["page.html"]), Vec::<String>::new());
}
