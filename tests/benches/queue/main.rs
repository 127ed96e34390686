//! The one benchmark: sentinel-queue beside other queues, in one table of one run.
//!
//! It measures by itself instead of through criterion or divan, because those finish one contender
//! before they begin the next and report each alone. Here contenders take turns, so that a busy
//! machine is equally unfair to all, and a ratio compares what ran side by side.
//!
//! At the end stand the verdicts: what the project promises about speed.

mod clock;
mod contenders;
mod flows;
mod machine;
mod table;
mod instructions;
mod options;
mod groups;
mod picture;
mod tasks;
mod waiting;
mod children;
mod bursts;
mod workloads;
mod throughput;
mod pools;

use options::{Command, Effort, Settings};
use std::env;
use std::process::ExitCode;
use table::Report;
use throughput::Findings;

/// The processor time of our unbounded `seq`, divided by crossbeam's.
const SEQUENTIAL_AT_MOST: f64 = 1.2;
/// The same in a group, divided by the same outside.
const GROUP_AT_MOST: f64 = 1.1;
/// What is dearer in a group than outside of one, and how many times at most.
const GROUPS_AT_MOST: [(&str, f64); 2] = [
    ("reply queue beside 100,000 others: in a group / outside", 3.0),
    ("request to 3,000 workers: in a group / outside", 3.0),
];
/// Our batches in unbounded `mpmc`, divided by the best peer's time item by item: twice as fast.
const BATCHES_AT_MOST: f64 = 0.5;
/// Milliseconds of processor time that eight idle workers may use in a second.
const IDLE_AT_MOST: f64 = 1.0;

const LEGEND: &str = "
A cell is the median of all rounds, then the lowest and the highest. Ratios are medians of what the single rounds say, ours divided by the best peer's of the same round;
send_many, recv_many stands against the peers' item by item. A lock alone is no queue: a VecDeque behind parking_lot's mutex, whose threads yield instead of waiting. N is the number of items, so such a
queue is never full. CPU is the processor time of all threads together.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match Command::from_arguments(&arguments) {
        Command::Compare(effort, settings) => return compare(&effort, &settings),
        Command::Tasks(effort) => tasks::run(&effort),
        Command::Instructions => return instructions::compare_with_kept(),
        Command::Burn => machine::burn(),
        Command::Calls { column, capacity, pairs } => children::make_calls(column, capacity, pairs),
        Command::Lines => instructions::touch_lines(),
        Command::Burst { column, items } => children::go_through_burst(column, items),
        Command::Longest { column, items } => bursts::find_longest_calls(column, items),
        Command::Kept { column, items, rest } => bursts::measure_kept(column, items, rest),
        Command::Help => println!("{}", options::HELP),
    }
    ExitCode::SUCCESS
}

fn compare(effort: &Effort, settings: &Settings) -> ExitCode {
    let _others = settings.loaded.then(machine::Load::start);
    if settings.one_core && !machine::use_one_core() {
        eprintln!("SKIPPED: this system does not confine a process to one core");
        return ExitCode::FAILURE;
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = if settings.loaded { ", all busy" } else { "" };
    println!("{} rounds on {cores} cores{load}, N = {}.\n", effort.rounds, effort.items);
    let report = Report::new(settings.style);
    report.head();
    let throughput = throughput::run(effort, &report);
    pools::run(effort, &report);
    let brief = settings.brief.then_some(ExitCode::SUCCESS);
    let status = brief.unwrap_or_else(|| compare_rest(effort, &throughput, &report));
    if let Some(file) = &settings.svg {
        if let Err(error) = std::fs::write(file, picture::draw(&report.into_rows())) {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    status
}

/// Measures and prints the other rows, and the verdicts.
fn compare_rest(effort: &Effort, throughput: &Findings, report: &Report) -> ExitCode {
    let [idle, idle_timed] = waiting::run(effort, report);
    let calls = children::run(effort, report);
    instructions::run(report);
    let groups = groups::run(effort, report);
    bursts::run(effort, report);
    println!("{LEGEND}");
    if effort.rounds == 1 {
        println!("One round of little shows that everything runs, and decides nothing.");
        return ExitCode::SUCCESS;
    }
    let verdicts = [
        verdict(
            "uncontended send + recv: unbounded seq / crossbeam's, processor time",
            throughput.sequential_to_crossbeam,
            SEQUENTIAL_AT_MOST,
        ),
        verdict(
            "the same in a group / outside of one, processor time",
            throughput.group_to_plain,
            GROUP_AT_MOST,
        ),
        verdict(
            "batches of 32: unbounded mpmc 4×4 / best peer's item by item",
            throughput.batches_to_best_peer,
            BATCHES_AT_MOST,
        ),
        verdict("8 idle workers in recv: CPU-ms in a second", idle, IDLE_AT_MOST),
        verdict("8 idle workers in recv_timeout: CPU-ms in a second", idle_timed, IDLE_AT_MOST),
        verdict("system calls in an uncontended send + recv", calls, 0.0),
    ];
    let group_verdicts = GROUPS_AT_MOST
        .into_iter()
        .zip(groups)
        .map(|((promise, at_most), found)| verdict(promise, found, at_most));
    let missed = verdicts.into_iter().chain(group_verdicts).filter(|holds| !holds).count();
    ExitCode::from(u8::from(missed > 0))
}

/// Prints one verdict; whether nothing speaks against the promise.
fn verdict(promise: &str, found: Option<f64>, at_most: f64) -> bool {
    let Some(found) = found else {
        println!("SKIPPED  {promise}: not measured here");
        return true;
    };
    let holds = found <= at_most;
    let word = if holds { "HOLDS " } else { "MISSED" };
    println!("{word}   {promise}: {found:.3}, at most {at_most}");
    holds
}
