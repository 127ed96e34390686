//! A run of the plan, and what it does.

use crate::explore::checks::{Checks, Compared};
use crate::explore::engine::Engine;
use crate::explore::search::Search;
use sentinel_queue_kernel::{Hostility, Limits};
use sentinel_queue_models::program::Family;

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
    /// loom and shuttle on all programs of a family, with every mutant.
    Agreement(Family),
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
