//! One run spread over processes. For loom: each of its executions allocates and frees stacks, and the
//! threads of one process contend for that, which costs more than two cores save.

use crate::explore::engine::Engine;
use crate::plan::runner::{Findings, Part};
use crate::plan::{Job, Run, Tier};
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
        _ => return false,
    };
    engine == Engine::Loom
}

/// The processes of the current run, in their order.
static CHILDREN: Mutex<Vec<Child>> = Mutex::new(Vec::new());

fn children() -> MutexGuard<'static, Vec<Child>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all processes of the current run and removes their files.
pub fn stop() {
    for (index, child) in children().iter_mut().enumerate() {
        let _ = child.kill();
        let _ = child.wait();
        let _ = fs::remove_file(file(index));
    }
}

/// Executes a run in as many processes as there are cores, each a part of it.
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
    progress.begin(&run.name, cores);
    let mut outputs = Vec::new();
    for index in 0..cores {
        let mut child = start(run, tier, Part { index, of: cores }, &file(index))?;
        outputs.push(child.stderr.take());
        children().push(child);
    }
    let mut findings = Findings::default();
    let mut parts: Vec<Row> = Vec::new();
    for (index, output) in outputs.into_iter().enumerate() {
        // Reads to the end first: waiting holds the lock, and must be short.
        let mut text = String::new();
        output.map(|mut output| output.read_to_string(&mut text));
        let status = children()[index].wait().map_err(|error| error.to_string())?;
        let file = file(index);
        let json = fs::read_to_string(&file).map_err(|error| format!("{error}: {text}"))?;
        let _ = fs::remove_file(file);
        let rows: Vec<Row> = serde_json::from_str(&json).map_err(|error| error.to_string())?;
        parts.extend(rows);
        findings.problems.extend((!status.success()).then_some(text));
        progress.step();
    }
    children().clear();
    findings.rows = Report::merged(parts)?.rows;
    findings.rows.iter_mut().for_each(|row| row.seconds = begun.elapsed().as_secs_f64());
    Ok(findings)
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
