//! The real queue behind the operations of `reference`.

use crate::reference::{Operation, Reason, Response, Timeout};
use sentinel_queue::{
    bounded, unbounded, Queue, Receiver, RecvError, RecvTimeoutError, SendError, SendFuture,
    SendTimeoutError, Sender, Task, TryRecvError, TrySendError,
};
use sentinel_queue_tests::{block_on, poll_once, DropRegistry, TrackedItem};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A queue with all its handles and unfinished tasks.
pub(crate) struct Subject {
    pub(crate) senders: Vec<Sender<TrackedItem>>,
    pub(crate) receivers: Vec<Receiver<TrackedItem>>,
    pub(crate) registry: DropRegistry,
    tasks: VecDeque<Task<TrackedItem>>,
}

impl Subject {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        let (tx, rx) = capacity.map_or_else(unbounded, bounded);
        Subject {
            senders: vec![tx],
            receivers: vec![rx],
            registry: DropRegistry::default(),
            tasks: VecDeque::new(),
        }
    }

    /// Returns another set of handles for the same queue.
    pub(crate) fn sibling(&self) -> Self {
        Subject {
            senders: self.senders.clone(),
            receivers: self.receivers.clone(),
            registry: self.registry.clone(),
            tasks: VecDeque::new(),
        }
    }

    /// Returns the queue, as long as there is a handle.
    pub(crate) fn queue(&self) -> Option<&Queue<TrackedItem>> {
        let by_sender = self.senders.first().map(|tx| &**tx);
        by_sender.or_else(|| self.receivers.first().map(|rx| &**rx))
    }

    pub(crate) fn perform(&mut self, operation: &Operation) -> Response {
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
                Response::Done
            }
            _ => self.receive(operation),
        }
    }

    /// Executes an operation on handles and tasks.
    fn count(&mut self, operation: &Operation) {
        match operation {
            Operation::CloneSender => self.senders.push(self.senders[0].clone()),
            Operation::DropSender => drop(self.senders.remove(0)),
            Operation::CloneReceiver => self.receivers.push(self.receivers[0].clone()),
            Operation::DropReceiver => drop(self.receivers.remove(0)),
            _ => drop(self.tasks.pop_front().expect("a task")),
        }
    }

    fn send(&self, operation: &Operation) -> Response {
        let tx = self.senders.last().expect("a sender");
        match operation {
            Operation::Send(timeout, item) => send_one(tx, *timeout, self.registry.item(*item)),
            Operation::ForceSend(item) => match tx.force_send(self.registry.item(*item)) {
                Ok(evicted) => Response::Evicted(evicted.map(|item| item.number())),
                Err(error) => Response::from(error),
            },
            Operation::SendMany(items) => {
                match tx.send_many(items.iter().map(|&item| self.registry.item(item))) {
                    Ok(()) => Response::Done,
                    Err(SendError::Closed(rest)) => {
                        Response::Refused(Reason::Closed, numbers(rest))
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::SendSentinels(count) => match tx.send_sentinels(*count) {
                Ok(()) => Response::Done,
                Err(SendError::Closed(())) => Response::Refused(Reason::Closed, Vec::new()),
                Err(error) => panic!("{error}"),
            },
            other => panic!("not a send: {other:?}"),
        }
    }

    fn receive(&mut self, operation: &Operation) -> Response {
        let rx = self.receivers.last().expect("a receiver");
        match operation {
            Operation::Recv(timeout) => receive_one(rx, *timeout),
            Operation::RecvMany(timeout, limit) => receive_many(rx, *timeout, *limit),
            Operation::RecvTask => match rx.recv_task() {
                Ok(task) => {
                    let number = task.number();
                    self.tasks.push_back(task);
                    Response::Received(vec![number])
                }
                Err(error) => Response::from(error),
            },
            Operation::Loop(count) => {
                let mut items = rx.iter();
                let received = numbers(items.by_ref().take(*count));
                Response::Looped(received, items.end().map(Reason::from))
            }
            Operation::TryLoop(count) => {
                let mut items = rx.try_iter();
                let received = numbers(items.by_ref().take(*count));
                Response::Looped(received, items.end().map(Reason::from))
            }
            other => panic!("not a receive: {other:?}"),
        }
    }
}

fn numbers(items: impl IntoIterator<Item = TrackedItem>) -> Vec<usize> {
    items.into_iter().map(|item| item.number()).collect()
}

fn send_one(tx: &Sender<TrackedItem>, timeout: Timeout, item: TrackedItem) -> Response {
    match timeout {
        Timeout::None => tx.send(item).map_err(Response::from),
        Timeout::Max => tx.send_timeout(item, Duration::MAX).map_err(Response::from),
        Timeout::Immediate => tx.try_send(item).map_err(Response::from),
        Timeout::Zero => tx.send_timeout(item, Duration::ZERO).map_err(Response::from),
        Timeout::PastDeadline => tx.send_deadline(item, Instant::now()).map_err(Response::from),
        Timeout::Await => block_on(tx.send_async(item)).map_err(Response::from),
        Timeout::PollOnce => {
            let mut sending = tx.send_async(item);
            let full = |future: SendFuture<_>| TrySendError::Full(future.into_inner().unwrap());
            match poll_once(&mut sending) {
                Some(sent) => sent.map_err(Response::from),
                None => Err(full(sending).into()),
            }
        }
    }
    .map_or_else(|refused| refused, |()| Response::Done)
}

fn receive_one(rx: &Receiver<TrackedItem>, timeout: Timeout) -> Response {
    match timeout {
        Timeout::None => rx.recv().map_err(Response::from),
        Timeout::Max => rx.recv_timeout(Duration::MAX).map_err(Response::from),
        Timeout::Immediate => rx.try_recv().map_err(Response::from),
        Timeout::Zero => rx.recv_timeout(Duration::ZERO).map_err(Response::from),
        Timeout::PastDeadline => rx.recv_deadline(Instant::now()).map_err(Response::from),
        Timeout::Await => block_on(rx.recv_async()).map_err(Response::from),
        Timeout::PollOnce => poll_once(&mut rx.recv_async())
            .map_or(Err(TryRecvError::Empty.into()), |received| received.map_err(Response::from)),
    }
    .map_or_else(|refused| refused, |item| Response::Received(vec![item.number()]))
}

fn receive_many(rx: &Receiver<TrackedItem>, timeout: Timeout, limit: usize) -> Response {
    let mut batch = Vec::new();
    let response = match timeout {
        Timeout::None => rx.recv_many(&mut batch, limit).map_err(Response::from),
        Timeout::Immediate => rx.try_recv_many(&mut batch, limit).map_err(Response::from),
        Timeout::Max => {
            rx.recv_many_timeout(&mut batch, limit, Duration::MAX).map_err(Response::from)
        }
        Timeout::Zero | Timeout::PastDeadline => {
            rx.recv_many_timeout(&mut batch, limit, Duration::ZERO).map_err(Response::from)
        }
        Timeout::Await => block_on(rx.recv_many_async(&mut batch, limit)).map_err(Response::from),
        Timeout::PollOnce => poll_once(&mut rx.recv_many_async(&mut batch, limit))
            .map_or(Err(TryRecvError::Empty.into()), |received| received.map_err(Response::from)),
    };
    assert_eq!(response.as_ref().map_or(0, |&count| count), batch.len());
    response.map_or_else(|refused| refused, |_| Response::Received(numbers(batch)))
}

fn finish(queue: &Queue<TrackedItem>, operation: &Operation) -> Response {
    let done = match operation {
        Operation::Close => return Response::Closed { by_this_call: queue.close() },
        Operation::CloseNow => {
            let drained = queue.close_now();
            return Response::Drained(numbers(drained.items), drained.sentinels);
        }
        Operation::Join(Timeout::None) => queue.join().is_ok(),
        Operation::Join(Timeout::Max) => queue.join_timeout(Duration::MAX).is_ok(),
        Operation::Join(Timeout::Await) => block_on(async {
            queue.join_async().await;
            true
        }),
        Operation::Join(Timeout::PollOnce) => poll_once(&mut queue.join_async()).is_some(),
        _ => queue.join_timeout(Duration::ZERO).is_ok(),
    };
    if done {
        Response::Done
    } else {
        Response::Refused(Reason::NotNow, Vec::new())
    }
}

impl From<RecvError> for Reason {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Sentinel => Reason::Sentinel,
            RecvError::Closed => Reason::Closed,
            RecvError::WouldBlockForever => panic!("{error}"),
        }
    }
}

