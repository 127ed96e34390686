//! Follows a token: the lock order and the choices of one execution, whichever engine made it.

use super::local_first::Strategy;
use crate::session;
use crate::token::Symbol;

/// Runs one execution.
pub(super) struct Follow {
    trace: Vec<Symbol>,
    started: bool,
}

impl Follow {
    pub(super) fn new(trace: Vec<Symbol>) -> Self {
        Follow { trace, started: false }
    }

    /// What comes next; nothing after the end, where the failure must have happened already.
    fn next(&self) -> Option<Symbol> {
        let place = session::with(|session| session.trace.len());
        self.trace.get(place).copied()
    }
}

fn misfit() {
    session::with(|session| session.fail("the token is not one of this program".to_owned()));
}

impl Strategy for Follow {
    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn pick(&mut self, candidates: &[usize], _: bool) -> usize {
        match self.next() {
            None => 0,
            Some(Symbol::Choice(_)) => {
                misfit();
                usize::MAX
            }
            Some(Symbol::Thread(thread)) => {
                let place = candidates.iter().position(|task| *task == usize::from(thread));
                place.unwrap_or_else(|| {
                    misfit();
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
                misfit();
                0
            }
        }
    }
}
