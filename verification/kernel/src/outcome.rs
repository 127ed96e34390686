//! What a driver hands back. A failure is a value; a search that did not come to its end says so.

use std::collections::BTreeSet;
use std::time::Duration;

/// The result of a search, a sampling or a replay.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The checker.
    pub engine: &'static str,
    /// Its exact version.
    pub version: &'static str,
    /// How many executions were run.
    pub executions: u64,
    /// How many of them met a state seen before (stateful search).
    pub pruned: u64,
    /// Whether every schedule within the hostility was run: no failure, no preemption bound, not
    /// cut short, not a sampling.
    pub complete: bool,
    /// Why the search stopped early, if it did.
    pub cut_short: Option<String>,
    /// The first failing execution.
    pub failure: Option<Failure>,
    /// How long it took.
    pub elapsed: Duration,
    /// How many choices were made: which sleeper, whether to wake for no reason, whether a timer
    /// was first.
    pub choices: u64,
    /// The lock orders met, if they were asked for.
    pub traces: BTreeSet<String>,
}

/// A failing execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub message: String,
    /// Reproduces the schedule with `shuttle::replay`, whichever engine found it.
    pub token: String,
    /// What every thread did, one line per step.
    pub interleaving: String,
}
