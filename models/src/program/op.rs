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
    /// `try_send_many` of so many items.
    TrySendMany(usize),
    /// `send_many_timeout` of so many items.
    SendManyTimeout(usize),
    /// `send_async`.
    SendAsync,
    /// `send_async`; the future is polled once, and dropped if it is pending.
    SendAsyncDrop,
    /// `send_sentinel`.
    Sentinel,
    /// `send_sentinels`, so many.
    Sentinels(usize),
    /// `send_sentinels_front`, so many.
    SentinelsFront(usize),
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
    /// `recv_full` of so many items.
    RecvFull(usize),
    /// `recv_async`.
    RecvAsync,
    /// `recv_async`; the future is polled once, and dropped if it is pending.
    RecvAsyncDrop,
    /// `recv_many_async` of at most so many items.
    RecvManyAsync(usize),
    /// A worker loop: `iter` until it ends.
    Worker,
    /// `recv_task`, and the end of the task.
    Task,
    /// `try_recv_task`, and the end of the task.
    TryTask,
    /// `recv_task_timeout`, and the end of the task.
    TaskTimeout,
    /// `recv_task_async`, and the end of the task.
    TaskAsync,
    /// `recv_task`; the thread holds the task until it ends it, or itself.
    TakeTask,
    /// `recv_many_tasks` of at most so many tasks, which the thread holds.
    TakeTasks(usize),
    /// The thread ends the task that it has held longest; if it holds none, nothing happens.
    EndTask,
    /// The thread puts back the task that it has held longest, or ends it if the queue is closed; if
    /// it holds none, nothing happens.
    PutBack,
    /// `join`.
    Join,
    /// `join_timeout`.
    JoinTimeout,
    /// `join_async`.
    JoinAsync,
    /// `join_async`; the future is polled once, and dropped if it is pending.
    JoinAsyncDrop,
    /// `flush`.
    Flush,
    /// `flush_timeout`.
    FlushTimeout,
    /// `close`.
    Close,
    /// `close_now`.
    CloseNow,
    /// `drain`.
    Drain,
    /// The thread clones its sender.
    CloneSender,
    /// The thread clones its receiver.
    CloneReceiver,
    /// The thread drops a sender.
    DropSender,
    /// The thread drops a receiver.
    DropReceiver,
    /// `leave_if_idle` of a receiver of the thread.
    Leave,
    /// `upgrade_sender` of a weak handle; the thread owns what it is given.
    UpgradeSender,
    /// `upgrade_receiver` of a weak handle; the thread owns what it is given.
    UpgradeReceiver,
    /// The thread takes a task and dies while it holds it, and its receivers with it.
    Die,
    /// Waits until all other participants have ended: `Group::join`.
    Await,
}

