//! The examples as real processes: they end well, and print what the README says they do.

use crate::process::Process;
use sentinel_queue_tests::within_reason;
use std::io::Read;
use std::process::Command;

fn assert_prints(example: &str, expected: &[&str]) {
    let (process, mut stdout) = Process::start(Command::new(example));
    let printed = within_reason(move || {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).map(|_| printed)
    });
    assert_eq!(printed.unwrap().lines().collect::<Vec<_>>(), expected);
    assert!(process.wait().success());
}

#[test]
fn blog_1_ends_when_the_queue_is_empty() {
    let program = env!("CARGO_BIN_EXE_blog_1_while_not_empty");
    assert_prints(
        program,
        &[
            "steve: Quitting time!",
            "john: Quitting time!",
            "nancy: Quitting time!",
            "24 tasks, each done once",
        ],
    );
}

#[test]
fn blog_2_ends_when_the_sender_is_gone() {
    let program = env!("CARGO_BIN_EXE_blog_2_loop");
    assert_prints(
        program,
        &[
            "steve quitting time!",
            "john quitting time!",
            "nancy quitting time!",
            "24 tasks, each done once, and the queue is closed",
        ],
    );
}

#[test]
fn blog_3_ends_by_sentinels() {
    let program = env!("CARGO_BIN_EXE_blog_3_sentinels");
    assert_prints(
        program,
        &[
            "steve quitting time!",
            "john quitting time!",
            "nancy quitting time!",
            "24 tasks, each done once, and three loops ended by three sentinels",
        ],
    );
}

#[test]
fn blog_2_in_a_scope_is_told_that_nobody_is_left() {
    let program = env!("CARGO_BIN_EXE_blog_2_in_scope");
    assert_prints(
        program,
        &[
            "steve quitting time!",
            "john quitting time!",
            "nancy quitting time!",
            "this operation would block forever: 3 threads wait, none can wake them",
        ],
    );
}

#[test]
fn parallel_walk_knows_when_it_is_done() {
    let program = env!("CARGO_BIN_EXE_parallel_walk");
    assert_prints(
        program,
        &["the workers found as many files and directories as a sequential walk"],
    );
}

#[test]
fn worker_pool_adds_up() {
    let program = env!("CARGO_BIN_EXE_worker_pool");
    assert_prints(program, &["the sum of the first 1000 squares is 333833500"]);
}

#[test]
fn batches_add_up() {
    let program = env!("CARGO_BIN_EXE_batches");
    assert_prints(program, &["10000 numbers in batches of at most 32, and their sum is 50005000"]);
}

#[test]
fn tasks_walk_the_whole_tree() {
    let program = env!("CARGO_BIN_EXE_tasks");
    assert_prints(program, &["all 1023 nodes of the tree were visited"]);
}

#[cfg(unix)]
mod graceful_shutdown {
    use crate::process::Process;
    use sentinel_queue_tests::within_reason;
    use std::io::{BufRead, BufReader, Lines};
    use std::process::{ChildStdout, Command};

    /// A service that is told to stop, and read along with.
    struct Service {
        process: u32,
        lines: Lines<BufReader<ChildStdout>>,
    }

    impl Service {
        fn signal(&self, name: &str) {
            let kill = format!("kill -s {name} {}", self.process);
            assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        }

        fn says(&mut self) -> String {
            self.lines.next().expect("another line").unwrap()
        }

        /// The last lines.
        fn rest(self) -> Vec<String> {
            self.lines.map(Result::unwrap).collect()
        }
    }

    /// Runs the example, within reason.
    fn with_service(
        milliseconds_per_job: u32,
        conversation: impl FnOnce(Service) + Send + 'static,
    ) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_graceful_shutdown"));
        command.arg(milliseconds_per_job.to_string());
        let (process, stdout) = Process::start(command);
        let service = Service { process: process.id(), lines: BufReader::new(stdout).lines() };
        within_reason(move || conversation(service));
        assert!(process.wait().success());
    }

    #[test]
    fn first_signal_closes_and_drains() {
        for signal in ["TERM", "INT"] {
            with_service(0, move |mut service| {
                assert_eq!(service.says(), "12 jobs accepted");
                service.signal(signal);
                assert_eq!(service.says(), "closed: what is queued will be done");
                assert_eq!(service.rest(), ["12 jobs done, 0 taken back"]);
            });
        }
    }

    #[test]
    fn second_signal_takes_back_what_is_left() {
        // A job takes an hour: without the second signal this would not end.
        with_service(3_600_000, |mut service| {
            assert_eq!(service.says(), "12 jobs accepted");
            service.signal("TERM");
            assert_eq!(service.says(), "closed: what is queued will be done");
            service.signal("TERM");
            let report = service.says();
            let count = report.strip_prefix("in a hurry: ").unwrap();
            let left: usize = count.strip_suffix(" jobs were taken back").unwrap().parse().unwrap();
            assert!((10..=12).contains(&left), "two workers had at most one job each");
            assert_eq!(service.rest(), [format!("{} jobs done, {left} taken back", 12 - left)]);
        });
    }
}
