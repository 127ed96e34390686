//! `cargo verify`: runs the evidence and prints the table of claims.

use sentinel_queue_verification::command::options::{Command, Options, HELP};
use sentinel_queue_verification::command::{list, print, width, Session};
use sentinel_queue_verification::explore::engine::Token;
use sentinel_queue_verification::plan::{processes, runs, Findings, Job, Part, Run, Runner, Tier};
use sentinel_queue_verification::report::progress::Progress;
use sentinel_queue_verification::report::{site, Report, Row};
use sentinel_queue_verification::{plan::counts, report::documents, report::kills};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::{fs, io, process, thread};

/// The exit code of a command that Ctrl-C has ended, as in shells.
const INTERRUPTED: i32 = 130;

/// The reason why a command ends without a verdict.
enum Error {
    /// The reader of the output has closed it, so nothing can be printed.
    ClosedPipe,
    Message(String),
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Error::Message(message)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Error::ClosedPipe,
            _ => Error::Message(error.to_string()),
        }
    }
}

fn main() -> ExitCode {
    match Options::parse().map_err(Error::Message).and_then(execute) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(Error::ClosedPipe) => ExitCode::FAILURE,
        Err(Error::Message(message)) => {
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> Result<bool, Error> {
    match command {
        Command::Help => print(HELP).map(|()| true).or_else(closed_pipe_is_fine),
        Command::List(options) => {
            let text = list(&plan(&options)?, width());
            print(&text).map(|()| true).or_else(closed_pipe_is_fine)
        }
        Command::Replay { token, html } => replay(&token, html.as_deref()),
        Command::Merge { files, options } => merge(&files, options),
        Command::Verify(options) => verify(options),
    }
}

fn closed_pipe_is_fine(error: io::Error) -> Result<bool, Error> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(true),
        _ => Err(error.into()),
    }
}

/// Returns the runs that the options choose.
fn plan(options: &Options) -> Result<Vec<Run>, Error> {
    let plan: Vec<_> = runs(options.tier).into_iter().filter(|run| options.wants(run)).collect();
    if plan.is_empty() {
        return Err("nothing to run: see --list and --help".to_owned().into());
    }
    Ok(plan)
}

/// Runs the plan.
fn verify(options: Options) -> Result<bool, Error> {
    let plan = plan(&options)?;
    let (tier, part) = (options.tier, options.part);
    let is_part_of_run = options.run.is_some() && options.is_part();
    let progress = Arc::new(Progress::over(plan.len()));
    let session = Arc::new(Mutex::new(Session::new(options, plan.clone())));
    keep_on_interrupt(&session, &progress)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // A part of something runs beside the others.
    let own = if is_part_of_run { 1 } else { cores };
    let runner = Runner { cores: own, part, progress: &progress };
    let mut proof = start_proof(&plan, part, &progress);
    let done = plan.iter().try_for_each(|run| -> Result<(), Error> {
        let spread = cores > 1 && part.of == 1 && processes::are_better(run);
        let findings = if let Some(proof) = proof.take_if(|_| is_proof(run)) {
            proof.join().map_err(|_| format!("{}: it panicked", run.name))
        } else if spread {
            processes::execute(run, tier, cores, &progress)
        } else {
            Ok(runner.execute(run))
        };
        // After an interrupt this lock is not released again.
        let mut session = Session::lock(&session);
        progress.clear();
        Ok(session.add(run, findings?)?)
    });
    // If an error came first, what runs beside must not go on without the command.
    if let Some(proof) = proof {
        let _ = proof.join();
    }
    done?;
    let mut session = Session::lock(&session);
    keep_counts(&mut session)?;
    keep_kills(&mut session)?;
    keep_pages(&mut session)?;
    Ok(session.conclude(false)?)
}

fn is_proof(run: &Run) -> bool {
    matches!(run.job, Job::Proof { .. })
}

