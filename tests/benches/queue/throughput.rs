//! Nanoseconds per item, for every workload, capacity and way of use.
//!
//! All contenders of one workload and capacity take turns, round after round, so that whatever else
//! the machine does meets all of them.

use crate::contenders::{
    AsyncChannel, Crossbeam, Flume, InGroup, Kanal, OneLock, Ours, Std, NAMES,
};
use crate::flows::{ItemByItem, OwnBatches, VectorsByHand, BATCH};
use crate::options::Effort;
use crate::table::{ratio, Report, Round, Row};
use crate::workloads::{measure, Sample, Shape, Workload};

/// The ways to use a queue, by their place in [`CASES`].
const WAYS: [&str; 6] = [
    "item by item",
    "send_many, recv_many",
    "Vec of 32 by hand",
    "item by item, in a group",
    "a lock alone",
    "a lock alone, Vec of 32 by hand",
];

/// A contender used in one way.
struct Case {
    way: usize,
    column: usize,
    measure: fn(Shape) -> Option<Sample>,
}

const fn case(way: usize, column: usize, measure: fn(Shape) -> Option<Sample>) -> Case {
    Case { way, column, measure }
}

const CASES: [Case; 16] = [
    case(0, 0, measure::<ItemByItem<Ours>>),
    case(0, 1, measure::<ItemByItem<Crossbeam>>),
    case(0, 2, measure::<ItemByItem<Flume>>),
    case(0, 3, measure::<ItemByItem<Kanal>>),
    case(0, 4, measure::<ItemByItem<AsyncChannel>>),
    case(0, 5, measure::<ItemByItem<Std>>),
    case(1, 0, measure::<OwnBatches>),
    case(2, 0, measure::<VectorsByHand<Ours>>),
    case(2, 1, measure::<VectorsByHand<Crossbeam>>),
    case(2, 2, measure::<VectorsByHand<Flume>>),
    case(2, 3, measure::<VectorsByHand<Kanal>>),
    case(2, 4, measure::<VectorsByHand<AsyncChannel>>),
    case(2, 5, measure::<VectorsByHand<Std>>),
    case(3, 0, measure::<ItemByItem<InGroup>>),
    case(4, 0, measure::<ItemByItem<OneLock>>),
    case(5, 0, measure::<VectorsByHand<OneLock>>),
];

/// What the verdicts are about.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The processor time of our unbounded `seq`, divided by crossbeam's. It is one thread that
    /// never waits, so this is its time without that of whatever else the machine runs.
    pub(crate) sequential_to_crossbeam: Option<f64>,
    /// The same in a group, divided by the same outside: no thread waits, so the group is not involved.
    pub(crate) group_to_plain: Option<f64>,
    /// Our batches in unbounded `mpmc`, divided by the fastest peer's item by item.
    pub(crate) batches_to_best_peer: Option<f64>,
}

/// Measures and prints all rows.
pub(crate) fn run(effort: &Effort, report: &Report) -> Findings {
    let workloads = [
        ("seq", Workload::Sequential),
        ("spsc", Workload::Spread(1, 1)),
        ("mpsc 4×1", Workload::Spread(4, 1)),
        ("mpmc 4×4", Workload::Spread(4, 4)),
        ("1×4", Workload::Spread(1, 4)),
    ];
    let mut findings = Findings::default();
    for (name, workload) in workloads {
        for (capacity, items) in [
            (Some(1), effort.items_one),
            (Some(64), effort.items_small),
            (Some(effort.items), effort.items),
            (None, effort.items),
        ] {
            let shape = Shape { workload, capacity, items };
            let ways = take_turns(shape, effort.rounds);
            print_rows(name, shape, &ways, report);
            if capacity.is_none() && workload == Workload::Sequential {
                findings.sequential_to_crossbeam =
                    ratio(&ways[0].processor, &ways[0].processor, 1).map(|ratio| ratio.value);
                findings.group_to_plain =
                    ratio(&ways[3].processor, &ways[0].processor, 0).map(|ratio| ratio.value);
            }
            if capacity.is_none() && workload == Workload::Spread(4, 4) {
                let row = Row::new(["", "", ""], "", &ways[1].wall, &ways[0].wall);
                findings.batches_to_best_peer = row.ratio.map(|ratio| ratio.value);
            }
        }
    }
    findings
}

/// All rounds of one way of use: nanoseconds per item, and context switches per 1,000 items.
#[derive(Default)]
pub(crate) struct Way {
    wall: Vec<Round>,
    processor: Vec<Round>,
    switches: Vec<Round>,
}

impl Way {
    /// Begins a round.
    pub(crate) fn begin_round(&mut self) {
        for rounds in [&mut self.wall, &mut self.processor, &mut self.switches] {
            rounds.push([None; NAMES.len()]);
        }
    }

    /// Enters what a contender found in the last round.
    pub(crate) fn enter(&mut self, column: usize, sample: Sample, items: usize) {
        let Some(round) = self.wall.len().checked_sub(1) else { return };
        let per_item = |time: std::time::Duration| nanoseconds(time) / count(items);
        self.wall[round][column] = Some(per_item(sample.wall));
        self.processor[round][column] = sample.processor.map(per_item);
        self.switches[round][column] = sample.switches.map(|all| all * 1e3 / count(items));
    }

    /// Prints what time, processor time and context switches each item took.
    pub(crate) fn print(&self, label: [&str; 3], report: &Report) {
        report.row(&Row::new(label, "ns", &self.wall, &self.wall));
        self.print_costs(label, report);
    }

    fn print_costs(&self, label: [&str; 3], report: &Report) {
        report.row(&Row::new(label, "CPU-ns", &self.processor, &self.processor));
        report.row(&Row::new(label, "switches/1,000", &self.switches, &self.switches));
    }
}

fn take_turns(shape: Shape, rounds: usize) -> [Way; WAYS.len()] {
    let mut ways: [Way; WAYS.len()] = Default::default();
    for round in 0..rounds {
        for way in &mut ways {
            way.begin_round();
        }
        // Each round begins with another contender, so that none always runs after the same one.
        for turn in 0..CASES.len() {
            let case = &CASES[(turn + round) % CASES.len()];
            let by_hand = matches!(case.way, 2 | 5);
            if by_hand && shape.capacity.is_some_and(|capacity| capacity < BATCH) {
                continue;
            }
            // The overhead of a group when no thread waits is the one of interest.
            if case.way == 3 && shape.workload != Workload::Sequential {
                continue;
            }
            let Some(sample) = (case.measure)(shape) else { continue };
            ways[case.way].enter(case.column, sample, shape.items);
        }
    }
    ways
}

fn print_rows(name: &str, shape: Shape, ways: &[Way; WAYS.len()], report: &Report) {
    let capacity = match shape.capacity {
        None => String::from("unbounded"),
        Some(capacity) if capacity == shape.items => String::from("N"),
        Some(capacity) => capacity.to_string(),
    };
    let rivals = [&ways[0], &ways[0], &ways[2], &ways[0], &ways[0], &ways[2]];
    for (place, way) in ways.iter().enumerate() {
        let row = Row::new([name, &capacity, WAYS[place]], "ns", &way.wall, &rivals[place].wall);
        if row.medians[0].is_some() {
            report.row(&row);
        }
    }
    if shape.workload != Workload::Sequential {
        ways[0].print_costs([name, &capacity, WAYS[0]], report);
    }
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn nanoseconds(time: std::time::Duration) -> f64 {
    time.as_nanos() as f64
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn count(items: usize) -> f64 {
    items as f64
}
