//! Runs a workload in which the kernel kills the process at any system call other than those of the
//! exit of a Rust program.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn main() {
    use sentinel_queue::{bounded, Receiver, Sender};
    use sentinel_queue_tests::poll_once;
    use std::time::Duration;

    fn send_and_receive(tx: &Sender<u64>, rx: &Receiver<u64>, batch: &mut Vec<u64>) {
        for item in 0..1000 {
            tx.send(item).unwrap();
            tx.try_send(item).unwrap();
            tx.force_send(item).unwrap();
            tx.send_many([item, item]).unwrap();
            tx.send_sentinel().unwrap();
            rx.recv().unwrap();
            rx.try_recv().unwrap();
            assert_eq!(rx.recv_many(batch, 9), Ok(3));
            assert!(rx.recv().unwrap_err().is_sentinel());
            assert!(rx.try_recv().unwrap_err().is_empty());
            batch.clear();
            tx.join().unwrap();
            // A task may even wait.
            let mut receiving = rx.recv_async();
            assert!(poll_once(&mut receiving).is_none());
            assert_eq!(poll_once(&mut tx.send_async(item)), Some(Ok(())));
            assert_eq!(poll_once(&mut receiving), Some(Ok(item)));
        }
    }

    let wait = std::env::args().nth(1).expect("which workload") == "wait";
    let (tx, rx) = bounded(64);
    let mut batch = Vec::new();
    // Runs once before, so that all memory from the kernel is already allocated.
    send_and_receive(&tx, &rx, &mut batch);
    forbidden::seal();
    if wait {
        let _ = rx.recv_timeout(Duration::from_secs(1));
    } else {
        send_and_receive(&tx, &rx, &mut batch);
    }
    std::process::exit(0);
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod forbidden {
    use seccompiler::{apply_filter, BpfProgram, SeccompAction, SeccompFilter};

    /// Forbids the process every system call other than to exit.
    pub(super) fn seal() {
        // To exit, and before that to free the stack on which overflows are reported.
        let exit = [libc::SYS_exit_group, libc::SYS_sigaltstack, libc::SYS_munmap];
        let allowed = exit.into_iter().map(|number| (number, Vec::new())).collect();
        let architecture = std::env::consts::ARCH.try_into().expect("a known architecture");
        let kill = SeccompAction::KillProcess;
        let filter = SeccompFilter::new(allowed, kill, SeccompAction::Allow, architecture);
        let program: BpfProgram = filter.and_then(TryInto::try_into).expect("a valid filter");
        apply_filter(&program).expect("a kernel with seccomp");
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn main() {
    panic!("this needs seccomp, which is Linux");
}
