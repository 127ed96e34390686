//! What the threads want to do next, and how far each step brings them.

use crate::client::section::Player;
use crate::client::{
    Answer, Attempt, Group, Mutation, Operation, Patience, Program, Stage, Step, Thread, World,
};
use crate::state::Place;

impl<'a> Player<'a> {
    pub(crate) fn group(self, world: &World, thread: usize) -> &'a Group {
        &self.configuration.groups[usize::from(world.threads[thread].group)]
    }

    /// The steps that a thread can do now.
    pub(crate) fn steps(self, world: &World, thread: usize) -> impl Iterator<Item = Step> {
        let group = self.group(world, thread);
        let stage = world.threads[thread].stage;
        let operation = self.operation(world, group, stage);
        let place = world.state.place(thread);
        let steps = match (place, operation) {
            (Place::Asleep(side), Some(operation)) => {
                let notified = world.state.notified(side) > 0;
                let wake = |timed_out| Step::Wake { operation, side, timed_out, notified };
                let timed = group.patience == Patience::UntilTimeout;
                [Some(wake(false)), timed.then(|| wake(true))]
            }
            (Place::Outside, Some(operation)) => [Some(Step::Attempt(operation)), None],
            (_, None) => [None, None],
        };
        let alive = matches!(stage, Stage::Program { .. } | Stage::Busy);
        let mortal = group.works() && alive && world.deaths > 0;
        let dies = (mortal && place == Place::Outside).then_some(Step::Die);
        steps.into_iter().flatten().chain(dies)
    }

    /// The operation that a thread is in, or about to begin.
    fn operation(self, world: &World, group: &Group, stage: Stage) -> Option<Operation> {
        match (stage, &group.program) {
            (Stage::Ended, _) => None,
            (Stage::Busy | Stage::Unwinding, _) => Some(Operation::FinishTask),
            (Stage::Leaving, _) if group.works() => Some(Operation::DropReceiver),
            (Stage::Leaving, _) => Some(Operation::DropSender),
            (Stage::Again | Stage::Program { .. }, program) => match program {
                Program::Produce { by: Operation::SendMany { .. }, .. } => {
                    Some(Operation::SendMany { items: usize::from(stage.left()) })
                }
                Program::Produce { by, .. } | Program::Work { by } => Some(*by),
                Program::Steps { after_producers, steps } => {
                    let free =
                        !after_producers || world.have_ended(self.configuration, Group::produces);
                    let position = steps.len() - usize::from(stage.left());
                    steps.get(position).copied().filter(|_| free)
                }
            },
        }
    }

    /// What the answer of an attempt makes of the thread.
    pub(crate) fn advance(self, world: &mut World, thread: usize, attempt: &Attempt) {
        let group = self.group(world, thread);
        let stage = world.threads[thread].stage;
        let next = match (stage, attempt.answer) {
            (_, Answer::Again) => stage,
            (Stage::Busy, _) => Stage::Program { left: 1 },
            (Stage::Unwinding, _) => leaving(group),
            (Stage::Leaving | Stage::Ended, _) => Stage::Ended,
            (Stage::Program { .. } | Stage::Again, answer) => match group.program {
                Program::Produce { .. } => produced(stage, group, answer, attempt.accepted),
                Program::Work { by } => self.worked(stage, group, answer, by),
                Program::Steps { .. } if answer == Answer::Waits => stage,
                Program::Steps { .. } => rest(stage.left() - 1, group),
            },
        };
        world.threads[thread] = Thread { stage: next, ..world.threads[thread] };
    }

    fn worked(self, stage: Stage, group: &Group, answer: Answer, by: Operation) -> Stage {
        let tasks = by == Operation::Receive { tasks: true };
        match answer {
            Answer::Done if tasks => Stage::Busy,
            Answer::Sentinel if self.configuration.mutation == SURVIVES => Stage::Again,
            Answer::Done | Answer::Waits | Answer::Again => stage,
            Answer::Sentinel | Answer::Closed | Answer::GaveUp => leaving(group),
        }
    }

    /// A worker dies: its guard and its handle are dropped by the unwinding that follows.
    pub(crate) fn die(self, world: &mut World, thread: usize) {
        let group = self.group(world, thread);
        let keeps = self.configuration.mutation == Some(Mutation::DeathKeepsTask);
        let stage = match world.threads[thread].stage {
            Stage::Busy if !keeps => Stage::Unwinding,
            _ => leaving(group),
        };
        world.threads[thread] = Thread { stage, ..world.threads[thread] };
    }
}

const SURVIVES: Option<Mutation> = Some(Mutation::WorkerSurvivesSentinel);

impl Stage {
    /// How many items or steps are left.
    fn left(self) -> u8 {
        match self {
            Self::Program { left } => left,
            _ => 0,
        }
    }
}

/// A producer told that the queue is closed stops; one that gave up goes on with its next item.
fn produced(stage: Stage, group: &Group, answer: Answer, accepted: usize) -> Stage {
    let accepted = u8::try_from(accepted).unwrap_or(u8::MAX);
    match answer {
        Answer::Closed => leaving(group),
        Answer::GaveUp => rest(stage.left() - 1, group),
        _ => rest(stage.left().saturating_sub(accepted), group),
    }
}

fn rest(left: u8, group: &Group) -> Stage {
    if left > 0 {
        Stage::Program { left }
    } else {
        leaving(group)
    }
}

fn leaving(group: &Group) -> Stage {
    if group.handle.is_some() {
        Stage::Leaving
    } else {
        Stage::Ended
    }
}
