//! Queues, threads and the group's registry at one moment, in a canonical form: threads of one role
//! in the same state are interchangeable. Keys are exact.

use super::{Configuration, Instruction, Membership, Role};
use crate::one_queue::{Handle, Operation, Timeout};
use crate::state::{Location, Section, State, Totals, CONDITIONS};
use crate::{Cell, Condition};

/// The location of a thread between two actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Phase {
    /// About to execute the next instruction.
    Awake,
    /// Registered as blocked, and still holding the lock of the queue.
    Registered,
    /// About to start a detection.
    StartingDetection,
    /// In a detection.
    Detecting {
        /// The checked conditions of queues, one bit each.
        checked: u8,
        /// Whether the epoch is unchanged since the start.
        same_epoch: bool,
    },
    /// Has reported a deadlock, and is about to notify the waiters of this queue.
    Notifying {
        /// The queue.
        next: u8,
    },
    /// After a detection, about to recheck its condition.
    Recheck,
    /// Inside a wait.
    Asleep {
        /// Whether it was woken by a report.
        woken: bool,
    },
    /// Resumed from a wait, unregistered, and holding the lock of the queue; about to retry.
    Resumed {
        /// Whether this is its last attempt, by its deadline or by a report.
        last: bool,
    },
    /// Done, and still registered (only a mutant leads here).
    LateUnregister,
    /// Has left.
    Ended,
}

/// The state of one thread, and its entry in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::struct_excessive_bools)] // they are independent: all combinations occur
pub struct Thread {
    /// The number of its role.
    pub(super) role: u8,
    /// The next instruction; past the last one the handles to drop, and then the departure.
    pub(super) position: u8,
    /// The number of items that the worker loop has yet to send.
    pub(super) unsent: u8,
    /// Whether it holds a task.
    pub(super) busy: bool,
    pub(super) phase: Phase,
    /// Whether its detection follows a departure or a dropped token, and not a wait.
    pub(super) without_wait: bool,
    /// In the registry: blocked.
    pub(super) blocked: bool,
    /// In the registry: a deadlock was reported.
    pub(super) reported: bool,
    /// Not in the registry: blocked at the last report, and not resumed since.
    pub(super) was_blocked: bool,
}

/// An operation in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) queue: usize,
    pub(super) operation: Operation,
    pub(super) timeout: Timeout,
}

/// The position of a thread that has left.
pub(super) const GONE: u8 = u8::MAX;

/// The state of the queues, the threads and the registry.
#[derive(Clone, Debug)]
pub struct GlobalState {
    pub(super) queues: Vec<State>,
    pub(super) threads: Vec<Thread>,
    /// The number of tokens held.
    pub(super) tokens: u8,
    /// The number of items that the worker loops may still send.
    pub(super) budget: u8,
    /// The number of participants that may still die.
    pub(super) deaths: u8,
}

impl Thread {
    fn new(role: u8) -> Self {
        Self {
            role,
            position: 0,
            unsent: 0,
            busy: false,
            phase: Phase::Awake,
            without_wait: false,
            blocked: false,
            reported: false,
            was_blocked: false,
        }
    }

    /// Returns its operation on a queue, in progress or next.
    pub(super) fn current(self, role: &Role) -> Option<Current> {
        let position = usize::from(self.position);
        if self.busy {
            return self.finishing(role);
        }
        if let Some(&instruction) = role.instructions.get(position) {
            return self.instruction(instruction);
        }
        let &(queue, handle) = role.owns.get(position - role.instructions.len())?;
        let operation = match handle {
            Handle::Sender => Operation::DropSender,
            Handle::Receiver => Operation::DropReceiver,
        };
        Some(Current { queue: queue.into(), operation, timeout: Timeout::None })
    }

    fn finishing(self, role: &Role) -> Option<Current> {
        let Some(Instruction::Do { queue, .. }) = role.instructions.get(usize::from(self.position))
        else {
            return None;
        };
        let operation = Operation::FinishTask { generation: 0 };
        Some(Current { queue: usize::from(*queue), operation, timeout: Timeout::None })
    }

