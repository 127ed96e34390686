//! The claims in full: statement, theorems and tests of each.

use super::data::{Claim, Theorem};
use crate::report::{CLAIMS, HEADLINES};
use std::fs;
use std::path::Path;

/// The page that states the claims and what they assume.
const STATEMENTS: &str = include_str!("../../../README.md");

/// Returns the assumptions of all claims, as the page states them.
pub fn assumptions() -> String {
    let paragraphs = STATEMENTS.split("\n\n");
    let assumed = paragraphs.into_iter().find(|text| text.starts_with("**Assumed**"));
    assumed.unwrap_or_default().replace('\n', " ")
}

/// Returns the page's statement of a claim.
fn sentence(id: &str, name: &str) -> String {
    let begins = format!("| {id} {name} | ");
    let line = STATEMENTS.lines().find_map(|line| line.strip_prefix(&begins));
    line.map_or(String::new(), |line| line.trim_end_matches(" |").to_owned())
}

/// The files that state theorems named after claims.
const PROOFS: [(&str, &str); 12] = [
    ("Claims.v", include_str!("../../../../models/proofs/Claims.v")),
    ("Responses.v", include_str!("../../../../models/proofs/Responses.v")),
    ("Linearizable.v", include_str!("../../../../models/proofs/Linearizable.v")),
    ("FlushClaims.v", include_str!("../../../../models/proofs/FlushClaims.v")),
    ("GroupClaims.v", include_str!("../../../../models/proofs/GroupClaims.v")),
    ("GroupRest.v", include_str!("../../../../models/proofs/GroupRest.v")),
    ("GroupTermination.v", include_str!("../../../../models/proofs/GroupTermination.v")),
    ("GroupQueues.v", include_str!("../../../../models/proofs/GroupQueues.v")),
    ("GroupProjection.v", include_str!("../../../../models/proofs/GroupProjection.v")),
    ("GroupAgreement.v", include_str!("../../../../models/proofs/GroupAgreement.v")),
    (
        "GroupProductTermination.v",
        include_str!("../../../../models/proofs/GroupProductTermination.v"),
    ),
    ("GroupReplay.v", include_str!("../../../../models/proofs/GroupReplay.v")),
];

/// The folder of the tests of the claims.
const TESTS: &str = "tests/tests/promises";

/// Returns all claims in order.
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

/// Returns the headline theorems whose names begin with the claim's.
fn theorems(id: &str) -> Vec<Theorem> {
    let all = PROOFS.iter().flat_map(|&(file, text)| theorems_of(file, text));
    all.filter(|theorem| theorem.name.starts_with(&format!("{id}_"))).collect()
}

/// Returns the headline theorems that a file states, each with the comment before it.
fn theorems_of(file: &'static str, text: &str) -> Vec<Theorem> {
    let lines: Vec<_> = text.lines().collect();
    let module = file.trim_end_matches(".v");
    let theorem = |place: usize| {
        let name = lines[place].strip_prefix("Theorem ")?.split([' ', ':']).next()?.to_owned();
        HEADLINES.lines().find(|line| *line == format!("{module} {name}"))?;
        let before = &lines[..place];
        let comment = before.iter().rposition(|line| line.starts_with("(**"));
        let other = before.iter().rposition(|line| line.starts_with("Proof."));
        let from = comment.filter(|&comment| other.is_none_or(|other| other < comment));
        let end = lines[place..].iter().position(|line| line.starts_with("Proof."));
        let text = lines[from.unwrap_or(place)..place + end.unwrap_or(1)].join("\n");
        Some(Theorem { name, file, line: place + 1, text })
    };
    (0..lines.len()).filter_map(theorem).collect()
}

/// Returns the tests with real threads in the files that are named after the claim, if the repository
/// is present.
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

/// Returns the names of the functions that are marked as tests.
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
    fn no_headline_that_is_named_after_a_claim_is_missing() {
        let named = HEADLINES.lines().filter_map(|line| line.split_once(' '));
        let named: Vec<_> = named.filter(|(_, name)| name.starts_with('C')).collect();
        assert_eq!(claims().iter().map(|claim| claim.theorems.len()).sum::<usize>(), named.len());
    }

    #[test]
    fn each_proven_claim_has_its_theorem_in_full() {
        for claim in &claims() {
            assert!(!claim.theorems.is_empty() && !claim.tests.is_empty(), "{}", claim.id);
            for Theorem { name, text, .. } in &claim.theorems {
                assert!(text.contains(&format!("Theorem {name}")) && text.ends_with('.'), "{text}");
                assert!(text.starts_with("(**") && text.lines().count() < 40, "{text}");
            }
        }
    }
}
