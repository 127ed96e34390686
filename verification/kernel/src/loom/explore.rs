//! The search by loom: every bound is set by us, and a search counts as complete only if loom says
//! so itself.

use super::completion::Completion;
use super::oracle::{self, Stock};
use super::tape::{self, Tape};
use super::Loom;
use crate::bounds::{Limits, Recognition};
use crate::harness::run;
use crate::outcome::{Failure, Outcome};
use crate::panics::{self, Panic};
use crate::session;
use crate::tally::Tally;
use loom::model::Builder;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The version of loom this kernel is written for and pinned to.
pub const VERSION: &str = "0.7.2";

/// Runs `body`, main's part, in every schedule. Loom has no stateful search; that limit is ignored.
///
/// # Panics
/// When loom's count of executions and ours differ.
pub fn explore(limits: &Limits, body: impl Fn() + Send + Sync + 'static) -> Outcome {
    let body: Body = Arc::new(body);
    let start = Instant::now();
    let mut stock = if limits.hostility.has_choices() { Stock::FIRST } else { Stock::EMPTY };
    loop {
        let (outcome, missing) = panics::isolated(|| {
            let outcome = search_all(limits, stock, &body, start);
            (outcome, oracle::missing())
        });
        match missing {
            Some(missing) => stock = stock.with_more(missing),
            None => return outcome,
        }
    }
}

type Body = Arc<dyn Fn() + Send + Sync>;

/// One search for each tape of main's choices; usually there is only the empty one.
fn search_all(limits: &Limits, stock: Stock, body: &Body, start: Instant) -> Outcome {
    let tally = Tally::shared(limits, start);
    let mut done = BTreeSet::new();
    let mut todo = BTreeSet::from([Tape::new()]);
    let mut everything = true;
    let mut failure = None;
    while let Some(tape) = todo.pop_first() {
        done.insert(tape.clone());
        tape::insert(tape);
        let before = tally.lock().expect("one thread").executions();
        let found = search(limits, stock, Arc::clone(body), &tally);
        let after = tally.lock().expect("one thread").executions();
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
    let mut outcome = tally.lock().expect("one thread").outcome("loom", VERSION);
    outcome.complete = everything && limits.preemptions.is_none();
    outcome.failure = failure;
    outcome
}

struct Found {
    completed: Option<u64>,
    failure: Option<Failure>,
}

fn search(limits: &Limits, stock: Stock, body: Body, tally: &Arc<Mutex<Tally>>) -> Found {
    let completion = Completion::default();
    let tally = Arc::clone(tally);
    let hostility = limits.hostility;
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let model = move || {
        if !tally.lock().expect("one thread").next() {
            stop.store(true, Ordering::Relaxed);
            std::panic::resume_unwind(Box::new(panics::Stop));
        }
        session::with(|session| session.begin(hostility, Recognition::Off));
        super::begin();
        tape::rewind();
        oracle::prepare(stock);
        run::<Loom>(0, || body());
    };
    let builder = builder(limits);
    let result = tracing::subscriber::with_default(completion.clone(), || {
        panics::caught(|| builder.check(model))
    });
    let failure = failure(result.err(), stopped.load(Ordering::Relaxed));
    Found { completed: completion.executions(), failure }
}

/// Every field, so that no environment variable has a say.
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

/// What the model knew, or else what loom said.
fn failure(panic: Option<Panic>, stopped: bool) -> Option<Failure> {
    let panic = panic?;
    let known = session::with(session::Session::take_failure);
    match panic {
        Panic::Text(message) if known.is_none() && !stopped => {
            session::with(|session| session.fail(message));
            session::with(session::Session::take_failure)
        }
        _ => known,
    }
}
