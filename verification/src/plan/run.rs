//! The runs of the plan: their tiers, jobs and parts, what runs them, and what they find.

use crate::explore::engine::Engine;
use crate::explore::search::Search;
use crate::explore::{Checks, Compared};
use crate::layers::mutation::Bug;
use crate::report::kills::Kills;
use crate::report::progress::Progress;
use crate::report::Row;
use sentinel_queue_kernel::{Hostility, Limits};
use sentinel_queue_models::program::Family;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The amount of work: how long all runs may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Under three minutes on two cores.
    Quick,
    /// Under twenty.
    Default,
    /// Hours.
    Full,
}

impl Tier {
    /// All tiers.
    pub const ALL: [Tier; 3] = [Tier::Quick, Tier::Default, Tier::Full];
}

/// One run of the plan.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run's unique name, also in the kept counts.
    pub name: String,
    /// loom, shuttle, conformance, mutants, model or proof.
    pub layer: &'static str,
    /// The claims that it is evidence for.
    pub claims: &'static [&'static str],
    /// The job.
    pub job: Job,
}

/// The job of a run.
#[allow(clippy::large_enum_variant)] // there are a few dozen of them
#[derive(Clone, Debug)]
pub enum Job {
    /// All programs of a family.
    Family(Family, Search),
    /// These programs.
    Programs(&'static [&'static str], Search),
    /// All litmus tests, on this engine.
    Litmus(Engine),
    /// All mutants, each run by every layer.
    Mutants {
        /// Whether they are those of groups.
        in_groups: bool,
        /// Whether their programs are searched; otherwise the kept ones are run alone.
        searched: bool,
    },
    /// loom and shuttle on all programs of a family, with every mutant, and with at least so many
    /// spurious wakeups per thread.
    Agreement(Family, u32),
    /// The same in groups.
    AgreementInGroups(Family),
    /// The model's own suite.
    Model {
        /// Whether large pools are included.
        large: bool,
    },
    /// The theorems.
    Proof {
        /// Whether the independent checker runs, too, with the assumptions of every theorem.
        thorough: bool,
    },
}

impl Run {
    /// Makes a run of a job.
    pub(super) fn of(
        name: impl Into<String>,
        layer: &'static str,
        claims: &'static [&'static str],
        job: Job,
    ) -> Self {
        Run { name: name.into(), layer, claims, job }
    }

    /// Returns the names of its rows: its own, or those of the mutants.
    pub fn rows(&self) -> Vec<String> {
        match self.job {
            Job::Mutants { in_groups, .. } => {
                Bug::all(in_groups).iter().map(|bug| bug.mutant.name.to_owned()).collect()
            }
            _ => vec![self.name.clone()],
        }
    }

    /// Makes a run of all programs of a family. Its name ends with their size and the hostility.
    pub(super) fn of_family(
        title: &str,
        layer: &'static str,
        claims: &'static [&'static str],
        (family, size): (Family, &str),
        search: Search,
    ) -> Self {
        let Hostility { spurious, timeouts, .. } = search.limits.hostility;
        let name = format!("{title}: {}, {size}+{spurious}+{timeouts}", family.name);
        Run::of(name, layer, claims, Job::Family(family, search))
    }
}

/// Returns a search with every oracle.
pub(super) fn search(engine: Engine, compared: Compared, spurious: u32, timeouts: u32) -> Search {
    let hostility = Hostility { spurious, timeouts, ..Hostility::default() };
    let limits = Limits { hostility, ..Limits::default() };
    Search::of(engine, Checks { compared, ..Checks::ALL }, limits)
}

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

impl Findings {
    /// Fails if the whole run compares failures, and there is none: then nothing was compared.
    pub(super) fn must_fail(&mut self, run: &Run) {
        let is_comparison = matches!(run.job, Job::Agreement(..) | Job::AgreementInGroups(_));
        if is_comparison && self.rows.iter().any(|row| row.failures == 0) {
            self.problems.push(format!("{}: no program fails with any mutant", run.name));
        }
    }
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
