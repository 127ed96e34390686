//! The ranking function: it decreases on every transition but a spurious wakeup. So every execution
//! ends under every scheduler, without an assumption of fairness.
//!
//! Each unit stands for something that can still happen: a thread that is awake may fall asleep, a
//! notification may wake one, an item may be sent, taken, and finished. A transition must use up at
//! least as much as the notifications that it issues weigh.

use crate::one_queue::{Configuration, GlobalState, Operation, Program, ProgramCounter, Role};
use crate::state::Location;
use crate::Condition;

/// Weights, fixed by the size of a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct RankingFunction {
    /// An open queue: closing it may wake all waiters.
    open: usize,
    /// An unfinished task: its end may wake all joiners.
    task: usize,
    /// A queued item: taking it may begin a task, wake a sender, and wake all joiners.
    queued: usize,
    /// An item not yet sent.
    unsent: usize,
}

/// A queued sentinel: taking it ends a loop.
const QUEUED_SENTINEL: usize = 1;
/// A sentinel not yet sent: it may wake a receiver.
const UNSENT_SENTINEL: usize = QUEUED_SENTINEL + 1;
/// Anything that a thread has yet to do, beyond its effect on the queue.
const ACTION: usize = 4;

impl RankingFunction {
    pub(super) fn of(configuration: &Configuration) -> Self {
        let threads = configuration.threads();
        let task = threads + 2;
        let queued = task + threads + 3;
        Self { open: threads + 2, task, queued, unsent: queued + ACTION }
    }

    pub(super) fn rank(self, configuration: &Configuration, global: &GlobalState) -> usize {
        let state = &global.state;
        let threads = global.threads.iter().zip(0..).map(|(thread, number)| {
            let awake =
                thread.pc != ProgramCounter::Ended && state.location(number) == Location::Outside;
            let role = &configuration.roles[usize::from(thread.role)];
            self.program(role, thread.pc) + usize::from(awake)
        });
        let notified =
            Condition::ALL.map(|condition| state.notified(condition)).iter().sum::<usize>();
        let open = if state.is_closed() { 0 } else { self.open };
        threads.sum::<usize>()
            + notified
            + open
            + state.unfinished() * self.task
            + state.len() * self.queued
            + state.sentinels() * QUEUED_SENTINEL
    }

    fn program(self, role: &Role, pc: ProgramCounter) -> usize {
        match (pc, &role.program) {
            (ProgramCounter::Ended, _) => 0,
            (ProgramCounter::Leaving, _) => ACTION,
            (ProgramCounter::Unwinding, _) => 2 * ACTION,
            (ProgramCounter::Busy | ProgramCounter::Again, _) | (_, Program::Work { .. }) => {
                3 * ACTION
            }
            (ProgramCounter::Program { left }, Program::Produce { .. }) => {
                usize::from(left) * self.unsent + 2 * ACTION
            }
            (ProgramCounter::Program { left }, Program::Sequence { operations, .. }) => {
                let rest = &operations[operations.len() - usize::from(left)..];
                rest.iter().map(|operation| ACTION + self.unsent(*operation)).sum()
            }
        }
    }

    /// What an operation of a sequence sends.
    fn unsent(self, operation: Operation) -> usize {
        match operation {
            Operation::SendSentinels { count } => count * UNSENT_SENTINEL,
            Operation::Send => self.unsent,
            _ => 0,
        }
    }
}
