//! The language of client programs: one list of operations per thread, and a capacity.
//!
//! A program has a text, `2: send recv | close`, which names it in reports, parses back when a
//! failure is replayed, and is how the scenarios are written down.

use std::fmt;
use std::str::FromStr;

/// One operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `send`.
    Send,
    /// `try_send`.
    TrySend,
    /// `send_timeout`.
    SendTimeout,
    /// `force_send`.
    ForceSend,
    /// `send_many` of two items.
    SendMany,
    /// `send_sentinel`.
    Sentinel,
    /// `recv`.
    Recv,
    /// `try_recv`.
    TryRecv,
    /// `recv_timeout`.
    RecvTimeout,
    /// `recv_many` of at most two items.
    RecvMany,
    /// A worker loop: `iter` until it ends.
    Worker,
    /// `recv_task`, and the end of the task.
    Task,
    /// `join`.
    Join,
    /// `join_timeout`.
    JoinTimeout,
    /// `close`.
    Close,
    /// `close_now`.
    CloseNow,
    /// The thread drops its sender.
    DropSender,
    /// The thread drops its receiver.
    DropReceiver,
    /// The thread takes a task and dies while it holds it, and its handles with it.
    Die,
}

impl Op {
    /// All of them, and their names.
    pub const ALL: [(Op, &'static str); 19] = [
        (Op::Send, "send"),
        (Op::TrySend, "try_send"),
        (Op::SendTimeout, "send_timeout"),
        (Op::ForceSend, "force_send"),
        (Op::SendMany, "send_many"),
        (Op::Sentinel, "sentinel"),
        (Op::Recv, "recv"),
        (Op::TryRecv, "try_recv"),
        (Op::RecvTimeout, "recv_timeout"),
        (Op::RecvMany, "recv_many"),
        (Op::Worker, "worker"),
        (Op::Task, "task"),
        (Op::Join, "join"),
        (Op::JoinTimeout, "join_timeout"),
        (Op::Close, "close"),
        (Op::CloseNow, "close_now"),
        (Op::DropSender, "drop_sender"),
        (Op::DropReceiver, "drop_receiver"),
        (Op::Die, "die"),
    ];

    /// Whether it needs a sender.
    pub fn sends(self) -> bool {
        use Op::{DropSender, ForceSend, Send, SendMany, SendTimeout, Sentinel, TrySend};
        matches!(self, Send | TrySend | SendTimeout | ForceSend | SendMany | Sentinel | DropSender)
    }

    /// Whether it needs a receiver.
    pub fn receives(self) -> bool {
        use Op::{Die, DropReceiver, Recv, RecvMany, RecvTimeout, Task, TryRecv, Worker};
        matches!(self, Recv | TryRecv | RecvTimeout | RecvMany | Worker | Task | DropReceiver | Die)
    }

    /// How many items it sends.
    pub fn items(self) -> usize {
        match self {
            Op::SendMany => 2,
            Op::Send | Op::TrySend | Op::SendTimeout | Op::ForceSend => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Op::ALL.iter().find(|(op, _)| op == self).map_or("?", |(_, name)| name);
        formatter.write_str(name)
    }
}

/// One list of operations per thread, and a capacity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Program {
    /// How many items fit; `None` is unbounded.
    pub capacity: Option<usize>,
    /// What each thread does.
    pub threads: Vec<Vec<Op>>,
}

impl Program {
    /// How many operations it has.
    pub fn size(&self) -> usize {
        self.threads.iter().map(Vec::len).sum()
    }

    /// Whether any thread performs this operation.
    pub fn has(&self, op: Op) -> bool {
        self.threads.iter().flatten().any(|&other| other == op)
    }

    /// Whether each sending thread has a sender of its own; otherwise all share one, which lives
    /// longer than any of them.
    pub fn owns_senders(&self) -> bool {
        self.has(Op::DropSender)
    }

    /// Whether each receiving thread has a receiver of its own.
    pub fn owns_receivers(&self) -> bool {
        self.has(Op::DropReceiver) || self.has(Op::Die)
    }

    /// Whether every thread still has the handles that its operations need: nobody uses what it
    /// has dropped.
    pub fn is_possible(&self) -> bool {
        self.threads.iter().all(|ops| {
            ops.iter().enumerate().all(|(position, &op)| {
                let later = &ops[position + 1..];
                let gone = match op {
                    Op::DropSender => later.iter().any(|later| later.sends()),
                    Op::DropReceiver => later.iter().any(|later| later.receives()),
                    Op::Die => !later.is_empty(),
                    _ => false,
                };
                !gone && (self.has_handle_for_control(ops, position) || !op.controls())
            })
        })
    }

    /// Whether the thread has any handle left for an operation at this position that could go
    /// through either.
    fn has_handle_for_control(&self, ops: &[Op], position: usize) -> bool {
        let earlier = &ops[..position];
        let has_receiver = ops.iter().any(|op| op.receives());
        let has_sender = ops.iter().any(|op| op.sends()) || !has_receiver;
        let sends = has_sender && !earlier.contains(&Op::DropSender);
        let takes = has_receiver && !earlier.contains(&Op::DropReceiver);
        sends || takes || !self.owns_senders() || !self.owns_receivers()
    }
}

impl Op {
    /// Whether it goes through either handle.
    pub fn controls(self) -> bool {
        matches!(self, Op::Join | Op::JoinTimeout | Op::Close | Op::CloseNow)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.capacity {
            Some(capacity) => write!(formatter, "{capacity}:")?,
            None => write!(formatter, "unbounded:")?,
        }
        for (thread, ops) in self.threads.iter().enumerate() {
            if thread > 0 {
                write!(formatter, " |")?;
            }
            for op in ops {
                write!(formatter, " {op}")?;
            }
        }
        Ok(())
    }
}

/// The text is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError(String);

impl fmt::Display for ProgramError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a program such as \"2: send recv | close\"", self.0)
    }
}

impl std::error::Error for ProgramError {}

impl FromStr for Program {
    type Err = ProgramError;

    fn from_str(text: &str) -> Result<Self, ProgramError> {
        parse(text).ok_or_else(|| ProgramError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Program> {
    let (capacity, threads) = text.split_once(':')?;
    let capacity = match capacity.trim() {
        "unbounded" => None,
        number => Some(number.parse().ok().filter(|&capacity: &usize| capacity > 0)?),
    };
    let operation = |word: &str| {
        Op::ALL.iter().find(|(_, name)| *name == word).map(|&(operation, _)| operation)
    };
    let threads = threads
        .split('|')
        .map(|ops| ops.split_whitespace().map(operation).collect::<Option<Vec<_>>>())
        .collect::<Option<Vec<_>>>()?;
    let program = Program { capacity, threads };
    let usable = !program.threads.iter().any(Vec::is_empty) && program.is_possible();
    usable.then_some(program)
}
