//! The real queue behind the vocabulary of `reference`.

use crate::reference::{Answer, Door, Operation, Why};
use sentinel_queue::{
    bounded, unbounded, Queue, Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError,
    Sender, Task, TryRecvError, TrySendError,
};
use sentinel_queue_tests::{Counted, Ledger};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A queue with all its handles and unfinished tasks.
pub(crate) struct Subject {
    pub(crate) senders: Vec<Sender<Counted>>,
    pub(crate) receivers: Vec<Receiver<Counted>>,
    pub(crate) ledger: Ledger,
    tasks: VecDeque<Task<Counted>>,
}

impl Subject {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let (tx, rx) = capacity.map_or_else(unbounded, bounded);
        Subject {
            senders: vec![tx],
            receivers: vec![rx],
            ledger: Ledger::default(),
            tasks: VecDeque::new(),
        }
    }

    /// One more set of handles for the same queue.
    pub(crate) fn sibling(&self) -> Self {
        Subject {
            senders: self.senders.clone(),
            receivers: self.receivers.clone(),
            ledger: self.ledger.clone(),
            tasks: VecDeque::new(),
        }
    }

    /// The queue, as long as there is a handle.
    pub(crate) fn queue(&self) -> Option<&Queue<Counted>> {
        let by_sender = self.senders.first().map(|tx| &**tx);
        by_sender.or_else(|| self.receivers.first().map(|rx| &**rx))
    }

    pub(crate) fn perform(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::Send(..)
            | Operation::ForceSend(_)
            | Operation::SendMany(_)
            | Operation::SendSentinels(_) => self.send(operation),
            Operation::Close | Operation::CloseNow | Operation::Join(_) => {
                finish(self.queue().expect("a handle"), operation)
            }
            Operation::CloneSender
            | Operation::DropSender
            | Operation::CloneReceiver
            | Operation::DropReceiver
            | Operation::EndTask => {
                self.count(operation);
                Answer::Done
            }
            _ => self.receive(operation),
        }
    }

    /// Operations on handles and tasks.
    fn count(&mut self, operation: &Operation) {
        match operation {
            Operation::CloneSender => self.senders.push(self.senders[0].clone()),
            Operation::DropSender => drop(self.senders.remove(0)),
            Operation::CloneReceiver => self.receivers.push(self.receivers[0].clone()),
            Operation::DropReceiver => drop(self.receivers.remove(0)),
            _ => drop(self.tasks.pop_front().expect("a task")),
        }
    }

    fn send(&self, operation: &Operation) -> Answer {
        let tx = self.senders.last().expect("a sender");
        match operation {
            Operation::Send(door, item) => send_one(tx, *door, self.ledger.item(*item)),
            Operation::ForceSend(item) => match tx.force_send(self.ledger.item(*item)) {
                Ok(evicted) => Answer::Evicted(evicted.map(|item| item.number())),
                Err(error) => Answer::from(error),
            },
            Operation::SendMany(items) => {
                match tx.send_many(items.iter().map(|&item| self.ledger.item(item))) {
                    Ok(()) => Answer::Done,
                    Err(SendError::Closed(rest)) => Answer::Refused(Why::Closed, numbers(rest)),
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::SendSentinels(count) => match tx.send_sentinels(*count) {
                Ok(()) => Answer::Done,
                Err(SendError::Closed(())) => Answer::Refused(Why::Closed, Vec::new()),
                Err(error) => panic!("{error}"),
            },
            other => panic!("not a send: {other:?}"),
        }
    }

    fn receive(&mut self, operation: &Operation) -> Answer {
        let rx = self.receivers.last().expect("a receiver");
        match operation {
            Operation::Recv(door) => receive_one(rx, *door),
            Operation::RecvMany(door, limit) => receive_many(rx, *door, *limit),
            Operation::RecvTask => match rx.recv_task() {
                Ok(task) => {
                    let number = task.number();
                    self.tasks.push_back(task);
                    Answer::Received(vec![number])
                }
                Err(error) => Answer::from(error),
            },
            Operation::Loop(count) => {
                let mut items = rx.iter();
                let received = numbers(items.by_ref().take(*count));
                Answer::Looped(received, items.end().map(Why::from))
            }
            Operation::TryLoop(count) => {
                let mut items = rx.try_iter();
                let received = numbers(items.by_ref().take(*count));
                Answer::Looped(received, items.end().map(Why::from))
            }
            other => panic!("not a receive: {other:?}"),
        }
    }
}

fn numbers(items: impl IntoIterator<Item = Counted>) -> Vec<usize> {
    items.into_iter().map(|item| item.number()).collect()
}

fn send_one(tx: &Sender<Counted>, door: Door, item: Counted) -> Answer {
    match door {
        Door::Patient => tx.send(item).map_err(Answer::from),
        Door::Endless => tx.send_timeout(item, Duration::MAX).map_err(Answer::from),
        Door::Try => tx.try_send(item).map_err(Answer::from),
        Door::ZeroTimeout => tx.send_timeout(item, Duration::ZERO).map_err(Answer::from),
        Door::PastDeadline => tx.send_deadline(item, Instant::now()).map_err(Answer::from),
    }
    .map_or_else(|refused| refused, |()| Answer::Done)
}

fn receive_one(rx: &Receiver<Counted>, door: Door) -> Answer {
    match door {
        Door::Patient => rx.recv().map_err(Answer::from),
        Door::Endless => rx.recv_timeout(Duration::MAX).map_err(Answer::from),
        Door::Try => rx.try_recv().map_err(Answer::from),
        Door::ZeroTimeout => rx.recv_timeout(Duration::ZERO).map_err(Answer::from),
        Door::PastDeadline => rx.recv_deadline(Instant::now()).map_err(Answer::from),
    }
    .map_or_else(|refused| refused, |item| Answer::Received(vec![item.number()]))
}

fn receive_many(rx: &Receiver<Counted>, door: Door, limit: usize) -> Answer {
    let mut batch = Vec::new();
    let answer = match door {
        Door::Patient => rx.recv_many(&mut batch, limit).map_err(Answer::from),
        Door::Try => rx.try_recv_many(&mut batch, limit).map_err(Answer::from),
        Door::Endless => {
            rx.recv_many_timeout(&mut batch, limit, Duration::MAX).map_err(Answer::from)
        }
        Door::ZeroTimeout | Door::PastDeadline => {
            rx.recv_many_timeout(&mut batch, limit, Duration::ZERO).map_err(Answer::from)
        }
    };
    assert_eq!(answer.as_ref().map_or(0, |&count| count), batch.len());
    answer.map_or_else(|refused| refused, |_| Answer::Received(numbers(batch)))
}

fn finish(queue: &Queue<Counted>, operation: &Operation) -> Answer {
    let done = match operation {
        Operation::Close => return Answer::Closed { by_this_call: queue.close() },
        Operation::CloseNow => {
            let drained = queue.close_now();
            return Answer::Drained(numbers(drained.items), drained.sentinels);
        }
        Operation::Join(Door::Patient) => queue.join().is_ok(),
        Operation::Join(Door::Endless) => queue.join_timeout(Duration::MAX).is_ok(),
        _ => queue.join_timeout(Duration::ZERO).is_ok(),
    };
    if done {
        Answer::Done
    } else {
        Answer::Refused(Why::NotNow, Vec::new())
    }
}

impl From<RecvError> for Why {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Sentinel => Why::Sentinel,
            RecvError::Closed => Why::Closed,
            RecvError::WouldBlockForever => panic!("{error}"),
        }
    }
}