/// All operations, each of size 1 if it has one, and their names.
const NAMES: [(Op, &str); 51] = [
    (Op::Send, "send"),
    (Op::TrySend, "try_send"),
    (Op::SendTimeout, "send_timeout"),
    (Op::SendDeadline, "send_deadline"),
    (Op::ForceSend, "force_send"),
    (Op::SendMany(1), "send_many"),
    (Op::TrySendMany(1), "try_send_many"),
    (Op::SendManyTimeout(1), "send_many_timeout"),
    (Op::SendAsync, "send_async"),
    (Op::SendAsyncDrop, "send_async_drop"),
    (Op::Sentinel, "sentinel"),
    (Op::Sentinels(1), "sentinels"),
    (Op::SentinelsFront(1), "sentinels_front"),
    (Op::Recv, "recv"),
    (Op::TryRecv, "try_recv"),
    (Op::RecvTimeout, "recv_timeout"),
    (Op::RecvDeadline, "recv_deadline"),
    (Op::RecvMany(1), "recv_many"),
    (Op::TryRecvMany(1), "try_recv_many"),
    (Op::RecvManyTimeout(1), "recv_many_timeout"),
    (Op::RecvFull(1), "recv_full"),
    (Op::RecvAsync, "recv_async"),
    (Op::RecvAsyncDrop, "recv_async_drop"),
    (Op::RecvManyAsync(1), "recv_many_async"),
    (Op::Worker, "worker"),
    (Op::Task, "task"),
    (Op::TryTask, "try_task"),
    (Op::TaskTimeout, "task_timeout"),
    (Op::TaskAsync, "task_async"),
    (Op::TakeTask, "take_task"),
    (Op::TakeTasks(1), "take_tasks"),
    (Op::EndTask, "end_task"),
    (Op::PutBack, "put_back"),
    (Op::Join, "join"),
    (Op::JoinTimeout, "join_timeout"),
    (Op::JoinAsync, "join_async"),
    (Op::JoinAsyncDrop, "join_async_drop"),
    (Op::Flush, "flush"),
    (Op::FlushTimeout, "flush_timeout"),
    (Op::Close, "close"),
    (Op::CloseNow, "close_now"),
    (Op::Drain, "drain"),
    (Op::CloneSender, "clone_sender"),
    (Op::CloneReceiver, "clone_receiver"),
    (Op::DropSender, "drop_sender"),
    (Op::DropReceiver, "drop_receiver"),
    (Op::Leave, "leave"),
    (Op::UpgradeSender, "upgrade_sender"),
    (Op::UpgradeReceiver, "upgrade_receiver"),
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
        use Op::{RecvFull, RecvMany, RecvManyAsync, RecvManyTimeout, SendMany, SendManyTimeout};
        use Op::{Sentinels, SentinelsFront, TakeTasks, TryRecvMany, TrySendMany};
        let (SendMany(size)
        | TrySendMany(size)
        | SendManyTimeout(size)
        | Sentinels(size)
        | SentinelsFront(size)
        | RecvMany(size)
        | TryRecvMany(size)
        | RecvManyTimeout(size)
        | RecvManyAsync(size)
        | RecvFull(size)
        | TakeTasks(size)) = self
        else {
            return None;
        };
        Some(size)
    }

    /// Returns the operation with another size.
    fn sized(self, size: usize) -> Op {
        match self {
            Op::SendMany(_) => Op::SendMany(size),
            Op::TrySendMany(_) => Op::TrySendMany(size),
            Op::SendManyTimeout(_) => Op::SendManyTimeout(size),
            Op::Sentinels(_) => Op::Sentinels(size),
            Op::SentinelsFront(_) => Op::SentinelsFront(size),
            Op::RecvMany(_) => Op::RecvMany(size),
            Op::TryRecvMany(_) => Op::TryRecvMany(size),
            Op::RecvManyTimeout(_) => Op::RecvManyTimeout(size),
            Op::RecvManyAsync(_) => Op::RecvManyAsync(size),
            Op::RecvFull(_) => Op::RecvFull(size),
            Op::TakeTasks(_) => Op::TakeTasks(size),
            other => other,
        }
    }

    /// Returns whether it needs a sender.
    pub fn sends(self) -> bool {
        use Op::{CloneSender, DropSender, Sentinel, Sentinels, SentinelsFront};
        let sentinels = matches!(self, Sentinel | Sentinels(_) | SentinelsFront(_));
        self.items() > 0 || sentinels || matches!(self, CloneSender | DropSender)
    }

    /// Returns whether it needs a receiver.
    pub fn receives(self) -> bool {
        use Op::{CloneReceiver, Die, DropReceiver, Leave, Recv, RecvAsync, RecvAsyncDrop};
        use Op::{RecvDeadline, RecvFull, RecvMany, RecvManyAsync, RecvManyTimeout, RecvTimeout};
        use Op::{TakeTask, TakeTasks, Task, TaskTimeout, TryRecv, TryRecvMany, TryTask, Worker};
        let handles = matches!(self, CloneReceiver | DropReceiver | Leave);
        let items = matches!(self, Recv | TryRecv | RecvTimeout | RecvDeadline | Worker);
        let polled = matches!(self, RecvAsync | RecvAsyncDrop | RecvManyAsync(_) | Op::TaskAsync);
        let batches = matches!(
            self,
            RecvMany(_) | TryRecvMany(_) | RecvManyTimeout(_) | RecvFull(_) | TakeTasks(_)
        );
        let tasks = matches!(self, Task | TryTask | TaskTimeout | TakeTask | Die);
        handles || items || polled || batches || tasks
    }

    /// Returns whether it waits until all that was accepted is done, or at least tries to.
    pub fn joins(self) -> bool {
        let polled = matches!(self, Op::JoinAsync | Op::JoinAsyncDrop);
        polled
            || matches!(self, Op::Join | Op::JoinTimeout)
            || matches!(self, Op::Flush | Op::FlushTimeout)
    }

    /// Returns whether it goes through either handle.
    pub fn controls(self) -> bool {
        self.joins() || matches!(self, Op::Close | Op::CloseNow | Op::Drain)
    }

    /// Returns whether it waits as a future, which counts as running in a group.
    pub fn is_async(self) -> bool {
        use Op::{JoinAsync, RecvAsync, RecvManyAsync, SendAsync, TaskAsync};
        let drops = matches!(self, Op::SendAsyncDrop | Op::RecvAsyncDrop | Op::JoinAsyncDrop);
        let receives = matches!(self, RecvAsync | RecvManyAsync(_) | TaskAsync);
        drops || receives || matches!(self, SendAsync | JoinAsync)
    }

    /// Returns whether it waits without a deadline, if it waits: it may be reported as deadlocked.
    pub fn may_block_forever(self) -> bool {
        use Op::{Await, Die, Flush, Join, Recv, RecvFull, RecvMany, TakeTask, TakeTasks, Task};
        let sends = matches!(self, Op::Send | Op::SendMany(_));
        let receives = matches!(self, Recv | RecvMany(_) | RecvFull(_) | Op::Worker);
        let tasks = matches!(self, Task | TakeTask | TakeTasks(_) | Die);
        sends || receives || tasks || matches!(self, Join | Flush | Await)
    }

    /// Returns the number of items that it sends.
    pub fn items(self) -> usize {
        match self {
            Op::SendMany(items) | Op::TrySendMany(items) | Op::SendManyTimeout(items) => items,
            Op::Send
            | Op::TrySend
            | Op::SendTimeout
            | Op::SendDeadline
            | Op::ForceSend
            | Op::SendAsync
            | Op::SendAsyncDrop => 1,
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
