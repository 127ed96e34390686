//! The machine as some users have it: a single core, or one where every core has other work.

use std::env;
use std::io::{stdin, Read};
use std::process::{Child, Command, Stdio};
use std::thread;

/// Confines this process to one core, with all threads that it starts; whether that was possible.
#[cfg(target_os = "linux")]
pub(crate) fn use_one_core() -> bool {
    use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};
    let Ok(all) = sched_getaffinity(None) else { return false };
    let Some(first) = (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)) else { return false };
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one).is_ok()
}

/// Not possible on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn use_one_core() -> bool {
    false
}

/// A process for each core that does nothing but use it. They end with this value.
pub(crate) struct Load(Vec<Child>);

impl Load {
    /// Starts them. Their processor time is not this process's.
    pub(crate) fn start() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let start = |_| {
            let program = env::current_exe().expect("the path of this program");
            let mut child = Command::new(program);
            child.arg("--burn").stdin(Stdio::piped());
            child.spawn().expect("a process for each core")
        };
        Load((0..cores).map(start).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended already; and it ends by itself when its input does.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The child that keeps a core busy, until its input ends.
pub(crate) fn burn() {
    let parent = thread::spawn(|| stdin().read_to_end(&mut Vec::new()));
    while !parent.is_finished() {
        std::hint::spin_loop();
    }
}
