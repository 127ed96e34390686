//! The examples as processes: they succeed, and print what `core/examples/README.md` shows. The tests
//! read that page, so the two cannot differ. Only `graceful_shutdown` has more than one right output.

use crate::process::Process;
use sentinel_queue_tests::with_watchdog;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

#[allow(dead_code, reason = "its `main` is not called")]
#[path = "../../examples/tokio_and_threads.rs"]
mod tokio_and_threads;

const PAGE: &str = include_str!("../../../core/examples/README.md");
const PROMPT: &str = "$ cargo run -q --example ";

/// Returns the lines that the page shows below the command of an example, up to the next one.
fn shown(command: &str) -> Vec<&'static str> {
    let mut lines = PAGE.lines();
    lines.by_ref().find(|line| line.strip_prefix(PROMPT) == Some(command)).expect("it is shown");
    lines.take_while(|line| !line.starts_with(PROMPT) && *line != "```").collect()
}

fn assert_prints_what_is_shown(example: &str, program: &str) {
    let (process, mut stdout) = Process::start(Command::new(program));
    let printed = with_watchdog(move || {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).map(|_| printed)
    });
    // Built from here, their paths have a detour.
    let printed = printed.unwrap().replace("tests/../", "");
    assert_eq!(printed.lines().collect::<Vec<_>>(), shown(example));
    assert!(process.wait().success());
}

#[test]
fn every_example_is_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let examples: BTreeSet<_> =
        files.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let commands = PAGE.lines().filter_map(|line| line.strip_prefix(PROMPT));
    let names = commands.map(|command| command.split(' ').next().unwrap().to_owned());
    assert_eq!(names.collect::<BTreeSet<_>>(), examples);
}

#[test]
fn blog_1_ends_when_the_queue_is_empty() {
    let program = env!("CARGO_BIN_EXE_blog_1_while_not_empty");
    assert_prints_what_is_shown("blog_1_while_not_empty", program);
}

#[test]
fn blog_2_ends_when_the_sender_is_gone() {
    assert_prints_what_is_shown("blog_2_loop", env!("CARGO_BIN_EXE_blog_2_loop"));
}

#[test]
fn pool_reports_results_and_failures() {
    assert_prints_what_is_shown("pool", env!("CARGO_BIN_EXE_pool"));
}

#[test]
fn blog_3_ends_by_sentinels() {
    assert_prints_what_is_shown("blog_3_sentinels", env!("CARGO_BIN_EXE_blog_3_sentinels"));
}

#[test]
fn blog_2_in_a_scope_reports_the_deadlock() {
    assert_prints_what_is_shown("blog_2_in_scope", env!("CARGO_BIN_EXE_blog_2_in_scope"));
}

#[test]
fn parallel_walk_detects_its_end() {
    assert_prints_what_is_shown("parallel_walk", env!("CARGO_BIN_EXE_parallel_walk"));
}

#[test]
fn worker_pool_adds_up() {
    assert_prints_what_is_shown("worker_pool", env!("CARGO_BIN_EXE_worker_pool"));
}

#[test]
fn batches_add_up() {
    assert_prints_what_is_shown("batches", env!("CARGO_BIN_EXE_batches"));
}

#[test]
fn tasks_walk_the_whole_tree() {
    assert_prints_what_is_shown("tasks", env!("CARGO_BIN_EXE_tasks"));
}

#[test]
fn async_pool_adds_up_and_stops() {
    assert_prints_what_is_shown("async_pool", env!("CARGO_BIN_EXE_async_pool"));
}

#[test]
fn tasks_of_tokio_and_threads_share_a_queue() {
    let printed = with_watchdog(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        runtime.block_on(tokio_and_threads::run())
    });
    let command = "$ cargo run -q -p sentinel-queue-tests --example tokio_and_threads";
    assert!(PAGE.contains(&format!("{command}\n{printed}\n```")), "{printed}");
}

#[cfg(unix)]
mod graceful_shutdown {
    use super::shown;
    use crate::process::Process;
    use sentinel_queue_tests::with_watchdog;
    use std::io::{BufRead, BufReader};
    use std::process::Command;

    /// Runs it as the page does, where `^C` stands for a signal; returns the lines shown and printed.
    fn converse(milliseconds_per_job: u32, signal: &'static str) -> (Vec<String>, Vec<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_graceful_shutdown"));
        command.arg(milliseconds_per_job.to_string());
        let (process, stdout) = Process::start(command);
        let kill = format!("kill -s {signal} {}", process.id());
        let shown = shown(&format!("graceful_shutdown -- {milliseconds_per_job}"));
        let script = shown.clone();
        let printed = with_watchdog(move || {
            let mut lines = BufReader::new(stdout).lines().map(Result::unwrap);
            let mut printed: Vec<String> = Vec::new();
            for line in script {
                if line == "^C" {
                    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
                } else {
                    printed.push(lines.next().expect("another line"));
                }
            }
            printed.extend(lines);
            printed
        });
        assert!(process.wait().success());
        let shown = shown.into_iter().filter(|line| *line != "^C").map(String::from);
        (shown.collect(), printed)
    }

    #[test]
    fn first_signal_closes_and_drains() {
        for signal in ["TERM", "INT"] {
            let (shown, printed) = converse(50, signal);
            assert_eq!(printed, shown);
        }
    }

    /// With two workers that had begun at most one job each.
    fn in_a_hurry(printed: &[String]) -> [String; 4] {
        let count = printed[2].strip_prefix("in a hurry: ").unwrap();
        let left: usize = count.strip_suffix(" jobs were taken back").unwrap().parse().unwrap();
        assert!((10..=12).contains(&left), "{printed:?}");
        [
            "12 jobs accepted".to_owned(),
            "closed: what is queued will be done".to_owned(),
            format!("in a hurry: {left} jobs were taken back"),
            format!("{} jobs done, {left} taken back", 12 - left),
        ]
    }

    #[test]
    fn second_signal_takes_back_what_is_left() {
        // A job takes an hour: without the second signal this would not end.
        for signal in ["TERM", "INT"] {
            let (shown, printed) = converse(3_600_000, signal);
            assert_eq!(printed, in_a_hurry(&printed));
            assert_eq!(shown, in_a_hurry(&shown));
        }
    }
}

/// The page of the crate shows the report of an example, and finds its readers by these words.
#[test]
fn crate_page_shows_a_report_and_its_aliases_are_there() {
    let page = include_str!("../../../core/src/lib.rs");
    let lines = page.lines().map(|line| line.trim_start_matches("//! "));
    let report: Vec<_> = lines
        .skip_while(|line| !line.starts_with("this operation would block forever"))
        .take_while(|line| *line != "```")
        .collect();
    assert!(report.len() > 5 && shown("blog_2_in_scope").ends_with(&report), "{report:#?}");

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let files = ["error", "iter", "queue", "receiver", "report", "scope", "sender", "task"];
    let source = files.map(|file| fs::read_to_string(folder.join(file).with_extension("rs")));
    let aliases: String = source
        .iter()
        .flat_map(|text| text.as_ref().unwrap().lines())
        .filter(|line| line.contains("#[doc(alias"))
        .collect();
    for word in [
        "deadlock",
        "LoopExit",
        "disconnected",
        "drain",
        "poison pill",
        "StopIteration",
        "shutdown",
        "JoinableQueue",
        "task_done",
        "WaitGroup",
        "channel",
        "mpmc",
    ] {
        assert!(aliases.contains(&format!("\"{word}\"")), "{word}");
    }
}
