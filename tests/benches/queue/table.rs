//! The one table: a row for each thing measured, a column for each contender.

use crate::clock::median;
use crate::contenders::NAMES;
use std::cell::RefCell;

/// What one round found for every contender; `None` where it does not apply.
pub(crate) type Round = [Option<f64>; NAMES.len()];

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured: workload, capacity, way, as separate cells.
    pub(crate) label: [String; 3],
    /// Of the numbers.
    pub(crate) unit: &'static str,
    /// Medians of all rounds.
    pub(crate) medians: Round,
    /// Minima and maxima of all rounds, if there is more than one.
    pub(crate) spreads: [Option<(f64, f64)>; NAMES.len()],
    /// Our part, compared with the peer that was fastest (or used least).
    pub(crate) ratio: Option<Ratio>,
}

/// How many times a peer's number ours is: the median of what the single rounds say. Contenders
/// take turns within a round, so a busy machine slows both sides of a ratio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    /// Ours divided by theirs.
    pub(crate) value: f64,
    /// A column.
    pub(crate) peer: usize,
}

impl Row {
    /// Sums up the rounds; the peer to compare with is the best one in `rivals`, the rounds of what
    /// we are measured against (most often the same ones).
    pub(crate) fn new(
        label: [&str; 3],
        unit: &'static str,
        rounds: &[Round],
        rivals: &[Round],
    ) -> Self {
        let theirs = medians(rivals);
        let peer = (1..NAMES.len())
            .filter(|peer| theirs[*peer].is_some())
            .min_by(|a, b| theirs[*a].unwrap().total_cmp(&theirs[*b].unwrap()));
        Row {
            label: label.map(String::from),
            unit,
            medians: medians(rounds),
            spreads: std::array::from_fn(|column| spread(rounds, column)),
            ratio: peer.and_then(|peer| ratio(rounds, rivals, peer)),
        }
    }
}

fn medians(rounds: &[Round]) -> Round {
    std::array::from_fn(|column| median(rounds.iter().filter_map(|round| round[column]).collect()))
}

fn spread(rounds: &[Round], column: usize) -> Option<(f64, f64)> {
    let values = || rounds.iter().filter_map(|round| round[column]);
    let (low, high) = (values().min_by(f64::total_cmp)?, values().max_by(f64::total_cmp)?);
    (rounds.len() > 1).then_some((low, high))
}

/// Ours in `rounds` against that peer in `rivals`.
pub(crate) fn ratio(rounds: &[Round], rivals: &[Round], peer: usize) -> Option<Ratio> {
    let ratios = rounds.iter().zip(rivals).filter_map(|(ours, theirs)| {
        let theirs = theirs[peer].filter(|value| *value > 0.0)?;
        Some(ours[0]? / theirs)
    });
    Some(Ratio { value: median(ratios.collect())?, peer })
}

/// How the table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Aligned for a terminal.
    Plain,
    /// For a README.
    Markdown,
}

/// Prints rows as they come, and keeps them.
#[derive(Debug)]
pub(crate) struct Report {
    style: Style,
    rows: RefCell<Vec<Row>>,
}

impl Report {
    pub(crate) fn new(style: Style) -> Self {
        Report { style, rows: RefCell::default() }
    }

    /// Returns what was printed.
    pub(crate) fn into_rows(self) -> Vec<Row> {
        self.rows.into_inner()
    }

    /// Prints the head.
    pub(crate) fn head(&self) {
        let names = NAMES.map(String::from);
        self.line(
            ["what", "capacity", "how", "unit"].map(String::from),
            &names,
            "ours ÷ best peer",
        );
        if self.style == Style::Markdown {
            println!("|{}", " --- |".repeat(4 + NAMES.len() + 1));
        }
    }

    /// Prints a row.
    pub(crate) fn row(&self, row: &Row) {
        let [what, capacity, how] = row.label.clone();
        let numbers =
            std::array::from_fn(|column| match (row.medians[column], row.spreads[column]) {
                (None, _) => String::from("–"),
                (Some(median), None) => number(median),
                (Some(median), Some((low, high))) => {
                    format!("{} ({}–{})", number(median), number(low), number(high))
                }
            });
        let ratio = row.ratio.map_or(String::from("–"), |ratio| {
            format!("{:.2} ({})", ratio.value, NAMES[ratio.peer])
        });
        self.line([what, capacity, how, row.unit.to_owned()], &numbers, &ratio);
        self.rows.borrow_mut().push(row.clone());
    }

    fn line(&self, left: [String; 4], numbers: &[String; NAMES.len()], ratio: &str) {
        let [what, capacity, how, unit] = left;
        if self.style == Style::Markdown {
            let cells = [&[what, capacity, how, unit][..], numbers, &[ratio.to_owned()]].concat();
            println!("| {} |", cells.join(" | "));
        } else {
            print!("{what:<27} {capacity:<11}{how:<26} {unit:<15}");
            for number in numbers {
                print!(" {number:>22}");
            }
            println!("  {ratio}");
        }
    }
}

/// Three significant digits, more or less.
fn number(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}
