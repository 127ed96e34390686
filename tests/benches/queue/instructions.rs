//! Instructions of a send and a receive, counted by callgrind, and cache lines of the queue that they
//! touch, traced by lackey: the numbers about speed that repeat exactly, on a busy machine too. Our
//! instructions are kept in a file and compared.

use crate::contenders::NAMES;
use crate::table::{Report, Round, Row};
use std::collections::BTreeMap;
use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};

/// Sends and receives whose instructions are counted.
const PAIRS: usize = 10_000;
/// How far from the kept numbers a count may be, in either direction.
const TOLERANCE: f64 = 0.03;
/// The capacities, 0 for unbounded, and the kept numbers.
const KEPT: &str = include_str!("instructions.txt");
const KEPT_FILE: &str = "tests/benches/queue/instructions.txt";
/// Sends and receives whose accesses to memory are traced.
const TRACED: usize = 100;
/// Cache lines of the queue that a send and a receive touch, its lock included.
const LINES_AT_MOST: usize = 2;

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
    let lines = lines_of_a_pair();
    let holds = lines.is_some_and(|lines| (1..=LINES_AT_MOST).contains(&lines));
    let word = if holds { "HOLDS " } else { "MISSED" };
    let counted = lines.map_or(String::from("not counted"), |lines| lines.to_string());
    println!(
        "{word}   cache lines of a send + recv, unbounded: {counted}, at most {LINES_AT_MOST}"
    );
    if failed {
        println!("\nIf the change is wanted, or the compiler is a newer one, change {KEPT_FILE}.");
    }
    ExitCode::from(u8::from(failed || !holds))
}

/// The number of cache lines of the queue that every pair touches.
fn lines_of_a_pair() -> Option<usize> {
    const LINE: usize = 64;
    let traced = Command::new("valgrind")
        .args(["--tool=lackey", "--trace-mem=yes"])
        .arg(env::current_exe().ok()?)
        .arg("--lines")
        .output();
    let traced = traced.ok().filter(|output| output.status.success())?;
    let (place, trace) =
        (String::from_utf8_lossy(&traced.stdout), String::from_utf8_lossy(&traced.stderr));
    let (start, size) = place.trim().split_once(' ')?;
    let (start, size): (usize, usize) = (start.parse().ok()?, size.parse().ok()?);
    let mut touched = BTreeMap::<usize, usize>::new();
    // An access is a line such as " L 04a2c0e8,8"; those of instructions begin with an I.
    for access in trace.lines().filter_map(|line| line.strip_prefix(' ')) {
        let address = access.get(2..).and_then(|rest| rest.split(',').next()).unwrap_or_default();
        let address = usize::from_str_radix(address, 16).unwrap_or_default();
        if (start..start + size).contains(&address) {
            *touched.entry(address / LINE).or_default() += 1;
        }
    }
    Some(touched.into_values().filter(|times| *times >= TRACED).count())
}

/// The child whose accesses are traced. It prints where its queue lies.
pub(crate) fn touch_lines() {
    let (sender, receiver) = sentinel_queue::unbounded::<usize>();
    let queue: &sentinel_queue::Queue<usize> = &sender;
    println!("{} {}", std::ptr::from_ref(queue) as usize, size_of_val(queue));
    for number in 0..TRACED {
        assert!(sender.send(number).is_ok());
        black_box(receiver.recv().ok());
    }
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
