//! One run spread over processes. For loom: each of its executions makes stacks and gives them back,
//! and the threads of one process wait for each other in that, longer than two cores save.

use crate::engine::Engine;
use crate::perform::{Found, Part};
use crate::plan::{Run, Tier, Work};
use crate::progress::Progress;
use crate::report::{Report, Row};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, fs, process};

/// Whether processes serve this run better than threads.
pub fn are_better(run: &Run) -> bool {
    let engine = match &run.work {
        Work::Family(_, search) | Work::Programs(_, search) => search.engine,
        Work::Litmus(engine) => *engine,
        _ => return false,
    };
    engine == Engine::Loom
}

/// Performs a run in as many processes as there are cores, each a part of it.
///
/// # Errors
///
/// When a process cannot be started, or leaves no rows.
pub fn perform(run: &Run, tier: Tier, cores: usize, progress: &Progress) -> Result<Found, String> {
    let begun = Instant::now();
    progress.begin(&run.name, cores);
    let files: Vec<PathBuf> = (0..cores).map(file).collect();
    let children: Vec<Child> = files
        .iter()
        .enumerate()
        .map(|(index, file)| start(run, tier, Part { index, of: cores }, file))
        .collect::<Result<_, _>>()?;
    let mut found = Found::default();
    let mut parts: Vec<Row> = Vec::new();
    for (child, file) in children.into_iter().zip(&files) {
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = fs::read_to_string(file).map_err(|error| format!("{error}: {told}"))?;
        let _ = fs::remove_file(file);
        let rows: Vec<Row> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        parts.extend(rows);
        found.stories.extend((!output.status.success()).then_some(told));
        progress.step();
    }
    found.rows = Report::merged(parts)?.rows;
    found.rows.iter_mut().for_each(|row| row.seconds = begun.elapsed().as_secs_f64());
    Ok(found)
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
    command.spawn().map_err(|error| error.to_string())
}
