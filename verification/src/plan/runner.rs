//! The executor of runs: its cores, its part of the work, and what it finds.

use crate::plan::Run;
use crate::report::kills::Kills;
use crate::report::progress::Progress;
use crate::report::Row;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A part of the work.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The index of this part, from zero.
    pub index: usize,
    /// The number of parts.
    pub of: usize,
}

impl Part {
    /// All of the work.
    pub const WHOLE: Part = Part { index: 0, of: 1 };

    /// Returns the share of this part: every `of`-th element.
    pub fn share<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.index).step_by(self.of).collect()
    }

    /// Returns the part as written on the command line, or `None` for the whole.
    pub fn name(self) -> Option<String> {
        (self.of > 1).then(|| format!("{}/{}", self.index + 1, self.of))
    }
}

/// The executor of runs.
pub struct Runner<'a> {
    /// The number of searches that run at once.
    pub cores: usize,
    /// The part of each run.
    pub part: Part,
    /// The progress line.
    pub progress: &'a Progress,
}

/// The findings of a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// One row per claim.
    pub rows: Vec<Row>,
    /// Descriptions of what went wrong.
    pub problems: Vec<String>,
    /// Of each mutant that was searched for: which layer stops it, and with which program.
    pub kills: Kills,
    /// A failing schedule of each mutant, as the command that replays it.
    pub replays: Vec<String>,
}

impl Runner<'_> {
    /// Returns a row for each claim of the run.
    pub fn rows(&self, run: &Run, row: &Row) -> Vec<Row> {
        let part = self.part.name();
        let row = |claim: &&str| Row {
            claim: (*claim).to_owned(),
            part: part.clone(),
            name: run.name.clone(),
            layer: run.layer.to_owned(),
            ..row.clone()
        };
        run.claims.iter().map(row).collect()
    }

    /// Applies a function to each element on all cores; returns the results in order.
    pub fn spread<T: Sync, R: Send>(&self, all: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.cores.max(1) {
                scope.spawn(|| loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = all.get(place) else { return };
                    let result = job(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                    self.progress.step();
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}
