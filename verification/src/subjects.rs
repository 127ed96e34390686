//! The six builds of the queue, each made a [`Subject`] by the same lines.

use crate::item::Item;
use crate::subject::{Content, Guard, Subject, TIMEOUT};
use sentinel_queue_kernel::{loom, shuttle, threads};
use sentinel_queue_models::{Condition, ItemId, Response};
use std::time::Instant;

/// A type that is a [`Subject`]: this build of the queue, on this backend. A macro, because the
/// builds are different crates, whose types have nothing in common but their names.
macro_rules! subject {
    ($name:ident, $queue:ident, $backend:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name;

        impl $name {
            fn sent_in_time(
                id: ItemId,
                sent: Result<(), $queue::SendTimeoutError<Item>>,
            ) -> Response {
                match sent {
                    Ok(()) => Response { accepted: vec![id], ..Response::default() },
                    Err($queue::SendTimeoutError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendTimeoutError::Timeout(item)) => not_sent(item, false),
                    #[allow(unreachable_patterns)]
                    Err(_) => false_alarm(),
                }
            }

            fn received_in_time(received: Result<Item, $queue::RecvTimeoutError>) -> Response {
                match received {
                    Ok(item) => Response { obtained: vec![item.open()], ..Response::default() },
                    Err($queue::RecvTimeoutError::Sentinel) => a_sentinel(),
                    Err($queue::RecvTimeoutError::Closed) => no_item(true),
                    Err($queue::RecvTimeoutError::Timeout) => no_item(false),
                    #[allow(unreachable_patterns)]
                    Err(_) => false_alarm(),
                }
            }
        }

        impl Subject for $name {
            type Backend = $backend;
            type Sender = $queue::Sender<Item>;
            type Receiver = $queue::Receiver<Item>;
            type Queue = $queue::Queue<Item>;

            fn create(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
                capacity.map_or_else($queue::unbounded, $queue::bounded)
            }

            fn behind_sender(sender: &Self::Sender) -> &Self::Queue {
                sender
            }

            fn behind_receiver(receiver: &Self::Receiver) -> &Self::Queue {
                receiver
            }

            fn send(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                match sender.send(item) {
                    Ok(()) => Response { accepted: vec![id], ..Response::default() },
                    Err($queue::SendError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                }
            }

            fn try_send(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                match sender.try_send(item) {
                    Ok(()) => Response { accepted: vec![id], ..Response::default() },
                    Err($queue::TrySendError::Closed(item)) => not_sent(item, true),
                    Err($queue::TrySendError::Full(item)) => not_sent(item, false),
                }
            }

            fn send_timeout(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                Self::sent_in_time(id, sender.send_timeout(item, TIMEOUT))
            }

            fn send_deadline(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                Self::sent_in_time(id, sender.send_deadline(item, Instant::now() + TIMEOUT))
            }

            fn force_send(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                match sender.force_send(item) {
                    Ok(evicted) => Response {
                        accepted: vec![id],
                        obtained: evicted.map(Item::open).into_iter().collect(),
                        ..Response::default()
                    },
                    Err($queue::SendError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                }
            }

            fn send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response {
                let mut ids = Vec::new();
                let refused = sender.send_many(items.inspect(|item| ids.push(item.id())));
                let items = match refused {
                    Ok(()) => return Response { accepted: ids, ..Response::default() },
                    Err($queue::SendError::Closed(items)) => items,
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                };
                let returned: Vec<_> = items.into_iter().map(Item::open).collect();
                ids.truncate(ids.len().saturating_sub(returned.len()));
                Response { accepted: ids, returned, ..Response::refused(Condition::NotFull, true) }
            }

            fn send_sentinel(sender: &Self::Sender) -> Response {
                sentinels(1, sender.send_sentinel().is_ok())
            }

            fn send_sentinels(sender: &Self::Sender, count: usize) -> Response {
                sentinels(count, sender.send_sentinels(count).is_ok())
            }

            fn recv(receiver: &Self::Receiver) -> Response {
                match receiver.recv() {
                    Ok(item) => Response { obtained: vec![item.open()], ..Response::default() },
                    Err($queue::RecvError::Sentinel) => a_sentinel(),
                    Err($queue::RecvError::Closed) => no_item(true),
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                }
            }

            fn try_recv(receiver: &Self::Receiver) -> Response {
                match receiver.try_recv() {
                    Ok(item) => Response { obtained: vec![item.open()], ..Response::default() },
                    Err($queue::TryRecvError::Sentinel) => a_sentinel(),
                    Err($queue::TryRecvError::Closed) => no_item(true),
                    Err($queue::TryRecvError::Empty) => no_item(false),
                }
            }

            fn recv_timeout(receiver: &Self::Receiver) -> Response {
                Self::received_in_time(receiver.recv_timeout(TIMEOUT))
            }

            fn recv_deadline(receiver: &Self::Receiver) -> Response {
                Self::received_in_time(receiver.recv_deadline(Instant::now() + TIMEOUT))
            }

            fn recv_many(receiver: &Self::Receiver, limit: usize) -> Response {
                let mut batch = Vec::new();
                let received = match receiver.recv_many(&mut batch, limit) {
                    Ok(count) => Ok(count),
                    Err($queue::RecvError::Sentinel) => Err(a_sentinel()),
                    Err($queue::RecvError::Closed) => Err(no_item(true)),
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                };
                a_batch(batch, limit, received)
            }

            fn try_recv_many(receiver: &Self::Receiver, limit: usize) -> Response {
                let mut batch = Vec::new();
                let received = match receiver.try_recv_many(&mut batch, limit) {
                    Ok(count) => Ok(count),
                    Err($queue::TryRecvError::Sentinel) => Err(a_sentinel()),
                    Err($queue::TryRecvError::Closed) => Err(no_item(true)),
                    Err($queue::TryRecvError::Empty) => Err(no_item(false)),
                };
                a_batch(batch, limit, received)
            }

            fn recv_many_timeout(receiver: &Self::Receiver, limit: usize) -> Response {
                let mut batch = Vec::new();
                let received = match receiver.recv_many_timeout(&mut batch, limit, TIMEOUT) {
                    Ok(count) => Ok(count),
                    Err($queue::RecvTimeoutError::Sentinel) => Err(a_sentinel()),
                    Err($queue::RecvTimeoutError::Closed) => Err(no_item(true)),
                    Err($queue::RecvTimeoutError::Timeout) => Err(no_item(false)),
                    #[allow(unreachable_patterns)]
                    Err(_) => false_alarm(),
                };
                a_batch(batch, limit, received)
            }

            fn worker(receiver: &Self::Receiver) -> Response {
                let mut items = receiver.iter();
                let obtained: Vec<_> = items.by_ref().map(Item::open).collect();
                match items.end() {
                    Some($queue::RecvError::Sentinel) => Response { obtained, ..a_sentinel() },
                    Some($queue::RecvError::Closed) => {
                        Response { obtained, ..Response::refused(Condition::NotEmpty, true) }
                    }
                    Some($queue::RecvError::WouldBlockForever) => false_alarm(),
                    None => panic!("C7: a worker loop ended and cannot tell why"),
                }
            }

            fn take_task(receiver: &Self::Receiver) -> (Response, Option<Guard>) {
                match receiver.recv_task() {
                    Ok(task) => {
                        let obtained = vec![task.id()];
                        let guard = Unfinished(Some(task), $queue::Task::into_inner);
                        let response = Response { obtained, ..Response::default() };
                        (response, Some(Box::new(guard)))
                    }
                    Err($queue::RecvError::Sentinel) => (a_sentinel(), None),
                    Err($queue::RecvError::Closed) => (no_item(true), None),
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                }
            }

            fn join(queue: &Self::Queue) -> Response {
                match queue.join() {
                    Ok(()) => Response { joined: true, ..Response::default() },
                    Err(_) => false_alarm(),
                }
            }

            fn join_timeout(queue: &Self::Queue) -> Response {
                match queue.join_timeout(TIMEOUT) {
                    Ok(()) => Response { joined: true, ..Response::default() },
                    Err(_) => Response::refused(Condition::Completed, false),
                }
            }

            fn close(queue: &Self::Queue) -> Response {
                Response { closed: Some(queue.close()), ..Response::default() }
            }

            fn close_now(queue: &Self::Queue) -> Response {
                let drained = queue.close_now();
                Response {
                    obtained: drained.items.into_iter().map(Item::open).collect(),
                    sentinels_drained: drained.sentinels,
                    ..Response::default()
                }
            }

            fn content(queue: &Self::Queue) -> Content {
                let stats = queue.stats();
                Content {
                    items: stats.len,
                    sentinels: stats.sentinels,
                    capacity: stats.capacity,
                    closed: stats.is_closed,
                    unfinished: stats.unfinished_tasks,
                    senders: stats.senders,
                    receivers: stats.receivers,
                }
            }
        }
    };
}

subject!(
    UnderLoom,
    sentinel_queue_under_loom,
    loom::Loom,
    "The shipped source over the loom backend."
);
subject!(
    UnderShuttle,
    sentinel_queue_under_shuttle,
    shuttle::Shuttle,
    "The shipped source over the shuttle backend."
);
subject!(
    UnderThreads,
    sentinel_queue_under_threads,
    threads::Threads,
    "The shipped source over real threads, recorded."
);
subject!(
    MutantUnderLoom,
    sentinel_queue_mutants_under_loom,
    loom::Loom,
    "The mutated source over the loom backend."
);
subject!(
    MutantUnderShuttle,
    sentinel_queue_mutants_under_shuttle,
    shuttle::Shuttle,
    "The mutated source over the shuttle backend."
);
subject!(
    MutantUnderThreads,
    sentinel_queue_mutants_under_threads,
    threads::Threads,
    "The mutated source over real threads."
);

/// A task in the client's hands. It ends when this is dropped, also by a panic, and the item is the
/// client's then: it was not dropped by the queue.
struct Unfinished<T>(Option<T>, fn(T) -> Item);

impl<T> Drop for Unfinished<T> {
    fn drop(&mut self) {
        self.0.take().map(self.1).map(Item::open);
    }
}

fn not_sent(item: Item, closed: bool) -> Response {
    Response { returned: vec![item.open()], ..Response::refused(Condition::NotFull, closed) }
}

fn no_item(closed: bool) -> Response {
    Response::refused(Condition::NotEmpty, closed)
}

fn sentinels(count: usize, sent: bool) -> Response {
    if sent {
        Response { sentinels_sent: count, ..Response::default() }
    } else {
        Response::refused(Condition::NotFull, true)
    }
}

/// What a receive of a batch returned, and what it has appended.
fn a_batch(batch: Vec<Item>, limit: usize, received: Result<usize, Response>) -> Response {
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

fn a_sentinel() -> Response {
    Response { sentinels_taken: 1, ..Response::default() }
}

fn false_alarm() -> ! {
    panic!("C8: an operation outside of any scope says that it would block forever")
}
