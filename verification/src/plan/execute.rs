//! Executes a run and reports its result, claim by claim.

use crate::explore::engine::Engine;
use crate::explore::search::{AfterFailure, Counterexample, Search, Totals};
use crate::explore::{Checks, Compared};
use crate::layers::mutation::{hostility, numbered, Bug, Cells};
use crate::plan::{Findings, Job, Run, Runner};
use crate::report::kills::{self, Kills};
use crate::report::rows::{describe_bounds, of_mutant, of_search, of_totals};
use crate::report::{Row, Verdict};
use crate::{litmus, plan::external};
use sentinel_queue_kernel::{Hostility, Limits, Recognition};
use sentinel_queue_models::program::{Family, Program};
use sentinel_queue_mutants::{in_groups, Mutant};

impl Runner<'_> {
    /// Executes a run.
    ///
    /// # Panics
    ///
    /// When the plan contains an invalid program.
    pub fn execute(&self, run: &Run) -> Findings {
        match &run.job {
            Job::Family(family, search) => {
                self.search(run, family.programs(), search, &family.bounds())
            }
            Job::Programs(texts, search) => {
                let programs: Vec<Program> =
                    texts.iter().map(|text| text.parse().expect("the plan has programs")).collect();
                let bounds = format!("{} programs", programs.len());
                self.search(run, programs, search, &bounds)
            }
            Job::Litmus(engine) => self.litmus(run, *engine),
            Job::Mutants { in_groups, searched } => self.mutants(run, *in_groups, *searched),
            Job::Agreement(family, spurious) => {
                let checks = |(number, mutant): Numbered| {
                    let checks = Checks { mutant: Some(number), ..Checks::CLIENTS };
                    let own = hostility(mutant);
                    (checks, Hostility { spurious: own.spurious.max(*spurious), ..own })
                };
                let words = format!(", {spurious} or more spurious wakeups per thread");
                self.agreement(run, numbered(), family, Recognition::Trusting, checks, &words)
            }
            Job::AgreementInGroups(family) => {
                let checks = |(number, mutant): Numbered| {
                    // A thread without timeouts left would sleep forever even without a mutant.
                    let hostility = Hostility { timeouts: 2, ..hostility(mutant) };
                    (Checks { mutant: Some(number), ..Checks::ALL }, hostility)
                };
                let words = ", 0 or more spurious wakeups and 2 timeouts per thread";
                self.agreement(run, in_groups(), family, Recognition::Careful, checks, words)
            }
            Job::Model { large } => external::model(self, run, *large),
            Job::Proof { thorough } => external::proof(self, run, *thorough),
        }
    }

    fn search(&self, run: &Run, programs: Vec<Program>, search: &Search, bounds: &str) -> Findings {
        let programs = self.part.share(programs);
        self.progress.begin(&run.name, programs.len());
        let totals = search.over(&programs, self.cores, &|| self.progress.step());
        let bounds = format!("{bounds}; {}", describe_bounds(search));
        let rows = self.rows(run, &of_search(search, &totals, &bounds));
        let problems = totals.first.iter().map(|first| {
            format!("{}: {}\n{}", run.name, first.headline(), first.failure.interleaving)
        });
        let cut = totals.cut_short.iter().map(|why| format!("{}: cut short: {why}", run.name));
        Findings { rows, problems: problems.chain(cut).collect(), ..Findings::default() }
    }

    /// Runs all litmus tests; a claim fails when one of its tests does.
    fn litmus(&self, run: &Run, engine: Engine) -> Findings {
        let mut found = Findings::default();
        let tests = litmus::all();
        let all = self.part.share(tests.clone());
        self.progress.begin(&run.name, all.len());
        let results = self.spread(&all, |test| test.run(engine, None));
        let mut sum = Totals { complete: true, ..Totals::default() };
        let mut broken = Vec::new();
        let of = |claim: &str| tests.iter().filter(|test| test.claim == claim).count();
        let unasked: Vec<_> = run.claims.iter().filter(|claim| of(claim) == 0).collect();
        if !unasked.is_empty() {
            found.problems.push(format!("{}: no test of {unasked:?}", run.name));
            broken.extend(unasked);
        }
        for (test, totals) in all.iter().zip(&results) {
            found.problems.extend(totals.first.iter().map(|first| {
                format!("{}: {}\n{}", test.name, first.headline(), first.failure.interleaving)
            }));
            broken.extend(totals.first.iter().map(|_| test.claim));
            sum.add(0, Totals { first: None, ..totals.clone() });
        }
        let counts = run.claims.iter().map(|claim| format!("{claim} {}", of(claim)));
        let bounds = format!(
            "litmus tests ({}); any waiter, 0 spurious wakeups, a timeout per thread where the test \
             has one",
            counts.collect::<Vec<_>>().join(", ")
        );
        let checks = Checks { compared: Compared::WithModel, ..Checks::ALL };
        let search = Search::of(engine, checks, Limits::default());
        found.rows = self.rows(run, &of_search(&search, &sum, &bounds));
        for row in found.rows.iter_mut().filter(|row| broken.contains(&row.claim.as_str())) {
            row.verdict = Verdict::Fails;
        }
        found
    }

    /// Runs every mutant: with all of its programs, or with those that are kept.
    fn mutants(&self, run: &Run, in_groups: bool, searched: bool) -> Findings {
        let mut found = Findings::default();
        let kept = match kills::kept() {
            Err(error) if !searched => {
                found.problems.push(format!("kills.json: {error}"));
                Kills::new()
            }
            kept => kept.unwrap_or_default(),
        };
        let nothing = Cells::new();
        let kept = |bug: &Bug| kept.get(bug.mutant.name).unwrap_or(&nothing);
        let all = self.part.share(Bug::all(in_groups));
        self.progress.begin(&run.name, all.len());
        let run_one = |bug: &Bug| if searched { bug.search() } else { bug.confirm(kept(bug)) };
        // Half of them wait for real threads that hang.
        let results = Runner { cores: 2 * self.cores, ..*self }.spread(&all, run_one);
        for result in &results {
            let (row, name) = (of_mutant(run.layer, result, searched), result.bug.mutant.name);
            if row.verdict == Verdict::Survived {
                found.problems.push(format!("the mutant `{name}` survives"));
            }
            if searched {
                found.kills.insert(name.to_owned(), result.cells());
            } else {
                found.problems.extend(kills::unconfirmed(result, kept(&result.bug)));
            }
            let token = result.minimal().and_then(|kill| kill.token.as_ref());
            found.replays.extend(token.map(|it| format!("{name}: cargo verify --replay '{it}'")));
            found.rows.push(row);
        }
        found
    }

    /// Compares loom, shuttle, and shuttle where it recognizes states: they must agree, for every
    /// mutant, on the programs that fail. Some must.
    fn agreement(
        &self,
        run: &Run,
        mutants: impl Iterator<Item = Numbered>,
        family: &Family,
        recognition: Recognition,
        checks: impl Fn(Numbered) -> (Checks, Hostility) + Sync,
        words: &str,
    ) -> Findings {
        let programs = family.programs();
        let all = self.part.share(mutants);
        self.progress.begin(&run.name, all.len());
        let (off, loom, shuttle) = (Recognition::Off, Engine::Loom, Engine::Shuttle);
        let compared = self.spread(&all, |mutant| {
            let count = |(engine, recognition)| {
                let (checks, hostility) = checks(*mutant);
                let limits = Limits { hostility, recognition, ..Limits::default() };
                let after_failure = AfterFailure::CountAll;
                let search = Search { after_failure, ..Search::of(engine, checks, limits) };
                search.over(&programs, 1, &|| ())
            };
            (mutant.1.name, [(loom, off), (shuttle, off), (shuttle, recognition)].map(count))
        });
        let mut found = Findings::default();
        let mut sum = Totals { complete: true, ..Totals::default() };
        for (name, all) in &compared {
            let [loom, others @ ..] = all;
            let differ = others.iter().filter_map(|other| disagreement(name, loom, other));
            found.problems.extend(differ);
            for totals in all {
                sum.add(0, totals.clone());
            }
        }
        let asked = all.first().map_or("", |mutant| checks(*mutant).0.asked());
        let bounds = format!("every mutant; {}; any waiter{words}{asked}", family.bounds());
        let mut row = of_agreement(&sum, &compared, &bounds);
        row.verdict = if found.problems.is_empty() { Verdict::Holds } else { Verdict::Fails };
        found.rows = self.rows(run, &row);
        if self.part.name().is_none() {
            found.must_fail(run);
        }
        found
    }
}

