//! Which engine explores a program, and how: one function for all of them, and for programs of
//! either kind.

use crate::program::Program;
use crate::run::{run, Checks};
use crate::scoped::program::GroupProgram;
use crate::scoped::run::Mode;
use crate::scoped::subject::Grouped;
use crate::subjects::{MutantUnderLoom, MutantUnderShuttle, MutantUnderThreads};
use crate::subjects::{UnderLoom, UnderShuttle, UnderThreads};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Limits, Outcome, TokenError};
use std::fmt;
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

/// What runs on an engine: a program of one queue, or of a group.
pub trait Executable: Clone + fmt::Display + Send + Sync + 'static {
    /// What is asked of its executions.
    type Checks: Clone + fmt::Debug + Send + Sync + 'static;

    /// One execution.
    fn run<S: Grouped>(&self, checks: &Self::Checks);
    /// The mutant to run.
    fn mutant(checks: &Self::Checks) -> Option<usize>;
    /// How many operations it has.
    fn size(&self) -> usize;
}

impl Executable for Program {
    type Checks = Checks;

    fn run<S: Grouped>(&self, checks: &Checks) {
        run::<S>(self, checks);
    }

    fn mutant(checks: &Checks) -> Option<usize> {
        checks.mutant
    }

    fn size(&self) -> usize {
        Program::size(self)
    }
}

impl Executable for GroupProgram {
    type Checks = Mode;

    fn run<S: Grouped>(&self, mode: &Mode) {
        crate::scoped::run::run::<S>(self, mode);
    }

    fn mutant(mode: &Mode) -> Option<usize> {
        mode.mutant
    }

    fn size(&self) -> usize {
        GroupProgram::size(self)
    }
}

/// Runs a program.
pub fn execute<P: Executable>(
    engine: Engine,
    program: &P,
    checks: &P::Checks,
    limits: &Limits,
) -> Outcome {
    let body = body(engine, program, checks);
    match engine {
        Engine::Loom => loom::explore(limits, body),
        Engine::Shuttle => shuttle::explore(limits, body),
        Engine::Sample { sampler, seed, schedules } => {
            shuttle::sample(sampler, seed, schedules, limits, body)
        }
        Engine::Threads { executions } => {
            let mutated = P::mutant(checks).is_some();
            threads::stress(executions, if mutated { WATCHDOG_OF_MUTANTS } else { WATCHDOG }, body)
        }
    }
}

/// Runs exactly one schedule of a program again, whichever engine has found it.
///
/// # Errors
///
/// When the text is no token of a schedule.
pub fn replay<P: Executable>(
    token: &str,
    program: &P,
    checks: &P::Checks,
) -> Result<Outcome, TokenError> {
    shuttle::replay(token, body(Engine::Shuttle, program, checks))
}

/// One execution, in the build that this engine needs.
fn body<P: Executable>(engine: Engine, program: &P, checks: &P::Checks) -> Body {
    match (engine, P::mutant(checks).is_some()) {
        (Engine::Loom, false) => over::<P, UnderLoom>(program, checks),
        (Engine::Loom, true) => over::<P, MutantUnderLoom>(program, checks),
        (Engine::Threads { .. }, false) => over::<P, UnderThreads>(program, checks),
        (Engine::Threads { .. }, true) => over::<P, MutantUnderThreads>(program, checks),
        (_, false) => over::<P, UnderShuttle>(program, checks),
        (_, true) => over::<P, MutantUnderShuttle>(program, checks),
    }
}

type Body = Box<dyn Fn() + Send + Sync>;

fn over<P: Executable, S: Grouped>(program: &P, checks: &P::Checks) -> Body {
    let (program, checks) = (program.clone(), checks.clone());
    Box::new(move || program.run::<S>(&checks))
}
