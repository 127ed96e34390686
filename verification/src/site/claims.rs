//! The claims in full: what each says, the theorems named after it, and its tests.

use super::data::{Claim, Theorem};
use crate::claims::CLAIMS;
use std::fs;
use std::path::Path;

/// What each claim says, in the order of [`CLAIMS`].
const SENTENCES: [&str; CLAIMS.len()] = [
    "An item whose send returned Ok is received once, or handed back once (close_now, \
     force_send), or dropped once with the last receiver. Every error returns its item.",
    "A sentinel whose send returned Ok ends exactly one receive, or is still queued, or is counted \
     by close_now, or goes with the last receiver. Never two, never lost. A loop takes at most one.",
    "Items and sentinels form one FIFO order; each producer's own order is kept. Linearizable to a \
     sequential queue.",
    "Never more than capacity items are stored. A sentinel needs no room and never waits.",
    "Closing is idempotent and final. After it returns no send succeeds; a receive answers closed \
     only when closed and empty in one critical section; every blocked sender gets its item back, \
     every blocked receiver wakes.",
    "Whenever the lock is free and a waiter sleeps un-notified: for each thing that is there (item, \
     slot, end of work) a waiter of its own has been woken and is on its way. In all directions.",
    "Workers end whenever there is a close, no sender left, or a sentinel for each. In a scope whose \
     tokens are held only by threads outside that do not themselves wait for it, every program over \
     this API ends, with no assumption about sentinels, close or handles.",
    "A deadlock is reported if and only if it is there, of those who take part in the scope or hold \
     a token: no false alarm, no miss, and every blocked operation returns.",
    "At least one attempt even for a deadline in the past; never a timeout with an item taken; a \
     leaving waiter never swallows a wakeup; Duration::MAX is no deadline.",
    "No code of the user's runs under the lock (drop, clone, iterator). A panic in it never wedges \
     the queue.",
    "join returns exactly when the queue is empty and no task is unfinished; a task ends by its \
     guard, panic included; sentinels are not tasks.",
];

/// What is assumed for all of them.
pub const ASSUMPTIONS: &str =
    "The mutex excludes; notify_one wakes at least one waiter if there is \
     one, any one; waits may wake spuriously; a timed wait may end at any moment; threads that can \
     run eventually do.";

const PROOF: &str = include_str!("../../../models/proofs/Claims.v");

/// Where the tests of the claims are.
const TESTS: &str = "tests/tests/promises";

/// All of them, in their order.
pub fn claims() -> Vec<Claim> {
    let claim = |(&(id, name), sentence): (&(&'static str, &'static str), &&'static str)| Claim {
        id,
        name,
        sentence,
        theorems: theorems(id),
        tests: tests(id),
    };
    CLAIMS.iter().zip(&SENTENCES).map(claim).collect()
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
    fn each_proven_claim_has_its_theorem_in_full() {
        for claim in claims().iter().filter(|claim| !["C8", "C10"].contains(&claim.id)) {
            let theorem = claim.theorems.first().expect(claim.id);
            assert!(theorem.text.contains(&format!("Theorem {}", theorem.name)), "{theorem:?}");
            assert!(theorem.text.starts_with("(**") && theorem.text.ends_with('.'), "{theorem:?}");
            assert!(!claim.tests.is_empty(), "{}", claim.id);
        }
    }
}