    fn instruction(self, instruction: Instruction) -> Option<Current> {
        let forever = |queue: u8, operation| {
            Some(Current { queue: queue.into(), operation, timeout: Timeout::None })
        };
        match instruction {
            Instruction::Do { queue, operation, timeout } => {
                Some(Current { queue: queue.into(), operation, timeout })
            }
            Instruction::Work { fanout: Some(fanout), .. } if self.unsent > 0 => {
                forever(fanout.queue, Operation::Send)
            }
            Instruction::Work { queue, .. } => forever(queue, Operation::Receive { tasks: false }),
            Instruction::JoinAll { .. } | Instruction::JoinRole(_) | Instruction::DropToken => None,
        }
    }

    /// Returns whether it joins other threads, or is about to.
    pub(super) fn is_joining(&self, configuration: &Configuration) -> bool {
        let instructions = &configuration.roles[usize::from(self.role)].instructions;
        let instruction = instructions.get(usize::from(self.position));
        matches!(instruction, Some(Instruction::JoinAll { .. } | Instruction::JoinRole(_)))
    }
}

/// Returns the condition that an operation waits for.
pub(super) fn condition(operation: Operation) -> Condition {
    match operation {
        Operation::Send | Operation::SendMany { .. } => Condition::NotFull,
        Operation::Join => Condition::Completed,
        _ => Condition::NotEmpty,
    }
}

impl GlobalState {
    /// Returns the initial state; all participants are registered.
    pub(super) fn init(configuration: &Configuration) -> Self {
        let mut queues = Vec::new();
        for (number, &capacity) in configuration.capacities.iter().enumerate() {
            let mut state = State::new(capacity);
            state.senders = configuration.handles(number, Handle::Sender);
            state.receivers = configuration.handles(number, Handle::Receiver);
            state.locations = vec![Location::Outside; configuration.threads()];
            queues.push(state);
        }
        let mut threads = Vec::new();
        for (role, number) in configuration.roles.iter().zip(0..) {
            threads.extend(std::iter::repeat_n(Thread::new(number), role.threads));
        }
        let (budget, deaths) = (configuration.budget, configuration.deaths);
        Self { queues, threads, tokens: byte(configuration.tokens()), budget, deaths }
    }

