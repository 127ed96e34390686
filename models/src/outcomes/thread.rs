//! One thread of a program: how far it has come, and its responses.

use std::collections::VecDeque;

use crate::one_queue::{Attempt, AttemptResult, Operation, Timeout};
use crate::program::{Op, Program, Step};
use crate::{Event, ItemId, Response};

/// The next critical section of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// An attempt of an operation.
    Attempt(Operation, Timeout),
    /// An event that is not an operation: a handle is cloned.
    Event(Event),
    /// No critical section of a queue: it waits until all other participants have ended.
    Await,
    /// None either: it leaves its group. Only a thread that waits for others can tell whether it has.
    Leave,
    /// None: the thread has ended.
    Ended,
}

/// How far a thread has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// It performs its operations.
    Working,
    /// It is past the last one, and gives up what it has.
    Leaving,
    /// It has left its group, if there is one.
    Gone,
}

/// A task that a thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    pub(super) queue: usize,
    pub(super) generation: u64,
    pub(super) item: ItemId,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    /// The responses of its operations, in order.
    pub(super) responses: Vec<Response>,
    /// The response of the operation in progress, so far.
    so_far: Response,
    /// The next critical section, and its queue.
    pub(super) next: Next,
    pub(super) queue: usize,
    /// Critical sections that follow the current one, before anything else, with their queues.
    follow_up: VecDeque<(usize, Operation)>,
    /// Whether an operation is in progress.
    busy: bool,
    /// The number of items that it has made before this operation, and has sent in it.
    made: usize,
    sent: usize,
    /// How often its deadline may still pass.
    pub(super) timeouts: u32,
    /// Its own handles of each queue, and the tasks that it holds, those held longest first.
    pub(super) senders: Vec<usize>,
    pub(super) receivers: Vec<usize>,
    pub(super) tasks: VecDeque<Task>,
    /// Of those tasks, how many it held before this operation.
    held: usize,
    /// Whether `recv_full` has ended with fewer items than its limit.
    batch_ended: bool,
    /// The items that its flush waits for: those that were not done when it began.
    pub(super) owed: Vec<ItemId>,
    /// Its number, from 1.
    number: usize,
    /// Whether a deadlock was reported while it waited, and it has not looked again since.
    pub(super) reported: bool,
    /// How far it has come.
    stage: Stage,
}

impl Thread {
    /// Returns the thread before its first operation.
    pub(super) fn new(program: &Program, number: usize, timeouts: u32) -> Self {
        let steps = program.all_threads().nth(number - 1).unwrap_or_default();
        let handles = (0..program.capacities.len()).map(|queue| {
            let (sender, receiver) = Program::first_handles(steps, queue);
            let senders = usize::from(sender && program.owns_senders());
            (senders, usize::from(receiver && program.owns_receivers()))
        });
        let (senders, receivers) = handles.unzip();
        Thread {
            responses: Vec::new(),
            so_far: Response::default(),
            next: Next::Ended,
            queue: 0,
            follow_up: VecDeque::new(),
            busy: false,
            made: 0,
            sent: 0,
            timeouts,
            senders,
            receivers,
            tasks: VecDeque::new(),
            held: 0,
            batch_ended: false,
            owed: Vec::new(),
            number,
            reported: false,
            stage: Stage::Working,
        }
    }

    /// Returns whether its deadline may end its wait.
    pub(super) fn may_expire(&self) -> bool {
        self.timeouts > 0 && matches!(self.next, Next::Attempt(_, Timeout::Deadline))
    }

    /// Returns whether it waits as a future that is dropped.
    pub(super) fn may_cancel(&self) -> bool {
        matches!(self.next, Next::Attempt(_, Timeout::Dropped))
    }

    /// Ends its wait for the others: they have ended, or a deadlock was reported.
    pub(super) fn end_await(&mut self, granted: bool) {
        (self.so_far.joined, self.so_far.deadlocked) = (granted, !granted);
        self.reported = false;
        self.next = Next::Ended;
    }

