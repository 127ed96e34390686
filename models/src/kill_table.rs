//! Every property has been seen to fail: which mutation is stopped by which claim, and in groups by
//! which property.

use std::fmt;

use crate::explorer::{explore, Counterexample, Limits, Model};
use crate::groups::{self, Properties, Property};
use crate::one_queue::{self, Claims, Protocol, Size};
use crate::Claim;

/// A fault that is looked for with the eyes of each property.
pub trait SeededBug: Copy + Eq + fmt::Debug + fmt::Display + 'static {
    /// What it is put into.
    type Model: Model;
    /// What stops it.
    type Property: Copy + Eq + fmt::Debug + fmt::Display + 'static;

    /// All of them.
    const MUTANTS: &'static [Self];
    /// All that is looked at.
    const PROPERTIES: &'static [Self::Property];
    /// How the page begins.
    const INTRODUCTION: &'static str;
    /// How wide the first column of the table is, and the others.
    const WIDTHS: (usize, usize);

    /// What it was made to break.
    fn target(self) -> Self::Property;

    /// A property in words.
    fn title(property: Self::Property) -> &'static str;

    /// A shortest counterexample that is found when one property alone is looked at.
    fn shortest(self, property: Self::Property) -> Option<Counterexample<Self::Model>>;
}

/// What one mutation is stopped by.
#[derive(Clone, Debug)]
pub struct Kill<M: SeededBug> {
    /// The mutation.
    pub mutant: M,
    /// Each property that stops it when it is looked at alone, with a shortest counterexample.
    pub killed_by: Vec<(M::Property, Counterexample<M::Model>)>,
}

impl<M: SeededBug> Kill<M> {
    /// Looks for a mutation with the eyes of each property.
    pub fn of(mutant: M) -> Self {
        let shortest = |&property| Some((property, mutant.shortest(property)?));
        Self { mutant, killed_by: M::PROPERTIES.iter().filter_map(shortest).collect() }
    }

    /// The counterexample that a property has found.
    pub fn counterexample(&self, property: M::Property) -> Option<&Counterexample<M::Model>> {
        self.killed_by.iter().find(|(by, _)| *by == property).map(|(_, found)| found)
    }

    /// Whether the property that the mutation was made to break is broken.
    pub fn is_killed_by_target(&self) -> bool {
        self.counterexample(self.mutant.target()).is_some()
    }

    /// Whether it breaks nothing else, so that only that property stops it.
    pub fn is_killed_by_target_alone(&self) -> bool {
        self.is_killed_by_target() && self.killed_by.len() == 1
    }
}

/// The kill table: mutations in rows, properties in columns, lengths of shortest counterexamples.
#[derive(Clone, Debug)]
pub struct KillTable<M: SeededBug>(pub Vec<Kill<M>>);

impl<M: SeededBug> KillTable<M> {
    /// Looks for every mutation; takes some seconds.
    pub fn make() -> Self {
        Self(M::MUTANTS.iter().copied().map(Kill::of).collect())
    }

    /// The table and, property by property, the counterexamples, as a page in Markdown.
    pub fn page(&self) -> String {
        let mut page = vec![format!("{}\n{self}", M::INTRODUCTION)];
        for &property in M::PROPERTIES {
            let made_for = |kill: &&Kill<M>| kill.mutant.target() == property;
            let mut kills = self.0.iter().filter(made_for).peekable();
            if kills.peek().is_some() {
                page.push(format!("## {property}: {}", M::title(property)));
            }
            for kill in kills {
                page.push(format!("### {}", kill.mutant));
                page.push(match kill.counterexample(property) {
                    Some(found) => format!("```text\n{found}\n```"),
                    None => "Not found.".to_owned(),
                });
            }
        }
        page.join("\n\n") + "\n"
    }
}

impl<M: SeededBug> fmt::Display for KillTable<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, width) = M::WIDTHS;
        write!(formatter, "| {:<first$} |", "mutant")?;
        for property in M::PROPERTIES {
            write!(formatter, " {property:<width$} |")?;
        }
        write!(formatter, "\n| {:-<first$} |", "")?;
        for _ in M::PROPERTIES {
            write!(formatter, " {:-<width$} |", "")?;
        }
        for kill in &self.0 {
            write!(formatter, "\n| {:<first$} |", kill.mutant)?;
            for &property in M::PROPERTIES {
                let mark = if property == kill.mutant.target() { "*" } else { " " };
                let found = kill.counterexample(property);
                let steps = found.map_or(String::new(), |found| found.steps.len().to_string());
                write!(formatter, " {:>width$} |", steps + mark)?;
            }
        }
        Ok(())
    }
}

/// Sizes in which faults around one queue are looked for, small first.
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
    const WIDTHS: (usize, usize) = (26, 4);
    const INTRODUCTION: &'static str = "\
# From a claim to its counterexample

Made by `cargo run --release -p sentinel-queue-models --example kills`; a test compares. The number
is how many critical sections the shortest counterexample has when that claim alone is looked at;
`*` marks the claim that the mutant was made to break. What each mutant changes is said in
`Mutant`, what each claim means in `Claim`.
";

    fn target(self) -> Claim {
        self.target()
    }

    fn title(claim: Claim) -> &'static str {
        claim.title()
    }

    /// Among all protocols in small sizes.
    fn shortest(self, claim: Claim) -> Option<Counterexample<one_queue::Configuration>> {
        // More than any of these sizes needs, even with a fault.
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
    const WIDTHS: (usize, usize) = (22, 13);
    const INTRODUCTION: &'static str = "\
# Groups: from a property to its counterexample

Made by `cargo run --release -p sentinel-queue-models --example kills groups`; a test compares. The
number is how many steps (takings of a lock) the shortest counterexample has when that property
alone is looked at, in all protocols of at most three threads; `*` marks the property that the
mutant was made to break. What each mutant changes is said in `groups::Mutant`, what each
property means in `groups::Property`.
";

    fn target(self) -> Property {
        self.target()
    }

    fn title(property: Property) -> &'static str {
        property.title()
    }

    /// Among all protocols of at most three threads.
    fn shortest(self, property: Property) -> Option<Counterexample<groups::Configuration>> {
        // More than any of these programs needs, even with a fault.
        let limits = Limits { states: Some(20_000), time: None };
        let programs = groups::Protocol::ALL.into_iter().flat_map(|p| p.up_to(2, 1, 1));
        let programs = programs.filter(|program| program.threads() <= 3).map(|p| p.with(self));
        programs
            .filter_map(|p| explore(&p, Properties::only(property), limits).counterexample)
            .min_by_key(|found| found.steps.len())
    }
}