impl From<TryRecvError> for Reason {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Sentinel => Reason::Sentinel,
            TryRecvError::Closed => Reason::Closed,
            TryRecvError::Empty => Reason::NotNow,
        }
    }
}

impl From<RecvError> for Response {
    fn from(error: RecvError) -> Self {
        Response::Refused(error.into(), Vec::new())
    }
}

impl From<TryRecvError> for Response {
    fn from(error: TryRecvError) -> Self {
        Response::Refused(error.into(), Vec::new())
    }
}

impl From<RecvTimeoutError> for Response {
    fn from(error: RecvTimeoutError) -> Self {
        let reason = match error {
            RecvTimeoutError::Sentinel => Reason::Sentinel,
            RecvTimeoutError::Closed => Reason::Closed,
            RecvTimeoutError::Timeout => Reason::NotNow,
            RecvTimeoutError::WouldBlockForever => panic!("{error}"),
        };
        Response::Refused(reason, Vec::new())
    }
}

impl From<SendError<TrackedItem>> for Response {
    fn from(error: SendError<TrackedItem>) -> Self {
        assert!(error.is_closed(), "{error}");
        Response::Refused(Reason::Closed, vec![error.into_inner().number()])
    }
}

impl From<TrySendError<TrackedItem>> for Response {
    fn from(error: TrySendError<TrackedItem>) -> Self {
        let reason = if error.is_full() { Reason::NotNow } else { Reason::Closed };
        Response::Refused(reason, vec![error.into_inner().number()])
    }
}

impl From<SendTimeoutError<TrackedItem>> for Response {
    fn from(error: SendTimeoutError<TrackedItem>) -> Self {
        assert!(error.is_timeout() || error.is_closed(), "{error}");
        let reason = if error.is_timeout() { Reason::NotNow } else { Reason::Closed };
        Response::Refused(reason, vec![error.into_inner().number()])
    }
}