    /// Ends the thread: it leaves its group.
    pub(super) fn leave_group(&mut self) {
        self.stage = Stage::Gone;
        self.next = Next::Ended;
    }

    fn end(&mut self, program: &Program) {
        if program.has(|op| op == Op::Await) {
            self.next = Next::Leave;
        } else {
            self.leave_group();
        }
    }

    /// Drops the future.
    pub(super) fn cancel(&mut self) {
        self.so_far.dropped = true;
        self.next = Next::Ended;
    }

    /// Returns its next item, which goes in.
    pub(super) fn send_next(&mut self) -> ItemId {
        self.sent += 1;
        ItemId { thread: self.number, number: self.made + self.sent - 1 }
    }

    /// Adds what an attempt has returned.
    pub(super) fn receive(&mut self, operation: Operation, attempt: &Attempt, got: Response) {
        let so_far = &mut self.so_far;
        so_far.accepted.extend(got.accepted);
        so_far.put_back.extend(got.put_back);
        // What the last receiver drains is dropped.
        if operation != Operation::DropReceiver {
            so_far.obtained.extend(got.obtained);
        }
        so_far.refusal = so_far.refusal.or(got.refusal);
        so_far.closed = so_far.closed.or(got.closed);
        so_far.joined |= got.joined;
        so_far.flushed |= got.flushed;
        so_far.granted = so_far.granted.or(got.granted);
        so_far.sentinels_sent += attempt.sentinels_in;
        match operation {
            Operation::CloseNow => so_far.sentinels_drained += attempt.sentinels_out,
            Operation::DropReceiver => {}
            _ => so_far.sentinels_taken += attempt.sentinels_out,
        }
    }

    /// Records that an event that is not an operation has happened.
    pub(super) fn done(&mut self) {
        match self.next {
            Next::Event(Event::AddSender) => self.senders[self.queue] += 1,
            _ => self.receivers[self.queue] += 1,
        }
        self.next = Next::Ended;
    }

    /// Advances the thread after an attempt; says whether it gave up because of a deadlock.
    pub(super) fn after(&mut self, operation: Operation, result: AttemptResult, deadlocked: bool) {
        let (done, queue) = (result == AttemptResult::Done, self.queue);
        self.so_far.deadlocked = deadlocked;
        if result != AttemptResult::Waits {
            self.next = Next::Ended;
        }
        match operation {
            Operation::DropSender => self.senders[queue] -= 1,
            Operation::DropReceiver => self.receivers[queue] -= 1,
            Operation::Leave => self.receivers[queue] -= usize::from(done),
            Operation::UpgradeSender => self.senders[queue] += usize::from(done),
            Operation::UpgradeReceiver => self.receivers[queue] += usize::from(done),
            Operation::ReceiveMore { .. } => self.batch_ended = result == AttemptResult::GaveUp,
            // A closed queue takes nothing, and the thread ends the task.
            Operation::PutBack { generation } if !done => {
                self.follow_up.push_back((queue, Operation::FinishTask { generation }));
            }
            Operation::FinishTask { .. } | Operation::PutBack { .. } => {
                self.tasks.remove(self.ends_next(queue));
                self.held = self.held.min(self.tasks.len());
            }
            _ => {}
        }
    }

    /// Returns the place of the task of a queue that it ends next: the one that this operation has
    /// taken, or the one that it has held longest.
    fn ends_next(&self, queue: usize) -> usize {
        let first = || self.tasks.iter().position(|task| task.queue == queue);
        if self.tasks.len() > self.held {
            self.held
        } else {
            first().unwrap_or_else(|| unreachable!("it holds a task of that queue"))
        }
    }

    /// Returns the task of a queue that it has held longest.
    pub(super) fn held_longest(&self, queue: usize) -> Task {
        self.tasks[self.ends_next(queue)]
    }

    /// Returns whether it is past its last operation.
    pub(super) fn is_leaving(&self) -> bool {
        self.stage == Stage::Leaving
    }

