//! The external layers: the model has its own suite, and the proof its own script.

use crate::plan::{Findings, Run, Runner};
use crate::report::{Row, Verdict, COQ};
use crate::{layers::group_traces, layers::traces};
use sentinel_queue_models::suite::{self, Report, Tier};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs the model's suite: all states of all configurations of all protocols. The row of a claim
/// sums over the protocols that test it.
pub fn model(runner: &Runner<'_>, run: &Run, large: bool) -> Findings {
    let suite = suite::runs(if large { Tier::Verify } else { Tier::Test });
    let mut found = Findings::default();
    let share = runner.part.share(suite);
    runner.progress.begin(&run.name, share.len());
    let reports = runner.spread(&share, |part| part.explore(|_, _| ()));
    for report in reports.iter().filter(|report| !report.holds()) {
        found.problems.push(format!("model {report}"));
    }
    for claim in run.claims {
        let about = |report: &&Report| report.claims.iter().any(|c| c.to_string() == *claim);
        let reports: Vec<_> = reports.iter().filter(about).collect();
        let steps: usize = reports.iter().map(|report| report.transitions).sum();
        let complete = reports.iter().all(|report| report.complete);
        let row = Row {
            claim: String::new(),
            layer: String::new(),
            engine: "explorer".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: String::new(),
            programs: reports.iter().map(|report| report.configurations as u64).sum(),
            executions: reports.iter().map(|report| report.states as u64).sum(),
            pruned: 0,
            failures: 0,
            failing: 0,
            outcomes: 0,
            complete,
            bounds: format!(
                "{} runs of the model's suite, up to {} threads; executions are states, {steps} \
                 steps between them",
                reports.len(),
                if large { 64 } else { 8 },
            ),
            seconds: reports.iter().map(|report| report.time.as_secs_f64()).sum(),
            verdict: verdict(reports.iter().all(|report| report.holds()), complete),
            part: None,
        };
        let only = Run { claims: std::slice::from_ref(claim), ..run.clone() };
        found.rows.extend(runner.rows(&only, &row));
    }
    found
}

fn verdict(holds: bool, complete: bool) -> Verdict {
    match (holds, complete) {
        (true, _) => Verdict::Holds,
        (false, true) => Verdict::Fails,
        (false, false) => Verdict::CutShort,
    }
}

/// Checks the theorems and the assumptions of each headline if Coq is installed; with `thorough`,
/// also by its independent checker.
pub fn proof(runner: &Runner<'_>, run: &Run, thorough: bool) -> Findings {
    if runner.part.index > 0 {
        return Findings::default();
    }
    runner.progress.begin(&run.name, 1);
    let begun = Instant::now();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/proofs");
    let mut findings = Findings::default();
    let version = coq_version();
    let check = match &version {
        None => Check::skipped("there is no coqc here"),
        Some(_) => check(&folder, thorough),
    };
    findings.problems.extend(check.problem);
    let row = Row {
        claim: String::new(),
        layer: run.layer.to_owned(),
        engine: COQ.to_owned(),
        version: version.unwrap_or_default(),
        name: run.name.clone(),
        programs: check.theorems,
        executions: if check.verdict == Verdict::Skipped { 0 } else { lines(&folder) },
        pruned: 0,
        failures: 0,
        failing: 0,
        outcomes: 0,
        complete: check.verdict == Verdict::Holds,
        bounds: check.bounds,
        seconds: begun.elapsed().as_secs_f64(),
        verdict: check.verdict,
        part: None,
    };
    findings.rows = runner.rows(run, &row);
    if check.verdict == Verdict::Holds {
        let replayed = replay(&folder, if thorough { 1000 } else { 200 });
        findings.add_replay(runner, run, &row, replayed);
    }
    runner.progress.step();
    findings.rows.iter_mut().for_each(|row| row.part = None);
    findings
}

