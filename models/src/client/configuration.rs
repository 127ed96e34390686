//! A program around one queue: which threads there are and what each of them does.

use std::fmt;

use crate::client::{Mutation, Operation, Patience};

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
    Steps {
        /// Whether it waits for the end of all producers first, as `JoinHandle::join` does.
        after_producers: bool,
        /// What it does.
        steps: Vec<Operation>,
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
pub struct Group {
    /// What one of them is called in a story.
    pub name: &'static str,
    /// How many there are.
    pub threads: usize,
    /// What they do.
    pub program: Program,
    /// How long they are ready to wait.
    pub patience: Patience,
    /// What they drop at their end; `None` if the handles outlive the story.
    pub handle: Option<Handle>,
}

/// Who comes to an end whatever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// All threads, and no item is left in the queue then.
    Delivery,
    /// All threads.
    Everybody,
    /// The workers; a producer may be left with a full queue.
    Workers,
    /// Nobody: it is only promised that whoever sleeps has reason to.
    Nobody,
}

/// One program around one queue, and possibly a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name of the protocol.
    pub protocol: &'static str,
    /// How many items the queue holds.
    pub capacity: Option<usize>,
    /// The threads.
    pub groups: Vec<Group>,
    /// How many workers may die.
    pub deaths: usize,
    /// Who ends.
    pub promise: Promise,
    /// The fault, if any.
    pub mutation: Option<Mutation>,
}

impl Configuration {
    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.groups.iter().map(|group| group.threads).sum()
    }

    /// The same program around a queue with a fault (or with a fault of its own).
    #[must_use]
    pub fn with(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        if mutation == Mutation::OneSentinelTooFew {
            for group in &mut self.groups {
                group.forget_a_sentinel();
            }
        }
        self
    }

    /// How many handles of a kind exist at the start: those that threads own, or else one that
    /// nobody drops.
    pub(crate) fn handles(&self, handle: Handle) -> usize {
        let owners = self.groups.iter().filter(|group| group.handle == Some(handle));
        owners.map(|group| group.threads).sum::<usize>().max(1)
    }
}

impl Group {
    /// Whether its threads are waited for by those that act after the producers.
    pub(crate) fn produces(&self) -> bool {
        matches!(self.program, Program::Produce { .. })
    }

    /// Whether its threads are workers.
    pub(crate) fn works(&self) -> bool {
        matches!(self.program, Program::Work { .. })
    }

    fn forget_a_sentinel(&mut self) {
        if let Program::Steps { steps, .. } = &mut self.program {
            let sentinel = |step: &Operation| matches!(step, Operation::SendSentinels { .. });
            if let Some(position) = steps.iter().position(sentinel) {
                steps.remove(position);
            }
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.protocol)?;
        for group in &self.groups {
            let plural = if group.threads == 1 { "" } else { "s" };
            write!(formatter, " {} {}{plural}", group.threads, group.name)?;
            if let Program::Produce { items, .. } = group.program {
                let plural = if items == 1 { "" } else { "s" };
                write!(formatter, " x {items} item{plural}")?;
            }
            formatter.write_str(",")?;
        }
        match self.capacity {
            Some(capacity) => write!(formatter, " capacity {capacity}")?,
            None => formatter.write_str(" unbounded")?,
        }
        match self.mutation {
            Some(mutation) => write!(formatter, ", {mutation}"),
            None => Ok(()),
        }
    }
}
