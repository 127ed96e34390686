//! Puts all mutants into one copy of the source.

use super::list::{in_groups, mutants, Edit, Mutant};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Writes the mutated source to the output folder and sets the cfg that selects the kernel. Called by
/// the build script.
///
/// # Panics
///
/// When a pattern matches more than once, when two patterns overlap, or when a file cannot be read or
/// written. A mutant of which a pattern is gone is left out entirely, with a warning: it survives,
/// and fails a test. So a change of the source is checked before its mutants are adapted.
pub(crate) fn build() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("queue");
    let source = manifest.join("../../core/src");
    copy(&source, &output, Path::new(""), &places(&source));
    println!("cargo::rustc-cfg=sentinel_queue_model");
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
}

/// Copies a folder, mutated.
fn copy(source: &Path, output: &Path, inside: &Path, places: &Places) {
    fs::create_dir_all(output.join(inside)).expect("the output folder can be made");
    for entry in fs::read_dir(source.join(inside)).expect("the source of the queue can be read") {
        let inside = inside.join(entry.expect("and listed").file_name());
        if source.join(&inside).is_dir() {
            copy(source, output, &inside, places);
        } else {
            let text = fs::read_to_string(source.join(&inside)).expect("source files are text");
            let mutated = match places.get(&*inside.to_string_lossy()) {
                Some(places) => mutate(&text, places),
                None => text,
            };
            fs::write(output.join(&inside), found(&mutated, output, &inside))
                .expect("the output folder can be written");
        }
    }
}

/// Adapts a file to its new place. The root of the crate is included into another file, where neither
/// its inner attributes nor the files of modules would be found: each module gets a `path` attribute.
/// What the mutants leave unused or awkward in the modules of the root is theirs: no lint looks there.
fn found(text: &str, output: &Path, inside: &Path) -> String {
    let root = inside == Path::new("lib.rs");
    let folder = if root { output.to_owned() } else { output.join(inside.with_extension("")) };
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !root || !is_inner(line)) {
        let module = line.strip_suffix(';').and_then(|line| line.split_once("mod "));
        let has_path = lines.last().is_some_and(|above| above.starts_with("#[path"));
        if let (Some(("" | "pub " | "pub(crate) ", module)), false) = (module, has_path) {
            let path = folder.join(module).with_extension("rs");
            lines.push(format!("#[path = {:?}]", path.display().to_string()));
            lines.extend(
                root.then(|| "#[allow(warnings, clippy::all, clippy::pedantic)]".to_owned()),
            );
        }
        lines.push(line.to_owned());
    }
    lines.join("\n")
}

/// Returns whether a line is an inner comment or attribute.
fn is_inner(line: &str) -> bool {
    line.starts_with("//!") || line.starts_with("#![")
}

/// By file and place: the numbers of mutants and their replacements.
type Places = BTreeMap<&'static str, BTreeMap<(usize, usize), Vec<(usize, &'static str)>>>;

/// Returns all places and their replacements.
fn places(source: &Path) -> Places {
    let mut places = Places::new();
    for (number, mutant) in mutants().enumerate().chain(in_groups()) {
        // One edit of two would be another bug, which may well be stopped in the place of this one.
        let found: Option<Vec<_>> =
            mutant.edits.iter().map(|edit| find(source, mutant, edit)).collect();
        for (edit, place) in mutant.edits.iter().zip(found.unwrap_or_default()) {
            let there = places.entry(edit.file).or_default();
            there.entry((place.start, place.end)).or_default().push((number, edit.mutated));
        }
    }
    places
}

/// Returns the place of an edit, unless its pattern is gone.
fn find(source: &Path, mutant: &Mutant, edit: &Edit) -> Option<Range<usize>> {
    let text = fs::read_to_string(source.join(edit.file));
    match text.map_or(Err(0), |text| place(&text, edit.pattern)) {
        Ok(place) => Some(place),
        Err(0) => {
            println!("cargo::warning=mutant `{}` is no longer in {}", mutant.name, edit.file);
            None
        }
        Err(count) => panic!(
            "mutant `{}`: its pattern is {count} times in {}, and must be there exactly once: {}",
            mutant.name, edit.file, edit.pattern
        ),
    }
}

/// Returns the text with every mutant of its file in it.
fn mutate(text: &str, places: &BTreeMap<(usize, usize), Vec<(usize, &str)>>) -> String {
    let mut result = String::new();
    let mut done = 0;
    for (&(start, end), variants) in places {
        assert!(start >= done, "mutants overlap: {:?}", &text[start..end]);
        result.push_str(&text[done..start]);
        result.push_str(&choice(&text[start..end], variants));
        done = end;
    }
    result + &text[done..]
}

/// Returns the code that branches on the active mutant.
fn choice(original: &str, variants: &[(usize, &str)]) -> String {
    let mut code = String::from("{ ");
    for (number, mutated) in variants {
        code = format!("{code}if ::sentinel_queue_mutants::is({number}) {{ {mutated} }} else ");
    }
    format!("{code}{{ {original} }} }}")
}

/// Returns the place of the marked part of a pattern, or the number of matches if it is not one.
/// White space is ignored, so that formatting the source breaks nothing.
pub(crate) fn place(text: &str, pattern: &str) -> Result<Range<usize>, usize> {
    let (text, positions) = squeeze(text);
    let (before, rest) = pattern.split_once('«').expect("a pattern marks what is replaced");
    let (marked, after) = rest.split_once('»').expect("a pattern marks where that ends");
    let [before, marked, after] = [before, marked, after].map(|part| squeeze(part).0);
    let places = |marked: &str| -> Vec<usize> {
        let pattern = format!("{before}{marked}{after}");
        text.match_indices(&pattern).map(|(start, _)| start + before.len()).collect()
    };
    match (places(&marked).as_slice(), places("").as_slice()) {
        (&[first], _) if marked.is_empty() => Ok(positions[first]..positions[first]),
        (&[first], _) => Ok(positions[first]..positions[first + marked.len() - 1] + 1),
        // The source itself contains this very bug. The build goes on, so that the checks of the
        // shipped source can show its effect.
        (&[], &[first]) => {
            println!("cargo::warning=a seeded bug is in the queue itself: without {marked}");
            Ok(positions[first]..positions[first])
        }
        (found, _) => Err(found.len()),
    }
}

/// Returns the text without white space and comments, and the position of each of its bytes.
fn squeeze(text: &str) -> (String, Vec<usize>) {
    let mut squeezed = String::new();
    let mut positions = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let code = if line.trim_start().starts_with("//") { "" } else { line };
        for (offset, letter) in code.char_indices().filter(|(_, letter)| !letter.is_whitespace()) {
            squeezed.push(letter);
            positions.extend((0..letter.len_utf8()).map(|byte| line_start + offset + byte));
        }
        line_start += line.len();
    }
    (squeezed, positions)
}
