//! Counts executions and choices, collects lock orders, and stops a search that has reached a limit.

use crate::bounds::Limits;
use crate::outcome::Outcome;
use crate::{execution, token};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The progress of one search.
pub(crate) struct Progress {
    limits: Limits,
    start: Instant,
    executions: u64,
    choices: u64,
    cut_short: Option<String>,
    traces: BTreeSet<String>,
}

impl Progress {
    /// Creates the progress of a new search, shared by its driver and the code inside the engine.
    pub(crate) fn shared(limits: &Limits, start: Instant) -> Arc<Mutex<Progress>> {
        Arc::new(Mutex::new(Progress {
            limits: limits.clone(),
            start,
            executions: 0,
            choices: 0,
            cut_short: None,
            traces: BTreeSet::new(),
        }))
    }

    /// Accounts for the previous execution; returns whether another one may run.
    pub(crate) fn next(&mut self) -> bool {
        self.close();
        self.cut_short = self.exhausted();
        self.executions += u64::from(self.cut_short.is_none());
        self.cut_short.is_none()
    }

    pub(crate) fn executions(&self) -> u64 {
        self.executions
    }

    fn exhausted(&self) -> Option<String> {
        let enough = |most: &u64| self.executions >= *most;
        if let Some(most) = self.limits.executions.filter(enough) {
            return Some(format!("after {most} executions, as limited"));
        }
        // Reading the clock costs more than a short execution.
        let asks = self.executions % 64 == 63;
        let late = self.limits.time.filter(|most| asks && self.start.elapsed() >= *most);
        late.map(|most| format!("after {most:?}, as limited"))
    }

    fn close(&mut self) {
        execution::with(|execution| {
            self.choices += execution.choices();
            if self.limits.keep_traces && self.executions > 0 {
                self.traces.insert(token::letters(&execution.schedule));
            }
        });
    }

    /// Ends the search and returns its outcome.
    pub(crate) fn outcome(&mut self, engine: &'static str, version: &'static str) -> Outcome {
        if self.cut_short.is_none() {
            self.close();
        }
        Outcome {
            engine,
            version,
            executions: self.executions,
            choices: self.choices,
            cut_short: self.cut_short.take(),
            elapsed: self.start.elapsed(),
            traces: std::mem::take(&mut self.traces),
            ..Outcome::default()
        }
    }
}
