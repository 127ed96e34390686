//! The command line of `cargo verify`.

use crate::plan::Part;
use crate::plan::{Run, Tier};
use crate::report::CLAIMS;
use crate::report::LAYERS;
use lexopt::prelude::{Long, Short, Value, ValueExt};
use std::path::PathBuf;

/// The text of `--help`.
pub const HELP: &str = "\
cargo verify [OPTIONS]               run the evidence and print the table of claims
cargo verify merge FILE... [OPTIONS] join the JSON files of all parts

  --quick           under three minutes on two cores
  --full            hours
  --layer NAME      only loom, shuttle, conformance, mutants, model or proof
  --claim ID        only the evidence for C1 ... C12
  --run NAME        only the run of that name
  --list            list the runs, claims and layers, and run nothing
  --bounds          print the bounds of each row, too
  --partition K/N   only the K-th of N parts
  --json FILE       write the rows as JSON, too
  --html DIR        write the evidence as a site, too; with --replay, FILE: that schedule as a page
  --table           print the table in Markdown
  --update-counts   keep the counts, and what stops which seeded bug; with --quick, write pages
  --replay TOKEN    run one schedule again and show its interleaving
  --help            this

Each row is printed when its run ends. Ctrl-C ends the command; what is there is kept.
The exit code is 0 when every claim holds and everything was run to its end. A layer whose
tool is missing is skipped, which is a failure where the environment says CI=true.
";

/// A command.
#[derive(Debug)]
pub enum Command {
    /// Print the help.
    Help,
    /// List the runs.
    List(Options),
    /// Run the evidence.
    Verify(Options),
    /// Run one schedule again.
    Replay {
        /// The token of the schedule.
        token: String,
        /// The file of the page to write.
        html: Option<PathBuf>,
    },
    /// Join reports.
    Merge {
        /// The files of the reports.
        files: Vec<PathBuf>,
        /// The options for printing.
        options: Options,
    },
}

/// The options of a command.
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
#[derive(Debug)]
pub struct Options {
    /// The tier.
    pub tier: Tier,
    /// The only layer to run.
    pub layer: Option<String>,
    /// The only claim to check.
    pub claim: Option<String>,
    /// The name of the only run.
    pub run: Option<String>,
    /// The part of the work.
    pub part: Part,
    /// The JSON file to write.
    pub json: Option<PathBuf>,
    /// The folder of the site to write.
    pub html: Option<PathBuf>,
    /// Whether the table is Markdown.
    pub markdown: bool,
    /// Whether the bounds of each row are printed.
    pub bounds: bool,
    /// Whether the counts and the kills are kept.
    pub update_counts: bool,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    ///
    /// With a sentence about the mistake.
    pub fn parse() -> Result<Command, String> {
        parse(lexopt::Parser::from_env()).map_err(|error| format!("{error}\n(see --help)"))
    }

    /// Returns whether this is one part of several.
    pub fn is_part(&self) -> bool {
        self.part.of > 1
    }

    /// Returns whether the whole tier is run.
    pub fn is_everything(&self) -> bool {
        let chosen = self.layer.is_some() || self.claim.is_some() || self.run.is_some();
        !chosen && !self.is_part()
    }

    /// Returns whether this run is chosen.
    pub fn wants(&self, run: &Run) -> bool {
        let layer = self.layer.as_deref().is_none_or(|layer| layer == run.layer);
        let named = self.run.as_deref().is_none_or(|name| name == run.name);
        layer && named && self.claim.as_deref().is_none_or(|claim| run.claims.contains(&claim))
    }

    /// Returns whether rows about this claim are chosen.
    pub fn wants_claim(&self, claim: &str) -> bool {
        self.claim.as_deref().is_none_or(|wanted| wanted == claim)
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            tier: Tier::Default,
            layer: None,
            claim: None,
            run: None,
            part: Part::WHOLE,
            json: None,
            html: None,
            markdown: false,
            bounds: false,
            update_counts: false,
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Options::default();
    let (mut tier, mut is_list) = (None, false);
    let (mut merge, mut replay) = (None::<Vec<PathBuf>>, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("quick") => choose(&mut tier, Tier::Quick)?,
            Long("full") => choose(&mut tier, Tier::Full)?,
            Long("layer") => options.layer = Some(known(parser.value()?, &LAYERS)?),
            Long("claim") => {
                options.claim = Some(known(parser.value()?, &CLAIMS.map(|(id, _)| id))?);
            }
            Long("list") => is_list = true,
            Long("bounds") => options.bounds = true,
            Long("run") => options.run = Some(parser.value()?.string()?),
            Long("partition") => options.part = part(&parser.value()?.string()?)?,
            Long("json") => options.json = Some(parser.value()?.into()),
            Long("html") => options.html = Some(parser.value()?.into()),
            Long("table") => options.markdown = true,
            Long("update-counts") => options.update_counts = true,
            Long("replay") => replay = Some(parser.value()?.string()?),
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) if word == "merge" && merge.is_none() => merge = Some(Vec::new()),
            Value(file) if merge.is_some() => merge.iter_mut().for_each(|m| m.push((&file).into())),
            other => return Err(other.unexpected()),
        }
    }
    options.tier = tier.unwrap_or(Tier::Default);
    if let Some(token) = replay {
        return Ok(Command::Replay { token, html: options.html });
    }
    Ok(match merge {
        Some(files) => Command::Merge { files, options },
        None if is_list => Command::List(options),
        None => Command::Verify(options),
    })
}

/// Chooses the tier; fails if another one was chosen before.
fn choose(tier: &mut Option<Tier>, wanted: Tier) -> Result<(), lexopt::Error> {
    match tier.replace(wanted) {
        Some(other) if other != wanted => Err("--quick and --full exclude each other".into()),
        _ => Ok(()),
    }
}

/// Returns the name that matches the value, ignoring case.
fn known(value: std::ffi::OsString, names: &[&str]) -> Result<String, lexopt::Error> {
    let value = value.string()?;
    let meant = names.iter().find(|name| name.eq_ignore_ascii_case(&value));
    let unknown = || format!("{value:?} is none of {}", names.join(", ")).into();
    meant.map(|name| (*name).to_owned()).ok_or_else(unknown)
}

fn part(text: &str) -> Result<Part, lexopt::Error> {
    let parts = text.split_once('/').and_then(|(part, of)| {
        let (part, of): (usize, usize) = (part.parse().ok()?, of.parse().ok()?);
        (1 <= part && part <= of).then(|| Part { index: part - 1, of })
    });
    parts.ok_or_else(|| format!("{text:?} is no part such as 1/4").into())
}
