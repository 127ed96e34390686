//! `cargo verify`: runs the evidence and prints the table of claims.

use sentinel_queue_verification::counts;
use sentinel_queue_verification::options::{Command, Options, HELP};
use sentinel_queue_verification::outside::NOT_CHECKED;
use sentinel_queue_verification::perform::{Found, Performer};
use sentinel_queue_verification::plan::{runs, Run};
use sentinel_queue_verification::processes;
use sentinel_queue_verification::progress::Progress;
use sentinel_queue_verification::replay::Token;
use sentinel_queue_verification::report::{Report, Row};
use sentinel_queue_verification::site;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, thread};

fn main() -> ExitCode {
    let result = Options::parse().and_then(|command| match command {
        Command::Help => {
            print!("{HELP}");
            Ok(true)
        }
        Command::Replay { token, html } => replay(&token, html.as_deref()),
        Command::Merge { files, options } => merge(&files, &options),
        Command::Verify(options) => verify(&options),
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Runs the plan.
fn verify(options: &Options) -> Result<bool, String> {
    let plan: Vec<Run> = runs(options.tier).into_iter().filter(|run| options.wants(run)).collect();
    if plan.is_empty() {
        return Err("nothing to run: see --help for the layers and claims".to_owned());
    }
    let progress = Progress::over(plan.len());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // A part of something runs beside the others.
    let own = if options.run.is_some() && options.is_part() { 1 } else { cores };
    let performer = Performer { cores: own, part: options.part, progress: &progress };
    let mut report = Report::default();
    let (mut stories, mut shown) = (Vec::new(), Vec::new());
    for run in &plan {
        let spread = cores > 1 && !options.is_part() && processes::are_better(run);
        let Found { rows, stories: told, tables } = if spread {
            processes::perform(run, options.tier, cores, &progress)?
        } else {
            performer.perform(run)
        };
        progress.clear();
        for story in &told {
            eprintln!("{story}\n");
        }
        for table in tables.iter().filter(|_| !options.markdown) {
            println!("{table}");
        }
        report.rows.extend(rows.into_iter().filter(|row| options.wants_claim(&row.claim)));
        shown.extend(told.iter().cloned().chain(tables));
        stories.extend(told);
    }
    keep_counts(options, &report.rows, &mut stories)?;
    print(options, &report)?;
    options.html.iter().try_for_each(|folder| site::write(folder, &report, &shown))?;
    Ok(verdict(&report, &stories))
}

/// Compares the counts with those that are kept, or keeps them.
fn keep_counts(options: &Options, rows: &[Row], stories: &mut Vec<String>) -> Result<(), String> {
    if options.update_counts {
        return counts::update(rows).map_err(|error| format!("counts.json: {error}"));
    }
    let unreadable = |error| format!("counts.json: {error}");
    let mut differences = counts::differences(rows).map_err(unreadable)?;
    if options.is_everything() {
        differences.extend(counts::missing(rows, options.tier).map_err(unreadable)?);
    }
    for difference in differences {
        let told =
            format!("COUNTS CHANGED: {difference} (cargo verify --update-counts keeps them)");
        eprintln!("{told}");
        stories.push(told);
    }
    Ok(())
}

fn print(options: &Options, report: &Report) -> Result<(), String> {
    let table = if options.markdown { report.markdown() } else { report.table() };
    print!("{table}");
    match &options.json {
        None => Ok(()),
        Some(file) => {
            let json = report.json().map_err(|error| error.to_string())?;
            fs::write(file, json).map_err(|error| format!("{}: {error}", file.display()))
        }
    }
}

/// In continuous integration nothing may be skipped; nowhere may anything go wrong.
fn verdict(report: &Report, stories: &[String]) -> bool {
    let integration = env::var("CI").is_ok_and(|value| value == "true");
    let only_skipped = stories.iter().all(|story| story.starts_with(NOT_CHECKED));
    let good = report.is_good(integration) && only_skipped;
    eprintln!("{}", if good { "Every claim holds." } else { "NOT every claim holds." });
    good
}

/// Joins the reports of several machines.
fn merge(files: &[std::path::PathBuf], options: &Options) -> Result<bool, String> {
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
    let mut stories = Vec::new();
    keep_counts(options, &report.rows, &mut stories)?;
    print(options, &report)?;
    options.html.iter().try_for_each(|folder| site::write(folder, &report, &[]))?;
    Ok(verdict(&report, &stories))
}

/// Runs one schedule again and shows it.
fn replay(token: &str, html: Option<&Path>) -> Result<bool, String> {
    if let Some(file) = html {
        let title = "A failing schedule";
        site::write_one(file, &site::counterexamples::replayed(token, title)?)?;
    }
    let outcome = Token::parse(token)?.replay()?;
    match outcome.failure {
        None => {
            println!("This schedule passes.");
            Ok(true)
        }
        Some(failure) => {
            println!("{}\n{}", failure.message, failure.interleaving);
            Ok(false)
        }
    }
}
