//! Which engine explores a program, and how: one function for all of them, and for programs in
//! every environment.

use crate::checks::Checks;
use crate::subject::Subject;
use crate::subjects::{MutantUnderLoom, MutantUnderShuttle, MutantUnderThreads};
use crate::subjects::{UnderLoom, UnderShuttle, UnderThreads};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Limits, Outcome, TokenError};
use sentinel_queue_models::program::Program;
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
    let body = body(engine, program, checks);
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
    shuttle::replay(token, body(Engine::Shuttle, program, checks))
}

/// One execution, in the build that this engine needs.
fn body(engine: Engine, program: &Program, checks: &Checks) -> Body {
    match (engine, checks.mutant.is_some()) {
        (Engine::Loom, false) => over::<UnderLoom>(program, checks),
        (Engine::Loom, true) => over::<MutantUnderLoom>(program, checks),
        (Engine::Threads { .. }, false) => over::<UnderThreads>(program, checks),
        (Engine::Threads { .. }, true) => over::<MutantUnderThreads>(program, checks),
        (_, false) => over::<UnderShuttle>(program, checks),
        (_, true) => over::<MutantUnderShuttle>(program, checks),
    }
}

type Body = Box<dyn Fn() + Send + Sync>;

fn over<S: Subject>(program: &Program, checks: &Checks) -> Body {
    let (program, checks) = (program.clone(), checks.clone());
    Box::new(move || crate::run::run::<S>(&program, &checks))
}
