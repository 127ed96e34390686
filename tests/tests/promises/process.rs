//! Programs that tests run.

use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A running program, which does not outlive its test, also when the watchdog ends that: it is kept
/// outside of what is watched, and what is watched reads its output.
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

    /// Called once it has closed its output.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Does nothing to one that has been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
