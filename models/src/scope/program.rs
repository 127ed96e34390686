//! Programs whose threads and queues belong to a group.

use std::fmt;

use super::Mutation;
use crate::client::{Handle, Operation, Patience};

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// One operation. An item that is received as a task is finished before what comes next.
    Do {
        /// On which queue.
        queue: u8,
        /// What.
        operation: Operation,
        /// How long it is ready to wait.
        patience: Patience,
    },
    /// A worker loop: receives until a sentinel, the close, or until it is told.
    Work {
        /// From which queue.
        queue: u8,
        /// What it sends for each item.
        feeds: Option<Feed>,
    },
    /// Waits for the end of all other participants.
    Await {
        /// Whether it begins anew when it is told, as the end of a scope does.
        again: bool,
    },
    /// Waits for the end of the threads of that role.
    AwaitRole(u8),
    /// Drops a token.
    DropToken,
}

/// What a worker loop sends for each item, as long as the budget of the program lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// To which queue.
    pub queue: u8,
    /// How many items.
    pub fan: u8,
}

/// What a thread is to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One of those who take part.
    Participant,
    /// Somebody else; and whether a token is held until the end.
    Outsider {
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
    pub standing: Standing,
    /// What they do.
    pub deeds: Vec<Deed>,
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
    pub mutation: Option<Mutation>,
}

impl Deed {
    /// An operation that waits until it can go on.
    pub const fn on(queue: u8, operation: Operation) -> Self {
        Self::Do { queue, operation, patience: Patience::Forever }
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
                Self::Do { queue, operation, patience: Patience::UntilTimeout }
            }
            other => other,
        }
    }
}

impl Role {
    /// One participant.
    pub fn new(name: &'static str, deeds: Vec<Deed>) -> Self {
        let standing = Standing::Participant;
        Self { name, threads: 1, standing, deeds, owns: Vec::new() }
    }

    /// So many of them.
    #[must_use]
    pub fn times(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The same, outside of the group.
    #[must_use]
    pub fn outside(mut self, token: bool) -> Self {
        self.standing = Standing::Outsider { token };
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
        self.standing == Standing::Participant
    }

    /// How many tokens one of its threads drops.
    fn tokens(&self) -> usize {
        let dropped = self.deeds.iter().filter(|deed| **deed == Deed::DropToken).count();
        dropped + usize::from(self.standing == Standing::Outsider { token: true })
    }
}

impl Configuration {
    /// A program of these roles around these queues.
    pub fn new(protocol: &'static str, capacities: Vec<Option<usize>>, roles: Vec<Role>) -> Self {
        let (budget, deaths, resuming, mutation) = (0, 0, false, None);
        Self { protocol, capacities, roles, budget, deaths, resuming, mutation }
    }

    /// The same program in a group with a fault.
    #[must_use]
    pub fn with(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
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
        let absent = Standing::Outsider { token: false };
        self.roles.iter().any(|role| role.standing == absent && !role.deeds.is_empty())
    }

    pub(super) fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.protocol)?;
        for role in &self.roles {
            let plural = if role.threads == 1 { "" } else { "s" };
            write!(formatter, " {} {}{plural}", role.threads, role.name)?;
            if self.protocol == super::family::NAME {
                write!(formatter, " ({})", Deeds(&role.deeds))?;
            }
            formatter.write_str(",")?;
        }
        for (capacity, number) in self.capacities.iter().zip(1..) {
            match capacity {
                Some(capacity) => write!(formatter, " queue {number} of capacity {capacity},")?,
                None => write!(formatter, " queue {number} unbounded,")?,
            }
        }
        match self.mutation {
            Some(mutation) => write!(formatter, " {mutation}"),
            None => formatter.write_str(" no fault"),
        }
    }
}

/// Deeds in a row, in few words.
struct Deeds<'a>(&'a [Deed]);

impl fmt::Display for Deeds<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("nothing");
        }
        for (deed, number) in self.0.iter().zip(0..) {
            formatter.write_str(if number > 0 { ", " } else { "" })?;
            match deed {
                Deed::Do { queue, operation, patience } => {
                    let timed = match patience {
                        Patience::Never => "try to ",
                        Patience::UntilTimeout => "timed ",
                        Patience::Forever => "",
                    };
                    let name = in_a_word(*operation);
                    write!(formatter, "{timed}{name} on {}", queue + 1)?;
                }
                Deed::Work { queue, .. } => write!(formatter, "loop on {}", queue + 1)?,
                Deed::Await { .. } => formatter.write_str("await others")?,
                Deed::AwaitRole(_) => formatter.write_str("await one")?,
                Deed::DropToken => formatter.write_str("drop a token")?,
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