/// Starts the proof beside the other runs: Coq takes longest, and cannot use all cores all the time.
fn start_proof(plan: &[Run], part: Part, progress: &Arc<Progress>) -> Option<JoinHandle<Findings>> {
    let (run, progress) = (plan.iter().find(|run| is_proof(run))?.clone(), Arc::clone(progress));
    Some(thread::spawn(move || Runner { cores: 1, part, progress: &progress }.execute(&run)))
}

/// Makes Ctrl-C end the command with a summary of the rows so far.
fn keep_on_interrupt(
    session: &Arc<Mutex<Session>>,
    progress: &Arc<Progress>,
) -> Result<(), String> {
    let (session, progress) = (Arc::clone(session), Arc::clone(progress));
    let handler = move || {
        let session = Session::lock(&session);
        processes::stop();
        progress.clear();
        if let Err(error) = session.conclude(true) {
            let _ = writeln!(io::stderr(), "{error}");
        }
        process::exit(INTERRUPTED);
    };
    ctrlc::set_handler(handler).map_err(|error| error.to_string())
}

/// Compares what pages say with the rows, which are in the order of the plan, or writes it.
fn keep_pages(session: &mut Session) -> Result<(), String> {
    if session.options.tier != Tier::Quick || !session.is_whole() {
        return Ok(());
    }
    if session.options.update_counts {
        return documents::update(session.report()).map_err(|error| error.to_string());
    }
    for page in documents::stale(session.report()).map_err(|error| error.to_string())? {
        session
            .complain(format!("STALE: {page}\n(cargo verify --quick --update-counts writes it)"));
    }
    Ok(())
}

/// Compares the counts with those that are kept, or keeps them.
fn keep_counts(session: &mut Session) -> Result<(), String> {
    let unreadable = |error| format!("counts.json: {error}");
    if session.options.update_counts {
        return counts::update(session.rows()).map_err(unreadable);
    }
    let mut differences = counts::differences(session.rows()).map_err(unreadable)?;
    if session.options.is_everything() {
        let missing = counts::missing(session.rows(), session.options.tier);
        differences.extend(missing.map_err(unreadable)?);
    }
    for difference in differences {
        session.complain(format!(
            "COUNTS CHANGED: {difference} (cargo verify --update-counts keeps them)"
        ));
    }
    Ok(())
}

/// Compares what a search has found of the mutants with what is kept, or keeps it.
fn keep_kills(session: &mut Session) -> Result<(), String> {
    let unusable = |error| format!("kills.json and KILLS.md: {error}");
    if session.options.update_counts {
        kills::update(session.kills()).map_err(unusable)?;
        return kills::write_page().map_err(unusable);
    }
    if session.kills().is_empty() {
        return Ok(());
    }
    let kept = kills::kept().map_err(unusable)?;
    for difference in kills::differences(session.kills(), &kept) {
        session.complain(format!(
            "KILLS CHANGED: {difference} (cargo verify --update-counts keeps them)"
        ));
    }
    Ok(())
}

/// Joins the reports of several machines.
fn merge(files: &[PathBuf], options: Options) -> Result<bool, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for file in files {
        let name = file.display();
        let text = fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let part: Vec<Row> =
            serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
        rows.extend(part);
    }
    let mut report = Report::merged(rows)?;
    report.sort();
    let plan = plan(&options)?;
    let mut session = Session::new(options, plan);
    session.merge(report);
    session.print_table()?;
    keep_counts(&mut session)?;
    Ok(session.conclude(false)?)
}

/// Runs one schedule again and shows it.
fn replay(token: &str, html: Option<&Path>) -> Result<bool, Error> {
    if let Some(file) = html {
        let title = "A failing schedule";
        site::write_one(file, &site::counterexamples::replayed(token, title)?)?;
    }
    let outcome = Token::parse(token)?.replay()?;
    match outcome.failure {
        None => {
            print("This schedule passes.\n")?;
            Ok(true)
        }
        Some(failure) => {
            print(&format!("{}\n{}\n", failure.message, failure.interleaving))?;
            Ok(false)
        }
    }
}
