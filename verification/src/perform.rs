//! Performs a run, and says what came of it, claim by claim.

use crate::engine::Engine;
use crate::generate::Family;
use crate::hunt::{hunt, numbered, Hunter, Quarry};
use crate::plan::{hostility, Run, Work};
use crate::program::Program;
use crate::progress::Progress;
use crate::replay::Token;
use crate::report::{Row, Verdict};
use crate::run::Checks;
use crate::scenarios;
use crate::search::{AfterFailure, Search, Totals};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Which part of the work: the first number counts from zero.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// This one.
    pub index: usize,
    /// Of so many.
    pub of: usize,
}

impl Part {
    /// All of the work.
    pub const WHOLE: Part = Part { index: 0, of: 1 };

    /// Its share: every so manyeth.
    pub fn share<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.index).step_by(self.of).collect()
    }

    fn name(self) -> Option<String> {
        (self.of > 1).then(|| format!("{}/{}", self.index + 1, self.of))
    }
}

/// Performs runs.
pub struct Performer<'a> {
    /// How many searches run at once.
    pub cores: usize,
    /// Which part of each run.
    pub part: Part,
    /// Where to say how far it is.
    pub progress: &'a Progress,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Found {
    /// One row per claim.
    pub rows: Vec<Row>,
    /// What went wrong, to be read by people.
    pub stories: Vec<String>,
    /// Tables that say more than the rows.
    pub tables: Vec<String>,
}

