//! Every property of a group has been seen to fail: which mutation is stopped by which.

use std::fmt;

use super::{explore, Configuration, Counterexample, Mutation, Properties, Property, Protocol};
use crate::explorer::Limits;

/// More than any of these programs needs, even with a fault.
const LIMITS: Limits = Limits { states: Some(20_000), time: None };

const INTRODUCTION: &str = "\
# Groups: from a property to its counterexample

Made by `cargo run --release -p sentinel-queue-models --example kills groups`; a test compares. The
number is how many steps (takings of a lock) the shortest counterexample has when that property
alone is looked at, in all protocols of at most three threads; `*` marks the property that the
mutation was made to break. What each mutation changes is said in `scope::Mutation`, what each
property means in `scope::Property`.
";

/// What one mutation is stopped by.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The mutation.
    pub mutation: Mutation,
    /// Each property that stops it when it is looked at alone, with a shortest counterexample.
    pub stopped_by: Vec<(Property, Counterexample)>,
}

impl Kill {
    /// Looks for a mutation with the eyes of each property.
    pub fn of(mutation: Mutation) -> Self {
        let programs: Vec<Configuration> = programs().map(|p| p.with(mutation)).collect();
        let shortest = |property| shortest(&programs, property).map(|found| (property, found));
        Self { mutation, stopped_by: Property::ALL.into_iter().filter_map(shortest).collect() }
    }

    /// The counterexample that a property has found.
    pub fn counterexample(&self, property: Property) -> Option<&Counterexample> {
        self.stopped_by.iter().find(|(by, _)| *by == property).map(|(_, found)| found)
    }

    /// Whether the property that the mutation was made to break is broken.
    pub fn hits(&self) -> bool {
        self.counterexample(self.mutation.breaks()).is_some()
    }

    /// Whether it breaks nothing else, so that only that property stops it.
    pub fn is_sharp(&self) -> bool {
        self.hits() && self.stopped_by.len() == 1
    }
}

/// The programs in which faults are looked for: all of three threads.
fn programs() -> impl Iterator<Item = Configuration> {
    let programs = Protocol::ALL.into_iter().flat_map(|protocol| protocol.up_to(2, 1, 1));
    programs.filter(|program| program.threads() <= 3)
}

fn shortest(programs: &[Configuration], property: Property) -> Option<Counterexample> {
    programs
        .iter()
        .filter_map(|p| explore(p, Properties::only(property), LIMITS).counterexample)
        .min_by_key(|found| found.scenes.len())
}

/// The kill table: mutations in rows, properties in columns, lengths of shortest counterexamples.
#[derive(Clone, Debug)]
pub struct KillTable(pub Vec<Kill>);

impl KillTable {
    /// Looks for every mutation; takes some seconds.
    pub fn make() -> Self {
        Self(Mutation::ALL.into_iter().map(Kill::of).collect())
    }

    /// The table and, property by property, the counterexamples, as a page in Markdown.
    pub fn page(&self) -> String {
        let mut page = vec![format!("{INTRODUCTION}\n{self}")];
        for property in Property::ALL {
            let kills = self.0.iter().filter(|kill| kill.mutation.breaks() == property);
            let kills: Vec<&Kill> = kills.collect();
            if !kills.is_empty() {
                page.push(format!("## {property}: {}", property.title()));
            }
            for kill in kills {
                page.push(format!("### {}", kill.mutation));
                page.push(match kill.counterexample(property) {
                    Some(found) => format!("```text\n{found}\n```"),
                    None => "Not found.".to_owned(),
                });
            }
        }
        page.join("\n\n") + "\n"
    }
}

impl fmt::Display for KillTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "| {:<20} |", "mutation")?;
        for property in Property::ALL {
            write!(formatter, " {property:<13} |")?;
        }
        write!(formatter, "\n| {:-<20} |", "")?;
        for _ in Property::ALL {
            write!(formatter, " ------------- |")?;
        }
        for kill in &self.0 {
            write!(formatter, "\n| {:<20} |", kill.mutation)?;
            for property in Property::ALL {
                let mark = if property == kill.mutation.breaks() { "*" } else { " " };
                match kill.counterexample(property) {
                    Some(found) => write!(formatter, " {:>12}{mark} |", found.scenes.len())?,
                    None => write!(formatter, " {mark:>13} |")?,
                }
            }
        }
        Ok(())
    }
}
