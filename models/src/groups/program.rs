//! Programs whose threads and queues belong to a group.

use std::fmt;

use super::Mutant;
use crate::one_queue::{Handle, Operation, Timeout};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// One operation. An item that is received as a task is finished before what comes next.
    Do {
        /// On which queue.
        queue: u8,
        /// What.
        operation: Operation,
        /// How long it is ready to wait.
        timeout: Timeout,
    },
    /// A worker loop: receives until a sentinel, the close, or until it is told.
    Work {
        /// From which queue.
        queue: u8,
        /// What it sends for each item.
        fanout: Option<Fanout>,
    },
    /// Waits for the end of all other participants.
    JoinAll {
        /// Whether it begins anew when it is told, as the end of a scope does.
        again: bool,
    },
    /// Waits for the end of the threads of that role.
    JoinRole(u8),
    /// Drops a token.
    DropToken,
}

/// What a worker loop sends for each item, as long as the budget of the program lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fanout {
    /// To which queue.
    pub queue: u8,
    /// How many items.
    pub count: u8,
}

/// What a thread is to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// One of those who take part.
    Participant,
    /// Somebody else; and whether a token is held until the end.
    External {
        /// Whether it is.
        token: bool,
    },
}

/// Threads that do the same, and are interchangeable therefore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What one of them is called in a story.
    pub name: &'static str,
    /// How many there are.
    pub threads: usize,
    /// What they are to the group.
    pub membership: Membership,
    /// What they do.
    pub instructions: Vec<Instruction>,
    /// The handles that each of them drops at its end, of these queues.
    pub owns: Vec<(u8, Handle)>,
}

/// A program in a group, and possibly a fault of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// How many items each queue holds; `None` is unbounded.
    pub capacities: Vec<Option<usize>>,
    /// The threads.
    pub roles: Vec<Role>,
    /// How many items the worker loops may send.
    pub budget: u8,
    /// How many participants may die, where they are, outside the queue's code.
    pub deaths: u8,
    /// Whether those who are told go on with what comes next; otherwise they leave.
    pub resuming: bool,
    /// The fault, if any.
    pub mutant: Option<Mutant>,
}

impl Instruction {
    /// An operation that waits until it can go on.
    pub const fn on(queue: u8, operation: Operation) -> Self {
        Self::Do { queue, operation, timeout: Timeout::None }
    }

    /// `send`.
    pub const fn send(queue: u8) -> Self {
        Self::on(queue, Operation::Send)
    }

    /// `recv`.
    pub const fn receive(queue: u8) -> Self {
        Self::on(queue, Operation::Receive { tasks: false })
    }

    /// The same operation with a deadline.
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
    /// One participant.
    pub fn new(name: &'static str, instructions: Vec<Instruction>) -> Self {
        let membership = Membership::Participant;
        Self { name, threads: 1, membership, instructions, owns: Vec::new() }
    }

    /// So many of them.
    #[must_use]
    pub fn times(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The same, outside of the group.
    #[must_use]
    pub fn external(mut self, token: bool) -> Self {
        self.membership = Membership::External { token };
        self
    }

    /// The same, with a handle of its own.
    #[must_use]
    pub fn owning(mut self, queue: u8, handle: Handle) -> Self {
        self.owns.push((queue, handle));
        self
    }

    /// Whether its threads take part.
    pub fn participates(&self) -> bool {
        self.membership == Membership::Participant
    }

    /// How many tokens one of its threads drops.
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
    /// A program of these roles around these queues.
    pub fn new(protocol: &'static str, capacities: Vec<Option<usize>>, roles: Vec<Role>) -> Self {
        let (budget, deaths, resuming, mutant) = (0, 0, false, None);
        Self { protocol, capacities, roles, budget, deaths, resuming, mutant }
    }

    /// The same program in a group with a fault.
    #[must_use]
    pub fn with(mut self, mutant: Mutant) -> Self {
        self.mutant = Some(mutant);
        self
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.roles.iter().map(|role| role.threads).sum()
    }

    /// How many tokens are held at the start.
    pub(super) fn tokens(&self) -> usize {
        self.roles.iter().map(|role| role.threads * role.tokens()).sum()
    }

    /// How many handles of a kind a queue has at the start: those that threads own, or else one
    /// that nobody drops.
    pub(super) fn handles(&self, queue: usize, handle: Handle) -> usize {
        let own = |role: &Role| {
            let fitting = role.owns.iter();
            let fitting = fitting.filter(|(of, kind)| usize::from(*of) == queue && *kind == handle);
            fitting.count() * role.threads
        };
        self.roles.iter().map(own).sum::<usize>().max(1)
    }

    /// Whether somebody acts who counts as absent, so that a report may be wrong about him.
    pub fn is_uncertain(&self) -> bool {
        let absent = Membership::External { token: false };
        self.roles.iter().any(|role| role.membership == absent && !role.instructions.is_empty())
    }

    pub(super) fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.protocol)?;
        for role in &self.roles {
            let plural = if role.threads == 1 { "" } else { "s" };
            write!(formatter, " {} {}{plural}", role.threads, role.name)?;
            if self.protocol == super::family::NAME {
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
            None => formatter.write_str(" no violation"),
        }
    }
}

/// Deeds in a row, in few words.
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
                        Timeout::None => "",
                    };
                    let name = in_a_word(*operation);
                    write!(formatter, "{timed}{name} on {}", queue + 1)?;
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

const fn in_a_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Send => "send",
        Operation::SendMany { .. } => "send a batch",
        Operation::ForceSend => "force a send",
        Operation::SendSentinels { .. } => "send a sentinel",
        Operation::Receive { tasks: false } => "receive",
        Operation::Receive { tasks: true } => "receive a task",
        Operation::ReceiveMany { .. } => "receive a batch",
        Operation::Close => "close",
        Operation::CloseNow => "close now",
        Operation::DropSender => "drop a sender",
        Operation::DropReceiver => "drop a receiver",
        Operation::FinishTask => "finish a task",
        Operation::Join => "join",
    }
}