    /// Returns whether it has stopped, because an operation was reported as deadlocked.
    fn has_stopped(&self, program: &Program) -> bool {
        let deadlocked = self.responses.last().is_some_and(|response| response.deadlocked);
        deadlocked && !self.busy && !program.resuming
    }

    /// Determines the next critical section.
    pub(super) fn settle(&mut self, program: &Program) {
        let steps = program.all_threads().nth(self.number - 1).unwrap_or_default();
        while self.next == Next::Ended && self.stage != Stage::Gone {
            if self.has_stopped(program) {
                return self.end(program);
            }
            if let Some((queue, operation)) = self.follow_up.pop_front() {
                self.queue = queue;
                self.next = Next::Attempt(operation, Timeout::Immediate);
                return;
            }
            match steps.get(self.responses.len()) {
                Some(Step { op, queue }) if self.busy => {
                    self.queue = *queue;
                    self.proceed(*op);
                }
                Some(Step { op, queue }) => {
                    (self.busy, self.queue) = (true, *queue);
                    self.next = self.begin(*op);
                }
                None if self.is_leaving() => return self.end(program),
                None => self.leave(program.owning),
            }
        }
    }

    /// Returns the next critical section of an operation, if it has one.
    #[allow(clippy::too_many_lines)] // a line for each operation
    fn begin(&mut self, op: Op) -> Next {
        match op {
            Op::CloneSender => return Next::Event(Event::AddSender),
            Op::CloneReceiver => return Next::Event(Event::AddReceiver),
            Op::EndTask | Op::PutBack if !self.holds_a_task() => return Next::Ended,
            Op::Await => return Next::Await,
            Op::RecvFull(limit) if !self.so_far.obtained.is_empty() => {
                let limit = limit - self.so_far.obtained.len();
                return Next::Attempt(Operation::ReceiveMore { limit }, Timeout::Deadline);
            }
            _ => {}
        }
        let operation = match op {
            Op::Send
            | Op::TrySend
            | Op::SendTimeout
            | Op::SendDeadline
            | Op::SendAsync
            | Op::SendAsyncDrop => Operation::Send,
            Op::SendMany(items) | Op::TrySendMany(items) | Op::SendManyTimeout(items) => {
                Operation::SendMany { items: items - self.sent }
            }
            Op::ForceSend => Operation::ForceSend,
            Op::Sentinel => Operation::SendSentinels { count: 1 },
            Op::Sentinels(count) => Operation::SendSentinels { count },
            Op::SentinelsFront(count) => Operation::SendSentinelsFront { count },
            Op::Task | Op::TryTask | Op::TaskTimeout | Op::TaskAsync | Op::TakeTask | Op::Die => {
                Operation::Receive { tasks: true }
            }
            Op::TakeTasks(limit) => Operation::ReceiveTasks { limit },
            Op::RecvFull(limit)
            | Op::RecvMany(limit)
            | Op::TryRecvMany(limit)
            | Op::RecvManyTimeout(limit)
            | Op::RecvManyAsync(limit) => Operation::ReceiveMany { limit },
            Op::EndTask => {
                Operation::FinishTask { generation: self.held_longest(self.queue).generation }
            }
            Op::PutBack => {
                Operation::PutBack { generation: self.held_longest(self.queue).generation }
            }
            Op::Join | Op::JoinTimeout | Op::JoinAsync | Op::JoinAsyncDrop => Operation::Join,
            Op::Flush | Op::FlushTimeout => Operation::Flush { thread: self.number },
            Op::Drain => Operation::Drain,
            Op::Leave => Operation::Leave,
            Op::UpgradeSender => Operation::UpgradeSender,
            Op::UpgradeReceiver => Operation::UpgradeReceiver,
            Op::Close => Operation::Close,
            Op::CloseNow => Operation::CloseNow,
            Op::DropSender => Operation::DropSender,
            Op::DropReceiver => Operation::DropReceiver,
            Op::Await | Op::CloneSender | Op::CloneReceiver => return Next::Ended,
            Op::Recv
            | Op::TryRecv
            | Op::RecvTimeout
            | Op::RecvDeadline
            | Op::RecvAsync
            | Op::RecvAsyncDrop
            | Op::Worker => Operation::Receive { tasks: false },
        };
        Next::Attempt(operation, timeout(op))
    }

