//! The one table: a row for each thing measured, a column for each contender.

use crate::clock::median;
use crate::contenders::NAMES;

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
            ratio: peer.and_then(|peer| ratio(rounds, rivals, peer)),
        }
    }
}

fn medians(rounds: &[Round]) -> Round {
    std::array::from_fn(|column| median(rounds.iter().filter_map(|round| round[column]).collect()))
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

impl Style {
    /// Prints the head.
    pub(crate) fn head(self) {
        let names = NAMES.map(String::from);
        self.line(
            ["what", "capacity", "how", "unit"].map(String::from),
            &names,
            "ours ÷ best peer",
        );
        if self == Style::Markdown {
            println!("|{}", " --- |".repeat(4 + NAMES.len() + 1));
        }
    }

    /// Prints a row.
    pub(crate) fn row(self, row: &Row) {
        let [what, capacity, how] = row.label.clone();
        let numbers = row.medians.map(|value| value.map_or(String::from("–"), number));
        let ratio = row.ratio.map_or(String::from("–"), |ratio| {
            format!("{:.2} ({})", ratio.value, NAMES[ratio.peer])
        });
        self.line([what, capacity, how, row.unit.to_owned()], &numbers, &ratio);
    }

    fn line(self, left: [String; 4], numbers: &[String; NAMES.len()], ratio: &str) {
        let [what, capacity, how, unit] = left;
        if self == Style::Markdown {
            let cells = [&[what, capacity, how, unit][..], numbers, &[ratio.to_owned()]].concat();
            println!("| {} |", cells.join(" | "));
        } else {
            print!("{what:<27} {capacity:<11}{how:<26} {unit:<12}");
            for number in numbers {
                print!(" {number:>14}");
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