impl Findings {
    /// Adds the rows for recorded traces, which tie the theorems to the code.
    fn add_replay(
        &mut self,
        runner: &Runner<'_>,
        run: &Run,
        row: &Row,
        replayed: Result<[(usize, usize); 2], String>,
    ) {
        let (verdict, counts) = match replayed {
            Ok(counts) => (Verdict::Holds, counts),
            Err(problem) => {
                self.problems.push(format!("proof: traces: {problem}"));
                (Verdict::Fails, Default::default())
            }
        };
        let of_queues = ("recorded traces", traces::PROGRAMS, REPLAYED);
        let of_groups = ("recorded traces of groups", group_traces::PROGRAMS, &["C8"][..]);
        for ((what, programs, claims), (recorded, tampered)) in
            [of_queues, of_groups].into_iter().zip(counts)
        {
            let name = format!("{}: {what}", run.name);
            let bounds = format!(
                "{recorded} {what} explained by the proven semantics, {tampered} tampered ones refused"
            );
            let replay = Row {
                engine: "Coq replay".to_owned(),
                programs: programs.len() as u64,
                executions: (recorded + tampered) as u64,
                complete: false,
                bounds,
                verdict,
                ..row.clone()
            };
            let run = Run { name, claims, ..run.clone() };
            self.rows.extend(runner.rows(&run, &replay));
        }
    }
}

/// The claims about one queue, which its traces are of.
const REPLAYED: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9", "C11", "C12"];

/// Records executions of the code and lets Coq replay them; returns the number of recorded traces and
/// of tampered ones that it refuses, of queues and of groups.
fn replay(proofs: &Path, count: usize) -> Result<[(usize, usize); 2], String> {
    let folder = std::env::temp_dir().join(format!("sentinel-queue-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let counts = group_traces::record_and_write(count.div_ceil(2), &folder);
    let replayed = counts.and_then(|counts| {
        let output = Command::new(proofs.join("traces.sh")).arg(&folder).output();
        let output = output.map_err(|error| error.to_string())?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if output.status.success() {
            Ok(counts)
        } else {
            Err(text.into_owned())
        }
    });
    let _ = std::fs::remove_dir_all(&folder);
    replayed
}

/// How the problem of a skipped check begins: no failure of a claim, and no success either.
pub const NOT_CHECKED: &str = "PROOF NOT CHECKED";

/// The result of checking the theorems.
struct Check {
    verdict: Verdict,
    /// The number of headline theorems that are closed under the global context.
    theorems: u64,
    bounds: String,
    problem: Option<String>,
}

impl Check {
    fn skipped(why: &str) -> Self {
        let bounds = format!("SKIPPED: {why}");
        let problem = Some(format!("{NOT_CHECKED}: {why}."));
        Check { verdict: Verdict::Skipped, theorems: 0, bounds, problem }
    }

    fn failed(problem: &str) -> Self {
        let (verdict, problem) = (Verdict::Fails, Some(format!("proof: {problem}")));
        Check { verdict, theorems: 0, bounds: "the check of the proof failed".to_owned(), problem }
    }
}

/// Builds the proof and checks the assumptions of each headline theorem.
fn check(folder: &Path, thorough: bool) -> Check {
    let script = if thorough { "check.sh" } else { "assumptions.sh" };
    let output = match Command::new(folder.join(script)).output() {
        Ok(output) => output,
        Err(error) => return Check::failed(&format!("{script}: {error}")),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    match (output.status.success(), headlines(&text)) {
        (true, Some(theorems)) => Check {
            verdict: Verdict::Holds,
            theorems,
            bounds: "those of claims: any number of threads, items, sentinels, queues and tokens, any \
                     capacity (C9: not 0; C10: threads that die), of a model of a queue and one of a group; the others are \
                     lemmas, links and witnesses; no axioms"
                .to_owned(),
            problem: None,
        },
        (true, None) => Check::failed(&format!("{script} names no number of headline theorems")),
        (false, _) => Check::failed(&format!("{text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Parses the number of headline theorems that the script has found without assumptions.
fn headlines(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("headline theorems, axioms: none"))?;
    line.split_whitespace().find_map(|word| word.parse().ok())
}

/// Counts the lines of the proof.
fn lines(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sources = files.filter(|file| file.path().extension().is_some_and(|end| end == "v"));
    let texts = sources.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    texts.map(|text| text.lines().count() as u64).sum()
}

fn coq_version() -> Option<String> {
    let output = Command::new("coqc").arg("--print-version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().next().map(str::to_owned)
}
