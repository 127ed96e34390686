//! No system call in send or receive when no thread waits: a process that the kernel kills if it makes
//! one (other than to exit) does a lot of both, and succeeds.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use crate::process::Process;
use sentinel_queue_tests::with_watchdog;
use std::io::{BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// The signal that kills a process at a forbidden system call: the same number on every architecture
/// of this test.
const SIGSYS: i32 = 31;

fn run(workload: &str) -> ExitStatus {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forbid_system_calls"));
    command.arg(workload);
    let (process, stdout) = Process::start(command);
    with_watchdog(move || assert_eq!(BufReader::new(stdout).bytes().count(), 0));
    process.wait()
}

#[test]
fn send_and_receive_make_no_system_call_when_no_thread_waits() {
    let status = run("send-and-receive");
    assert!(status.success(), "{status}");
}

#[test]
fn wait_makes_a_system_call_and_that_is_noticed() {
    let status = run("wait");
    assert_eq!(status.signal(), Some(SIGSYS), "{status}");
}
