//! Which engine explores a program, and how: one function for all of them.

use crate::program::Program;
use crate::run::{run, Checks};
use crate::subject::Subject;
use crate::subjects::{MutantUnderLoom, MutantUnderShuttle, MutantUnderThreads};
use crate::subjects::{UnderLoom, UnderShuttle, UnderThreads};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Limits, Outcome, TokenError};
use std::time::Duration;

/// After so long without an end, an execution on real threads is said to hang.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Mutants are expected to.
const WATCHDOG_OF_MUTANTS: Duration = Duration::from_secs(2);

/// An engine, and how it goes through the schedules of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Engine {
    /// loom: all of them.
    Loom,
    /// shuttle with the local-first search: all of them.
    Shuttle,
    /// shuttle: so many, by this sampler, from this seed.
    Sample {
        /// How they are drawn.
        sampler: Sampler,
        /// From where.
        seed: u64,
        /// How many.
        schedules: usize,
    },
    /// Real threads, so many times.
    Threads {
        /// How many times.
        executions: u64,
    },
}

impl Engine {
    /// Its name in reports and tokens.
    pub fn name(self) -> String {
        match self {
            Engine::Loom => "loom".to_owned(),
            Engine::Shuttle => "shuttle DFS".to_owned(),
            Engine::Sample { sampler: Sampler::Random, .. } => "shuttle random".to_owned(),
            Engine::Sample { sampler: Sampler::UniformWalk, .. } => "shuttle URW".to_owned(),
            Engine::Sample { sampler: Sampler::Pct { depth }, .. } => {
                format!("shuttle PCT({depth})")
            }
            Engine::Threads { .. } => "threads".to_owned(),
        }
    }

    /// Whether it runs all schedules; the others draw some.
    pub fn is_search(self) -> bool {
        matches!(self, Engine::Loom | Engine::Shuttle)
    }
}

/// Runs a program.
pub fn execute(engine: Engine, program: &Program, checks: &Checks, limits: &Limits) -> Outcome {
    let mutant = checks.mutant.is_some();
    match engine {
        Engine::Loom if mutant => loom::explore(limits, body::<MutantUnderLoom>(program, checks)),
        Engine::Loom => loom::explore(limits, body::<UnderLoom>(program, checks)),
        Engine::Shuttle if mutant => {
            shuttle::explore(limits, body::<MutantUnderShuttle>(program, checks))
        }
        Engine::Shuttle => shuttle::explore(limits, body::<UnderShuttle>(program, checks)),
        Engine::Sample { sampler, seed, schedules } if mutant => {
            let body = body::<MutantUnderShuttle>(program, checks);
            shuttle::sample(sampler, seed, schedules, limits, body)
        }
        Engine::Sample { sampler, seed, schedules } => {
            shuttle::sample(sampler, seed, schedules, limits, body::<UnderShuttle>(program, checks))
        }
        Engine::Threads { executions } if mutant => {
            let body = body::<MutantUnderThreads>(program, checks);
            threads::stress(executions, WATCHDOG_OF_MUTANTS, body)
        }
        Engine::Threads { executions } => {
            threads::stress(executions, WATCHDOG, body::<UnderThreads>(program, checks))
        }
    }
}

/// Runs exactly one schedule of a program again, whichever engine has found it.
///
/// # Errors
///
/// When the text is no token of a schedule.
pub fn replay(token: &str, program: &Program, checks: &Checks) -> Result<Outcome, TokenError> {
    if checks.mutant.is_some() {
        shuttle::replay(token, body::<MutantUnderShuttle>(program, checks))
    } else {
        shuttle::replay(token, body::<UnderShuttle>(program, checks))
    }
}

fn body<S: Subject>(program: &Program, checks: &Checks) -> impl Fn() + Send + Sync + 'static {
    let (program, checks) = (program.clone(), checks.clone());
    move || run::<S>(&program, &checks)
}
