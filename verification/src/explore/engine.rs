//! The engines: one function executes a program on any of them, in every environment.

use crate::explore::checks::Checks;
use crate::explore::run::run;
use crate::subject::builds::{Checked, Mutated};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Limits, Outcome, TokenError};
use sentinel_queue_models::program::Program;
use std::sync::Arc;
use std::time::Duration;

/// The time after which an execution on real threads counts as hung.
const WATCHDOG: Duration = Duration::from_secs(20);

/// The same for mutants, which are expected to hang.
const WATCHDOG_OF_MUTANTS: Duration = Duration::from_secs(2);

/// An engine, and the schedules that it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Engine {
    /// loom: all schedules.
    Loom,
    /// shuttle with the local-first search: all schedules.
    Shuttle,
    /// shuttle: sampled schedules.
    Sample {
        /// The sampler.
        sampler: Sampler,
        /// The seed.
        seed: u64,
        /// The number of schedules.
        schedules: usize,
    },
    /// Real threads.
    Threads {
        /// The number of executions.
        executions: u64,
    },
}

impl Engine {
    /// Returns the name in reports.
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

    /// Returns whether it runs all schedules; the others sample some.
    pub fn is_search(self) -> bool {
        matches!(self, Engine::Loom | Engine::Shuttle)
    }
}

/// Runs a program.
pub fn execute(engine: Engine, program: &Program, checks: &Checks, limits: &Limits) -> Outcome {
    let body = body(program, checks);
    match engine {
        Engine::Loom => loom::explore(limits, body),
        Engine::Shuttle => shuttle::explore(limits, body),
        Engine::Sample { sampler, seed, schedules } => {
            shuttle::sample(sampler, seed, schedules, limits, body)
        }
        Engine::Threads { executions } => {
            let mutated = checks.mutant.is_some();
            threads::stress(executions, if mutated { WATCHDOG_OF_MUTANTS } else { WATCHDOG }, body)
        }
    }
}

/// Runs exactly one schedule of a program again, whichever engine has found it.
///
/// # Errors
///
/// When the text is no token of a schedule.
pub fn replay(token: &str, program: &Program, checks: &Checks) -> Result<Outcome, TokenError> {
    shuttle::replay(token, body(program, checks))
}

/// Returns the body of one execution, in the build that the checks need.
fn body(program: &Program, checks: &Checks) -> Box<dyn Fn() + Send + Sync> {
    let (program, checks) = (Arc::new(program.clone()), checks.clone());
    match checks.mutant {
        None => Box::new(move || run::<Checked>(&program, &checks)),
        Some(_) => Box::new(move || run::<Mutated>(&program, &checks)),
    }
}
