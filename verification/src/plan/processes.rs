//! One run spread over processes. For loom: each of its executions allocates and frees stacks, and the
//! threads of one process contend for that, which costs more than two cores save.

use crate::explore::engine::Engine;
use crate::plan::{Findings, Job, Part, Run, Runner, Tier};
use crate::report::progress::Progress;
use crate::report::{Report, Row};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{env, fs, process};

/// Returns whether this run is faster in processes than in threads.
pub fn are_better(run: &Run) -> bool {
    let engine = match &run.job {
        Job::Family(_, search) | Job::Programs(_, search) => search.engine,
        Job::Litmus(engine) => *engine,
        Job::Agreement(..) | Job::AgreementInGroups(_) => Engine::Loom,
        _ => return false,
    };
    engine == Engine::Loom
}

/// The number of parts for each core. They take different times.
const PARTS: usize = 8;

/// The processes of the current run, with the index of their part.
static CHILDREN: Mutex<Vec<(usize, Child)>> = Mutex::new(Vec::new());

fn children() -> MutexGuard<'static, Vec<(usize, Child)>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all processes of the current run and removes their files. No other one is started after that,
/// since the lock is not released again.
pub fn stop() {
    let mut children = children();
    for (index, child) in children.iter_mut() {
        let _ = child.kill();
        let _ = child.wait();
        let _ = fs::remove_file(file(*index));
    }
    std::mem::forget(children);
}

/// Executes a run in as many processes at once as there are cores, each a part of it.
///
/// # Errors
///
/// When a process cannot be started, or leaves no rows.
pub fn execute(
    run: &Run,
    tier: Tier,
    cores: usize,
    progress: &Progress,
) -> Result<Findings, String> {
    let begun = Instant::now();
    let parts: Vec<_> = (0..cores * PARTS).map(|index| Part { index, of: cores * PARTS }).collect();
    progress.begin(&run.name, parts.len());
    let runner = Runner { cores, part: Part::WHOLE, progress };
    let results = runner.spread(&parts, |part| execute_part(run, tier, *part));
    let mut findings = Findings::default();
    let mut rows: Vec<Row> = Vec::new();
    for result in results {
        let (part, problem) = result?;
        rows.extend(part);
        findings.problems.extend(problem);
    }
    findings.rows = Report::merged(rows)?.rows;
    findings.must_fail(run);
    findings.rows.iter_mut().for_each(|row| row.seconds = begun.elapsed().as_secs_f64());
    Ok(findings)
}

/// Returns the rows of a part, and what went wrong in it.
fn execute_part(run: &Run, tier: Tier, part: Part) -> Result<(Vec<Row>, Option<String>), String> {
    let file = file(part.index);
    let output = {
        let mut children = children();
        let mut child = start(run, tier, part, &file)?;
        let output = child.stderr.take();
        children.push((part.index, child));
        output
    };
    // Reads to the end first: waiting holds the lock, and must be short.
    let mut text = String::new();
    output.map(|mut output| output.read_to_string(&mut text));
    let status = {
        let mut children = children();
        let place = children.iter().position(|(index, _)| *index == part.index);
        let (_, mut child) = children.swap_remove(place.expect("it was just put there"));
        child.wait().map_err(|error| error.to_string())?
    };
    let json = fs::read_to_string(&file).map_err(|error| format!("{error}: {text}"))?;
    let _ = fs::remove_file(file);
    let rows = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    Ok((rows, (!status.success()).then_some(text)))
}

fn file(index: usize) -> PathBuf {
    env::temp_dir().join(format!("sentinel-queue-verify-{}-{index}.json", process::id()))
}

fn start(run: &Run, tier: Tier, part: Part, file: &PathBuf) -> Result<Child, String> {
    let mut command = Command::new(env::current_exe().map_err(|error| error.to_string())?);
    match tier {
        Tier::Quick => command.arg("--quick"),
        Tier::Default => &mut command,
        Tier::Full => command.arg("--full"),
    };
    command.args(["--run", &run.name]).arg("--json").arg(file);
    command.args(["--partition", &part.name().expect("there are several")]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    // Ctrl-C reaches the command alone, which stops its processes.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| error.to_string())
}
