//! What was found, as rows of the table of claims, and as the table of who stops which mutant.

use crate::checks::Compared;
use crate::engine::Engine;
use crate::hunt::{Hunter, Quarry};
use crate::report::{Row, Verdict};
use crate::search::{Search, Totals};
use sentinel_queue_kernel::Hostility;

/// The bounds of a search in words.
pub fn reach(search: &Search) -> String {
    let Hostility { waiters, spurious, timeouts } = search.limits.hostility;
    let hostility = format!("{spurious} spurious wakeups and {timeouts} timeouts per thread");
    let pruned = if search.limits.stateful { ", no state twice" } else { "" };
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

/// The row of a search, without its names.
pub fn of_search(search: &Search, totals: &Totals, bounds: &str) -> Row {
    let (outcomes, compared) = match search.checks.compared {
        Compared::Nothing => (0, String::new()),
        Compared::WithModel => (totals.outcomes as u64, String::new()),
        Compared::WithoutGroup { .. } => {
            let same = format!(
                "; {} outcomes, the same with and without a group; {} programs can hang without",
                totals.outcomes, totals.can_hang
            );
            (0, same)
        }
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

/// The numbers alone.
pub fn of_totals(totals: &Totals) -> Row {
    Row {
        claim: String::new(),
        layer: String::new(),
        engine: String::new(),
        version: totals.version.to_owned(),
        name: String::new(),
        programs: totals.programs as u64,
        executions: totals.executions,
        outcomes: 0,
        complete: totals.complete,
        bounds: String::new(),
        seconds: totals.elapsed.as_secs_f64(),
        verdict: Verdict::Holds,
        part: None,
    }
}

/// The row of a mutant. Each is one machine's work, so its row is whole whatever the part.
pub fn of_mutant(layer: &str, quarry: &Quarry) -> Row {
    let mutant = quarry.mutant;
    let stopped_by: Vec<_> = quarry.stopped_by().into_iter().map(Hunter::name).collect();
    let (spurious, timeouts) = (mutant.hunt.spurious, mutant.hunt.timeouts);
    let place = if quarry.in_group { "in a group: " } else { "" };
    let minimal = quarry
        .minimal()
        .map_or_else(String::new, |kill| format!("minimal program {}; ", kill.program));
    let mut sum = Totals { complete: true, ..Totals::default() };
    let version = quarry.layers().map(|(_, totals)| totals.version).next().unwrap_or("");
    quarry.layers().for_each(|(_, totals)| sum.add(0, totals.clone()));
    Row {
        claim: mutant.claim.to_owned(),
        layer: layer.to_owned(),
        engine: stopped_by.join(", "),
        version: version.to_owned(),
        name: mutant.name.to_owned(),
        complete: true,
        bounds: format!(
            "{place}{minimal}any waiter, {spurious} spurious wakeups and {timeouts} timeouts per \
             thread"
        ),
        verdict: if stopped_by.is_empty() { Verdict::Survived } else { Verdict::Killed },
        ..of_totals(&sum)
    }
}

/// Which layer stops which mutant, and how to see each of them fail.
pub fn kill_table(quarries: &[Quarry], hunters: &[Hunter]) -> String {
    let in_group = quarries.first().is_some_and(|quarry| quarry.in_group);
    let names: Vec<_> = hunters.iter().map(|hunter| hunter.name()).collect();
    let mutant = if in_group { "mutant of groups" } else { "mutant" };
    let mut table = vec![
        format!("| {mutant} | breaks | {} | smallest program |", names.join(" | ")),
        format!("| --- | --- | {} | --- |", vec!["---"; names.len()].join(" | ")),
    ];
    for quarry in quarries {
        let marks: Vec<_> = hunters.iter().map(|hunter| mark(quarry, *hunter)).collect();
        let program = quarry.minimal().map_or("none", |kill| &kill.program).replace('|', "\\|");
        let (name, claim) = (quarry.mutant.name, quarry.mutant.claim);
        table.push(format!("| {name} | {claim} | {} | `{program}` |", marks.join(" | ")));
    }
    table.push(String::new());
    for quarry in quarries {
        let token = quarry.minimal().and_then(|kill| kill.token.as_ref());
        table.extend(token.map(|t| format!("{}: cargo verify --replay '{t}'", quarry.mutant.name)));
    }
    table.join("\n") + "\n"
}

fn mark(quarry: &Quarry, hunter: Hunter) -> &'static str {
    let ran = |(other, totals): &(Hunter, Totals)| *other == hunter && totals.programs > 0;
    match (quarry.kill(hunter), hunter) {
        (Some(_), _) => "stops",
        (None, Hunter::Stock) => "**passes**",
        (None, _) if quarry.hunted.iter().any(ran) => "passes",
        (None, _) => "not run",
    }
}
