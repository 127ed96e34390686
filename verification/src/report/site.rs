//! The evidence as a site: pages that need no network, generated from one data structure.
//!
//! [`data`] defines it; [`counterexamples`], [`live`] and [`claims`] fill it; `pages` writes it.
//! `assets/play.js`, embedded like the style, plays the schedules.

pub mod data;
mod builder;
pub mod claims;
pub mod counterexamples;
pub mod live;
mod html;
mod play;
mod pages;

use crate::report::Report;
use data::{Schedule, Site};
use std::fs;
use std::path::Path;

/// Writes the site of a report into a folder. `texts` are the messages and tables of the runs; the
/// tokens in them are replayed.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn write(folder: &Path, report: &Report, texts: &[String]) -> Result<(), String> {
    let (mutations, mut schedules) = counterexamples::of_model();
    schedules.extend(counterexamples::of_code(texts));
    schedules.extend(live::blog());
    schedules.extend(live::recorded());
    let claims = claims::claims();
    let site = Site { rows: report.rows.clone(), claims, mutations, schedules };
    let put = |(name, text): (String, String)| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    put(("data.json".to_owned(), json(&site)?))?;
    pages::all(&site).into_iter().try_for_each(put)
}

/// Writes one schedule as a page by itself.
///
/// # Errors
///
/// When the file cannot be written to.
pub fn write_one(file: &Path, schedule: &Schedule) -> Result<(), String> {
    let text = pages::alone(schedule);
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn json(site: &Site) -> Result<String, String> {
    serde_json::to_string_pretty(site).map(|text| text + "\n").map_err(|error| error.to_string())
}