    /// Iterates over the participants that have not left, in the registry and in fact.
    pub(super) fn present<'a>(
        &'a self,
        configuration: &'a Configuration,
    ) -> impl Iterator<Item = (usize, &'a Thread)> {
        let takes_part = |thread: &Thread| {
            let role = &configuration.roles[usize::from(thread.role)];
            role.membership == Membership::Participant && thread.position != GONE
        };
        self.threads.iter().enumerate().filter(move |(_, thread)| takes_part(thread))
    }

    /// Returns the operation that a thread is in, or would begin.
    pub(super) fn current(&self, configuration: &Configuration, thread: usize) -> Option<Current> {
        let thread = self.threads[thread];
        if thread.position == GONE {
            return None;
        }
        thread.current(&configuration.roles[usize::from(thread.role)])
    }

    /// Returns whether the lock of a queue is free.
    pub(super) fn is_free(&self, configuration: &Configuration, queue: usize) -> bool {
        let holds = |number: usize| {
            matches!(self.threads[number].phase, Phase::Registered | Phase::Resumed { .. })
                && self.current(configuration, number).is_some_and(|at| at.queue == queue)
        };
        !(0..self.threads.len()).any(holds)
    }

    /// Sorts the threads and writes the exact key.
    pub(super) fn encode(&mut self, key: &mut Vec<u8>) {
        self.threads.sort_unstable();
        key.clear();
        key.extend([self.tokens, self.budget, self.deaths]);
        for state in &self.queues {
            key.extend([byte(state.cells.len()), u8::from(state.closed), byte(state.unfinished)]);
            key.extend([byte(state.senders), byte(state.receivers)]);
            key.extend(Condition::ALL.map(|condition| byte(state.notified(condition))));
            key.extend(state.cells.iter().map(|&cell| u8::from(cell == Cell::Sentinel)));
        }
        for thread in &self.threads {
            key.extend([thread.role, thread.position, thread.unsent]);
            key.extend([thread.phase.code(), thread.flags()]);
        }
    }

    /// Restores the state of a key.
    pub(super) fn decode(&mut self, configuration: &Configuration, key: &[u8]) {
        let mut rest = key.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        [self.tokens, self.budget, self.deaths] = [(); 3].map(|()| next());
        for state in &mut self.queues {
            let cells = next();
            state.closed = next() == 1;
            [state.unfinished, state.senders, state.receivers] =
                [(); 3].map(|()| usize::from(next()));
            state.notified = [(); CONDITIONS].map(|()| usize::from(next()));
            state.cells.clear();
            let cell = |code| if code == 1 { Cell::Sentinel } else { Cell::Item };
            state.cells.extend((0..cells).map(|_| cell(next())));
            state.items = state.cells.iter().filter(|&&cell| cell == Cell::Item).count();
            state.oldest = 0;
            state.totals = Totals::default();
            state.section = None;
            state.waiting = [0; CONDITIONS];
            state.locations.fill(Location::Outside);
        }
        for thread in &mut self.threads {
            [thread.role, thread.position, thread.unsent] = [(); 3].map(|()| next());
            thread.phase = Phase::of_code(next());
            thread.set_flags(next());
        }
        for number in 0..self.threads.len() {
            let Some(at) = self.current(configuration, number) else { continue };
            let (state, condition) = (&mut self.queues[at.queue], condition(at.operation));
            match self.threads[number].phase {
                Phase::Asleep { .. } => {
                    state.locations[number] = Location::Asleep(condition);
                    state.waiting[condition as usize] += 1;
                }
                // Its critical section is open, and began with its wakeup.
                Phase::Resumed { last } => {
                    state.section =
                        Some(Section { woke: Some((condition, last)), ..Section::of(number) });
                }
                _ => {}
            }
        }
    }
}

impl Thread {
    fn flags(self) -> u8 {
        let flags = [self.busy, self.without_wait, self.blocked, self.reported, self.was_blocked];
        flags.iter().rev().fold(0, |sum, &flag| sum << 1 | u8::from(flag))
    }

    fn set_flags(&mut self, flags: u8) {
        let flag = |bit: u8| flags >> bit & 1 == 1;
        [self.busy, self.without_wait, self.blocked] = [flag(0), flag(1), flag(2)];
        [self.reported, self.was_blocked] = [flag(3), flag(4)];
    }
}

impl Phase {
    /// Encodes the phase: six bits for the checked conditions, the seventh for the epoch; the
    /// eighth marks all other phases.
    fn code(self) -> u8 {
        match self {
            Self::Detecting { checked, same_epoch } => checked | u8::from(same_epoch) << 6,
            Self::Awake => 128,
            Self::Registered => 129,
            Self::StartingDetection => 130,
            Self::Recheck => 131,
            Self::Asleep { woken } => 132 + u8::from(woken),
            Self::LateUnregister => 134,
            Self::Ended => 135,
            Self::Resumed { last } => 136 + u8::from(last),
            Self::Notifying { next } => 138 + next,
        }
    }

    fn of_code(code: u8) -> Self {
        match code {
            0..=127 => Self::Detecting { checked: code & 63, same_epoch: code & 64 != 0 },
            128 => Self::Awake,
            129 => Self::Registered,
            130 => Self::StartingDetection,
            131 => Self::Recheck,
            132 | 133 => Self::Asleep { woken: code == 133 },
            134 => Self::LateUnregister,
            135 => Self::Ended,
            136 | 137 => Self::Resumed { last: code == 137 },
            next => Self::Notifying { next: next - 138 },
        }
    }
}

/// Converts a number of a state. All are small: threads, items and sentinels of one configuration.
pub(super) fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("a configuration is small")
}
