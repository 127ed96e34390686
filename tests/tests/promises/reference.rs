//! The queue as anybody would write it down for a single thread: a `VecDeque` and flags. What the
//! real one answers is compared with what this one does, in `sequential` and in `linearizable`.

use std::collections::VecDeque;

/// How long an operation is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// As long as it takes.
    Patient,
    /// As long as it takes, said as a timeout.
    Endless,
    /// Not at all.
    Try,
    /// Not at all, said as a timeout.
    ZeroTimeout,
    /// Not at all, said as a deadline.
    PastDeadline,
}

/// What can be done to a queue. Items are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Send(Door, usize),
    ForceSend(usize),
    SendMany(Vec<usize>),
    SendSentinels(usize),
    Recv(Door),
    /// With a limit. A deadline is not offered: it counts as a timeout of zero.
    RecvMany(Door, usize),
    RecvTask,
    /// Of the oldest task there is.
    EndTask,
    /// A loop that takes up to so many items.
    Loop(usize),
    /// The same without waiting.
    TryLoop(usize),
    Close,
    CloseNow,
    Join(Door),
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
}

/// Why an operation, or a loop, came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Full, empty, unfinished, or out of time.
    NotNow,
    Closed,
    Sentinel,
}

/// What an operation answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Evicted(Option<usize>),
    Received(Vec<usize>),
    /// What a loop received, and how it ended if it did.
    Looped(Vec<usize>, Option<Why>),
    /// With the items that come back.
    Refused(Why, Vec<usize>),
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

    /// Whether there are the handles it takes.
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

    /// Whether it would wait now, and so for ever with nobody else around.
    pub(crate) fn waits(&self, operation: &Operation) -> bool {
        let patient = |door: &Door| matches!(door, Door::Patient | Door::Endless);
        let nothing_there = self.cells.is_empty() && !self.closed;
        match operation {
            Operation::Send(door, _) => patient(door) && self.room() == 0 && !self.closed,
            Operation::SendMany(items) => items.len() > self.room() && !self.closed,
            Operation::Recv(door) => patient(door) && nothing_there,
            Operation::RecvMany(door, limit) => patient(door) && nothing_there && *limit > 0,
            Operation::RecvTask => nothing_there,
            Operation::Loop(count) => {
                !self.closed && self.sentinels() == 0 && self.cells.len() < *count
            }
            Operation::Join(door) => patient(door) && self.len() + self.tasks > 0,
            _ => false,
        }
    }

    /// Does it, and answers what the queue has to answer.
    pub(crate) fn perform(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::Send(_, item) => self.send(&[*item]),
            Operation::SendMany(items) => self.send(items),
            Operation::ForceSend(item) => self.force_send(*item),
            Operation::SendSentinels(_) if self.closed => Answer::Refused(Why::Closed, Vec::new()),
            Operation::SendSentinels(count) => {
                self.cells.extend(std::iter::repeat_n(None, *count));
                Answer::Done
            }
            Operation::Recv(_) => self.receive(1),
            Operation::RecvMany(_, limit) => self.receive(*limit),
            Operation::RecvTask => {
                let answer = self.receive(1);
                self.tasks += usize::from(matches!(answer, Answer::Received(_)));
                answer
            }
            Operation::Loop(count) | Operation::TryLoop(count) => self.receive_loop(*count),
            Operation::Close => Answer::Closed { by_this_call: self.close() },
            Operation::CloseNow => {
                self.close();
                let (items, sentinels) = (self.items(), self.sentinels());
                self.cells.clear();
                Answer::Drained(items, sentinels)
            }
            Operation::Join(_) if self.len() + self.tasks > 0 => {
                Answer::Refused(Why::NotNow, Vec::new())
            }
            Operation::Join(_) => Answer::Done,
            _ => self.count(operation),
        }
    }

    fn send(&mut self, items: &[usize]) -> Answer {
        match items.len() {
            0 => Answer::Done,
            _ if self.closed => Answer::Refused(Why::Closed, items.to_vec()),
            count if count > self.room() => Answer::Refused(Why::NotNow, items.to_vec()),
            count => {
                self.cells.extend(items.iter().copied().map(Some));
                self.accepted += count as u64;
                Answer::Done
            }
        }
    }

    fn force_send(&mut self, item: usize) -> Answer {
        let mut evicted = None;
        if self.room() == 0 && !self.closed {
            let oldest = self.cells.iter().position(Option::is_some).expect("it is full");
            evicted = self.cells.remove(oldest).flatten();
        }
        match self.send(&[item]) {
            Answer::Done => Answer::Evicted(evicted),
            refused => refused,
        }
    }

    fn receive(&mut self, limit: usize) -> Answer {
        match self.cells.front() {
            _ if limit == 0 => Answer::Received(Vec::new()),
            None if self.closed => Answer::Refused(Why::Closed, Vec::new()),
            None => Answer::Refused(Why::NotNow, Vec::new()),
            Some(None) => {
                self.cells.pop_front();
                Answer::Refused(Why::Sentinel, Vec::new())
            }
            Some(Some(_)) => {
                let before_sentinel = self.cells.iter().take_while(|cell| cell.is_some()).count();
                Answer::Received(self.cells.drain(..limit.min(before_sentinel)).flatten().collect())
            }
        }
    }

    fn receive_loop(&mut self, count: usize) -> Answer {
        let mut received = Vec::new();
        while received.len() < count {
            match self.receive(1) {
                Answer::Received(item) => received.extend(item),
                Answer::Refused(why, _) => return Answer::Looped(received, Some(why)),
                other => panic!("no answer to a receive: {other:?}"),
            }
        }
        Answer::Looped(received, None)
    }

    fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }

    fn items(&self) -> Vec<usize> {
        self.cells.iter().copied().flatten().collect()
    }

    /// Operations on handles and tasks.
    fn count(&mut self, operation: &Operation) -> Answer {
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
        Answer::Done
    }
}
