//! The outcomes that a program around one queue may have, by exploring every order of its critical
//! sections: each is made of [`Attempt`](crate::client::Attempt)s and goes through
//! [`State::step`](crate::State::step), like everything that the code records.
//!
//! Main takes part as the executions of the code have it: when no thread can go on, it closes the
//! queue, and when no thread can go on after that, it takes out what is left.

use std::collections::{BTreeSet, HashSet};

use crate::outcomes::global_state::{GlobalState, Main};
use crate::program::Program;
use crate::response::outcome;

mod global_state;
mod thread;

/// Computes the outcomes of a program: what each operation of each thread may return, in words.
///
/// Each thread may run out of time so many times, and then does before no thread can go on; timed
/// operations wait without a deadline after that. Wakeups without a cause change no outcome.
///
/// # Panics
///
/// When the program is not around one queue in no group, or one of its threads can wait forever,
/// whatever main does.
pub fn outcomes(program: &Program, timeouts: u32) -> BTreeSet<String> {
    let first = GlobalState::init(program, timeouts);
    let mut seen = HashSet::from([first.clone()]);
    let mut ahead = vec![first];
    let mut outcomes = BTreeSet::new();
    while let Some(here) = ahead.pop() {
        let mut next = here.transitions(program);
        if next.is_empty() && !here.is_over() {
            assert!(here.main != Main::Drained, "{program}: a thread waits forever");
            next.push(here.after_main());
        }
        if next.is_empty() {
            let responses: Vec<_> = here.threads.iter().map(|thread| &thread.responses).collect();
            outcomes.insert(outcome(&responses));
        }
        for there in next {
            if !seen.contains(&there) {
                seen.insert(there.clone());
                ahead.push(there);
            }
        }
    }
    outcomes
}
