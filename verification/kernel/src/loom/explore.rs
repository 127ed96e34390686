//! The search by loom: every bound is set here, and a search counts as complete only if loom reports
//! completion.

use super::completion::Completion;
use crate::bounds::{Limits, Recognition};
use crate::engine::loom::choices::{self, Prefill};
use crate::engine::loom::tape::{self, Tape};
use crate::engine::{self, Checker, Engine};
use crate::execution;
use crate::harness::run;
use crate::outcome::{Failure, Outcome};
use crate::panics::{self, Panic};
use crate::progress::Progress;
use crate::search_thread;
use loom::model::Builder;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The version of loom this kernel is written for and pinned to.
pub const VERSION: &str = "0.7.2";

/// Runs `body`, main's part, in every schedule. No state is recognized here; that limit is ignored.
///
/// # Panics
/// When loom's count of executions and ours differ.
pub fn explore(limits: &Limits, body: impl Fn() + Send + Sync + 'static) -> Outcome {
    let body: Body = Arc::new(body);
    let start = Instant::now();
    let mut prefill = if limits.hostility.has_choices() { Prefill::FIRST } else { Prefill::EMPTY };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let (limits, body) = (limits.clone(), Arc::clone(&body));
        let (outcome, missing) = search_thread::isolated(move || {
            let outcome = search_all(&limits, prefill, &body, start);
            (outcome, choices::missing())
        });
        match missing {
            Some(missing) => prefill = prefill.with_more(missing),
            None => return outcome,
        }
    }
}

/// Held by the only search of a process. Loom maps the stacks of each execution and unmaps them, and two
/// threads of a process that do so hinder each other more than two cores help.
static ALONE: Mutex<()> = Mutex::new(());

type Body = Arc<dyn Fn() + Send + Sync>;

/// Runs one search for each tape of main's choices; usually there is only the empty one.
fn search_all(limits: &Limits, prefill: Prefill, body: &Body, start: Instant) -> Outcome {
    let progress = Progress::shared(limits, start);
    let mut done = BTreeSet::new();
    let mut todo = BTreeSet::from([Tape::new()]);
    let mut everything = true;
    let mut failure = None;
    while let Some(tape) = todo.pop_first() {
        done.insert(tape.clone());
        tape::insert(tape);
        let before = progress.lock().expect("one thread").executions();
        let found = search(limits, prefill, Arc::clone(body), &progress);
        let after = progress.lock().expect("one thread").executions();
        if let Some(executions) = found.completed {
            assert_eq!(executions, after - before, "loom and the kernel count differently");
        }
        everything &= found.completed.is_some() && found.failure.is_none();
        failure = found.failure;
        if !everything {
            break;
        }
        todo.extend(tape::wanted().difference(&done).cloned());
    }
    let mut outcome = progress.lock().expect("one thread").outcome("loom", VERSION);
    outcome.complete = everything && limits.preemptions.is_none();
    outcome.failure = failure;
    outcome
}

struct Found {
    completed: Option<u64>,
    failure: Option<Failure>,
}

fn search(limits: &Limits, prefill: Prefill, body: Body, progress: &Arc<Mutex<Progress>>) -> Found {
    let completion = Completion::default();
    let progress = Arc::clone(progress);
    let hostility = limits.hostility;
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let model = move || {
        if !progress.lock().expect("one thread").next() {
            stop.store(true, Ordering::Relaxed);
            std::panic::resume_unwind(Box::new(panics::Stop));
        }
        engine::begin(Engine::Checker(Checker::Loom));
        execution::with(|execution| execution.begin(hostility, Recognition::Off));
        engine::loom::begin();
        tape::rewind();
        choices::prepare(prefill);
        run(Checker::Loom, 0, || body());
    };
    let builder = builder(limits);
    let result = tracing::subscriber::with_default(completion.clone(), || {
        panics::caught(|| builder.check(model))
    });
    let failure = failure(result.err(), stopped.load(Ordering::Relaxed));
    Found { completed: completion.executions(), failure }
}

/// Sets every field, so that no environment variable has an effect.
fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = limits.steps;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = limits.preemptions;
    builder.checkpoint_file = None;
    builder.checkpoint_interval = usize::MAX;
    builder.expect_explicit_explore = true;
    builder.location = false;
    builder.log = false;
    builder
}

/// Returns the failure that the kernel recorded, or else the one that loom reported.
fn failure(panic: Option<Panic>, stopped: bool) -> Option<Failure> {
    let panic = panic?;
    let known = execution::with(execution::Execution::take_failure);
    match panic {
        Panic::Text(message) if known.is_none() && !stopped => {
            execution::with(|execution| execution.fail(message));
            execution::with(execution::Execution::take_failure)
        }
        _ => known,
    }
}
