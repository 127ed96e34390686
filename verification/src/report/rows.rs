//! Results as rows of the table of claims.

use crate::explore::engine::Engine;
use crate::explore::search::{Search, Totals};
use crate::explore::Compared;
use crate::layers::mutation::{Detector, MutantResult};
use crate::report::{Row, Verdict};
use sentinel_queue_kernel::{Hostility, Recognition};

/// Returns the bounds of a search in words.
pub fn describe_bounds(search: &Search) -> String {
    let Hostility { waiters, spurious, timeouts } = search.limits.hostility;
    let hostility = format!("{spurious} spurious wakeups and {timeouts} timeouts per thread");
    let pruned = match search.limits.recognition {
        Recognition::Off => "",
        Recognition::Careful => ", no state twice",
        Recognition::Trusting => ", no state twice, an operation in progress known by its events",
    };
    match (search.engine, search.limits.preemptions) {
        (Engine::Threads { executions }, _) => format!("{executions} executions each"),
        (Engine::Sample { seed, schedules, .. }, _) => {
            format!("{schedules} schedules each, seed {seed}, {hostility}")
        }
        (_, Some(preemptions)) => {
            format!("{waiters:?} waiter, {hostility}{pruned}, at most {preemptions} preemptions")
        }
        (_, None) => {
            format!("{waiters:?} waiter, {hostility}{pruned}, no bound on preemptions")
        }
    }
}

/// Returns the row of a search, without its names.
pub fn of_search(search: &Search, totals: &Totals, bounds: &str) -> Row {
    // Of a search that does not run every schedule, some outcomes may be missing.
    let outcomes = if search.is_bounded() { 0 } else { totals.outcomes as u64 };
    let compared = match search.checks.compared {
        Compared::WithModel if search.is_bounded() => {
            "; no outcome that the model does not allow".to_owned()
        }
        Compared::Nothing | Compared::WithModel => String::new(),
        Compared::WithoutRecognition => {
            format!("; {} endings, the same if states are recognized and if not", totals.endings)
        }
        Compared::WithoutGroup { .. } => format!(
            "; {} endings, the same with and without a group; {} programs can hang without",
            totals.endings, totals.can_hang
        ),
    };
    let finished = totals.complete || search.is_bounded();
    Row {
        engine: search.engine.name(),
        outcomes,
        bounds: format!("{bounds}{}{compared}", search.checks.asked()),
        verdict: match totals.first {
            Some(_) => Verdict::Fails,
            None if finished && totals.cut_short.is_none() => Verdict::Holds,
            None => Verdict::CutShort,
        },
        ..of_totals(totals)
    }
}

/// Returns a row with the numbers alone.
pub fn of_totals(totals: &Totals) -> Row {
    Row {
        claim: String::new(),
        layer: String::new(),
        engine: String::new(),
        version: totals.version.to_owned(),
        name: String::new(),
        programs: totals.programs as u64,
        executions: totals.executions,
        pruned: totals.pruned,
        failures: 0,
        failing: 0,
        outcomes: 0,
        complete: totals.complete,
        bounds: String::new(),
        seconds: totals.elapsed.as_secs_f64(),
        verdict: Verdict::Holds,
        part: None,
    }
}

/// Returns the row of a mutant, which was searched for, or of which the kept programs were run alone.
/// Each is run by one machine, so its row is whole whatever the part.
pub fn of_mutant(layer: &str, result: &MutantResult, searched: bool) -> Row {
    let mutant = result.bug.mutant;
    let stopped_by: Vec<_> = result.stopped_by().into_iter().map(Detector::name).collect();
    let (spurious, timeouts) = (mutant.bounds.spurious, mutant.bounds.timeouts);
    let place = if result.bug.in_group { "in a group: " } else { "" };
    let which = if searched { "minimal" } else { "kept" };
    let minimal = result
        .minimal()
        .map_or_else(String::new, |kill| format!("{which} program {}; ", kill.program));
    let mut sum = Totals { complete: true, ..Totals::default() };
    let version = result.layers().map(|(_, totals)| totals.version).next().unwrap_or("");
    result.layers().for_each(|(_, totals)| sum.add(0, totals.clone()));
    Row {
        claim: mutant.claim.to_owned(),
        layer: layer.to_owned(),
        engine: stopped_by.join(", "),
        version: version.to_owned(),
        name: mutant.name.to_owned(),
        bounds: format!(
            "{place}{minimal}any waiter, {spurious} spurious wakeups and {timeouts} timeouts per \
             thread"
        ),
        verdict: if stopped_by.is_empty() { Verdict::Survived } else { Verdict::Killed },
        ..of_totals(&sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, LAYERS};

    #[test]
    fn what_has_run_nothing_is_no_success() {
        let good = |layer: &str, programs, executions, part: Option<&str>| {
            let totals = of_totals(&Totals::default());
            let (layer, part) = (layer.to_owned(), part.map(str::to_owned));
            let row = Row { layer, programs, executions, part, ..totals };
            Report { rows: vec![row] }.is_good(true)
        };
        for layer in LAYERS {
            assert!(good(layer, 1, 1, None), "{layer}");
            assert!(!good(layer, 0, 1, None), "{layer}");
            assert!(!good(layer, 1, 0, None), "{layer}");
            assert!(good(layer, 0, 0, Some("2/4")), "{layer}: the others may have some");
        }
    }
}
