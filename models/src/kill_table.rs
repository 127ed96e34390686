//! Every property has been seen to fail: which mutant is killed by which claim, and in groups by
//! which property. `verification/KILLS.md` shows it beside the other layers.

use std::fmt;

use crate::explorer::{explore, Counterexample, Limits, Model};
use crate::groups::{self, Properties, Property};
use crate::one_queue::{self, Claims, Protocol, Size};
use crate::Claim;

/// A seeded bug, to be found by checking one property at a time.
pub trait SeededBug: Copy + Eq + fmt::Debug + fmt::Display + 'static {
    /// The model that it is seeded into.
    type Model: Model;
    /// The properties that may kill it.
    type Property: Copy + Eq + fmt::Debug + fmt::Display + 'static;

    /// All mutants.
    const MUTANTS: &'static [Self];
    /// All properties.
    const PROPERTIES: &'static [Self::Property];

    /// Returns the name of the bug in every layer that it is seeded into.
    fn id(self) -> String;

    /// Returns the property that it was made to violate.
    fn target(self) -> Self::Property;

    /// Returns a shortest counterexample to one property alone.
    fn shortest(self, property: Self::Property) -> Option<Counterexample<Self::Model>>;
}

/// The properties that kill one mutant.
#[derive(Clone, Debug)]
pub struct Kill<M: SeededBug> {
    /// The mutant.
    pub mutant: M,
    /// Each property that kills it when checked alone, with a shortest counterexample.
    pub killed_by: Vec<(M::Property, Counterexample<M::Model>)>,
}

impl<M: SeededBug> Kill<M> {
    /// Checks a mutant, one property at a time.
    pub fn of(mutant: M) -> Self {
        let shortest = |&property| Some((property, mutant.shortest(property)?));
        Self { mutant, killed_by: M::PROPERTIES.iter().filter_map(shortest).collect() }
    }

    /// Returns the counterexample to a property.
    pub fn counterexample(&self, property: M::Property) -> Option<&Counterexample<M::Model>> {
        self.killed_by.iter().find(|(by, _)| *by == property).map(|(_, found)| found)
    }

    /// Returns whether the property that the mutant was made to violate is violated.
    pub fn is_killed_by_target(&self) -> bool {
        self.counterexample(self.mutant.target()).is_some()
    }

    /// Returns whether it violates nothing else, so that only that property kills it.
    pub fn is_killed_by_target_alone(&self) -> bool {
        self.is_killed_by_target() && self.killed_by.len() == 1
    }
}

/// The kill table: mutants in rows, properties in columns, lengths of shortest counterexamples.
#[derive(Clone, Debug)]
pub struct KillTable<M: SeededBug>(pub Vec<Kill<M>>);

impl<M: SeededBug> KillTable<M> {
    /// Checks every mutant; takes some seconds.
    pub fn make() -> Self {
        Self(M::MUTANTS.iter().copied().map(Kill::of).collect())
    }
}

/// Spells a name as words: `NotifyOnlyWhenEmpty` becomes *notify only when empty*.
fn spaced(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// The sizes in which mutants of one queue are explored, small first.
const SIZES: [(usize, usize, usize, usize); 10] = [
    (1, 1, 1, 1),
    (1, 1, 2, 1),
    (1, 2, 1, 1),
    (2, 1, 1, 1),
    (2, 1, 1, 2),
    (1, 2, 2, 1),
    (2, 2, 1, 1),
    (2, 2, 2, 1),
    (2, 2, 2, 2),
    (1, 2, 3, 2),
];

impl SeededBug for one_queue::Mutant {
    type Model = one_queue::Configuration;
    type Property = Claim;

    const MUTANTS: &'static [Self] = &Self::ALL;
    const PROPERTIES: &'static [Claim] = &Claim::OF_QUEUES;

    fn id(self) -> String {
        self.elsewhere().map_or_else(|| spaced(&self.to_string()), str::to_owned)
    }

    fn target(self) -> Claim {
        self.target()
    }

    /// Explores all protocols in small sizes.
    fn shortest(self, claim: Claim) -> Option<Counterexample<one_queue::Configuration>> {
        // More than any of these sizes needs, even with a mutant.
        let limits = Limits { states: Some(200_000), time: None };
        let sizes = SIZES.map(|(producers, workers, items, capacity)| Size {
            producers,
            workers,
            items,
            capacity: Some(capacity),
        });
        let programs = Protocol::ALL
            .into_iter()
            .flat_map(|protocol| sizes.map(|size| protocol.configuration(size).with(self)));
        programs
            .filter_map(|program| explore(&program, Claims::only(claim), limits).counterexample)
            .filter(|found| found.violation.claim() == Some(claim))
            .min_by_key(|found| found.steps.len())
    }
}

impl SeededBug for groups::Mutant {
    type Model = groups::Configuration;
    type Property = Property;

    const MUTANTS: &'static [Self] = &Self::ALL;
    const PROPERTIES: &'static [Property] = &Property::ALL;

    fn id(self) -> String {
        self.elsewhere().map_or_else(|| spaced(&self.to_string()), str::to_owned)
    }

    fn target(self) -> Property {
        self.target()
    }

    /// Explores all protocols of at most three threads.
    fn shortest(self, property: Property) -> Option<Counterexample<groups::Configuration>> {
        // More than any of these programs needs, even with a mutant.
        let limits = Limits { states: Some(20_000), time: None };
        let programs = groups::Protocol::ALL.into_iter().flat_map(|p| p.up_to(2, 1, 1));
        let programs = programs.filter(|program| program.threads() <= 3).map(|p| p.with(self));
        programs
            .filter_map(|p| explore(&p, Properties::only(property), limits).counterexample)
            .min_by_key(|found| found.steps.len())
    }
}
