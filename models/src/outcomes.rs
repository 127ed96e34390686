//! The outcomes of a program, by exploring every order of the critical sections of its queues. Each
//! section is made of [`Attempt`](crate::one_queue::Attempt)s and goes through
//! [`State::step`](crate::State::step), like everything that the code records.
//!
//! In no group main acts as in the executions of the code: when no thread can proceed, it closes the
//! queues, one after the other, and when no thread can proceed after that, it takes out what is left.
//! In a group it does nothing of that: a deadlock is reported, in one step, to every participant that
//! is blocked on a queue, or to those that wait for others if no other is blocked.

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use crate::explorer::Fold;
use crate::outcomes::global_state::GlobalState;
use crate::outcomes::shared::Shared;
use crate::program::Program;
use crate::response::outcome;

mod shared;
mod thread;
mod queue;
mod global_state;
mod group;

/// Computes the outcomes of a program: what each operation of each thread may return, in words.
///
/// The deadlines of each thread may pass so many times, and do so before no thread can proceed;
/// timed operations wait without a deadline after that. Spurious wakeups change no outcome.
///
/// # Panics
///
/// Panics if one of its threads can wait forever, whatever main does and though every deadlock is
/// reported.
pub fn outcomes(program: &Program, timeouts: u32) -> BTreeSet<String> {
    let first = Rc::new(GlobalState::init(program, timeouts));
    // To grow is to compute all hashes again.
    let mut seen: HashSet<_, BuildHasherDefault<Fold>> =
        HashSet::with_capacity_and_hasher(1 << 9, BuildHasherDefault::default());
    seen.insert(Rc::clone(&first));
    let mut ahead = vec![first];
    let mut outcomes = BTreeSet::new();
    while let Some(here) = ahead.pop() {
        let next = here.transitions(program);
        if next.is_empty() {
            assert!(here.is_over(), "{program}: a thread waits forever");
            let responses: Vec<_> = here.threads.iter().map(|thread| &thread.responses).collect();
            outcomes.insert(outcome(&responses));
        }
        for mut there in next {
            there.threads.iter_mut().for_each(Shared::keep_hash);
            let there = Rc::new(there);
            if seen.insert(Rc::clone(&there)) {
                ahead.push(there);
            }
        }
    }
    outcomes
}
