//! The next actions of the threads, and how each one advances them.

use crate::one_queue::section::Executor;
use crate::one_queue::{
    Action, Attempt, AttemptResult, GlobalState, Mutant, Operation, Program, ProgramCounter, Role,
    Thread, Timeout,
};
use crate::state::Location;

impl<'a> Executor<'a> {
    pub(crate) fn role(self, global: &GlobalState, thread: usize) -> &'a Role {
        &self.configuration.roles[usize::from(global.threads[thread].role)]
    }

    /// Iterates over the actions that a thread can take now.
    pub(crate) fn actions(
        self,
        global: &GlobalState,
        thread: usize,
    ) -> impl Iterator<Item = Action> {
        let role = self.role(global, thread);
        let pc = global.threads[thread].pc;
        let operation = self.operation(global, role, pc);
        let location = global.state.location(thread);
        let actions = match (location, operation) {
            (Location::Asleep(condition), Some(operation)) => {
                let notified = global.state.notified(condition) > 0;
                let wake = |timed_out| Action::Wake { operation, condition, timed_out, notified };
                let ends = match role.timeout {
                    Timeout::Deadline => Some(wake(true)),
                    Timeout::Dropped => Some(Action::Cancel { operation, condition }),
                    Timeout::Immediate | Timeout::None => None,
                };
                [Some(wake(false)), ends]
            }
            (Location::Outside, Some(operation)) => [Some(Action::Attempt(operation)), None],
            (_, None) => [None, None],
        };
        let alive = matches!(pc, ProgramCounter::Program { .. } | ProgramCounter::Busy);
        let mortal = role.works() && alive && global.deaths > 0;
        let dies = (mortal && location == Location::Outside).then_some(Action::Die);
        actions.into_iter().flatten().chain(dies)
    }

    /// Returns the operation that a thread is in, or about to begin.
    fn operation(self, global: &GlobalState, role: &Role, pc: ProgramCounter) -> Option<Operation> {
        match (pc, &role.program) {
            (ProgramCounter::Ended, _) => None,
            (ProgramCounter::Busy | ProgramCounter::Unwinding, _) => {
                Some(Operation::FinishTask { generation: 0 })
            }
            (ProgramCounter::Leaving, _) if role.works() => Some(Operation::DropReceiver),
            (ProgramCounter::Leaving, _) => Some(Operation::DropSender),
            (ProgramCounter::Again | ProgramCounter::Program { .. }, program) => match program {
                Program::Produce { by: Operation::SendMany { .. }, .. } => {
                    Some(Operation::SendMany { items: usize::from(pc.left()) })
                }
                Program::Produce { by, .. } | Program::Work { by } => Some(*by),
                Program::Sequence { after_producers, operations } => {
                    let free =
                        !after_producers || global.have_ended(self.configuration, Role::produces);
                    let position = operations.len() - usize::from(pc.left());
                    operations.get(position).copied().filter(|_| free)
                }
            },
        }
    }

    /// Advances a thread by the result of an attempt.
    pub(crate) fn advance(self, global: &mut GlobalState, thread: usize, attempt: &Attempt) {
        let role = self.role(global, thread);
        let pc = global.threads[thread].pc;
        let next = match (pc, attempt.result) {
            (_, AttemptResult::Again) => pc,
            (ProgramCounter::Busy, _) => ProgramCounter::Program { left: 1 },
            (ProgramCounter::Unwinding, _) => leaving(role),
            (ProgramCounter::Leaving | ProgramCounter::Ended, _) => ProgramCounter::Ended,
            (ProgramCounter::Program { .. } | ProgramCounter::Again, result) => {
                match role.program {
                    Program::Produce { .. } => produced(pc, role, result, attempt.accepted),
                    Program::Work { by } => self.worked(pc, role, result, by),
                    Program::Sequence { .. } if result == AttemptResult::Waits => pc,
                    Program::Sequence { .. } => rest(pc.left() - 1, role),
                }
            }
        };
        global.threads[thread] = Thread { pc: next, ..global.threads[thread] };
    }

    fn worked(
        self,
        pc: ProgramCounter,
        role: &Role,
        result: AttemptResult,
        by: Operation,
    ) -> ProgramCounter {
        let tasks = by == Operation::Receive { tasks: true };
        match result {
            AttemptResult::Done if tasks => ProgramCounter::Busy,
            AttemptResult::Sentinel if self.configuration.mutant == SURVIVES => {
                ProgramCounter::Again
            }
            AttemptResult::Done | AttemptResult::Waits | AttemptResult::Again => pc,
            AttemptResult::Sentinel
            | AttemptResult::Closed
            | AttemptResult::GaveUp
            | AttemptResult::Denied => leaving(role),
        }
    }

    /// Lets a worker die: the unwinding drops its guard and its handle.
    pub(crate) fn die(self, global: &mut GlobalState, thread: usize) {
        let role = self.role(global, thread);
        let keeps = self.configuration.mutant == Some(Mutant::DeathKeepsTask);
        let pc = match global.threads[thread].pc {
            ProgramCounter::Busy if !keeps => ProgramCounter::Unwinding,
            _ => leaving(role),
        };
        global.threads[thread] = Thread { pc, ..global.threads[thread] };
    }
}

const SURVIVES: Option<Mutant> = Some(Mutant::WorkerSurvivesSentinel);

impl ProgramCounter {
    /// Returns how many items or operations are left.
    fn left(self) -> u8 {
        match self {
            Self::Program { left } => left,
            _ => 0,
        }
    }
}

/// Returns the next program counter of a producer: it stops when the queue is closed, and continues
/// with its next item after giving up.
fn produced(
    pc: ProgramCounter,
    role: &Role,
    result: AttemptResult,
    accepted: usize,
) -> ProgramCounter {
    let accepted = u8::try_from(accepted).unwrap_or(u8::MAX);
    match result {
        AttemptResult::Closed => leaving(role),
        AttemptResult::GaveUp => rest(pc.left() - 1, role),
        _ => rest(pc.left().saturating_sub(accepted), role),
    }
}

fn rest(left: u8, role: &Role) -> ProgramCounter {
    if left > 0 {
        ProgramCounter::Program { left }
    } else {
        leaving(role)
    }
}

fn leaving(role: &Role) -> ProgramCounter {
    if role.handle.is_some() {
        ProgramCounter::Leaving
    } else {
        ProgramCounter::Ended
    }
}
