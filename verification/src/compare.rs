//! Comparison of outcomes: with those that the model allows, or with those of the same program in no
//! group.

use crate::checks::{digest, Checks, Outcomes};
use crate::engine::execute;
use crate::search::{Search, Totals};
use sentinel_queue_kernel::Failure;
use sentinel_queue_models::program::{Environment, Program};
use std::collections::BTreeSet;

/// Compares with the model: the outcomes under the engine must be exactly the allowed ones. One more
/// is a safety violation; one less was not explored or is not offered. Sampled schedules need not show
/// all of them.
pub fn with_model(program: &Program, search: &Search) -> Totals {
    let timeouts = search.limits.hostility.timeouts;
    let allowed = sentinel_queue_models::outcomes(program, timeouts);
    let (mut totals, seen) = explore(program, search, &search.checks);
    totals.outcomes = allowed.len();
    if totals.first.is_some() {
        return totals;
    }
    if let Some(outcome) = seen.difference(&allowed).next() {
        let checks = Checks { unwanted: Some(digest(outcome.as_str())), ..search.checks.clone() };
        let failure = seen_again(program, search, &checks, outcome);
        totals.fail(program, &checks, failure);
    } else if let Some(outcome) = allowed.difference(&seen).next().filter(|_| totals.complete) {
        let message = format!("an outcome must be possible, and no schedule shows it: {outcome}");
        totals.fail(program, &search.checks, without_schedule(message));
    }
    totals
}

/// Compares the outcomes in a group with those in none, which must be the same, where reported as
/// deadlocked is the same as blocked forever.
pub fn without_group(program: &Program, search: &Search) -> Totals {
    let alone = program.clone().at(Environment::Alone);
    let (mut totals, grouped) = explore(program, search, &search.checks);
    let (other, plain) = explore(&alone, search, &search.checks);
    totals.add(0, other);
    totals.programs = 1;
    totals.failing = totals.failing.min(1);
    totals.outcomes = plain.len();
    totals.can_hang = usize::from(plain.iter().any(|outcome| outcome.contains("forever")));
    let difference = grouped.symmetric_difference(&plain).next();
    if let Some(outcome) = difference.filter(|_| totals.first.is_none()) {
        let program = if grouped.contains(outcome) { program } else { &alone };
        let checks = Checks { unwanted: Some(digest(outcome.as_str())), ..search.checks.clone() };
        let failure = seen_again(program, search, &checks, outcome);
        totals.fail(program, &checks, failure);
    }
    totals
}

fn explore(program: &Program, search: &Search, checks: &Checks) -> (Totals, BTreeSet<String>) {
    let outcomes = Outcomes::default();
    let checks = Checks { outcomes: Some(outcomes.clone()), ..checks.clone() };
    (search.explore(program, &checks), outcomes.seen())
}

/// Returns an execution with this outcome, found once more so that it can be shown.
fn seen_again(program: &Program, search: &Search, checks: &Checks, outcome: &str) -> Failure {
    let found = execute(search.engine, program, checks, &search.limits).failure;
    found.unwrap_or_else(|| {
        without_schedule(format!("this outcome was seen, and is seen no more: {outcome}"))
    })
}

fn without_schedule(message: String) -> Failure {
    Failure { message, token: String::new(), interleaving: String::new() }
}
