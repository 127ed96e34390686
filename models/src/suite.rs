//! What is explored, by name: for `cargo test` and for `cargo verify`.

use std::fmt;
use std::time::{Duration, Instant};

use crate::explorer::{explore, Limits, Model};
use crate::groups::{self, Family, Properties};
use crate::one_queue::{Claims, Protocol, Size};
use crate::Claim;

pub mod group_runs;

/// How much is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// In seconds: every size of every protocol up to 4 producers, 4 workers, 3 items each and
    /// capacities 1 to 3; unbounded queues up to 3, 3 and 2. Groups: see `suite/groups.rs`.
    Test,
    /// In minutes: pools of 8 + 8, 16 + 16 and 32 + 32 threads as well, and more programs in
    /// groups.
    Verify,
}

/// Configurations that are explored and reported together.
#[derive(Clone, Debug)]
pub struct Run {
    /// The name, as in `counts.txt`.
    pub name: String,
    /// What is explored.
    pub programs: Programs,
    /// Where each exploration stops unfinished; by default nowhere.
    pub limits: Limits,
}

/// Which configurations.
#[derive(Clone, Debug)]
pub enum Programs {
    /// A protocol around one queue, in these sizes.
    OneQueue(Protocol, Vec<Size>),
    /// A protocol in a group, up to a size.
    Group(groups::Protocol, group_runs::Extent),
    /// All programs in a group, up to a size.
    Family(Family),
}

/// What a run has found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the run.
    pub name: String,
    /// The claims that the programs put to the test.
    pub claims: Vec<Claim>,
    /// How many configurations were explored.
    pub configurations: usize,
    /// How many canonical states they have together.
    pub states: usize,
    /// How many steps lead from one to another.
    pub transitions: usize,
    /// Whether every state of every configuration was looked at.
    pub complete: bool,
    /// How long it took.
    pub time: Duration,
    /// A shortest way to the first breach, as a story.
    pub counterexample: Option<String>,
    /// What `counts.txt` says: configurations, states, steps.
    pub pinned: Option<(usize, usize, usize)>,
}

/// All runs of a tier.
pub fn runs(tier: Tier) -> Vec<Run> {
    let mut runs: Vec<Run> = Protocol::ALL.iter().flat_map(|&protocol| small(protocol)).collect();
    if tier == Tier::Verify {
        runs.extend(Protocol::ALL.iter().flat_map(|&protocol| large(protocol)));
    }
    runs.extend(group_runs::runs(tier));
    runs
}

/// Every size up to 4 producers, 4 workers, 3 items and capacity 3.
pub fn grid() -> Vec<Size> {
    let capacities: Vec<_> = (1..=3).map(Some).collect();
    sizes(4, 4, 3, &capacities)
}

fn sizes(
    producers: usize,
    workers: usize,
    items: usize,
    capacities: &[Option<usize>],
) -> Vec<Size> {
    let mut sizes = Vec::new();
    for producers in 1..=producers {
        for workers in 1..=workers {
            for items in 1..=items {
                for &capacity in capacities {
                    sizes.push(Size { producers, workers, items, capacity });
                }
            }
        }
    }
    sizes
}

fn small(protocol: Protocol) -> [Run; 2] {
    let run = |what: &str, sizes| Run {
        name: format!("{}/{what}", protocol.name()),
        programs: Programs::OneQueue(protocol, sizes),
        limits: Limits::default(),
    };
    [run("grid", grid()), run("unbounded", sizes(3, 3, 2, &[None]))]
}

/// Pools as large as they come to an end within seconds: where every thread is at its own stage
/// (its own number of items sent, or of handles left) states multiply.
fn large(protocol: Protocol) -> Vec<Run> {
    let pool = |threads, items, capacity| {
        let size = Size { producers: threads, workers: threads, items, capacity: Some(capacity) };
        Run {
            name: format!("{}/{threads}+{threads}x{items}", protocol.name()),
            programs: Programs::OneQueue(protocol, vec![size]),
            limits: Limits::default(),
        }
    };
    match protocol {
        // Where sentinels stand between items, room for two takes 26 million states of 16 + 16.
        Protocol::EarlySentinels | Protocol::EarlyBatches => vec![pool(8, 1, 2), pool(16, 1, 1)],
        Protocol::Sentinels | Protocol::SentinelsRacingClose | Protocol::Close => {
            vec![pool(16, 1, 2), pool(16, 2, 2), pool(32, 1, 4)]
        }
        _ => vec![pool(16, 1, 2)],
    }
}