    /// Continues or completes the operation in progress, after an attempt that does not wait.
    fn proceed(&mut self, op: Op) {
        let ended = self.so_far.refusal.is_some() || self.so_far.sentinels_taken > 0;
        match op {
            Op::Worker if !ended => return self.next = self.begin(op),
            Op::SendMany(items) | Op::TrySendMany(items) | Op::SendManyTimeout(items)
                if !ended && self.sent < items =>
            {
                return self.next = self.begin(op);
            }
            Op::RecvFull(limit)
                if !ended && !self.batch_ended && self.so_far.obtained.len() < limit =>
            {
                return self.next = self.begin(op);
            }
            Op::Task | Op::TryTask | Op::TaskTimeout | Op::TaskAsync
                if self.tasks.len() > self.held =>
            {
                let generation = self.tasks[self.held].generation;
                self.follow_up.push_back((self.queue, Operation::FinishTask { generation }));
                return;
            }
            Op::Die if !self.so_far.deadlocked && self.has_what_dies_with_it() => {
                self.end_tasks();
                self.drop_handles(Operation::DropReceiver);
                return;
            }
            _ => {}
        }
        let mut response = std::mem::take(&mut self.so_far);
        let thread = self.number;
        let kept = self.made + self.sent..self.made + op.items();
        response.returned = kept.map(|number| ItemId { thread, number }).collect();
        self.made += op.items();
        (self.sent, self.busy, self.held) = (0, false, self.tasks.len());
        self.batch_ended = false;
        self.owed.clear();
        self.responses.push(response);
    }

    fn holds_a_task(&self) -> bool {
        self.tasks.iter().any(|task| task.queue == self.queue)
    }

    fn has_what_dies_with_it(&self) -> bool {
        !self.tasks.is_empty() || self.receivers.iter().any(|&count| count > 0)
    }

    /// Drops its own handles of one side, one queue after the other.
    fn drop_handles(&mut self, operation: Operation) {
        let side = if operation == Operation::DropSender { &self.senders } else { &self.receivers };
        for (queue, &count) in side.iter().enumerate() {
            self.follow_up.extend(std::iter::repeat_n((queue, operation), count));
        }
    }

    fn end_tasks(&mut self) {
        let end = |task: &Task| (task.queue, Operation::FinishTask { generation: task.generation });
        let next = self.tasks.iter().skip(self.held).chain(self.tasks.iter().take(self.held));
        self.follow_up.extend(next.map(end));
    }

    /// Ends the tasks that it holds, and drops its handles if they end with it.
    fn leave(&mut self, owning: bool) {
        self.stage = Stage::Leaving;
        self.end_tasks();
        if owning {
            self.drop_handles(Operation::DropSender);
            self.drop_handles(Operation::DropReceiver);
        }
    }
}

/// Returns how long an operation waits.
fn timeout(op: Op) -> Timeout {
    use Op::{FlushTimeout, JoinTimeout, RecvDeadline, RecvManyTimeout, RecvTimeout};
    use Op::{SendDeadline, SendManyTimeout, SendTimeout, TaskTimeout};
    match op {
        Op::TrySend | Op::TrySendMany(_) | Op::TryRecv | Op::TryRecvMany(_) | Op::TryTask => {
            Timeout::Immediate
        }
        SendTimeout | SendDeadline | SendManyTimeout(_) | RecvTimeout | RecvDeadline
        | RecvManyTimeout(_) | TaskTimeout | JoinTimeout | FlushTimeout => Timeout::Deadline,
        Op::SendAsyncDrop | Op::RecvAsyncDrop | Op::JoinAsyncDrop => Timeout::Dropped,
        _ => Timeout::None,
    }
}
