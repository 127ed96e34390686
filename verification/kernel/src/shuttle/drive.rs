//! The drivers: exhaustive search, sampling with explicit seeds, replay.

use super::depth_first::DepthFirst;
use super::local_first::LocalFirst;
use super::replay::Replay;
use super::unreduced::Unreduced;
use crate::bounds::{Limits, Recognition};
use crate::engine::{self, Checker, Engine};
use crate::execution;
use crate::harness::run;
use crate::outcome::{Failure, Outcome};
use crate::panics::{self, Panic};
use crate::progress::Progress;
use crate::search_thread;
use crate::token::{self, TokenError};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UrwRandomScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps};
use shuttle_engine::runtime::execution::Execution;
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The version of shuttle this kernel is written for and pinned to.
pub const VERSION: &str = "0.9.9";

/// The rule by which schedules are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampler {
    /// Every runnable thread is equally likely at every step.
    Random,
    /// A uniform random walk: threads with more left to do are more likely.
    UniformWalk,
    /// Probabilistic concurrency testing, for bugs that need up to `depth - 1` preemptions.
    Pct {
        /// One more than the number of priority changes.
        depth: usize,
    },
}

/// Runs `body`, main's part, in every schedule: each order of critical sections exactly once.
pub fn explore(limits: &Limits, body: impl Fn() + Send + Sync + 'static) -> Outcome {
    let limits = limits.clone();
    search_thread::isolated(move || {
        let pruned = Arc::new(AtomicU64::new(0));
        let search = DepthFirst::new(limits.preemptions, limits.recognition, Arc::clone(&pruned));
        let mut outcome = drive(&limits, |progress| LocalFirst::new(search, progress), body);
        outcome.pruned = pruned.load(Ordering::Relaxed);
        let everything = outcome.failure.is_none() && outcome.cut_short.is_none();
        outcome.complete = everything && limits.preemptions.is_none();
        outcome
    })
}

/// Runs `body` in `executions` schedules drawn by shuttle's scheduler from `seed`.
///
/// # Panics
/// When `SHUTTLE_RANDOM_SEED` is set: shuttle would use it in place of `seed`.
pub fn sample(
    sampler: Sampler,
    seed: u64,
    executions: usize,
    limits: &Limits,
    body: impl Fn() + Send + Sync + 'static,
) -> Outcome {
    let overridden = std::env::var_os("SHUTTLE_RANDOM_SEED").is_some();
    assert!(!overridden, "SHUTTLE_RANDOM_SEED is set and would replace every seed of this run");
    let limits = limits.clone();
    search_thread::isolated(move || {
        let inner: Box<dyn Scheduler + Send> = match sampler {
            Sampler::Random => Box::new(RandomScheduler::new_from_seed(seed, executions)),
            Sampler::UniformWalk => Box::new(UrwRandomScheduler::new_from_seed(seed, executions)),
            Sampler::Pct { depth } => {
                Box::new(PctScheduler::new_from_seed(seed, depth, executions))
            }
        };
        drive(&limits, |progress| Unreduced::new(inner, progress), body)
    })
}

/// Runs `body` in exactly the schedule of `token`, whichever engine made it.
///
/// # Errors
/// When the text is no token. A token of another program is a failure of the outcome.
pub fn replay(token: &str, body: impl Fn() + Send + Sync + 'static) -> Result<Outcome, TokenError> {
    let (hostility, schedule) = token::decode(token)?;
    let limits = Limits { hostility, keep_traces: true, ..Limits::default() };
    Ok(search_thread::isolated(move || {
        drive(&limits, |progress| LocalFirst::new(Replay::new(schedule), progress), body)
    }))
}

fn drive<S: Scheduler + 'static>(
    limits: &Limits,
    scheduler: impl FnOnce(Arc<Mutex<Progress>>) -> S,
    body: impl Fn() + Send + Sync + 'static,
) -> Outcome {
    let progress = Progress::shared(limits, Instant::now());
    let (hostility, mut recognition) = (limits.hostility, limits.recognition);
    let scheduler = Rc::new(RefCell::new(scheduler(Arc::clone(&progress))));
    let (config, body) = (config(limits.steps), Arc::new(body));
    // As shuttle's `Runner`, which makes new stacks for each search.
    let result = panics::caught(|| loop {
        let Some(schedule) = scheduler.borrow_mut().new_execution() else { return };
        let body = Arc::clone(&body);
        let main = move || {
            engine::begin(Engine::Checker(Checker::Shuttle));
            execution::with(|execution| execution.begin(hostility, recognition));
            run(Checker::Shuttle, 0, &*body);
        };
        Execution::new(scheduler.clone(), schedule).run(&config, main, Location::caller());
        // All others begin with what has been seen; the search says where that ends.
        recognition = Recognition::Off;
    });
    let failure = failure(result.err());
    let mut outcome = progress.lock().expect("one thread").outcome("shuttle", VERSION);
    outcome.failure = failure;
    outcome
}

/// Returns the failure that the kernel recorded, or else the one that shuttle reported.
fn failure(panic: Option<Panic>) -> Option<Failure> {
    if let Some(Panic::Text(message)) = panic {
        execution::with(|execution| execution.fail(message));
    }
    execution::with(execution::Execution::take_failure)
}

/// Sets every field that could stop a run silently or write files.
fn config(steps: usize) -> Config {
    let mut config = Config::new();
    config.stack_size = 0x2_0000;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(steps);
    config.max_time = None;
    config.silence_warnings = true;
    config
}
