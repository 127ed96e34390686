//! The layers that are not explored here: the model has its own suite, and the proof its own script.

use crate::perform::{Found, Performer};
use crate::plan::Run;
use crate::report::{Row, Verdict};
use crate::traces;
use sentinel_queue_models::suite::{self, Report, Tier};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// The model's suite: all states of all configurations of all protocols. Each claim has the sum
/// over the protocols that put it to the test.
pub fn model(performer: &Performer<'_>, run: &Run, large: bool) -> Found {
    let suite = suite::runs(if large { Tier::Verify } else { Tier::Test });
    let mut found = Found::default();
    let share = performer.part.share(suite);
    performer.progress.begin(&run.name, share.len());
    let reports = performer.spread(&share, |part| part.perform(|_, _| ()));
    for report in reports.iter().filter(|report| !report.holds()) {
        found.stories.push(format!("model {report}"));
    }
    for claim in run.claims {
        let about = |report: &&Report| report.claims.iter().any(|c| c.to_string() == *claim);
        let reports: Vec<_> = reports.iter().filter(about).collect();
        let steps: usize = reports.iter().map(|report| report.steps).sum();
        let complete = reports.iter().all(|report| report.complete);
        let row = Row {
            claim: String::new(),
            layer: String::new(),
            engine: "explorer".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: String::new(),
            programs: reports.iter().map(|report| report.configurations as u64).sum(),
            executions: reports.iter().map(|report| report.states as u64).sum(),
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
        found.rows.extend(performer.rows(&only, &row));
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

/// The theorems, checked by Coq if it is there; thoroughly, by its independent checker as well.
pub fn proof(performer: &Performer<'_>, run: &Run, thorough: bool) -> Found {
    if performer.part.index > 0 {
        return Found::default();
    }
    performer.progress.begin(&run.name, 1);
    let begun = Instant::now();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/proofs");
    let mut found = Found::default();
    let version = coq_version();
    let (verdict, said) = match &version {
        None => (Verdict::Skipped, format!("{NOT_CHECKED}: there is no coqc here.")),
        Some(_) => check(&folder, thorough),
    };
    performer.progress.step();
    let replayed = match verdict {
        Verdict::Holds => Some(replay(&folder, if thorough { 1000 } else { 200 })),
        _ => None,
    };
    let row = Row {
        claim: String::new(),
        layer: run.layer.to_owned(),
        engine: "Coq".to_owned(),
        version: version.unwrap_or_default(),
        name: run.name.clone(),
        programs: 0,
        executions: 0,
        complete: verdict == Verdict::Holds,
        bounds: bounds(verdict, &said),
        seconds: begun.elapsed().as_secs_f64(),
        verdict,
        part: None,
    };
    found.rows = performer.rows(run, &row);
    if verdict != Verdict::Holds {
        found.stories.push(said);
    }
    if let Some(replayed) = replayed {
        found.add_replay(performer, run, &row, replayed);
    }
    found.rows.iter_mut().for_each(|row| row.part = None);
    found
}

impl Found {
    /// The rows for recorded traces: what ties the theorems to the code.
    fn add_replay(
        &mut self,
        performer: &Performer<'_>,
        run: &Run,
        row: &Row,
        replayed: Result<(usize, usize), String>,
    ) {
        let (verdict, (recorded, tampered)) = match replayed {
            Ok(counts) => (Verdict::Holds, counts),
            Err(story) => {
                self.stories.push(format!("proof: traces: {story}"));
                (Verdict::Fails, (0, 0))
            }
        };
        let name = format!("{}: recorded traces", run.name);
        let bounds = format!(
            "{recorded} recorded traces explained by the proven semantics, {tampered} tampered \
             ones refused"
        );
        let executions = (recorded + tampered) as u64;
        let complete = false;
        let replay = Row { executions, complete, bounds, verdict, ..row.clone() };
        let run = Run { name, ..run.clone() };
        self.rows.extend(performer.rows(&run, &replay));
    }
}

/// Records executions of the code and has Coq replay them; how many, and how many tampered ones it
/// refuses.
fn replay(proofs: &Path, count: usize) -> Result<(usize, usize), String> {
    let folder = std::env::temp_dir().join(format!("sentinel-queue-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let counts = traces::record(count.div_ceil(2))
        .and_then(|recorded| traces::write(&recorded, &folder).map_err(|error| error.to_string()));
    let output = Command::new(proofs.join("traces.sh")).arg(&folder).output();
    let _ = std::fs::remove_dir_all(&folder);
    match output {
        Ok(output) if output.status.success() => counts,
        Ok(output) => Err(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What a proof that was not checked is told as: no failure of a claim, and no success either.
pub const NOT_CHECKED: &str = "PROOF NOT CHECKED";

/// What is proved, and of how much.
fn bounds(verdict: Verdict, said: &str) -> String {
    let any = "any number of threads, items and sentinels, any capacity; of the model";
    match verdict {
        Verdict::Holds => format!("{said}; {any}"),
        _ => any.to_owned(),
    }
}

/// Runs the proof's own script. Returns how many theorems hold, or what is wrong.
fn check(folder: &Path, thorough: bool) -> (Verdict, String) {
    match make(folder, thorough) {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            match text.lines().find_map(|line| line.strip_prefix("proof: ")) {
                Some(summary) => (Verdict::Holds, summary.to_owned()),
                None => (Verdict::Fails, "proof: the script says nothing of theorems".to_owned()),
            }
        }
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            (Verdict::Fails, format!("proof: {text}"))
        }
        Err(error) => (Verdict::Skipped, format!("{NOT_CHECKED}: make: {error}")),
    }
}

fn make(folder: &Path, thorough: bool) -> std::io::Result<std::process::Output> {
    let target = if thorough { "check" } else { "assumptions" };
    Command::new("make").arg("-j2").arg("-C").arg(folder).arg(target).output()
}

fn coq_version() -> Option<String> {
    let output = Command::new("coqc").arg("--print-version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().next().map(str::to_owned)
}
