//! No variable in the environment weakens a check: the counts of a child process that has them all
//! set are those of one that has none.

use sentinel_queue_kernel::{harness, loom, shuttle, Limits, Mutex, Outcome};
use std::process::Command;
use std::sync::Arc;

const VARIABLES: [(&str, &str); 9] = [
    ("LOOM_MAX_PREEMPTIONS", "1"),
    ("LOOM_MAX_BRANCHES", "5"),
    ("LOOM_MAX_PERMUTATIONS", "2"),
    ("LOOM_MAX_DURATION", "0"),
    ("LOOM_CHECKPOINT_INTERVAL", "1"),
    ("LOOM_CHECKPOINT_FILE", "nowhere/loom.json"),
    ("LOOM_LOG", "trace"),
    ("LOOM_LOCATION", "1"),
    ("SHUTTLE_RANDOM_SEED", "1"),
];

fn body() {
    let mutex = Arc::new(Mutex::new(0));
    for _ in 0..3 {
        let mutex = Arc::clone(&mutex);
        harness::spawn(move || {
            *mutex.lock() += 1;
            *mutex.lock() += 1;
        });
    }
    harness::all_spawned();
    harness::finish();
}

fn count(outcome: &Outcome) -> String {
    format!("{} {} {};", outcome.engine, outcome.executions, outcome.complete)
}

fn counts() -> String {
    let limits = Limits::default();
    let (first, second) = (loom::explore(&limits, body), shuttle::explore(&limits, body));
    format!("COUNTS {}{}", count(&first), count(&second))
}

/// Not a test of its own: what the child process runs, and harmless in the parent.
#[test]
fn child() {
    println!("{}", counts());
}

fn in_child(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in VARIABLES {
        command.env_remove(name);
    }
    let output = command
        .args(["--exact", "environment::child", "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("COUNTS ")).map(|(_, rest)| rest);
    line.unwrap_or_else(|| panic!("no counts in {text}")).to_owned()
}

#[test]
fn environment_variables_have_no_effect() {
    let without = in_child(&[]);
    let with = in_child(&VARIABLES);
    println!("{without}");
    assert_eq!(without, with);
    assert!(without.contains("shuttle 90 true"), "6! / (2! 2! 2!) lock orders: {without}");
}
