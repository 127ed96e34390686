//! Many programs on one engine, spread over the cores. What it finds does not depend on how they
//! are spread: totals are sums, and of several failing programs the first one counts.

use crate::engine::{execute, Engine};
use crate::program::Program;
use crate::run::Checks;
use sentinel_queue_kernel::{Failure, Limits, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What to do when a program fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// No later program is begun.
    Stop,
    /// All programs are run, to count those that fail.
    CountAll,
}

/// A program that fails, and how.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Its place among the programs.
    pub place: usize,
    /// The program.
    pub program: Program,
    /// One schedule in which it does.
    pub failure: Failure,
}

/// The sum over all programs.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The version of the engine.
    pub version: &'static str,
    /// Programs that were run.
    pub programs: usize,
    /// Executions.
    pub executions: u64,
    /// Whether every program was run, and each in every schedule within the bounds.
    pub complete: bool,
    /// Why something was cut short, if it was.
    pub cut_short: Option<String>,
    /// How many programs fail.
    pub failing: usize,
    /// The first of them.
    pub first: Option<Counterexample>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What is run on each program.
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
    /// Runs all programs on so many cores; `done` hears of each.
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
                    let outcome = execute(self.engine, program, &self.checks, &self.limits);
                    if outcome.failure.is_some() && self.after_failure == AfterFailure::Stop {
                        last.fetch_min(place, Ordering::Relaxed);
                    }
                    let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                    totals.add(place, program, outcome);
                    drop(totals);
                    done();
                });
            }
        });
        let mut totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
        totals.elapsed = begun.elapsed();
        totals.complete &= totals.programs == programs.len();
        totals
    }
}

impl Totals {
    fn add(&mut self, place: usize, program: &Program, outcome: Outcome) {
        self.version = outcome.version;
        self.programs += 1;
        self.executions += outcome.executions;
        self.complete &= outcome.complete;
        if let Some(why) = outcome.cut_short {
            self.cut_short.get_or_insert(format!("{program}: {why}"));
        }
        if let Some(failure) = outcome.failure {
            self.failing += 1;
            if self.first.as_ref().is_none_or(|first| place < first.place) {
                self.first = Some(Counterexample { place, program: program.clone(), failure });
            }
        }
    }
}
