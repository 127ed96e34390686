//! Many programs in groups on one engine; and each of them with and without a group, compared.

use super::program::GroupProgram;
use super::run::{run, Endings, Mode};
use super::subject::Grouped;
use crate::search::AfterFailure;
use crate::subjects::{MutantUnderLoom, MutantUnderShuttle, MutantUnderThreads};
use crate::subjects::{UnderLoom, UnderShuttle, UnderThreads};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{loom, shuttle, threads, Failure, Limits, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After so long without an end, an execution on real threads is said to hang.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Mutants are expected to.
const WATCHDOG_OF_MUTANTS: Duration = Duration::from_secs(2);

/// Who goes through the schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explorer {
    /// loom: all of them.
    Loom,
    /// shuttle with the local-first search: all of them.
    Shuttle,
    /// shuttle: so many schedules, any of them equally likely step by step, from this seed.
    Sample {
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

/// Runs a program.
pub fn execute(
    explorer: Explorer,
    program: &GroupProgram,
    mode: &Mode,
    limits: &Limits,
) -> Outcome {
    match (explorer, mode.mutant.is_some()) {
        (Explorer::Loom, false) => loom::explore(limits, body::<UnderLoom>(program, mode)),
        (Explorer::Loom, true) => loom::explore(limits, body::<MutantUnderLoom>(program, mode)),
        (Explorer::Shuttle, false) => shuttle::explore(limits, body::<UnderShuttle>(program, mode)),
        (Explorer::Shuttle, true) => {
            shuttle::explore(limits, body::<MutantUnderShuttle>(program, mode))
        }
        (Explorer::Sample { seed, schedules }, _) => {
            let body = body::<UnderShuttle>(program, mode);
            shuttle::sample(Sampler::Random, seed, schedules, limits, body)
        }
        (Explorer::Threads { executions }, false) => {
            threads::stress(executions, WATCHDOG, body::<UnderThreads>(program, mode))
        }
        (Explorer::Threads { executions }, true) => {
            let body = body::<MutantUnderThreads>(program, mode);
            threads::stress(executions, WATCHDOG_OF_MUTANTS, body)
        }
    }
}

fn body<S: Grouped>(program: &GroupProgram, mode: &Mode) -> impl Fn() + Send + Sync + 'static {
    let (program, mode) = (program.clone(), mode.clone());
    move || run::<S>(&program, &mode)
}

/// A program that fails, and how.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Its place among the programs.
    pub place: usize,
    /// The program.
    pub program: GroupProgram,
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
    /// Endings that were compared, in comparisons.
    pub endings: usize,
    /// Programs that can end asleep for ever, in comparisons.
    pub can_hang: usize,
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

/// What is done with each program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is run in a group, and judged.
    Judge,
    /// It is run in a group and without one, and every ending of the one must be an ending of the
    /// other, told for ever being the same as asleep for ever.
    Compare {
        /// An ending is the order of all effects too, and not only what everybody was told and
        /// what is left.
        effects: bool,
    },
}

/// A search over many programs.
#[derive(Clone, Debug)]
pub struct Search {
    /// Who goes through the schedules.
    pub explorer: Explorer,
    /// The bounds.
    pub limits: Limits,
    /// What is done with each program.
    pub work: Work,
    /// The mutant to run.
    pub mutant: Option<usize>,
    /// What to do when a program fails.
    pub after_failure: AfterFailure,
}

impl Search {
    /// A search of the queue as it ships, that stops at the first failure.
    pub fn of(explorer: Explorer, work: Work, limits: Limits) -> Self {
        Search { explorer, limits, work, mutant: None, after_failure: AfterFailure::Stop }
    }

    /// Whether it does not even try to run every schedule.
    pub fn is_bounded(&self) -> bool {
        let searches = matches!(self.explorer, Explorer::Loom | Explorer::Shuttle);
        !searches || self.limits.preemptions.is_some()
    }

    /// Runs all programs on so many cores; `done` hears of each.
    pub fn over(
        &self,
        programs: &[GroupProgram],
        cores: usize,
        done: &(dyn Fn() + Sync),
    ) -> Totals {
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
                    let found = self.one(program);
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

    fn one(&self, program: &GroupProgram) -> Totals {
        let run = |grouped, endings: Option<Endings>| {
            let mode = Mode { grouped, mutant: self.mutant, endings };
            execute(self.explorer, program, &mode, &self.limits)
        };
        let Work::Compare { effects } = self.work else {
            return Totals::of(program, run(true, None));
        };
        let endings = || if effects { Endings::with_effects() } else { Endings::default() };
        let (grouped, plain) = (endings(), endings());
        let mut totals = Totals::of(program, run(true, Some(grouped.clone())));
        totals.add(0, Totals::of(program, run(false, Some(plain.clone()))));
        totals.programs = 1;
        let (grouped, plain) = (grouped.seen(), plain.seen());
        totals.endings = plain.len();
        totals.can_hang = usize::from(plain.iter().any(|ending| ending.contains("for ever")));
        let difference = grouped.symmetric_difference(&plain).next();
        if let Some(ending) = difference.filter(|_| totals.first.is_none()) {
            let only = if plain.contains(ending) { "without a group" } else { "in a group" };
            let message = format!("C8: it ends like this only {only}: {ending}");
            let failure = Failure { message, token: String::new(), interleaving: String::new() };
            totals.fail(program, failure);
        }
        totals
    }
}

impl Totals {
    fn of(program: &GroupProgram, outcome: Outcome) -> Totals {
        let mut totals = Totals {
            version: outcome.version,
            programs: 1,
            executions: outcome.executions,
            complete: outcome.complete,
            cut_short: outcome.cut_short.map(|why| format!("{program}: {why}")),
            ..Totals::default()
        };
        if let Some(failure) = outcome.failure {
            totals.fail(program, failure);
        }
        totals
    }

    fn fail(&mut self, program: &GroupProgram, failure: Failure) {
        self.failing = 1;
        self.first = Some(Counterexample { place: 0, program: program.clone(), failure });
    }

    fn add(&mut self, place: usize, other: Totals) {
        self.version = other.version;
        self.programs += other.programs;
        self.executions += other.executions;
        self.endings += other.endings;
        self.can_hang += other.can_hang;
        self.complete &= other.complete;
        self.failing += other.failing;
        self.cut_short = self.cut_short.take().or(other.cut_short);
        if let Some(found) = other.first {
            if self.first.as_ref().is_none_or(|first| place < first.place) {
                self.first = Some(Counterexample { place, ..found });
            }
        }
    }
}
