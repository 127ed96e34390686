//! Stories: named programs, each with everything that may come of it. A search must see all of
//! these outcomes and no other: what must be possible is claimed as much as what must hold.

use crate::checks::{Checks, Outcomes};
use crate::engine::Engine;
use crate::search::{Search, Totals};
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_models::program::Program;
use std::collections::BTreeSet;

/// A story.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The claim that it is about.
    pub claim: &'static str,
    /// The program.
    pub program: Program,
    /// What the clients may be told, and each of it must be possible.
    pub outcomes: &'static [&'static str],
    /// Timeouts per thread.
    pub timeouts: u32,
    /// Items and iterators use the queue while they are dropped and advanced.
    pub reentrant: bool,
}

impl Scenario {
    /// A story about a claim.
    ///
    /// # Panics
    ///
    /// When the text is no program.
    pub fn of(claim: &'static str, program: &str, outcomes: &'static [&'static str]) -> Self {
        let program: Program = match program.parse() {
            Ok(program) => program,
            Err(error) => panic!("{error}"),
        };
        Scenario { claim, program, outcomes, timeouts: 0, reentrant: false }
    }

    /// Its timed waits may expire.
    #[must_use]
    pub fn with_timeouts(self) -> Self {
        Scenario { timeouts: 1, ..self }
    }

    /// Its items use the queue in their drop, and its iterators when they are advanced.
    #[must_use]
    pub fn reentrant(self) -> Self {
        Scenario { reentrant: true, ..self }
    }

    /// Runs it, and says what is wrong with the outcomes, if anything is: with a mutant, asking the
    /// clients alone.
    pub fn play(&self, engine: Engine, mutant: Option<usize>) -> (Totals, Option<String>) {
        let outcomes = Outcomes::default();
        let timeouts = self.timeouts;
        let hostility = Hostility { waiters: Waiters::Any, spurious: 0, timeouts };
        let checks = Checks {
            reentrant: self.reentrant,
            outcomes: Some(outcomes.clone()),
            mutant,
            clients: true,
            record: mutant.is_none(),
            ..Checks::ALL
        };
        let limits = Limits { hostility, ..Limits::default() };
        let search = Search::of(engine, checks, limits);
        let totals = search.over(std::slice::from_ref(&self.program), 1, &|| ());
        let wrong = self.compare(&outcomes.seen(), engine.is_search());
        (totals, wrong)
    }

    /// Sampling need not see everything.
    fn compare(&self, seen: &BTreeSet<String>, all: bool) -> Option<String> {
        let told: BTreeSet<String> = self.outcomes.iter().map(ToString::to_string).collect();
        let new: Vec<_> = seen.difference(&told).collect();
        let missing: Vec<_> = told.difference(seen).filter(|_| all).collect();
        let wrong = !new.is_empty() || !missing.is_empty();
        wrong.then(|| format!("must not happen, but does: {new:?}; must happen: {missing:?}"))
    }
}
