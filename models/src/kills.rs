//! Every property has been seen to fail: which mutation is stopped by which claim.

use std::fmt;

use crate::client::{Claims, Mutation, Protocol, Size};
use crate::explorer::{explore, Counterexample, Limits};
use crate::Claim;

/// Sizes in which faults are looked for, small first.
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

/// More than any of these sizes needs, even with a fault.
const LIMITS: Limits = Limits { states: Some(200_000), time: None };

const INTRODUCTION: &str = "\
# From a claim to its counterexample

Made by `cargo run --release -p sentinel-queue-models --example kills`; a test compares. The number
is how many critical sections the shortest counterexample has when that claim alone is looked at;
`*` marks the claim that the mutation was made to break. What each mutation changes is said in
`Mutation`, what each claim means in `Claim`.
";

/// What one mutation is stopped by.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The mutation.
    pub mutation: Mutation,
    /// Each claim that stops it when it is looked at alone, with a shortest counterexample.
    pub stopped_by: Vec<(Claim, Counterexample)>,
}

impl Kill {
    /// Looks for a mutation with the eyes of each claim.
    pub fn of(mutation: Mutation) -> Self {
        let shortest = |claim| shortest(mutation, claim).map(|found| (claim, found));
        Self { mutation, stopped_by: Claim::OF_QUEUES.into_iter().filter_map(shortest).collect() }
    }

    /// The counterexample that a claim has found.
    pub fn counterexample(&self, claim: Claim) -> Option<&Counterexample> {
        self.stopped_by.iter().find(|(by, _)| *by == claim).map(|(_, found)| found)
    }

    /// Whether the claim that the mutation was made to break is broken.
    pub fn hits(&self) -> bool {
        self.counterexample(self.mutation.breaks()).is_some()
    }

    /// Whether it breaks nothing else, so that only that claim stops it.
    pub fn is_sharp(&self) -> bool {
        self.hits() && self.stopped_by.len() == 1
    }
}

/// A shortest counterexample among all protocols in small sizes.
fn shortest(mutation: Mutation, claim: Claim) -> Option<Counterexample> {
    let sizes = SIZES.map(|(producers, workers, items, capacity)| Size {
        producers,
        workers,
        items,
        capacity: Some(capacity),
    });
    let programs = Protocol::ALL
        .into_iter()
        .flat_map(|protocol| sizes.map(|size| protocol.configuration(size).with(mutation)));
    programs
        .filter_map(|program| explore(&program, Claims::only(claim), LIMITS).counterexample)
        .filter(|found| found.fault.claim() == Some(claim))
        .min_by_key(|found| found.scenes.len())
}

/// The kill table: mutations in rows, claims in columns, lengths of shortest counterexamples.
#[derive(Clone, Debug)]
pub struct KillTable(pub Vec<Kill>);

impl KillTable {
    /// Looks for every mutation; takes some seconds.
    pub fn make() -> Self {
        Self(Mutation::ALL.into_iter().map(Kill::of).collect())
    }

    /// The table and, claim by claim, the counterexamples, as a page in Markdown.
    pub fn page(&self) -> String {
        let mut page = vec![format!("{INTRODUCTION}\n{self}")];
        for claim in Claim::OF_QUEUES {
            page.push(format!("## {claim}: {}", claim.title()));
            for kill in self.0.iter().filter(|kill| kill.mutation.breaks() == claim) {
                page.push(format!("### {}", kill.mutation));
                page.push(match kill.counterexample(claim) {
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
        write!(formatter, "| {:<26} |", "mutation")?;
        for claim in Claim::OF_QUEUES {
            write!(formatter, " {claim:<4} |")?;
        }
        write!(formatter, "\n| {:-<26} |", "")?;
        for _ in Claim::OF_QUEUES {
            write!(formatter, " ---- |")?;
        }
        for kill in &self.0 {
            write!(formatter, "\n| {:<26} |", kill.mutation)?;
            for claim in Claim::OF_QUEUES {
                let mark = if claim == kill.mutation.breaks() { "*" } else { " " };
                match kill.counterexample(claim) {
                    Some(found) => write!(formatter, " {:>3}{mark} |", found.scenes.len())?,
                    None => write!(formatter, "    {mark} |")?,
                }
            }
        }
        Ok(())
    }
}
