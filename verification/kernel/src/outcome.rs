//! The result of a driver. A failure is a value; a search that was cut short is reported as such.

use std::collections::BTreeSet;
use std::time::Duration;

/// The result of a search, a sampling or a replay.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The checker's name.
    pub engine: &'static str,
    /// The checker's exact version.
    pub version: &'static str,
    /// The number of executions.
    pub executions: u64,
    /// The number of executions that reached a state seen before (stateful search).
    pub pruned: u64,
    /// Whether every schedule within the hostility was run: no failure, no preemption bound, not
    /// cut short, not a sampling.
    pub complete: bool,
    /// The reason why the search stopped early, if it did.
    pub cut_short: Option<String>,
    /// The first failing execution.
    pub failure: Option<Failure>,
    /// The duration.
    pub elapsed: Duration,
    /// The number of choices made: which waiter is woken, whether a wakeup is spurious, whether a
    /// timer was first.
    pub choices: u64,
    /// The lock orders met, if they were requested.
    pub traces: BTreeSet<String>,
}

/// A failing execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error message.
    pub message: String,
    /// The token that reproduces the schedule with `shuttle::replay`, whichever engine found it.
    pub token: String,
    /// The steps of all threads, one per line.
    pub interleaving: String,
}
