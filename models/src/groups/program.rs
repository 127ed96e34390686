//! Programs whose threads and queues belong to a group.

use std::fmt;

use super::Mutant;
use crate::one_queue::{Handle, Operation, Timeout};

/// An instruction of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// One operation. An item that is received as a task is finished before the next instruction.
    Do {
        /// The queue.
        queue: u8,
        /// The operation.
        operation: Operation,
        /// How long it waits.
        timeout: Timeout,
    },
    /// A worker loop: receives until a sentinel, the close, or a report.
    Work {
        /// The queue that it receives from.
        queue: u8,
        /// The items that it sends for each received one.
        fanout: Option<Fanout>,
    },
    /// Joins all other participants.
    JoinAll {
        /// Whether it joins again after a report, as the end of a scope does.
        again: bool,
    },
    /// Joins the threads of a role.
    JoinRole(u8),
    /// Drops a token.
    DropToken,
}

/// The items that a worker loop sends for each received one, as long as the budget of the program
/// lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fanout {
    /// The queue that it sends to.
    pub queue: u8,
    /// The number of items.
    pub count: u8,
}

/// The relation of a thread to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It takes part.
    Participant,
    /// It does not take part.
    External {
        /// Whether it holds a token until its end.
        token: bool,
    },
}

/// Threads that do the same, and are interchangeable therefore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The name of one of them in a counterexample.
    pub name: &'static str,
    /// The number of threads.
    pub threads: usize,
    /// Their relation to the group.
    pub membership: Membership,
    /// Their program.
    pub instructions: Vec<Instruction>,
    /// The handles that each of them drops at its end, of these queues.
    pub owns: Vec<(u8, Handle)>,
}

/// A program in a group, and possibly a mutant of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// The capacity of each queue; `None` is unbounded.
    pub capacities: Vec<Option<usize>>,
    /// The threads.
    pub roles: Vec<Role>,
    /// The number of items that the worker loops may send.
    pub budget: u8,
    /// The number of participants that may die, outside the queue's code.
    pub deaths: u8,
    /// Whether a thread continues with its next instruction after a report; otherwise it leaves.
    pub resuming: bool,
    /// The mutant, if any.
    pub mutant: Option<Mutant>,
}

impl Instruction {
    /// Makes an operation that waits until it can proceed.
    pub const fn on(queue: u8, operation: Operation) -> Self {
        Self::Do { queue, operation, timeout: Timeout::None }
    }

    /// Makes a `send`.
    pub const fn send(queue: u8) -> Self {
        Self::on(queue, Operation::Send)
    }

    /// Makes a `recv`.
    pub const fn receive(queue: u8) -> Self {
        Self::on(queue, Operation::Receive { tasks: false })
    }

    /// Gives the operation a deadline.
    #[must_use]
    pub const fn timed(self) -> Self {
        match self {
            Self::Do { queue, operation, .. } => {
                Self::Do { queue, operation, timeout: Timeout::Deadline }
            }
            other => other,
        }
    }
}

impl Role {
    /// Makes a role of one participant.
    pub fn new(name: &'static str, instructions: Vec<Instruction>) -> Self {
        let membership = Membership::Participant;
        Self { name, threads: 1, membership, instructions, owns: Vec::new() }
    }

    /// Sets the number of threads.
    #[must_use]
    pub fn times(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Moves the role out of the group.
    #[must_use]
    pub fn external(mut self, token: bool) -> Self {
        self.membership = Membership::External { token };
        self
    }

    /// Adds a handle that each thread owns.
    #[must_use]
    pub fn owning(mut self, queue: u8, handle: Handle) -> Self {
        self.owns.push((queue, handle));
        self
    }

    /// Returns whether its threads take part.
    pub fn participates(&self) -> bool {
        self.membership == Membership::Participant
    }

    /// Returns the number of tokens that one of its threads drops.
    fn tokens(&self) -> usize {
        let dropped = self
            .instructions
            .iter()
            .filter(|instruction| **instruction == Instruction::DropToken)
            .count();
        dropped + usize::from(self.membership == Membership::External { token: true })
    }
}

impl Configuration {
    /// Makes a program of these roles and queues.
    pub fn new(protocol: &'static str, capacities: Vec<Option<usize>>, roles: Vec<Role>) -> Self {
        let (budget, deaths, resuming, mutant) = (0, 0, false, None);
        Self { protocol, capacities, roles, budget, deaths, resuming, mutant }
    }

    /// Seeds a mutant.
    #[must_use]
    pub fn with(mut self, mutant: Mutant) -> Self {
        self.mutant = Some(mutant);
        self
    }

    /// Returns the number of threads.
    pub fn threads(&self) -> usize {
        self.roles.iter().map(|role| role.threads).sum()
    }

    /// Returns the number of tokens held at the start.
    pub(super) fn tokens(&self) -> usize {
        self.roles.iter().map(|role| role.threads * role.tokens()).sum()
    }

    /// Returns the number of handles of a queue at the start: those that threads own, or else one
    /// that is never dropped.
    pub(super) fn handles(&self, queue: usize, handle: Handle) -> usize {
        let own = |role: &Role| {
            let fitting = role.owns.iter();
            let fitting = fitting.filter(|(of, kind)| usize::from(*of) == queue && *kind == handle);
            fitting.count() * role.threads
        };
        self.roles.iter().map(own).sum::<usize>().max(1)
    }

    /// Returns whether an external thread without a token uses a queue. It counts as absent, so a
    /// report may be wrong about it.
    pub fn is_uncertain(&self) -> bool {
        let absent = Membership::External { token: false };
        self.roles.iter().any(|role| role.membership == absent && !role.instructions.is_empty())
    }

    pub(super) fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

/// The protocol name of every program of a family.
pub(super) const IN_FAMILY: &str = "program";

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.protocol)?;
        for role in &self.roles {
            let plural = if role.threads == 1 { "" } else { "s" };
            write!(formatter, " {} {}{plural}", role.threads, role.name)?;
            if self.protocol == IN_FAMILY {
                write!(formatter, " ({})", Instructions(&role.instructions))?;
            }
            formatter.write_str(",")?;
        }
        for (capacity, number) in self.capacities.iter().zip(1..) {
            match capacity {
                Some(capacity) => write!(formatter, " queue {number} of capacity {capacity},")?,
                None => write!(formatter, " queue {number} unbounded,")?,
            }
        }
        match self.mutant {
            Some(mutant) => write!(formatter, " {mutant}"),
            None => formatter.write_str(" no mutant"),
        }
    }
}

/// A list of instructions, in few words.
struct Instructions<'a>(&'a [Instruction]);

impl fmt::Display for Instructions<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("nothing");
        }
        for (instruction, number) in self.0.iter().zip(0..) {
            formatter.write_str(if number > 0 { ", " } else { "" })?;
            match instruction {
                Instruction::Do { queue, operation, timeout } => {
                    let timed = match timeout {
                        Timeout::Immediate => "try to ",
                        Timeout::Deadline => "timed ",
                        Timeout::None | Timeout::Dropped => "",
                    };
                    write!(formatter, "{timed}{operation} on {}", queue + 1)?;
                }
                Instruction::Work { queue, .. } => write!(formatter, "loop on {}", queue + 1)?,
                Instruction::JoinAll { .. } => formatter.write_str("await others")?,
                Instruction::JoinRole(_) => formatter.write_str("await one")?,
                Instruction::DropToken => formatter.write_str("drop a token")?,
            }
        }
        Ok(())
    }
}
