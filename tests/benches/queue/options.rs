//! The command line.

use crate::table::Style;
use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Turns of every contender; odd, for the median.
    pub(crate) rounds: usize,
    /// Items of the workloads with capacity N and unbounded: this is N.
    pub(crate) items: usize,
    /// Items of the workloads with capacity 64.
    pub(crate) items_small: usize,
    /// Items of the workloads with capacity 1.
    pub(crate) items_one: usize,
    /// How long workers are watched doing nothing.
    pub(crate) idle: Duration,
    /// Sleeping workers that a close ends.
    pub(crate) sleepers: usize,
    /// Turns of what takes long and varies little.
    pub(crate) rounds_slow: usize,
    /// Items of a burst.
    pub(crate) burst: usize,
    /// Other queues that live meanwhile.
    pub(crate) neighbours: [usize; 4],
    /// Workers that wait for requests.
    pub(crate) workers: [usize; 3],
    /// Queues with a worker each: a few, and many.
    pub(crate) queues: [usize; 2],
    /// Large items that go in and out while the longest call is looked for.
    pub(crate) large: usize,
}

/// A few minutes.
const FULL: Effort = Effort {
    rounds: 11,
    items: 1 << 19,
    items_small: 1 << 16,
    items_one: 1 << 12,
    idle: Duration::from_secs(1),
    sleepers: 1_000,
    rounds_slow: 5,
    burst: 1_000_000,
    neighbours: [10, 1_000, 10_000, 100_000],
    workers: [100, 1_000, 3_000],
    queues: [100, 2_000],
    large: 100_000,
};

/// About a minute.
const QUICK: Effort = Effort {
    rounds: 5,
    items: 1 << 17,
    items_small: 1 << 15,
    items_one: 1 << 11,
    idle: Duration::from_millis(500),
    rounds_slow: 3,
    ..FULL
};

/// Just enough to see that everything runs, for `cargo test --benches`.
const SMOKE: Effort = Effort {
    rounds: 1,
    items: 1 << 10,
    items_small: 1 << 10,
    items_one: 1 << 7,
    idle: Duration::from_millis(10),
    sleepers: 20,
    rounds_slow: 1,
    burst: 1 << 10,
    neighbours: [1, 2, 4, 8],
    workers: [1, 10, 20],
    queues: [2, 10],
    large: 1 << 10,
};

/// How it is measured and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Of the table.
    pub(crate) style: Style,
    /// Whether everything runs on one core.
    pub(crate) one_core: bool,
    /// Whether every core is kept busy by another process.
    pub(crate) loaded: bool,
    /// Whether only the rows of throughput and of pools are measured.
    pub(crate) brief: bool,
    /// Where a picture is written to.
    pub(crate) svg: Option<String>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Command {
    /// Measure, print the table and the verdicts.
    Compare(Effort, Settings),
    /// Measure tasks, and print a table of their own.
    Tasks(Effort),
    /// Count instructions and compare them with the kept ones.
    Instructions,
    /// In a process of its own: keep a core busy until the parent is gone.
    Burn,
    /// In a process of its own: the contender of that column sends and receives so many times.
    Calls {
        /// Of the table.
        column: usize,
        /// `None` is unbounded.
        capacity: Option<usize>,
        /// How many times.
        pairs: usize,
    },
    /// In a process of its own: this queue sends and receives, for the cache lines that it touches.
    Lines,
    /// In a process of its own: the contender of that column goes through a burst of so many items.
    Burst {
        /// Of the table.
        column: usize,
        /// How many items.
        items: usize,
    },
    /// In a process of its own: the contender of that column goes through a burst of large items.
    Longest {
        /// Of the table.
        column: usize,
        /// How many items.
        items: usize,
    },
    /// In a process of its own: many queues of that column's contender each go through a burst.
    Kept {
        /// Of the table.
        column: usize,
        /// How many items.
        items: usize,
        /// How many of them stay.
        rest: usize,
    },
    /// Print the options.
    Help,
}

impl Command {
    /// Reads the arguments. Cargo adds `--bench` to a `cargo bench`, and nothing to a
    /// `cargo test --benches`.
    pub(crate) fn from_arguments(arguments: &[String]) -> Self {
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        let number = |place: usize| arguments.get(place)?.parse().ok();
        match arguments.first().map(String::as_str) {
            Some("--calls") => Command::Calls {
                column: number(1).unwrap_or(0),
                capacity: number(2).filter(|capacity| *capacity > 0),
                pairs: number(3).unwrap_or(0),
            },
            Some("--lines") => Command::Lines,
            Some("--burst") => {
                Command::Burst { column: number(1).unwrap_or(0), items: number(2).unwrap_or(0) }
            }
            Some("--longest") => {
                Command::Longest { column: number(1).unwrap_or(0), items: number(2).unwrap_or(0) }
            }
            Some("--kept") => Command::Kept {
                column: number(1).unwrap_or(0),
                items: number(2).unwrap_or(0),
                rest: number(3).unwrap_or(0),
            },
            Some("--burn") => Command::Burn,
            _ if has("--help") => Command::Help,
            _ if has("--instructions") => Command::Instructions,
            _ => {
                let effort = match () {
                    () if has("--quick") => QUICK,
                    () if has("--bench") => FULL,
                    () => SMOKE,
                };
                if has("--tasks") {
                    return Command::Tasks(effort);
                }
                Command::Compare(effort, Settings::from_arguments(arguments))
            }
        }
    }
}

impl Settings {
    fn from_arguments(arguments: &[String]) -> Self {
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        let svg = arguments.iter().position(|argument| argument == "--svg");
        Settings {
            style: if has("--markdown") { Style::Markdown } else { Style::Plain },
            one_core: has("--one-core"),
            loaded: has("--loaded"),
            brief: has("--brief"),
            svg: svg.and_then(|place| arguments.get(place + 1).cloned()),
        }
    }
}

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Compares sentinel-queue with other queues and prints one table, then the verdicts.

    cargo bench -p sentinel-queue-tests                    a few minutes
    cargo bench -p sentinel-queue-tests -- --quick         about a minute
    cargo bench -p sentinel-queue-tests -- --markdown      the table as Markdown
    cargo bench -p sentinel-queue-tests -- --svg FILE      a picture of the throughput as well
    cargo bench -p sentinel-queue-tests -- --brief         throughput and pools alone, no verdicts
    cargo bench -p sentinel-queue-tests -- --one-core      all threads on one core
    cargo bench -p sentinel-queue-tests -- --loaded        every core busy with another process
    cargo bench -p sentinel-queue-tests -- --tasks         tasks of tokio instead of threads
    cargo bench -p sentinel-queue-tests -- --instructions  instructions, beside the kept numbers; cache lines

Its exit status is 1 when a verdict is missed.";
