//! Many programs on one engine, spread over the cores. The result does not depend on the order:
//! totals are sums, and of several failing programs the first one counts.

use crate::checks::{Checks, Compared};
use crate::compare;
use crate::engine::{execute, Engine};
use crate::replay::Token;
use sentinel_queue_kernel::{Failure, Limits, Outcome};
use sentinel_queue_models::program::Program;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What follows a failing program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// No later program is begun.
    Stop,
    /// All programs are run, to count those that fail.
    CountAll,
}

/// A program that fails, with a failing schedule.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The position among the programs.
    pub place: usize,
    /// The program.
    pub program: String,
    /// The number of operations.
    pub size: usize,
    /// One failing schedule.
    pub failure: Failure,
    /// The token that replays that schedule. Real threads have none, nor has a missing outcome.
    pub token: Option<String>,
}

/// The sum over all programs.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The version of the engine.
    pub version: &'static str,
    /// The number of programs that were run.
    pub programs: usize,
    /// The number of executions.
    pub executions: u64,
    /// The number of outcomes that the model allows, where they were compared.
    pub outcomes: usize,
    /// The number of endings that were compared.
    pub endings: usize,
    /// The number of compared programs that can end blocked forever.
    pub can_hang: usize,
    /// Whether every program was run, and each in every schedule within the bounds.
    pub complete: bool,
    /// The reason why something was cut short, if it was.
    pub cut_short: Option<String>,
    /// The number of failing programs.
    pub failing: usize,
    /// The first of them.
    pub first: Option<Counterexample>,
    /// The duration.
    pub elapsed: Duration,
}

/// A search: engine, bounds and oracles.
#[derive(Clone, Debug)]
pub struct Search {
    /// The engine.
    pub engine: Engine,
    /// The bounds.
    pub limits: Limits,
    /// The oracles.
    pub checks: Checks,
    /// What to do when a program fails.
    pub after_failure: AfterFailure,
}

impl Search {
    /// Creates a search that stops at the first failure.
    pub fn of(engine: Engine, checks: Checks, limits: Limits) -> Self {
        Search { engine, limits, checks, after_failure: AfterFailure::Stop }
    }

    /// Returns whether it does not run every schedule by design.
    pub fn is_bounded(&self) -> bool {
        !self.engine.is_search() || self.limits.preemptions.is_some()
    }

    /// Runs all programs on so many cores; calls `done` after each.
    pub fn over(&self, programs: &[Program], cores: usize, done: &(dyn Fn() + Sync)) -> Totals {
        let begun = Instant::now();
        let totals = Mutex::new(Totals { complete: true, ..Totals::default() });
        let next = AtomicUsize::new(0);
        let last = AtomicUsize::new(usize::MAX);
        std::thread::scope(|scope| {
            for _ in 0..cores.max(1) {
                scope.spawn(|| loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(program) = programs.get(place) else { return };
                    if place > last.load(Ordering::Relaxed) {
                        return;
                    }
                    let found = self.explore_and_compare(program);
                    if found.failing > 0 && self.after_failure == AfterFailure::Stop {
                        last.fetch_min(place, Ordering::Relaxed);
                    }
                    totals.lock().unwrap_or_else(PoisonError::into_inner).add(place, found);
                    done();
                });
            }
        });
        let mut totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
        totals.elapsed = begun.elapsed();
        totals.complete &= totals.programs == programs.len();
        totals
    }

    /// Explores one program, and compares its outcomes if the checks require it.
    pub fn explore_and_compare(&self, program: &Program) -> Totals {
        match self.checks.compared {
            Compared::Nothing => self.explore(program, &self.checks),
            Compared::WithModel => compare::with_model(program, self),
            Compared::WithoutRecognition => compare::without_recognition(program, self),
            Compared::WithoutGroup { .. } => compare::without_group(program, self),
        }
    }

    /// Explores one program, with these checks.
    pub fn explore(&self, program: &Program, checks: &Checks) -> Totals {
        let outcome = execute(self.engine, program, checks, &self.limits);
        let mut totals = Totals::of(&outcome);
        totals.cut_short = outcome.cut_short.map(|why| format!("{program}: {why}"));
        if let Some(failure) = outcome.failure {
            totals.fail(program, checks, failure);
        }
        totals
    }
}

impl Counterexample {
    /// Returns the program, the failure and the command that replays it.
    pub fn headline(&self) -> String {
        let replay = self.token.as_ref().map_or_else(
            || "(real threads: no schedule to replay)".to_owned(),
            |token| format!("replay: cargo verify --replay '{token}'"),
        );
        format!("{}\n  {}\n  {replay}", self.program, self.failure.message)
    }
}

impl Totals {
    fn of(outcome: &Outcome) -> Totals {
        let (version, executions) = (outcome.version, outcome.executions);
        Totals { version, programs: 1, executions, complete: outcome.complete, ..Totals::default() }
    }

    /// Records that the program fails.
    pub fn fail(&mut self, program: &Program, checks: &Checks, failure: Failure) {
        let is_schedule = failure.token.contains('-');
        self.failing = 1;
        self.first = Some(Counterexample {
            place: 0,
            program: program.to_string(),
            size: program.size(),
            token: is_schedule.then(|| Token::of(program, checks, &failure.token).to_string()),
            failure,
        });
    }

    /// Adds the totals of the program at this position.
    pub fn add(&mut self, place: usize, other: Totals) {
        self.version = other.version;
        self.programs += other.programs;
        self.executions += other.executions;
        self.outcomes += other.outcomes;
        self.endings += other.endings;
        self.can_hang += other.can_hang;
        self.complete &= other.complete;
        self.failing += other.failing;
        self.elapsed += other.elapsed;
        self.cut_short = self.cut_short.take().or(other.cut_short);
        if let Some(found) = other.first {
            if self.first.as_ref().is_none_or(|first| place < first.place) {
                self.first = Some(Counterexample { place, ..found });
            }
        }
    }
}
