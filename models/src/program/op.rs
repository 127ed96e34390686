//! The operations of client programs.

use std::fmt;

/// One operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `send`.
    Send,
    /// `try_send`.
    TrySend,
    /// `send_timeout`.
    SendTimeout,
    /// `send_deadline`.
    SendDeadline,
    /// `force_send`.
    ForceSend,
    /// `send_many` of so many items.
    SendMany(usize),
    /// `send_sentinel`.
    Sentinel,
    /// `send_sentinels`, so many.
    Sentinels(usize),
    /// `recv`.
    Recv,
    /// `try_recv`.
    TryRecv,
    /// `recv_timeout`.
    RecvTimeout,
    /// `recv_deadline`.
    RecvDeadline,
    /// `recv_many` of at most so many items.
    RecvMany(usize),
    /// `try_recv_many` of at most so many items.
    TryRecvMany(usize),
    /// `recv_many_timeout` of at most so many items.
    RecvManyTimeout(usize),
    /// A worker loop: `iter` until it ends.
    Worker,
    /// `recv_task`, and the end of the task.
    Task,
    /// `recv_task`; the thread holds the task until it ends it, or itself.
    TakeTask,
    /// The thread ends the task that it has held longest; if it holds none, nothing happens.
    EndTask,
    /// `join`.
    Join,
    /// `join_timeout`.
    JoinTimeout,
    /// `close`.
    Close,
    /// `close_now`.
    CloseNow,
    /// The thread clones its sender.
    CloneSender,
    /// The thread clones its receiver.
    CloneReceiver,
    /// The thread drops a sender.
    DropSender,
    /// The thread drops a receiver.
    DropReceiver,
    /// The thread takes a task and dies while it holds it, and its receivers with it.
    Die,
    /// Waits until all other participants have ended: `Group::join`.
    Await,
}

/// All operations, each of size 1 if it has one, and their names.
const NAMES: [(Op, &str); 29] = [
    (Op::Send, "send"),
    (Op::TrySend, "try_send"),
    (Op::SendTimeout, "send_timeout"),
    (Op::SendDeadline, "send_deadline"),
    (Op::ForceSend, "force_send"),
    (Op::SendMany(1), "send_many"),
    (Op::Sentinel, "sentinel"),
    (Op::Sentinels(1), "sentinels"),
    (Op::Recv, "recv"),
    (Op::TryRecv, "try_recv"),
    (Op::RecvTimeout, "recv_timeout"),
    (Op::RecvDeadline, "recv_deadline"),
    (Op::RecvMany(1), "recv_many"),
    (Op::TryRecvMany(1), "try_recv_many"),
    (Op::RecvManyTimeout(1), "recv_many_timeout"),
    (Op::Worker, "worker"),
    (Op::Task, "task"),
    (Op::TakeTask, "take_task"),
    (Op::EndTask, "end_task"),
    (Op::Join, "join"),
    (Op::JoinTimeout, "join_timeout"),
    (Op::Close, "close"),
    (Op::CloseNow, "close_now"),
    (Op::CloneSender, "clone_sender"),
    (Op::CloneReceiver, "clone_receiver"),
    (Op::DropSender, "drop_sender"),
    (Op::DropReceiver, "drop_receiver"),
    (Op::Die, "die"),
    (Op::Await, "await"),
];

impl Op {
    /// Iterates over all operations, each of size 1 if it has one.
    pub fn all() -> impl Iterator<Item = Op> {
        NAMES.into_iter().map(|(op, _)| op)
    }

    /// Returns its name, without its size.
    pub fn name(self) -> &'static str {
        let name = NAMES.into_iter().find(|(op, _)| *op == self.sized(1));
        name.map_or("?", |(_, name)| name)
    }

    /// Returns the operation of this name; the size is for those that have one.
    pub fn named(name: &str, size: Option<usize>) -> Option<Op> {
        let (op, _) = NAMES.into_iter().find(|(_, other)| *other == name)?;
        if op.size().is_some() {
            size.map(|size| op.sized(size))
        } else {
            Some(op)
        }
    }

    /// Reads a list of operations, such as `send_many 3 recv`; `None` if there is another word.
    pub fn list(text: &str) -> Option<Vec<Op>> {
        let mut words = text.split_whitespace().peekable();
        let mut ops = Vec::new();
        while let Some(word) = words.next() {
            let op = Op::named(word, words.peek().and_then(|word| word.parse().ok()))?;
            if op.size().is_some() {
                words.next();
            }
            ops.push(op);
        }
        Some(ops)
    }

    /// Returns the number of items or sentinels that it names, if it names one.
    pub fn size(self) -> Option<usize> {
        use Op::{RecvMany, RecvManyTimeout, SendMany, Sentinels, TryRecvMany};
        let (SendMany(size)
        | Sentinels(size)
        | RecvMany(size)
        | TryRecvMany(size)
        | RecvManyTimeout(size)) = self
        else {
            return None;
        };
        Some(size)
    }

    /// Returns the operation with another size.
    fn sized(self, size: usize) -> Op {
        match self {
            Op::SendMany(_) => Op::SendMany(size),
            Op::Sentinels(_) => Op::Sentinels(size),
            Op::RecvMany(_) => Op::RecvMany(size),
            Op::TryRecvMany(_) => Op::TryRecvMany(size),
            Op::RecvManyTimeout(_) => Op::RecvManyTimeout(size),
            other => other,
        }
    }

    /// Returns whether it needs a sender.
    pub fn sends(self) -> bool {
        use Op::{CloneSender, DropSender, ForceSend, Send, SendDeadline, SendMany, SendTimeout};
        use Op::{Sentinel, Sentinels, TrySend};
        let handles = matches!(self, CloneSender | DropSender);
        let items = matches!(self, Send | TrySend | SendTimeout | SendDeadline | ForceSend);
        handles || items || matches!(self, SendMany(_) | Sentinel | Sentinels(_))
    }

    /// Returns whether it needs a receiver.
    pub fn receives(self) -> bool {
        use Op::{CloneReceiver, Die, DropReceiver, Recv, RecvDeadline, RecvMany, RecvManyTimeout};
        use Op::{RecvTimeout, TakeTask, Task, TryRecv, TryRecvMany, Worker};
        let handles = matches!(self, CloneReceiver | DropReceiver);
        let items = matches!(self, Recv | TryRecv | RecvTimeout | RecvDeadline | Worker);
        let batches = matches!(self, RecvMany(_) | TryRecvMany(_) | RecvManyTimeout(_));
        handles || items || batches || matches!(self, Task | TakeTask | Die)
    }

    /// Returns whether it goes through either handle.
    pub fn controls(self) -> bool {
        matches!(self, Op::Join | Op::JoinTimeout | Op::Close | Op::CloseNow)
    }

    /// Returns whether it waits without a deadline, if it waits: it may be reported as deadlocked.
    pub fn may_block_forever(self) -> bool {
        let sends = matches!(self, Op::Send | Op::SendMany(_));
        let receives = matches!(self, Op::Recv | Op::RecvMany(_) | Op::Worker);
        sends
            || receives
            || matches!(self, Op::Task | Op::TakeTask | Op::Die | Op::Join | Op::Await)
    }

    /// Returns the number of items that it sends.
    pub fn items(self) -> usize {
        match self {
            Op::SendMany(items) => items,
            Op::Send | Op::TrySend | Op::SendTimeout | Op::SendDeadline | Op::ForceSend => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        self.size().map_or(Ok(()), |size| write!(formatter, " {size}"))
    }
}
