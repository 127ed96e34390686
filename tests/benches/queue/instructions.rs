//! Instructions of a send and a receive, counted by callgrind: the one number about speed that
//! repeats exactly, on a busy machine too. Ours is kept in a file and compared.

use crate::contenders::NAMES;
use crate::table::{Report, Round, Row};
use std::env;
use std::process::{Command, ExitCode};

/// Sends and receives whose instructions are counted.
const PAIRS: usize = 10_000;
/// How far from the kept numbers a count may be, in either direction.
const TOLERANCE: f64 = 0.03;
/// The capacities, 0 for unbounded, and the kept numbers.
const KEPT: &str = include_str!("instructions.txt");
const KEPT_FILE: &str = "tests/benches/queue/instructions.txt";

/// Measures and prints a row for each capacity.
pub(crate) fn run(report: &Report) {
    for (capacity, name) in [(0, "unbounded"), (64, "64")] {
        let round: Round = std::array::from_fn(|column| of_a_pair(column, capacity));
        if round[0].is_none() {
            eprintln!("SKIPPED: instructions are not counted, for `valgrind` cannot be run here");
            return;
        }
        let label = ["send + recv, uncontended", name, "one thread"];
        report.row(&Row::new(label, "instructions", &[round], &[round]));
    }
}

/// Compares ours with the kept numbers. Without valgrind there is nothing to compare; in CI, where
/// it is installed, that is a failure.
pub(crate) fn compare_with_kept() -> ExitCode {
    let mut failed = false;
    for line in KEPT.lines().filter(|line| !line.starts_with('#')) {
        let (capacity, kept) = line.split_once(' ').expect("a capacity and a number");
        let kept: f64 = kept.parse().expect("a number of instructions");
        let Some(counted) = of_a_pair(0, capacity.parse().expect("a capacity")) else {
            println!("SKIPPED  instructions are not counted, for `valgrind` cannot be run here");
            return ExitCode::from(u8::from(env::var_os("CI").is_some()));
        };
        let holds = (counted / kept - 1.0).abs() <= TOLERANCE;
        let word = if holds { "HOLDS " } else { "MISSED" };
        let name = if capacity == "0" { "unbounded" } else { capacity };
        println!(
            "{word}   instructions of a send + recv, {name}: {counted:.1}, kept {kept}, ± 3 %"
        );
        failed |= !holds;
    }
    if failed {
        println!("\nIf the change is wanted, or the compiler is a newer one, change {KEPT_FILE}.");
    }
    ExitCode::from(u8::from(failed))
}

/// What each further pair adds to a process that only sends and receives.
fn of_a_pair(column: usize, capacity: usize) -> Option<f64> {
    let [none, all] = [0, PAIRS].map(|pairs| counted(&[column, capacity, pairs]));
    let pairs = f64::from(u32::try_from(PAIRS).ok()?);
    (column < NAMES.len()).then_some((all? - none?) / pairs)
}

/// All instructions of a child.
fn counted(arguments: &[usize]) -> Option<f64> {
    let counted = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .arg("--calls")
        .args(arguments.iter().map(usize::to_string))
        .output();
    let counted = counted.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&counted.stderr);
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.split_whitespace().last()?.parse().ok()
}
