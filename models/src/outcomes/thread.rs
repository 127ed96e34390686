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
    /// None: the thread has ended.
    Ended,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    /// The responses of its operations, in order.
    pub(super) responses: Vec<Response>,
    /// The response of the operation in progress, so far.
    so_far: Response,
    /// The next critical section.
    pub(super) next: Next,
    /// Critical sections that follow the current one, before anything else.
    follow_up: VecDeque<Operation>,
    /// Whether an operation is in progress.
    busy: bool,
    /// The number of items that it has made before this operation, and has sent in it.
    made: usize,
    sent: usize,
    /// How often its deadline may still pass.
    pub(super) timeouts: u32,
    /// Its own handles, and the tasks that it holds.
    pub(super) senders: usize,
    pub(super) receivers: usize,
    /// The generations of the tasks, those held longest first.
    pub(super) tasks: VecDeque<u64>,
    /// Of those tasks, how many it held before this operation.
    held: usize,
    /// Its number, from 1.
    number: usize,
    /// Whether it is past its last operation.
    leaving: bool,
}

impl Thread {
    /// Returns the thread before its first operation.
    pub(super) fn new(program: &Program, number: usize, timeouts: u32) -> Self {
        let steps = program.all_threads().nth(number - 1).unwrap_or_default();
        let (sender, receiver) = Program::first_handles(steps, 0);
        Thread {
            responses: Vec::new(),
            so_far: Response::default(),
            next: Next::Ended,
            follow_up: VecDeque::new(),
            busy: false,
            made: 0,
            sent: 0,
            timeouts,
            senders: usize::from(sender && program.owns_senders()),
            receivers: usize::from(receiver && program.owns_receivers()),
            tasks: VecDeque::new(),
            held: 0,
            number,
            leaving: false,
        }
    }

    /// Returns whether its deadline may end its wait.
    pub(super) fn may_expire(&self) -> bool {
        self.timeouts > 0 && matches!(self.next, Next::Attempt(_, Timeout::Deadline))
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
        // What the last receiver drains is dropped.
        if operation != Operation::DropReceiver {
            so_far.obtained.extend(got.obtained);
        }
        so_far.refusal = so_far.refusal.or(got.refusal);
        so_far.closed = so_far.closed.or(got.closed);
        so_far.joined |= got.joined;
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
            Next::Event(Event::AddSender) => self.senders += 1,
            _ => self.receivers += 1,
        }
        self.next = Next::Ended;
    }

    /// Advances the thread after an attempt.
    pub(super) fn after(&mut self, operation: Operation, result: AttemptResult) {
        if result != AttemptResult::Waits {
            self.next = Next::Ended;
        }
        match operation {
            Operation::DropSender => self.senders -= 1,
            Operation::DropReceiver => self.receivers -= 1,
            Operation::FinishTask { generation } => {
                let task = self.tasks.iter().position(|&task| task == generation);
                task.and_then(|task| self.tasks.remove(task));
                self.held = self.held.min(self.tasks.len());
            }
            _ => {}
        }
    }

    /// Determines the next critical section.
    pub(super) fn settle(&mut self, program: &Program) {
        let steps = program.all_threads().nth(self.number - 1).unwrap_or_default();
        while self.next == Next::Ended {
            if let Some(operation) = self.follow_up.pop_front() {
                self.next = Next::Attempt(operation, Timeout::Immediate);
                return;
            }
            match steps.get(self.responses.len()) {
                Some(Step { op, .. }) if self.busy => self.proceed(*op),
                Some(Step { op, .. }) => {
                    self.busy = true;
                    self.next = self.begin(*op);
                }
                None if self.leaving => return,
                None => self.leave(program.owning),
            }
        }
    }

    /// Returns the first critical section of an operation, if it has one.
    fn begin(&mut self, op: Op) -> Next {
        match op {
            Op::CloneSender => return Next::Event(Event::AddSender),
            Op::CloneReceiver => return Next::Event(Event::AddReceiver),
            Op::EndTask if self.tasks.is_empty() => return Next::Ended,
            _ => {}
        }
        let operation = match op {
            Op::Send | Op::TrySend | Op::SendTimeout | Op::SendDeadline => Operation::Send,
            Op::SendMany(items) => Operation::SendMany { items: items - self.sent },
            Op::ForceSend => Operation::ForceSend,
            Op::Sentinel => Operation::SendSentinels { count: 1 },
            Op::Sentinels(count) => Operation::SendSentinels { count },
            Op::Task | Op::TakeTask | Op::Die => Operation::Receive { tasks: true },
            Op::RecvMany(limit) | Op::TryRecvMany(limit) | Op::RecvManyTimeout(limit) => {
                Operation::ReceiveMany { limit }
            }
            Op::EndTask => Operation::FinishTask { generation: self.tasks[0] },
            Op::Join | Op::JoinTimeout => Operation::Join,
            Op::Close => Operation::Close,
            Op::CloseNow => Operation::CloseNow,
            Op::DropSender => Operation::DropSender,
            Op::DropReceiver => Operation::DropReceiver,
            Op::Await | Op::CloneSender | Op::CloneReceiver => return Next::Ended,
            Op::Recv | Op::TryRecv | Op::RecvTimeout | Op::RecvDeadline | Op::Worker => {
                Operation::Receive { tasks: false }
            }
        };
        Next::Attempt(operation, timeout(op))
    }

    /// Continues or completes the operation in progress, after an attempt that does not wait.
    fn proceed(&mut self, op: Op) {
        let ended = self.so_far.refusal.is_some() || self.so_far.sentinels_taken > 0;
        match op {
            Op::Worker if !ended => return self.next = self.begin(op),
            Op::SendMany(items) if !ended && self.sent < items => {
                return self.next = self.begin(op)
            }
            Op::Task if self.tasks.len() > self.held => {
                let generation = self.tasks[self.held];
                self.follow_up.push_back(Operation::FinishTask { generation });
                return;
            }
            Op::Die if self.tasks.len() + self.receivers > 0 => {
                self.end_tasks();
                let handles = std::iter::repeat_n(Operation::DropReceiver, self.receivers);
                self.follow_up.extend(handles);
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
        self.responses.push(response);
    }

    fn end_tasks(&mut self) {
        let end = |&generation: &u64| Operation::FinishTask { generation };
        self.follow_up.extend(self.tasks.iter().map(end));
    }

    /// Ends the tasks that it holds, and drops its handles if they end with it.
    fn leave(&mut self, owning: bool) {
        self.leaving = true;
        self.end_tasks();
        if owning {
            let senders = std::iter::repeat_n(Operation::DropSender, self.senders);
            let receivers = std::iter::repeat_n(Operation::DropReceiver, self.receivers);
            self.follow_up.extend(senders.chain(receivers));
        }
    }
}

/// Returns how long an operation waits.
fn timeout(op: Op) -> Timeout {
    match op {
        Op::TrySend | Op::TryRecv | Op::TryRecvMany(_) => Timeout::Immediate,
        Op::SendTimeout | Op::SendDeadline | Op::RecvTimeout | Op::RecvDeadline => {
            Timeout::Deadline
        }
        Op::RecvManyTimeout(_) | Op::JoinTimeout => Timeout::Deadline,
        _ => Timeout::None,
    }
}