impl Performer<'_> {
    /// Performs one.
    ///
    /// # Panics
    ///
    /// When the plan lists something that is no program.
    pub fn perform(&self, run: &Run) -> Found {
        match &run.work {
            Work::Family(family, search) => {
                let bounds = format!("{}; {}", family.bounds(), hostility(search));
                self.search(run, &family.programs(), search, &bounds)
            }
            Work::Programs(texts, search) => {
                let programs: Vec<Program> =
                    texts.iter().map(|text| text.parse().expect("the plan has programs")).collect();
                let bounds = format!("{} programs; {}", programs.len(), hostility(search));
                self.search(run, &programs, search, &bounds)
            }
            Work::Scenarios(engine) => self.scenarios(run, *engine),
            Work::Mutants { with_threads } => self.mutants(run, *with_threads),
            Work::Groups(work) => crate::scoped::rows::perform(self, run, work),
            Work::Agreement(family) => self.agreement(run, family),
            Work::Model { large } => crate::outside::model(self, run, *large),
            Work::Proof { thorough } => crate::outside::proof(self, run, *thorough),
        }
    }

    /// A row for each claim of the run.
    pub fn rows(&self, run: &Run, row: &Row) -> Vec<Row> {
        let part = self.part.name();
        let row = |claim: &&str| Row {
            claim: (*claim).to_owned(),
            part: part.clone(),
            name: run.name.clone(),
            layer: run.layer.to_owned(),
            ..row.clone()
        };
        run.claims.iter().map(row).collect()
    }

    fn search(&self, run: &Run, programs: &[Program], search: &Search, bounds: &str) -> Found {
        let programs = self.part.share(programs.iter().cloned());
        self.progress.begin(&run.name, programs.len());
        let totals = search.over(&programs, self.cores, &|| self.progress.step());
        let rows = self.rows(run, &row_of(search.engine, &totals, bounds, &search.checks));
        let stories = totals.first.iter().map(|first| {
            let token = Token::of(first, &search.checks);
            format!("{}: {}\n{}", run.name, token.headline(first), first.failure.interleaving)
        });
        let cut = totals.cut_short.iter().map(|why| format!("{}: cut short: {why}", run.name));
        Found { rows, stories: stories.chain(cut).collect(), tables: Vec::new() }
    }

    /// All stories; a claim fails when one that is about it does.
    fn scenarios(&self, run: &Run, engine: Engine) -> Found {
        let mut found = Found::default();
        let all = self.part.share(scenarios::all());
        self.progress.begin(&run.name, all.len());
        let played = self.spread(&all, |(_, scenario)| scenario.play(engine, None));
        let mut sum = Totals { complete: true, ..Totals::default() };
        let mut broken = Vec::new();
        for ((name, scenario), (totals, wrong)) in all.iter().zip(&played) {
            sum.version = totals.version;
            sum.programs += totals.programs;
            sum.executions += totals.executions;
            sum.elapsed += totals.elapsed;
            sum.complete &= totals.complete;
            let checks = Checks { reentrant: scenario.reentrant, ..Checks::ALL };
            let failed = totals.first.iter().map(|first| {
                let token = Token::of(first, &checks);
                format!("{name}: {}\n{}", token.headline(first), first.failure.interleaving)
            });
            let wrong = wrong.iter().map(|text| format!("{name}: {text}"));
            let told: Vec<_> = failed.chain(wrong).collect();
            broken.extend((!told.is_empty()).then_some(scenario.claim));
            found.stories.extend(told);
        }
        let bounds = "named stories with all of their outcomes; any waiter, 0 spurious wakeups, \
                      a timeout per thread where the story has one";
        found.rows = self.rows(run, &row_of(engine, &sum, bounds, &Checks::ALL));
        for row in found.rows.iter_mut().filter(|row| broken.contains(&row.claim.as_str())) {
            row.verdict = Verdict::Fails;
        }
        found
    }

    fn mutants(&self, run: &Run, with_threads: bool) -> Found {
        let mut found = Found::default();
        let all = self.part.share(numbered());
        self.progress.begin(&run.name, all.len());
        let quarries = self.spread(&all, |mutant| hunt(*mutant, with_threads));
        for quarry in &quarries {
            let only = Run { name: quarry.mutant.name.to_owned(), claims: &[], ..run.clone() };
            let row = mutant_row(&only, quarry);
            if row.verdict == Verdict::Survived {
                found.stories.push(format!("the mutant `{}` survives", quarry.mutant.name));
            }
            found.rows.push(row);
        }
        found.tables.push(kill_table(&quarries));
        found
    }

    /// loom and shuttle must agree, for every mutant, on how many programs fail.
    fn agreement(&self, run: &Run, family: &Family) -> Found {
        let programs = family.programs();
        let all = self.part.share(numbered());
        self.progress.begin(&run.name, all.len());
        let compared = self.spread(&all, |(number, mutant)| {
            let count = |engine| {
                let checks = Checks { mutant: Some(*number), ..Checks::CLIENTS };
                let limits = sentinel_queue_kernel::Limits::default();
                let after_failure = AfterFailure::CountAll;
                let search = Search { engine, limits, checks, after_failure };
                search.over(&programs, 1, &|| ())
            };
            (mutant.name, count(Engine::Loom), count(Engine::Shuttle))
        });
        let mut found = Found::default();
        let mut sum = Totals { complete: true, ..Totals::default() };
        for (name, loom, shuttle) in &compared {
            sum.programs += loom.programs + shuttle.programs;
            sum.executions += loom.executions + shuttle.executions;
            sum.elapsed += loom.elapsed + shuttle.elapsed;
            if loom.failing != shuttle.failing {
                found.stories.push(format!(
                    "mutant `{name}`: {} programs fail under loom and {} under shuttle",
                    loom.failing, shuttle.failing
                ));
            }
        }
        let bounds = format!("every mutant; {}; any waiter", family.bounds());
        let mut row = row_of(Engine::Shuttle, &sum, &bounds, &Checks::CLIENTS);
        "loom and shuttle".clone_into(&mut row.engine);
        row.version = versions(&compared);
        row.verdict = if found.stories.is_empty() { Verdict::Holds } else { Verdict::Fails };
        found.rows = self.rows(run, &row);
        found
    }

    /// Does the work of each on all cores, and keeps the order.
    pub fn spread<T: Sync, R: Send>(&self, all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.cores.max(1) {
                scope.spawn(|| loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = all.get(place) else { return };
                    let result = work(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                    self.progress.step();
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

fn versions(compared: &[(&str, Totals, Totals)]) -> String {
    let first = compared.first();
    first.map_or_else(String::new, |(_, loom, shuttle)| {
        format!("{}, {}", loom.version, shuttle.version)
    })
}

/// A row without its names.
fn row_of(engine: Engine, totals: &Totals, bounds: &str, checks: &Checks) -> Row {
    let asked = match (checks.clients, checks.record) {
        (true, true) => "",
        (true, false) => "; clients asked",
        _ => "; record replayed",
    };
    let finished = totals.cut_short.is_none() && (totals.complete || !engine.is_search());
    let verdict = match totals.first {
        Some(_) => Verdict::Fails,
        None if finished => Verdict::Holds,
        None => Verdict::CutShort,
    };
    Row {
        claim: String::new(),
        layer: String::new(),
        engine: engine.name(),
        version: totals.version.to_owned(),
        name: String::new(),
        programs: totals.programs as u64,
        executions: totals.executions,
        complete: totals.complete,
        bounds: format!("{bounds}{asked}"),
        seconds: totals.elapsed.as_secs_f64(),
        verdict,
        part: None,
    }
}

/// Which layer stops which mutant.
fn kill_table(quarries: &[Quarry]) -> String {
    let hunters = Hunter::ALL.map(Hunter::name).join(" | ");
    let line = Hunter::ALL.map(|_| "---").join(" | ");
    let mut table = vec![
        format!("| mutant | breaks | {hunters} | smallest program |"),
        format!("| --- | --- | {line} | --- |"),
    ];
    for quarry in quarries {
        let marks = Hunter::ALL.map(|hunter| mark(quarry, hunter)).join(" | ");
        let program = quarry
            .minimal()
            .map_or_else(|| "none".to_owned(), |kill| kill.program.to_string().replace('|', "\\|"));
        let mutant = quarry.mutant;
        table.push(format!("| {} | {} | {marks} | `{program}` |", mutant.name, mutant.claim));
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

fn mutant_row(run: &Run, quarry: &Quarry) -> Row {
    let stopped_by: Vec<_> = quarry.stopped_by().into_iter().map(Hunter::name).collect();
    let ours = || quarry.hunted.iter().filter(|(hunter, _)| *hunter != Hunter::Stock);
    let programs: usize = ours().map(|(_, totals)| totals.programs).sum();
    let hunt = quarry.mutant.hunt;
    let minimal = quarry
        .minimal()
        .map_or_else(String::new, |kill| format!("minimal program {}; ", kill.program));
    Row {
        claim: quarry.mutant.claim.to_owned(),
        layer: run.layer.to_owned(),
        engine: stopped_by.join(", "),
        version: ours().map(|(_, totals)| totals.version).next().unwrap_or("").to_owned(),
        name: run.name.clone(),
        programs: programs as u64,
        executions: ours().map(|(_, totals)| totals.executions).sum(),
        complete: true,
        bounds: format!(
            "{minimal}any waiter, {} spurious wakeups and {} timeouts per thread",
            hunt.spurious, hunt.timeouts
        ),
        seconds: ours().map(|(_, totals)| totals.elapsed.as_secs_f64()).sum(),
        verdict: if stopped_by.is_empty() { Verdict::Survived } else { Verdict::Killed },
        // Each mutant is one machine's work, so its row is whole whatever the part.
        part: None,
    }
}
