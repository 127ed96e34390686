//! Many programs on one engine, spread over the cores. The result does not depend on the order:
//! totals are sums, and of several failing programs the first one counts.
//!
//! The outcomes of a program are compared with those that the model allows, or with those of a search
//! that recognizes no state; its endings with those of the same program in no group.

use crate::explore::engine::{execute, Engine, Token};
use crate::explore::{Checks, Compared, Outcomes};
use sentinel_queue_kernel::{digest, Failure, Limits, Outcome, Recognition};
use sentinel_queue_models::program::{Environment, Program};
use std::collections::BTreeSet;
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
    /// The number of those that ended in a state seen before.
    pub pruned: u64,
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
    /// The positions of the failing programs.
    pub failing: BTreeSet<usize>,
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
                    if !found.failing.is_empty() && self.after_failure == AfterFailure::Stop {
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
            Compared::WithModel => with_model(program, self),
            Compared::WithoutRecognition => without_recognition(program, self),
            Compared::WithoutGroup { .. } => without_group(program, self),
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
        let Outcome { version, executions, pruned, complete, .. } = *outcome;
        Totals { version, programs: 1, executions, pruned, complete, ..Totals::default() }
    }

    /// Records that the program fails.
    pub fn fail(&mut self, program: &Program, checks: &Checks, failure: Failure) {
        let is_schedule = failure.token.contains('-');
        self.failing = BTreeSet::from([0]);
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
        self.pruned += other.pruned;
        self.outcomes += other.outcomes;
        self.endings += other.endings;
        self.can_hang += other.can_hang;
        self.complete &= other.complete;
        self.failing.extend(other.failing.iter().map(|_| place));
        self.elapsed += other.elapsed;
        self.cut_short = self.cut_short.take().or(other.cut_short);
        if let Some(found) = other.first {
            if self.first.as_ref().is_none_or(|first| place < first.place) {
                self.first = Some(Counterexample { place, ..found });
            }
        }
    }
}

/// Compares with the model: the outcomes under the engine must be exactly the allowed ones. One more
/// is a safety violation; one less was not explored or is not offered. Sampled schedules need not show
/// all of them.
fn with_model(program: &Program, search: &Search) -> Totals {
    let mut explored = Explored::of(program, search);
    explored.compare_with_model(program, search);
    explored.totals
}

/// Compares with the model likewise; and the endings in a group with those in none, which must be the
/// same, where reported as deadlocked is the same as blocked forever.
fn without_group(program: &Program, search: &Search) -> Totals {
    let mut grouped = Explored::of(program, search);
    grouped.compare_with_model(program, search);
    let alone = program.clone().at(Environment::Alone);
    let plain = Explored::of(&alone, search);
    let (seen, endings) = (grouped.endings, plain.endings);
    let mut totals = grouped.totals;
    totals.add(0, plain.totals);
    totals.programs = 1;
    totals.endings = endings.len();
    totals.can_hang = usize::from(endings.iter().any(|ending| ending.contains("forever")));
    let difference = seen.symmetric_difference(&endings).next();
    if let Some(ending) = difference.filter(|_| totals.first.is_none()) {
        let program = if seen.contains(ending) { program } else { &alone };
        fail_with(&mut totals, program, search, ending);
    }
    totals
}

/// Compares what the search sees that recognizes states with what the one sees that does not.
fn without_recognition(program: &Program, search: &Search) -> Totals {
    let limits = Limits { recognition: Recognition::Off, ..search.limits.clone() };
    let plain = Search { limits, ..search.clone() };
    let (some, all) = (Explored::of(program, search), Explored::of(program, &plain));
    let mut totals = some.totals;
    totals.add(0, all.totals);
    totals.programs = 1;
    totals.endings = all.endings.len();
    let outcomes = some.outcomes.symmetric_difference(&all.outcomes);
    let difference = outcomes.chain(some.endings.symmetric_difference(&all.endings)).next();
    if let Some(text) = difference.filter(|_| totals.first.is_none()) {
        fail_with(&mut totals, program, &plain, text);
    }
    totals
}

/// What a search of one program has found.
struct Explored {
    totals: Totals,
    outcomes: BTreeSet<String>,
    endings: BTreeSet<String>,
}

impl Explored {
    fn of(program: &Program, search: &Search) -> Self {
        let (outcomes, endings) = (Outcomes::default(), Outcomes::default());
        let compares_endings =
            !matches!(search.checks.compared, Compared::Nothing | Compared::WithModel);
        let checks = Checks {
            outcomes: Some(outcomes.clone()),
            endings: compares_endings.then(|| endings.clone()),
            ..search.checks.clone()
        };
        let totals = search.explore(program, &checks);
        Explored { totals, outcomes: outcomes.seen(), endings: endings.seen() }
    }

    fn compare_with_model(&mut self, program: &Program, search: &Search) {
        let Explored { totals, outcomes: seen, .. } = self;
        let allowed = sentinel_queue_models::outcomes(program, search.limits.hostility.timeouts);
        totals.outcomes = allowed.len();
        if totals.first.is_some() {
            return;
        }
        if let Some(outcome) = seen.difference(&allowed).next() {
            fail_with(totals, program, search, outcome);
        } else if let Some(outcome) = allowed.difference(seen).next().filter(|_| totals.complete) {
            let message =
                format!("an outcome must be possible, and no schedule shows it: {outcome}");
            totals.fail(program, &search.checks, without_schedule(message));
        }
    }
}

/// Fails with an execution of this outcome or ending, found once more so that it can be shown.
fn fail_with(totals: &mut Totals, program: &Program, search: &Search, outcome: &str) {
    let checks = Checks { unwanted: Some(digest(outcome)), ..search.checks.clone() };
    let found = execute(search.engine, program, &checks, &search.limits).failure;
    let failure = found.unwrap_or_else(|| {
        without_schedule(format!("this outcome was seen, and is seen no more: {outcome}"))
    });
    totals.fail(program, &checks, failure);
}

fn without_schedule(message: String) -> Failure {
    Failure { message, token: String::new(), interleaving: String::new() }
}