impl From<TryRecvError> for Why {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Sentinel => Why::Sentinel,
            TryRecvError::Closed => Why::Closed,
            TryRecvError::Empty => Why::NotNow,
        }
    }
}

impl From<RecvError> for Answer {
    fn from(error: RecvError) -> Self {
        Answer::Refused(error.into(), Vec::new())
    }
}

impl From<TryRecvError> for Answer {
    fn from(error: TryRecvError) -> Self {
        Answer::Refused(error.into(), Vec::new())
    }
}

impl From<RecvTimeoutError> for Answer {
    fn from(error: RecvTimeoutError) -> Self {
        let why = match error {
            RecvTimeoutError::Sentinel => Why::Sentinel,
            RecvTimeoutError::Closed => Why::Closed,
            RecvTimeoutError::Timeout => Why::NotNow,
            RecvTimeoutError::WouldBlockForever => panic!("{error}"),
        };
        Answer::Refused(why, Vec::new())
    }
}

impl From<SendError<Counted>> for Answer {
    fn from(error: SendError<Counted>) -> Self {
        assert!(error.is_closed(), "{error}");
        Answer::Refused(Why::Closed, vec![error.into_inner().number()])
    }
}

impl From<TrySendError<Counted>> for Answer {
    fn from(error: TrySendError<Counted>) -> Self {
        let why = if error.is_full() { Why::NotNow } else { Why::Closed };
        Answer::Refused(why, vec![error.into_inner().number()])
    }
}

impl From<SendTimeoutError<Counted>> for Answer {
    fn from(error: SendTimeoutError<Counted>) -> Self {
        assert!(error.is_timeout() || error.is_closed(), "{error}");
        let why = if error.is_timeout() { Why::NotNow } else { Why::Closed };
        Answer::Refused(why, vec![error.into_inner().number()])
    }
}
