//! Processes that tests start.

use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A running process, which does not outlive its test, even if the watchdog ends that: it is kept
/// outside of the watched body, which only reads its output.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(mut command: Command) -> (Self, ChildStdout) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        (Process(child), stdout)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for the process, which has closed its output.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Has no effect on a process that has been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
