//! The outcomes of a program around one queue, by exploring every order of its critical sections.
//! Each section is made of [`Attempt`](crate::one_queue::Attempt)s and goes through
//! [`State::step`](crate::State::step), like everything that the code records.
//!
//! Main acts as in the executions of the code: when no thread can proceed, it closes the queue, and
//! when no thread can proceed after that, it takes out what is left.

use std::collections::{BTreeSet, HashSet};

use crate::outcomes::global_state::{GlobalState, Main};
use crate::program::Program;
use crate::response::outcome;

mod global_state;
mod thread;

/// Computes the outcomes of a program: what each operation of each thread may return, in words.
///
/// The deadlines of each thread may pass so many times, and do so before no thread can proceed;
/// timed operations wait without a deadline after that. Spurious wakeups change no outcome.
///
/// # Panics
///
/// Panics if the program is not around one queue in no group, or if one of its threads can wait
/// forever, whatever main does.
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
