//! What the operations of every build return, as a [`Response`].

use crate::client::subject::Held;
use crate::client::subject::Item;
use sentinel_queue_models::{Condition, ItemId, Response};

/// The errors of one build as responses, for [`subject`](crate::client::builds).
macro_rules! responses {
    ($name:ident, $queue:ident) => {
        impl $name {
            fn guard(task: $queue::Task<Item>) -> Guard {
                let (id, into_item) = (task.id(), $queue::Task::into_inner);
                let put_back = $queue::Task::put_back;
                Box::new(Unfinished { task: Some(task), id, into_item, put_back })
            }

            fn held(received: Result<$queue::Task<Item>, Response>) -> (Response, Option<Guard>) {
                match received {
                    Ok(task) => {
                        let response =
                            Response { obtained: vec![task.id()], ..Response::default() };
                        (response, Some(Self::guard(task)))
                    }
                    Err(response) => (response, None),
                }
            }

            fn of_send(error: $queue::SendError<Item>) -> Response {
                match error {
                    $queue::SendError::Closed(item) => not_sent(item, true),
                    $queue::SendError::WouldBlockForever(item) => deadlocked(not_sent(item, false)),
                }
            }

            fn of_try_send(error: $queue::TrySendError<Item>) -> Response {
                match error {
                    $queue::TrySendError::Closed(item) => not_sent(item, true),
                    $queue::TrySendError::Full(item) => not_sent(item, false),
                }
            }

            fn of_send_timeout(error: $queue::SendTimeoutError<Item>) -> Response {
                match error {
                    $queue::SendTimeoutError::Closed(item) => not_sent(item, true),
                    $queue::SendTimeoutError::Timeout(item) => not_sent(item, false),
                    $queue::SendTimeoutError::WouldBlockForever(item) => {
                        deadlocked(not_sent(item, false))
                    }
                }
            }

            fn of_recv(error: $queue::RecvError) -> Response {
                match error {
                    $queue::RecvError::Sentinel => sentinel(),
                    $queue::RecvError::Closed => no_item(true),
                    $queue::RecvError::WouldBlockForever => deadlocked(no_item(false)),
                }
            }

            fn of_try_recv(error: $queue::TryRecvError) -> Response {
                match error {
                    $queue::TryRecvError::Sentinel => sentinel(),
                    $queue::TryRecvError::Closed => no_item(true),
                    $queue::TryRecvError::Empty => no_item(false),
                }
            }

            fn of_recv_timeout(error: $queue::RecvTimeoutError) -> Response {
                match error {
                    $queue::RecvTimeoutError::Sentinel => sentinel(),
                    $queue::RecvTimeoutError::Closed => no_item(true),
                    $queue::RecvTimeoutError::Timeout => no_item(false),
                    $queue::RecvTimeoutError::WouldBlockForever => deadlocked(no_item(false)),
                }
            }
        }
    };
}

pub(super) use responses;

/// A task in the client's hands. It ends when this is dropped, also by a panic, and the item is the
/// client's then: it was not dropped by the queue.
pub(super) struct Unfinished<T> {
    pub(super) task: Option<T>,
    pub(super) id: ItemId,
    pub(super) into_item: fn(T) -> Item,
    pub(super) put_back: fn(T) -> Result<(), T>,
}

impl<T: Send> Held for Unfinished<T> {
    fn put_back(mut self: Box<Self>) -> Response {
        self.task = self.task.take().and_then(|task| (self.put_back)(task).err());
        match self.task {
            Some(_) => Response::refused(Condition::NotFull, true),
            None => Response { put_back: vec![self.id], ..Response::default() },
        }
    }
}

impl<T> Drop for Unfinished<T> {
    fn drop(&mut self) {
        self.task.take().map(self.into_item).map(Item::open);
    }
}

/// What a send of many items returned: those that it has not sent, whether because the queue is
/// closed, and whether it was reported as deadlocked.
pub(super) fn sent_many<I: Iterator<Item = Item>>(
    items: I,
    send: impl FnOnce(&mut dyn Iterator<Item = Item>) -> Option<(Vec<Item>, bool, bool)>,
) -> Response {
    let mut accepted = Vec::new();
    let mut items = items.inspect(|item| accepted.push(item.id()));
    let Some((rest, closed, deadlocked)) = send(&mut items) else {
        return Response { accepted, ..Response::default() };
    };
    let returned: Vec<_> = rest.into_iter().map(Item::open).collect();
    accepted.truncate(accepted.len().saturating_sub(returned.len()));
    let refused = Response::refused(Condition::NotFull, closed);
    Response { accepted, returned, deadlocked, ..refused }
}

pub(super) fn sent(id: ItemId, sent: Result<(), Response>) -> Response {
    sent.map_or_else(|error| error, |()| Response { accepted: vec![id], ..Response::default() })
}

pub(super) fn not_sent(item: Item, closed: bool) -> Response {
    Response { returned: vec![item.open()], ..Response::refused(Condition::NotFull, closed) }
}

/// What a future returned that was dropped while it waited: the item that it was to send.
pub(super) fn dropped(item: Option<Item>) -> Response {
    let returned = item.map(Item::open).into_iter().collect();
    Response { returned, dropped: true, ..Response::default() }
}

pub(super) fn sent_sentinels(count: usize, sent: bool) -> Response {
    if sent {
        Response { sentinels_sent: count, ..Response::default() }
    } else {
        Response::refused(Condition::NotFull, true)
    }
}

pub(super) fn one(received: Result<Item, Response>) -> Response {
    match received {
        Ok(item) => Response { obtained: vec![item.open()], ..Response::default() },
        Err(response) => response,
    }
}

/// What a receive of a batch returned, and what it has appended.
pub(super) fn batch(
    limit: usize,
    receive: impl FnOnce(&mut Vec<Item>) -> Result<usize, Response>,
) -> Response {
    let mut batch = Vec::new();
    let received = receive(&mut batch);
    let obtained: Vec<_> = batch.into_iter().map(Item::open).collect();
    match received {
        Ok(count) => {
            let fits = count == obtained.len() && (1..=limit).contains(&count);
            assert!(fits, "C3: a batch of {count} items, at most {limit}: {obtained:?}");
            Response { obtained, ..Response::default() }
        }
        Err(response) => Response { obtained, ..response },
    }
}

pub(super) fn no_item(closed: bool) -> Response {
    Response::refused(Condition::NotEmpty, closed)
}

pub(super) fn sentinel() -> Response {
    Response { sentinels_taken: 1, ..Response::default() }
}

pub(super) fn deadlocked(response: Response) -> Response {
    Response { deadlocked: true, ..response }
}
