//! Replays a token: the lock order and the choices of one execution, whichever engine made it.

use super::local_first::Strategy;
use crate::execution;
use crate::token::Symbol;

/// The strategy that runs the one execution of a token.
pub(super) struct Replay {
    schedule: Vec<Symbol>,
    started: bool,
}

impl Replay {
    pub(super) fn new(schedule: Vec<Symbol>) -> Self {
        Replay { schedule, started: false }
    }

    /// Returns the next symbol; none after the end, where the failure must have happened already.
    fn next(&self) -> Option<Symbol> {
        let place = execution::with(|execution| execution.schedule.len());
        self.schedule.get(place).copied()
    }
}

fn mismatch() {
    execution::with(|execution| execution.fail("the token is not one of this program".to_owned()));
}

impl Strategy for Replay {
    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn pick(&mut self, candidates: &[usize], _: bool) -> usize {
        match self.next() {
            None => 0,
            Some(Symbol::Choice(_)) => {
                mismatch();
                usize::MAX
            }
            Some(Symbol::Thread(thread)) => {
                let place = candidates.iter().position(|task| *task == usize::from(thread));
                place.unwrap_or_else(|| {
                    mismatch();
                    usize::MAX
                })
            }
        }
    }

    fn choose(&mut self, options: usize) -> usize {
        match self.next() {
            Some(Symbol::Choice(value)) if usize::from(value) < options => usize::from(value),
            None => 0,
            Some(_) => {
                mismatch();
                0
            }
        }
    }
}
