//! No system call in send or receive when nobody waits: a process in which the kernel kills whoever
//! makes one (but the one to exit) does a lot of both, and ends well.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use crate::process::Process;
use sentinel_queue_tests::within_reason;
use std::io::{BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// The signal that ends a process which makes a system call it may not make: the same number on
/// every architecture this is for.
const SIGSYS: i32 = 31;

fn run(workload: &str) -> ExitStatus {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forbid_system_calls"));
    command.arg(workload);
    let (process, stdout) = Process::start(command);
    within_reason(move || assert_eq!(BufReader::new(stdout).bytes().count(), 0));
    process.wait()
}

#[test]
fn send_and_receive_make_no_system_call_when_nobody_waits() {
    let status = run("send-and-receive");
    assert!(status.success(), "{status}");
}

#[test]
fn wait_makes_a_system_call_and_that_is_noticed() {
    let status = run("wait");
    assert_eq!(status.signal(), Some(SIGSYS), "{status}");
}
