//! What bursts cost: the longest single call while large items go in and out, and the memory that
//! each of many queues keeps afterwards. Each contender gets a process of its own, with a fresh heap.

use crate::children::{as_float, resident, run_child};
use crate::clock::thread_time;
use crate::contenders::{AsyncChannel, Contender, Crossbeam, Flume, Kanal, Ours, Std, NAMES};
use crate::options::Effort;
use crate::table::{Report, Round, Row};
use crate::waiting::columns;
use std::time::Duration;

/// A page each.
type Large = [u8; 4096];
/// What the queues hold of which the memory is measured.
type Small = [u8; 256];
/// The longest send and the longest receive.
type Longest = [Duration; 2];
/// Queues that go through a burst, one after the other.
const QUEUES: usize = 500;

/// Bursts, and how many items of them stay: up to the sizes at which queues keep most.
const BURSTS: [(usize, usize); 5] = [(32, 0), (200, 0), (1_000, 0), (1_100, 0), (1_000, 1)];

/// Measures and prints all rows.
pub(crate) fn run(effort: &Effort, report: &Report) {
    longest_calls(effort, report);
    for (items, rest) in BURSTS {
        let kept = |column| run_child("--kept", &[column, items, rest])?.first().copied();
        let round: Round = std::array::from_fn(kept);
        if round[0].is_none() {
            eprintln!(
                "SKIPPED: memory is not measured, for there is no /proc/self/smaps_rollup here"
            );
            return;
        }
        let what = format!("burst of {items} × 256 bytes");
        let how = format!("kept by a queue with {rest} items");
        report.row(&Row::new([&what, "unbounded", &how], "KiB", &[round], &[round]));
    }
}

fn longest_calls(effort: &Effort, report: &Report) {
    let rounds: Vec<[Option<Vec<f64>>; NAMES.len()]> = (0..effort.rounds_slow)
        .map(|_| std::array::from_fn(|column| run_child("--longest", &[column, effort.large])))
        .collect();
    let what = format!("{} × 4 KiB in and out", effort.large);
    for (place, how) in ["longest send", "longest recv"].into_iter().enumerate() {
        let pick = |found: &Option<Vec<f64>>| found.as_ref()?.get(place).copied();
        let rounds: Vec<Round> =
            rounds.iter().map(|round| std::array::from_fn(|column| pick(&round[column]))).collect();
        report.row(&Row::new([&what, "unbounded", how], "CPU-µs", &rounds, &rounds));
    }
}

/// The child that looks for the longest calls. It prints two numbers, or nothing.
pub(crate) fn find_longest_calls(column: usize, items: usize) {
    let columns: [fn(usize) -> Option<Longest>; NAMES.len()] = columns!(longest);
    if let Some([send, recv]) = columns[column](items) {
        println!("{} {}", send.as_secs_f64() * 1e6, recv.as_secs_f64() * 1e6);
    }
}

fn longest<C: Contender<Large>>(items: usize) -> Option<Longest> {
    let (sender, receiver) = C::open(None);
    let mut longest = [Duration::ZERO; 2];
    for _ in 0..items {
        let before = thread_time()?;
        C::send(&sender, [1; 4096]);
        longest[0] = longest[0].max(thread_time()?.checked_sub(before)?);
    }
    for _ in 0..items {
        let before = thread_time()?;
        let item = C::recv(&receiver);
        longest[1] = longest[1].max(thread_time()?.checked_sub(before)?);
        assert_eq!(item.map(|item| item[0]), Some(1));
    }
    Some(longest)
}

/// The child whose queues go through bursts. It prints the KiB that each keeps, or nothing.
pub(crate) fn measure_kept(column: usize, items: usize, rest: usize) {
    let columns: [fn(usize, usize) -> Option<f64>; NAMES.len()] = columns!(kept);
    if let Some(bytes) = columns[column](items, rest) {
        println!("{bytes}");
    }
}

fn kept<C: Contender<Small>>(items: usize, rest: usize) -> Option<f64> {
    let mut queues = Vec::with_capacity(QUEUES);
    let before = resident()?;
    for _ in 0..QUEUES {
        let (sender, receiver) = C::open(None);
        (0..items).for_each(|_| C::send(&sender, [1; 256]));
        for _ in rest..items {
            assert!(C::recv(&receiver).is_some());
        }
        queues.push((sender, receiver));
    }
    Some((resident()? - before).max(0.0) / as_float(QUEUES))
}
