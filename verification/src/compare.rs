//! Comparison of outcomes: with those that the model allows, and with those of a search that recognizes
//! no state; and of endings with those of the same program in no group.

use crate::checks::{digest, Checks, Compared, Outcomes};
use crate::engine::execute;
use crate::search::{Search, Totals};
use sentinel_queue_kernel::{Failure, Limits};
use sentinel_queue_models::program::{Environment, Program};
use std::collections::BTreeSet;

/// Compares with the model: the outcomes under the engine must be exactly the allowed ones. One more
/// is a safety violation; one less was not explored or is not offered. Sampled schedules need not show
/// all of them.
pub fn with_model(program: &Program, search: &Search) -> Totals {
    let mut explored = Explored::of(program, search);
    explored.compare_with_model(program, search);
    explored.totals
}

/// Compares with the model likewise; and the endings in a group with those in none, which must be the
/// same, where reported as deadlocked is the same as blocked forever.
pub fn without_group(program: &Program, search: &Search) -> Totals {
    let mut grouped = Explored::of(program, search);
    grouped.compare_with_model(program, search);
    let alone = program.clone().at(Environment::Alone);
    let plain = Explored::of(&alone, search);
    let (seen, endings) = (grouped.endings, plain.endings);
    let mut totals = grouped.totals;
    totals.add(0, plain.totals);
    totals.programs = 1;
    totals.failing = totals.failing.min(1);
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
pub fn without_recognition(program: &Program, search: &Search) -> Totals {
    let limits = Limits { stateful: false, ..search.limits.clone() };
    let plain = Search { limits, ..search.clone() };
    let (some, all) = (Explored::of(program, search), Explored::of(program, &plain));
    let mut totals = some.totals;
    totals.add(0, all.totals);
    totals.programs = 1;
    totals.failing = totals.failing.min(1);
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
