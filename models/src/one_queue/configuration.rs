//! A program around one queue: which threads there are and what each of them does.

use std::fmt;

use crate::one_queue::{Mutant, Operation, Timeout};

/// What the threads of a group do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// Sends so many items by this operation, and stops when told that the queue is closed.
    Produce {
        /// How many items each thread sends.
        items: usize,
        /// `Send`, `ForceSend`, or `SendMany` for all items at once.
        by: Operation,
    },
    /// Receives by this operation until a sentinel, the close, or the end of its patience.
    Work {
        /// `Receive` or `ReceiveMany`.
        by: Operation,
    },
    /// Performs these operations one after the other.
    Sequence {
        /// Whether it waits for the end of all producers first, as `JoinHandle::join` does.
        after_producers: bool,
        /// What it does.
        operations: Vec<Operation>,
    },
}

/// A handle that a thread owns and drops when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// A `Sender`.
    Sender,
    /// A `Receiver`.
    Receiver,
}

/// Threads that do the same, and are interchangeable therefore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What one of them is called in a story.
    pub name: &'static str,
    /// How many there are.
    pub threads: usize,
    /// What they do.
    pub program: Program,
    /// How long they are ready to wait.
    pub timeout: Timeout,
    /// What they drop at their end; `None` if the handles outlive the story.
    pub handle: Option<Handle>,
}

/// Who comes to an end whatever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// All threads, and no item is left in the queue then.
    Delivery,
    /// All threads.
    AllThreads,
    /// The workers; a producer may be left with a full queue.
    Workers,
    /// Nobody: it is only promised that whoever sleeps has reason to.
    None,
}

/// One program around one queue, and possibly a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// How many items the queue holds.
    pub capacity: Option<usize>,
    /// The threads.
    pub roles: Vec<Role>,
    /// How many workers may die.
    pub deaths: usize,
    /// Who ends.
    pub guarantee: Guarantee,
    /// The fault, if any.
    pub mutant: Option<Mutant>,
}

impl Configuration {
    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.roles.iter().map(|role| role.threads).sum()
    }

    /// The same program around a queue with a fault (or with a fault of its own).
    #[must_use]
    pub fn with(mut self, mutant: Mutant) -> Self {
        self.mutant = Some(mutant);
        if mutant == Mutant::OneSentinelTooFew {
            for role in &mut self.roles {
                role.forget_a_sentinel();
            }
        }
        self
    }

    /// How many handles of a kind exist at the start: those that threads own, or else one that
    /// nobody drops.
    pub(crate) fn handles(&self, handle: Handle) -> usize {
        let owners = self.roles.iter().filter(|role| role.handle == Some(handle));
        owners.map(|role| role.threads).sum::<usize>().max(1)
    }
}

impl Role {
    /// Whether its threads are waited for by those that act after the producers.
    pub(crate) fn produces(&self) -> bool {
        matches!(self.program, Program::Produce { .. })
    }

    /// Whether its threads are workers.
    pub(crate) fn works(&self) -> bool {
        matches!(self.program, Program::Work { .. })
    }

    fn forget_a_sentinel(&mut self) {
        if let Program::Sequence { operations, .. } = &mut self.program {
            let sentinel =
                |operation: &Operation| matches!(operation, Operation::SendSentinels { .. });
            if let Some(position) = operations.iter().position(sentinel) {
                operations.remove(position);
            }
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.protocol)?;
        for role in &self.roles {
            let plural = if role.threads == 1 { "" } else { "s" };
            write!(formatter, " {} {}{plural}", role.threads, role.name)?;
            if let Program::Produce { items, .. } = role.program {
                let plural = if items == 1 { "" } else { "s" };
                write!(formatter, " x {items} item{plural}")?;
            }
            formatter.write_str(",")?;
        }
        match self.capacity {
            Some(capacity) => write!(formatter, " capacity {capacity}")?,
            None => formatter.write_str(" unbounded")?,
        }
        match self.mutant {
            Some(mutant) => write!(formatter, ", {mutant}"),
            None => Ok(()),
        }
    }
}
