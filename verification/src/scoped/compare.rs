//! Programs in groups are searched like all others; and besides, each of them with and without a
//! group, and what came of it compared.

use super::program::GroupProgram;
use super::run::{digest, Endings, Mode, Work};
use crate::engine::execute;
use crate::search::{Search, Searched, Totals};
use sentinel_queue_kernel::Failure;

impl Searched for GroupProgram {
    fn explore(&self, search: &Search<Self>) -> Totals {
        match search.checks.work {
            Work::Judge => search.explore(self, &search.checks),
            Work::Compare { .. } => compare(self, search),
        }
    }
}

fn compare(program: &GroupProgram, search: &Search<GroupProgram>) -> Totals {
    let run = |grouped| {
        let endings = Endings::default();
        let mode = Mode { grouped, endings: Some(endings.clone()), ..search.checks.clone() };
        (search.explore(program, &mode), endings.seen())
    };
    let ((mut totals, grouped), (other, plain)) = (run(true), run(false));
    totals.add(0, other);
    totals.programs = 1;
    totals.failing = totals.failing.min(1);
    totals.endings = plain.len();
    totals.can_hang = usize::from(plain.iter().any(|ending| ending.contains("for ever")));
    let difference = grouped.symmetric_difference(&plain).next();
    if let Some(ending) = difference.filter(|_| totals.first.is_none()) {
        let mode = Mode {
            grouped: grouped.contains(ending),
            unwanted: Some(digest(ending)),
            ..search.checks.clone()
        };
        let failure = seen_again(program, search, &mode, ending);
        totals.fail(program, &mode, failure);
    }
    totals
}

/// The execution that ends like this only one way, found once more so that it can be shown.
fn seen_again(
    program: &GroupProgram,
    search: &Search<GroupProgram>,
    mode: &Mode,
    ending: &str,
) -> Failure {
    let outcome = execute(search.engine, program, mode, &search.limits);
    outcome.failure.unwrap_or_else(|| Failure {
        message: format!("C8: it ended like this, and does so no more: {ending}"),
        token: String::new(),
        interleaving: String::new(),
    })
}
