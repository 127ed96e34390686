//! What was found of programs in groups, as rows of the table of claims.

use super::hunt::{hunt, Hunter, Quarry};
use super::plan::{GroupWork, Kin};
use super::search::{Explorer, Search, Totals, Work};
use crate::perform::{Found, Performer};
use crate::plan::Run;
use crate::report::{Row, Verdict};
use sentinel_queue_kernel::Hostility;
use sentinel_queue_mutants::in_groups;
use std::fmt::Write;

/// Performs a run.
pub fn perform(performer: &Performer<'_>, run: &Run, work: &GroupWork) -> Found {
    match work {
        GroupWork::Search(kin, search) => of_search(performer, run, kin, search),
        GroupWork::Mutants => of_mutants(performer, run),
    }
}

fn of_search(performer: &Performer<'_>, run: &Run, kin: &Kin, search: &Search) -> Found {
    let programs = performer.part.share(kin.programs());
    performer.progress.begin(&run.name, programs.len());
    let totals = search.over(&programs, performer.cores, &|| performer.progress.step());
    let row = Row {
        engine: match search.explorer {
            Explorer::Loom => "loom",
            Explorer::Shuttle => "shuttle DFS",
            Explorer::Sample { .. } => "shuttle random",
            Explorer::Threads { .. } => "threads",
        }
        .to_owned(),
        bounds: bounds(kin, search, &totals),
        verdict: match (&totals.first, totals.complete || search.is_bounded()) {
            (Some(_), _) => Verdict::Fails,
            (None, true) if totals.cut_short.is_none() => Verdict::Holds,
            (None, _) => Verdict::CutShort,
        },
        ..row_of(&totals)
    };
    let rows = performer.rows(run, &row);
    let failed = totals.first.iter().map(|first| {
        let failure = &first.failure;
        format!(
            "{}: {}\n  {}\n  schedule {}\n{}",
            run.name, first.program, failure.message, failure.token, failure.interleaving
        )
    });
    let cut = totals.cut_short.iter().map(|why| format!("{}: cut short: {why}", run.name));
    Found { rows, stories: failed.chain(cut).collect(), tables: Vec::new() }
}

fn row_of(totals: &Totals) -> Row {
    Row {
        claim: String::new(),
        layer: String::new(),
        engine: String::new(),
        version: totals.version.to_owned(),
        name: String::new(),
        programs: totals.programs as u64,
        executions: totals.executions,
        complete: totals.complete,
        bounds: String::new(),
        seconds: totals.elapsed.as_secs_f64(),
        verdict: Verdict::Holds,
        part: None,
    }
}

fn bounds(kin: &Kin, search: &Search, totals: &Totals) -> String {
    let Hostility { waiters, spurious, timeouts } = search.limits.hostility;
    let pruned = if search.limits.stateful { ", no state twice" } else { "" };
    let compared = match search.work {
        Work::Judge => String::new(),
        Work::Compare { .. } => format!(
            "; {} endings, the same with and without a group; {} programs can hang without",
            totals.endings, totals.can_hang
        ),
    };
    let reach = match (search.explorer, search.limits.preemptions) {
        (Explorer::Sample { seed, schedules }, _) => format!("{schedules} schedules, seed {seed}"),
        (_, Some(preemptions)) => format!("at most {preemptions} preemptions"),
        (_, None) => "no bound on preemptions".to_owned(),
    };
    format!(
        "in a group: {}; {waiters:?} waiter, {spurious} spurious wakeups and {timeouts} timeouts \
         per thread{pruned}, {reach}{compared}",
        kin.bounds()
    )
}

fn of_mutants(performer: &Performer<'_>, run: &Run) -> Found {
    let all = performer.part.share(in_groups());
    performer.progress.begin(&run.name, all.len());
    let quarries = performer.spread(&all, |mutant| hunt(*mutant));
    let mut found = Found { tables: vec![kill_table(&quarries)], ..Found::default() };
    for quarry in &quarries {
        let name = quarry.mutant.name;
        let only = Run {
            name: name.to_owned(),
            claims: std::slice::from_ref(&quarry.mutant.claim),
            ..run.clone()
        };
        let row = mutant_row(quarry);
        if row.verdict == Verdict::Survived {
            found.stories.push(format!("the mutant `{name}` survives"));
        }
        let rows = performer.rows(&only, &row);
        found.rows.extend(rows);
    }
    found
}

fn mutant_row(quarry: &Quarry) -> Row {
    let stopped_by: Vec<_> = quarry.stopped_by().into_iter().map(Hunter::name).collect();
    let sum = |count: fn(&Totals) -> u64| quarry.hunted.iter().map(|(_, t)| count(t)).sum::<u64>();
    let minimal = quarry.minimal().map_or_else(String::new, |kill| kill.program.to_string());
    let hunt = quarry.mutant.hunt;
    Row {
        engine: stopped_by.join(", "),
        programs: sum(|totals| totals.programs as u64),
        executions: sum(|totals| totals.executions),
        complete: true,
        bounds: format!(
            "in a group: minimal program {minimal}; any waiter, {} spurious wakeups and {} \
             timeouts per thread",
            hunt.spurious, hunt.timeouts
        ),
        verdict: if stopped_by.is_empty() { Verdict::Survived } else { Verdict::Killed },
        ..row_of(quarry.hunted.first().map_or(&Totals::default(), |(_, totals)| totals))
    }
}

/// Which engine stops which mutant.
fn kill_table(quarries: &[Quarry]) -> String {
    const HUNTERS: [Hunter; 4] = [Hunter::Shuttle, Hunter::Loom, Hunter::Endings, Hunter::Threads];
    let mut table = String::from(
        "| mutant of groups | breaks | shuttle | loom | endings | threads | smallest program |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for quarry in quarries {
        let _ = write!(table, "| {} | {} |", quarry.mutant.name, quarry.mutant.claim);
        for hunter in HUNTERS {
            let ran = quarry.hunted.iter().any(|(other, _)| *other == hunter);
            let mark = match quarry.kill(hunter) {
                Some(_) => "stops",
                None if ran => "passes",
                None => "not run",
            };
            let _ = write!(table, " {mark} |");
        }
        let minimal = quarry.minimal().map_or("none".to_owned(), |kill| kill.program.to_string());
        let _ = writeln!(table, " `{}` |", minimal.replace('|', "\\|"));
    }
    table
}
