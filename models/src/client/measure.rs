//! A number that decreases on every step but a spurious wakeup. It shows that every execution ends,
//! whatever the scheduler does, without any assumption of fairness.
//!
//! Each unit stands for something that can still happen: a thread that is awake may fall asleep, a
//! notification may wake one, an item may be sent, taken, and finished. What a step uses up must
//! pay for the notifications that it issues.

use crate::client::{Configuration, Group, Operation, Program, Stage, World};
use crate::state::Place;
use crate::Side;

/// Weights, fixed by the size of a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// An open queue: closing it may wake everybody.
    open: usize,
    /// An unfinished task: its end may wake everybody who joins.
    task: usize,
    /// A queued item: taking it may begin a task, wake a sender, and wake everybody who joins.
    queued: usize,
    /// An item not yet sent.
    unsent: usize,
}

/// A queued sentinel: taking it ends a loop.
const QUEUED_SENTINEL: usize = 1;
/// A sentinel not yet sent: its coming may wake a receiver.
const UNSENT_SENTINEL: usize = QUEUED_SENTINEL + 1;
/// Anything a thread still does, beyond what it does to the queue.
const ACTION: usize = 4;

impl Measure {
    pub(super) fn of(configuration: &Configuration) -> Self {
        let threads = configuration.threads();
        let task = threads + 2;
        let queued = task + threads + 3;
        Self { open: threads + 2, task, queued, unsent: queued + ACTION }
    }

    pub(super) fn weigh(self, configuration: &Configuration, world: &World) -> usize {
        let state = &world.state;
        let threads = world.threads.iter().zip(0..).map(|(thread, number)| {
            let awake = thread.stage != Stage::Ended && state.place(number) == Place::Outside;
            let group = &configuration.groups[usize::from(thread.group)];
            self.program(group, thread.stage) + usize::from(awake)
        });
        let notified = Side::ALL.map(|side| state.notified(side)).iter().sum::<usize>();
        let open = if state.is_closed() { 0 } else { self.open };
        threads.sum::<usize>()
            + notified
            + open
            + state.unfinished() * self.task
            + state.len() * self.queued
            + state.sentinels() * QUEUED_SENTINEL
    }

    fn program(self, group: &Group, stage: Stage) -> usize {
        match (stage, &group.program) {
            (Stage::Ended, _) => 0,
            (Stage::Leaving, _) => ACTION,
            (Stage::Unwinding, _) => 2 * ACTION,
            (Stage::Busy | Stage::Again, _) | (_, Program::Work { .. }) => 3 * ACTION,
            (Stage::Program { left }, Program::Produce { .. }) => {
                usize::from(left) * self.unsent + 2 * ACTION
            }
            (Stage::Program { left }, Program::Steps { steps, .. }) => {
                let rest = &steps[steps.len() - usize::from(left)..];
                rest.iter().map(|step| ACTION + sentinels(*step) * UNSENT_SENTINEL).sum()
            }
        }
    }
}

fn sentinels(step: Operation) -> usize {
    match step {
        Operation::SendSentinels { count } => count,
        _ => 0,
    }
}
