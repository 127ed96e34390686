//! The command `cargo verify`: the binary itself, on cheap runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

/// One of the cheapest runs.
const CHEAP: [&str; 3] = ["--quick", "--run", "loom: tasks, 2x2+0+0"];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verify"));
    command.args(arguments).env_remove("CI");
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

#[test]
fn two_tiers_are_refused() {
    let output = output(&["--quick", "--full", "--list"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("exclude each other"));
}

#[test]
fn claim_is_known_in_either_case() {
    let [lower, upper] = ["c6", "C6"].map(|claim| output(&["--claim", claim, "--list"]));
    assert!(lower.status.success());
    assert_eq!(lower.stdout, upper.stdout);
}

#[test]
fn list_names_runs_claims_and_layers() {
    let list = text(&output(&["--list", "--quick"]).stdout);
    for part in [CHEAP[2], "C8 would block forever", "layers: loom, shuttle"] {
        assert!(list.contains(part), "{part:?} is missing:\n{list}");
    }
}

#[test]
fn closed_pipe_is_no_panic() {
    let mut child = command(&["--list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn rows_and_summary_fit_80_columns() {
    let output = output(&[&CHEAP[..], &["--bounds"]].concat());
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}");
    let too_long: Vec<_> = report.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(too_long.is_empty(), "{too_long:#?}");
    assert!(report.contains("C6   holds      loom 1"), "{report}");
    assert!(report.contains("C8   -          no run chosen"), "{report}");
    assert!(!report.contains("Every claim holds."), "only one run was chosen:\n{report}");
}

#[test]
fn proof_without_coqc_is_skipped_loudly_and_fails_in_continuous_integration() {
    let run = |ci: &str| {
        let mut command = command(&["--quick", "--layer", "proof"]);
        command.env("PATH", "").env("CI", ci).output().expect("the command starts")
    };
    for (ci, succeeds) in [("false", true), ("true", false)] {
        let output = run(ci);
        let report = text(&output.stdout);
        assert_eq!(output.status.success(), succeeds, "CI={ci}: {report}");
        assert!(report.contains("C6   skipped    SKIPPED: proof"), "{report}");
        assert!(!report.contains("Every claim holds."), "{report}");
    }
}

/// A run of minutes is interrupted as soon as the row of a run before it is there.
#[cfg(unix)]
#[test]
fn interrupt_keeps_the_rows_that_are_there() {
    // The folder is made.
    let folder = std::env::temp_dir().join(format!("verify-test-{}", std::process::id()));
    let file = folder.join("rows.json");
    let mut child = command(&["--layer", "shuttle", "--claim", "C7", "--json"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let row = lines.by_ref().map_while(Result::ok).find(|line| line.contains("holds"));
    assert!(row.is_some(), "a row comes before the end");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("it starts").success());
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    let status = child.wait().expect("it ends");
    let json = std::fs::read_to_string(&file).expect("the rows are written");
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(status.code(), Some(130));
    assert!(json.contains("\"C7\""), "{json}");
    assert!(rest.iter().any(|line| line.starts_with("INTERRUPTED")), "{rest:#?}");
}

#[test]
fn merge_without_a_run_of_the_plan_fails() {
    let folder = std::env::temp_dir().join(format!("sentinel-queue-merge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be made");
    let file = folder.join("rows.json");
    std::fs::write(&file, "[]").expect("it can be written");
    let merged = output(&[&["merge", file.to_str().expect("it is text")][..], &CHEAP].concat());
    std::fs::remove_dir_all(&folder).expect("it is there");
    assert_eq!(merged.status.code(), Some(1));
    let errors = text(&merged.stderr);
    assert!(errors.contains(&format!("MISSING: {}", CHEAP[2])), "{errors}");
}
