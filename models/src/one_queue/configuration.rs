//! A program around one queue: its threads, and what each of them does.

use std::fmt;

use crate::one_queue::{Mutant, Operation, Timeout};

/// What the threads of a role do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// Sends so many items by this operation, and stops when the queue is closed.
    Produce {
        /// The number of items that each thread sends.
        items: usize,
        /// `Send`, `ForceSend`, or `SendMany` for all items at once.
        by: Operation,
    },
    /// Receives by this operation until a sentinel, the close, or its deadline.
    Work {
        /// `Receive` or `ReceiveMany`.
        by: Operation,
    },
    /// Performs these operations one after the other.
    Sequence {
        /// Whether it waits for the end of all producers first, as `JoinHandle::join` does.
        after_producers: bool,
        /// The operations.
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
    /// The name of one of them in a counterexample.
    pub name: &'static str,
    /// The number of threads.
    pub threads: usize,
    /// Their program.
    pub program: Program,
    /// How long they wait.
    pub timeout: Timeout,
    /// The handle that they drop at their end; `None` if the handles outlive the execution.
    pub handle: Option<Handle>,
}

/// Which threads are guaranteed to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// All threads, and no item is left in the queue then.
    Delivery,
    /// All threads.
    AllThreads,
    /// The workers; a producer may block on a full queue forever.
    Workers,
    /// None: only that no thread sleeps while its condition holds.
    None,
}

/// One program around one queue, and possibly a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// The capacity of the queue; `None` is unbounded.
    pub capacity: Option<usize>,
    /// The threads.
    pub roles: Vec<Role>,
    /// The number of workers that may die.
    pub deaths: usize,
    /// Which threads end.
    pub guarantee: Guarantee,
    /// The mutant, if any.
    pub mutant: Option<Mutant>,
}

impl Configuration {
    /// Returns the number of threads.
    pub fn threads(&self) -> usize {
        self.roles.iter().map(|role| role.threads).sum()
    }

    /// Seeds a mutant, in the queue or in the program.
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

    /// Returns the number of handles at the start: those that threads own, or else one that is
    /// never dropped.
    pub(crate) fn handles(&self, handle: Handle) -> usize {
        let owners = self.roles.iter().filter(|role| role.handle == Some(handle));
        owners.map(|role| role.threads).sum::<usize>().max(1)
    }
}

impl Role {
    /// Returns whether the threads that act after the producers wait for its threads.
    pub(crate) fn produces(&self) -> bool {
        matches!(self.program, Program::Produce { .. })
    }

    /// Returns whether its threads are workers.
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
