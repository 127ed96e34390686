//! Measurements of a whole process: the system calls it makes and the memory it holds.
//! Each contender gets a process of its own, this program again with other arguments.

use crate::contenders::{AsyncChannel, Contender, Crossbeam, Flume, Kanal, Ours, Std, NAMES};
use crate::options::Effort;
use crate::table::{Report, Round, Row};
use crate::waiting::columns;
use std::env;
use std::hint::black_box;
use std::process::Command;

/// Sends and receives of one thread whose system calls are counted.
const PAIRS: usize = 10_000;
const KIBIBYTE: usize = 1024;

/// Bytes for an item while all are queued, bytes for an item at the peak, and the KiB that the
/// process holds on to when the queue has run empty; as the operating system sees it.
type Burst = [f64; 3];

/// Measures and prints all rows, and returns this queue's system calls in a send and a receive.
pub(crate) fn run(effort: &Effort, report: &Report) -> Option<f64> {
    let unbounded = calls(None, "unbounded", report);
    let bounded = calls(Some(64), "64", report);
    memory(effort, report);
    Some(unbounded?.max(bounded?))
}

// ----- system calls ------------------------------------------------------------------------------

fn calls(capacity: Option<usize>, name: &str, report: &Report) -> Option<f64> {
    let round: Round = std::array::from_fn(|column| {
        let of = |pairs: usize| traced_calls(column, capacity, pairs);
        let more = of(PAIRS)?.checked_sub(of(0)?)?;
        Some(f64::from(more) / f64::from(u32::try_from(PAIRS).ok()?))
    });
    if round[0].is_none() {
        eprintln!("SKIPPED: system calls are not counted, for `strace` cannot be run here");
        return None;
    }
    let label = ["send + recv, uncontended", name, "one thread"];
    report.row(&Row::new(label, "syscalls", &[round], &[round]));
    round[0]
}

/// All system calls of a process that does nothing but send and receive so many times.
fn traced_calls(column: usize, capacity: Option<usize>, pairs: usize) -> Option<u32> {
    let capacity = capacity.unwrap_or(0);
    let arguments = [column, capacity, pairs].map(|argument| argument.to_string());
    let traced = Command::new("strace")
        .arg(env::current_exe().ok()?)
        .arg("--calls")
        .args(arguments)
        .output();
    let traced = traced.ok().filter(|output| output.status.success())?;
    let trace = String::from_utf8_lossy(&traced.stderr);
    let calls = u32::try_from(trace.lines().filter(|line| line.contains('(')).count()).ok();
    // No program starts without any: a trace that shows none is no trace.
    calls.filter(|calls| *calls > 0)
}

/// The child whose calls are counted.
pub(crate) fn make_calls(column: usize, capacity: Option<usize>, pairs: usize) {
    let columns: [fn(Option<usize>, usize); NAMES.len()] = columns!(send_and_receive);
    columns[column](capacity, pairs);
}

fn send_and_receive<C: Contender<usize>>(capacity: Option<usize>, pairs: usize) {
    let (sender, receiver) = C::open(capacity);
    C::send(&sender, pairs);
    assert_eq!(C::recv(&receiver), Some(pairs));
    // Little else, since instructions are counted too.
    for number in 0..pairs {
        C::send(&sender, number);
        black_box(C::recv(&receiver));
    }
}

// ----- memory ------------------------------------------------------------------------------------

fn memory(effort: &Effort, report: &Report) {
    let found: [Option<Burst>; NAMES.len()] =
        std::array::from_fn(|column| burst_of_child(column, effort.burst));
    if found[0].is_none() {
        eprintln!("SKIPPED: memory is not measured, for there is no /proc/self/smaps_rollup here");
        return;
    }
    let what = format!("burst of {} × 8 bytes", effort.burst);
    let rows = [
        ("while queued", "bytes/item"),
        ("at the most", "bytes/item"),
        ("kept when empty again", "KiB"),
    ];
    for (place, (how, unit)) in rows.into_iter().enumerate() {
        let round: Round = found.map(|numbers| Some(numbers?[place]));
        report.row(&Row::new([&what, "unbounded", how], unit, &[round], &[round]));
    }
}

/// Runs a child and reads what it found.
fn burst_of_child(column: usize, items: usize) -> Option<Burst> {
    run_child("--burst", &[column, items])?.try_into().ok()
}

/// Runs this program with other arguments, and reads the numbers that it prints.
pub(crate) fn run_child(option: &str, arguments: &[usize]) -> Option<Vec<f64>> {
    let mut child = Command::new(env::current_exe().ok()?);
    child.arg(option).args(arguments.iter().map(usize::to_string));
    let text = String::from_utf8(child.output().ok()?.stdout).ok()?;
    Some(text.split_whitespace().filter_map(|word| word.parse().ok()).collect())
}

/// The child that goes through a burst. It prints the three numbers, or nothing.
pub(crate) fn go_through_burst(column: usize, items: usize) {
    let columns: [fn(usize) -> Option<Burst>; NAMES.len()] = columns!(burst);
    if let Some([queued, peak, kept]) = columns[column](items) {
        println!("{queued} {peak} {kept}");
    }
}

fn burst<C: Contender<usize>>(items: usize) -> Option<Burst> {
    let (sender, receiver) = C::open(None);
    C::send(&sender, 0);
    assert_eq!(C::recv(&receiver), Some(0));
    let before = resident()?;
    for number in 0..items {
        C::send(&sender, number);
    }
    let queued = resident()? - before;
    for number in 0..items {
        assert_eq!(C::recv(&receiver), Some(number));
    }
    let kept = resident()? - before;
    let peak = kibibytes("/proc/self/status", "VmHWM:")? - before;
    let per_item = |kibibytes: f64| kibibytes * as_float(KIBIBYTE) / as_float(items);
    Some([per_item(queued), per_item(peak), kept.max(0.0)])
}

/// KiB of this process in memory; unlike the figure in `status`, this one is exact.
pub(crate) fn resident() -> Option<f64> {
    kibibytes("/proc/self/smaps_rollup", "Rss:")
}

fn kibibytes(file: &str, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
pub(crate) fn as_float(number: usize) -> f64 {
    number as f64
}
