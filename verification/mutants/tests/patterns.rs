//! Every mutant is put into the queue's source.

#[path = "../src"]
mod seeded {
    pub(super) use sentinel_queue_mutants as list;
    #[allow(dead_code, reason = "for the build script")]
    pub(super) mod splice;
}

use seeded::list::{in_groups, mutants};
use seeded::splice;
use std::fs;
use std::path::Path;

#[test]
fn every_pattern_is_in_the_source_exactly_once() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/src");
    for mutant in mutants().chain(in_groups().map(|(_, mutant)| mutant)) {
        for edit in mutant.edits {
            let text = fs::read_to_string(source.join(edit.file)).expect("the file is there");
            let found = splice::place(&text, edit.pattern).map(|place| !place.is_empty());
            let whole = !edit.pattern.contains("«»");
            assert_eq!(found, Ok(whole), "mutant `{}`: {}", mutant.name, edit.pattern);
        }
    }
}