/// A mutant and its number.
type Numbered = (usize, &'static Mutant);

/// The totals of loom, of shuttle, and of shuttle where it recognizes states, for a mutant.
type Agreement = (&'static str, [Totals; 3]);

/// Returns the row of what was compared, without its names.
fn of_agreement(sum: &Totals, compared: &[Agreement], bounds: &str) -> Row {
    let failing = |(_, [loom, ..]): &Agreement| loom.failing.len();
    let version = compared.first().map_or_else(String::new, |(_, [loom, shuttle, _])| {
        format!("{}, {}", loom.version, shuttle.version)
    });
    let failures = compared.iter().map(failing).sum::<usize>() as u64;
    let failing = compared.iter().filter(|all| failing(all) > 0).count() as u64;
    let (engine, bounds) = ("loom and shuttle".to_owned(), bounds.to_owned());
    Row { engine, version, failures, failing, bounds, ..of_totals(sum) }
}

/// Returns how two engines differ on a mutant, or that one of them was cut short.
fn disagreement(name: &str, loom: &Totals, shuttle: &Totals) -> Option<String> {
    let cut = loom.cut_short.as_ref().or(shuttle.cut_short.as_ref());
    if let Some(why) = cut {
        return Some(format!("mutant `{name}`: cut short: {why}"));
    }
    let first =
        |totals: &Totals| totals.first.as_ref().map_or("none".to_owned(), Counterexample::headline);
    (loom.failing != shuttle.failing).then(|| {
        format!(
            "mutant `{name}`: {} programs fail under loom and {} under shuttle; the first under \
             loom: {}\nand under shuttle: {}",
            loom.failing.len(),
            shuttle.failing.len(),
            first(loom),
            first(shuttle)
        )
    })
}
