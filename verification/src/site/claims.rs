//! The claims in full: what each says, the theorems named after it, and its tests.

use super::data::{Claim, Theorem};
use crate::claims::CLAIMS;
use std::fs;
use std::path::Path;

/// The page that states the claims and what they assume.
const STATEMENTS: &str = include_str!("../../README.md");

/// Returns what is assumed for all claims, in the page's own words.
pub fn assumptions() -> String {
    let paragraphs = STATEMENTS.split("\n\n");
    let assumed = paragraphs.into_iter().find(|text| text.starts_with("**Assumed**"));
    assumed.unwrap_or_default().replace('\n', " ")
}

/// What the page says of a claim.
fn sentence(id: &str, name: &str) -> String {
    let begins = format!("| {id} {name} | ");
    let line = STATEMENTS.lines().find_map(|line| line.strip_prefix(&begins));
    line.map_or(String::new(), |line| line.trim_end_matches(" |").to_owned())
}

const PROOF: &str = include_str!("../../../models/proofs/Claims.v");

/// Where the tests of the claims are.
const TESTS: &str = "tests/tests/promises";

/// All of them, in their order.
pub fn claims() -> Vec<Claim> {
    let claim = |&(id, name): &(&'static str, &'static str)| Claim {
        id,
        name,
        sentence: sentence(id, name),
        theorems: theorems(id),
        tests: tests(id),
    };
    CLAIMS.iter().map(claim).collect()
}

/// The theorems whose names begin with the claim's.
fn theorems(id: &str) -> Vec<Theorem> {
    let lines: Vec<_> = PROOF.lines().collect();
    let begins = |(_, line): &(usize, &&str)| line.starts_with(&format!("Theorem {id}_"));
    let theorem = |(place, line): (usize, &&str)| {
        let comment = lines[..place].iter().rposition(|line| line.starts_with("(**"));
        let end = lines[place..].iter().position(|line| line.starts_with("Proof."));
        let (from, to) = (comment.unwrap_or(place), place + end.unwrap_or(1));
        let rest = line.trim_start_matches("Theorem ");
        let name = rest.split([' ', ':']).next().unwrap_or(rest).to_owned();
        Theorem { name, line: place + 1, text: lines[from..to].join("\n") }
    };
    lines.iter().enumerate().filter(begins).map(theorem).collect()
}

/// The tests with real threads in the files that are named after the claim, if the repository is
/// there.
fn tests(id: &str) -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(TESTS);
    let prefix = format!("{}_", id.to_lowercase());
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let test = |file: &fs::DirEntry| {
        let name = file.file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        name.starts_with(&prefix).then(|| (format!("{TESTS}/{name}"), functions(&text)))
    };
    files.iter().filter_map(test).collect()
}

/// The names of the functions that are marked as tests.
fn functions(text: &str) -> Vec<String> {
    let marked = text.split("#[test]").skip(1);
    let name = |rest: &str| {
        let (_, rest) = rest.split_once("fn ")?;
        Some(rest.split_once('(')?.0.to_owned())
    };
    marked.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_claim_is_stated() {
        for claim in claims() {
            assert!(claim.sentence.ends_with('.'), "{}: {:?}", claim.id, claim.sentence);
        }
        assert!(assumptions().contains("the mutex excludes"), "{}", assumptions());
    }

    #[test]
    fn each_proven_claim_has_its_theorem_in_full() {
        for claim in claims().iter().filter(|claim| !["C8", "C10"].contains(&claim.id)) {
            let theorem = claim.theorems.first().expect(claim.id);
            assert!(theorem.text.contains(&format!("Theorem {}", theorem.name)), "{theorem:?}");
            assert!(theorem.text.starts_with("(**") && theorem.text.ends_with('.'), "{theorem:?}");
            assert!(!claim.tests.is_empty(), "{}", claim.id);
        }
    }
}