impl Programs {
    /// The claims that they put to the test.
    pub fn claims(&self) -> Vec<Claim> {
        match self {
            Self::OneQueue(protocol, _) => protocol.claims(),
            Self::Group(..) | Self::Family(_) => vec![Claim::C6, Claim::C7, Claim::C8],
        }
    }
}

impl Run {
    /// Explores them until one shows a breach. `progress` is told how many of how many are done.
    pub fn explore(&self, progress: impl FnMut(usize, usize)) -> Report {
        let start = Instant::now();
        let mut report = Report::of(self);
        let limits = self.limits;
        match &self.programs {
            Programs::OneQueue(protocol, sizes) => {
                let all: Vec<_> = sizes.iter().map(|&size| protocol.configuration(size)).collect();
                report.explore(&all, Claims::ALL, limits, progress);
            }
            Programs::Group(protocol, extent) => {
                report.explore(&extent.programs(*protocol), Properties::ALL, limits, progress);
            }
            Programs::Family(family) => {
                report.explore(&family.programs(), Properties::ALL, limits, progress);
            }
        }
        report.time = start.elapsed();
        report
    }
}

impl Report {
    fn of(run: &Run) -> Self {
        Self {
            name: run.name.clone(),
            claims: run.programs.claims(),
            configurations: 0,
            states: 0,
            transitions: 0,
            complete: true,
            time: Duration::ZERO,
            counterexample: None,
            pinned: pinned(&run.name),
        }
    }

    fn explore<S: Model>(
        &mut self,
        all: &[S],
        properties: S::Properties,
        limits: Limits,
        mut progress: impl FnMut(usize, usize),
    ) {
        for program in all {
            let explored = explore(program, properties, limits);
            self.configurations += 1;
            self.states += explored.states;
            self.transitions += explored.transitions;
            self.complete &= explored.complete;
            progress(self.configurations, all.len());
            if let Some(found) = explored.counterexample {
                self.counterexample = Some(found.to_string());
                break;
            }
        }
    }

    /// Nothing is wrong, everything was looked at, and it was as much as `counts.txt` says.
    pub fn holds(&self) -> bool {
        let counts = (self.configurations, self.states, self.transitions);
        self.complete && self.counterexample.is_none() && self.pinned == Some(counts)
    }

    /// How fast it went.
    pub fn states_per_second(&self) -> f64 {
        // A count of states that memory can hold is exact in a float.
        #[allow(clippy::cast_precision_loss)]
        let states = self.states as f64;
        states / self.time.as_secs_f64().max(1e-9)
    }
}

/// What is kept in `counts.txt` about a run: configurations, states, steps.
pub fn pinned(name: &str) -> Option<(usize, usize, usize)> {
    let line = include_str!("../counts.txt").lines().find_map(|line| {
        let (run, counts) = line.split_once(' ')?;
        (run == name).then_some(counts)
    })?;
    let mut counts = line.split_whitespace().map_while(|count| count.parse().ok());
    Some((counts.next()?, counts.next()?, counts.next()?))
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:<28} {:>4} configurations {:>9} states {:>10} steps {:>7.2} s {:>9.0} states/s  {}",
            self.name,
            self.configurations,
            self.states,
            self.transitions,
            self.time.as_secs_f64(),
            self.states_per_second(),
            if self.complete { "complete" } else { "INCOMPLETE" },
        )?;
        match &self.counterexample {
            Some(counterexample) => write!(formatter, "\n{counterexample}"),
            None => Ok(()),
        }
    }
}
