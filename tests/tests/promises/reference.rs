//! A sequential reference queue: a `VecDeque` and flags. The responses of the real queue are compared
//! with those of this one, in `sequential` and in `linearizable`.

use std::collections::VecDeque;

/// The timeout of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// No timeout.
    None,
    /// `Duration::MAX`.
    Max,
    /// The `try_` variant.
    Immediate,
    /// `Duration::ZERO`.
    Zero,
    /// A deadline in the past.
    PastDeadline,
    /// A future that is awaited.
    Await,
    /// A future that is polled once, and dropped.
    PollOnce,
}

/// An operation on a queue. Items are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Send(Timeout, usize),
    ForceSend(usize),
    SendMany(Vec<usize>),
    SendSentinels(usize),
    Recv(Timeout),
    /// With a limit. There is no variant with a deadline: it counts as a timeout of zero.
    RecvMany(Timeout, usize),
    RecvTask,
    /// Ends the oldest task.
    EndTask,
    /// A loop that takes up to so many items.
    Loop(usize),
    /// The same without waiting.
    TryLoop(usize),
    Close,
    CloseNow,
    Join(Timeout),
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
}

/// The reason why an operation failed or a loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Full, empty, unfinished, or out of time.
    NotNow,
    Closed,
    Sentinel,
}

/// The response of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Done,
    Evicted(Option<usize>),
    Received(Vec<usize>),
    /// The items that a loop received, and the reason if it ended.
    Looped(Vec<usize>, Option<Reason>),
    /// With the items that are returned.
    Refused(Reason, Vec<usize>),
    Closed {
        by_this_call: bool,
    },
    Drained(Vec<usize>, usize),
}

/// The sequential queue.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// `None` is a sentinel.
    cells: VecDeque<Option<usize>>,
    pub(crate) capacity: Option<usize>,
    pub(crate) closed: bool,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    pub(crate) tasks: usize,
    pub(crate) accepted: u64,
}

impl Reference {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let cells = VecDeque::new();
        Reference {
            cells,
            capacity,
            closed: false,
            senders: 1,
            receivers: 1,
            tasks: 0,
            accepted: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.iter().flatten().count()
    }

    pub(crate) fn sentinels(&self) -> usize {
        self.cells.len() - self.len()
    }

    fn room(&self) -> usize {
        self.capacity.unwrap_or(usize::MAX) - self.len()
    }

    /// Returns whether the handles for an operation exist.
    pub(crate) fn allows(&self, operation: &Operation) -> bool {
        use Operation::{
            CloneReceiver, CloneSender, Close, CloseNow, DropReceiver, DropSender, EndTask,
            ForceSend, Join, Loop, Recv, RecvMany, RecvTask, Send, SendMany, SendSentinels,
            TryLoop,
        };
        match operation {
            Send(..) | ForceSend(_) | SendMany(_) | SendSentinels(_) | CloneSender | DropSender => {
                self.senders > 0
            }
            Recv(_) | RecvMany(..) | RecvTask | Loop(_) | TryLoop(_) | CloneReceiver
            | DropReceiver => self.receivers > 0,
            Close | CloseNow | Join(_) => self.senders + self.receivers > 0,
            EndTask => self.tasks > 0,
        }
    }

    /// Returns whether an operation would wait now, and so forever without another thread.
    pub(crate) fn waits(&self, operation: &Operation) -> bool {
        let patient =
            |timeout: &Timeout| matches!(timeout, Timeout::None | Timeout::Max | Timeout::Await);
        let nothing_there = self.cells.is_empty() && !self.closed;
        match operation {
            Operation::Send(timeout, _) => patient(timeout) && self.room() == 0 && !self.closed,
            Operation::SendMany(items) => items.len() > self.room() && !self.closed,
            Operation::Recv(timeout) => patient(timeout) && nothing_there,
            Operation::RecvMany(timeout, limit) => patient(timeout) && nothing_there && *limit > 0,
            Operation::RecvTask => nothing_there,
            Operation::Loop(count) => {
                !self.closed && self.sentinels() == 0 && self.cells.len() < *count
            }
            Operation::Join(timeout) => patient(timeout) && self.len() + self.tasks > 0,
            _ => false,
        }
    }

    /// Executes an operation and returns the expected response.
    pub(crate) fn perform(&mut self, operation: &Operation) -> Response {
        match operation {
            Operation::Send(_, item) => self.send(&[*item]),
            Operation::SendMany(items) => self.send(items),
            Operation::ForceSend(item) => self.force_send(*item),
            Operation::SendSentinels(_) if self.closed => {
                Response::Refused(Reason::Closed, Vec::new())
            }
            Operation::SendSentinels(count) => {
                self.cells.extend(std::iter::repeat_n(None, *count));
                Response::Done
            }
            Operation::Recv(_) => self.receive(1),
            Operation::RecvMany(_, limit) => self.receive(*limit),
            Operation::RecvTask => {
                let response = self.receive(1);
                self.tasks += usize::from(matches!(response, Response::Received(_)));
                response
            }
            Operation::Loop(count) | Operation::TryLoop(count) => self.receive_loop(*count),
            Operation::Close => Response::Closed { by_this_call: self.close() },
            Operation::CloseNow => {
                self.close();
                let (items, sentinels) = (self.items(), self.sentinels());
                self.cells.clear();
                Response::Drained(items, sentinels)
            }
            Operation::Join(_) if self.len() + self.tasks > 0 => {
                Response::Refused(Reason::NotNow, Vec::new())
            }
            Operation::Join(_) => Response::Done,
            _ => self.count(operation),
        }
    }

    fn send(&mut self, items: &[usize]) -> Response {
        match items.len() {
            0 => Response::Done,
            _ if self.closed => Response::Refused(Reason::Closed, items.to_vec()),
            count if count > self.room() => Response::Refused(Reason::NotNow, items.to_vec()),
            count => {
                self.cells.extend(items.iter().copied().map(Some));
                self.accepted += count as u64;
                Response::Done
            }
        }
    }

    fn force_send(&mut self, item: usize) -> Response {
        let mut evicted = None;
        if self.room() == 0 && !self.closed {
            let oldest = self.cells.iter().position(Option::is_some).expect("it is full");
            evicted = self.cells.remove(oldest).flatten();
        }
        match self.send(&[item]) {
            Response::Done => Response::Evicted(evicted),
            refused => refused,
        }
    }

    fn receive(&mut self, limit: usize) -> Response {
        match self.cells.front() {
            _ if limit == 0 => Response::Received(Vec::new()),
            None if self.closed => Response::Refused(Reason::Closed, Vec::new()),
            None => Response::Refused(Reason::NotNow, Vec::new()),
            Some(None) => {
                self.cells.pop_front();
                Response::Refused(Reason::Sentinel, Vec::new())
            }
            Some(Some(_)) => {
                let before_sentinel = self.cells.iter().take_while(|cell| cell.is_some()).count();
                Response::Received(
                    self.cells.drain(..limit.min(before_sentinel)).flatten().collect(),
                )
            }
        }
    }

    fn receive_loop(&mut self, count: usize) -> Response {
        let mut received = Vec::new();
        while received.len() < count {
            match self.receive(1) {
                Response::Received(item) => received.extend(item),
                Response::Refused(reason, _) => return Response::Looped(received, Some(reason)),
                other => panic!("no response to a receive: {other:?}"),
            }
        }
        Response::Looped(received, None)
    }

    fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }

    fn items(&self) -> Vec<usize> {
        self.cells.iter().copied().flatten().collect()
    }

    /// Executes an operation on handles and tasks.
    fn count(&mut self, operation: &Operation) -> Response {
        match operation {
            Operation::EndTask => self.tasks -= 1,
            Operation::CloneSender => self.senders += 1,
            Operation::CloneReceiver => self.receivers += 1,
            Operation::DropSender => {
                self.senders -= 1;
                self.closed |= self.senders == 0;
            }
            Operation::DropReceiver => {
                self.receivers -= 1;
                if self.receivers == 0 {
                    self.closed = true;
                    self.cells.clear();
                }
            }
            other => panic!("not about handles: {other:?}"),
        }
        Response::Done
    }
}
