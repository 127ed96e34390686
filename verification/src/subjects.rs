//! The six builds of the queue, each made a [`Subject`] by the same lines.

use crate::answer::Answer;
use crate::item::Item;
use crate::subject::{Content, Subject, TIMEOUT};
use sentinel_queue_kernel::{loom, shuttle, threads};
use sentinel_queue_models::Side;

/// A type that is a [`Subject`]: this build of the queue, on this backend. A macro, because the
/// builds are different crates, whose types have nothing in common but their names.
macro_rules! subject {
    ($name:ident, $queue:ident, $backend:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name;

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

            fn send(sender: &Self::Sender, item: Item) -> Answer {
                let id = item.id();
                match sender.send(item) {
                    Ok(()) => Answer { accepted: vec![id], ..Answer::default() },
                    Err($queue::SendError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                }
            }

            fn try_send(sender: &Self::Sender, item: Item) -> Answer {
                let id = item.id();
                match sender.try_send(item) {
                    Ok(()) => Answer { accepted: vec![id], ..Answer::default() },
                    Err($queue::TrySendError::Closed(item)) => not_sent(item, true),
                    Err($queue::TrySendError::Full(item)) => not_sent(item, false),
                }
            }

            fn send_timeout(sender: &Self::Sender, item: Item) -> Answer {
                let id = item.id();
                match sender.send_timeout(item, TIMEOUT) {
                    Ok(()) => Answer { accepted: vec![id], ..Answer::default() },
                    Err($queue::SendTimeoutError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendTimeoutError::Timeout(item)) => not_sent(item, false),
                    #[allow(unreachable_patterns)]
                    Err(_) => false_alarm(),
                }
            }

            fn force_send(sender: &Self::Sender, item: Item) -> Answer {
                let id = item.id();
                match sender.force_send(item) {
                    Ok(evicted) => Answer {
                        accepted: vec![id],
                        obtained: evicted.map(Item::open).into_iter().collect(),
                        ..Answer::default()
                    },
                    Err($queue::SendError::Closed(item)) => not_sent(item, true),
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                }
            }

            fn send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Answer {
                let mut ids = Vec::new();
                let refused = sender.send_many(items.inspect(|item| ids.push(item.id())));
                let items = match refused {
                    Ok(()) => return Answer { accepted: ids, ..Answer::default() },
                    Err($queue::SendError::Closed(items)) => items,
                    Err($queue::SendError::WouldBlockForever(_)) => false_alarm(),
                };
                let returned: Vec<_> = items.into_iter().map(Item::open).collect();
                ids.truncate(ids.len().saturating_sub(returned.len()));
                Answer { accepted: ids, returned, ..Answer::refused(Side::NotFull, true) }
            }

            fn send_sentinel(sender: &Self::Sender) -> Answer {
                match sender.send_sentinel() {
                    Ok(()) => Answer { sentinels_sent: 1, ..Answer::default() },
                    Err(_) => Answer::refused(Side::NotFull, true),
                }
            }

            fn recv(receiver: &Self::Receiver) -> Answer {
                match receiver.recv() {
                    Ok(item) => Answer { obtained: vec![item.open()], ..Answer::default() },
                    Err($queue::RecvError::Sentinel) => a_sentinel(),
                    Err($queue::RecvError::Closed) => Answer::refused(Side::NotEmpty, true),
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                }
            }

            fn try_recv(receiver: &Self::Receiver) -> Answer {
                match receiver.try_recv() {
                    Ok(item) => Answer { obtained: vec![item.open()], ..Answer::default() },
                    Err($queue::TryRecvError::Sentinel) => a_sentinel(),
                    Err($queue::TryRecvError::Closed) => Answer::refused(Side::NotEmpty, true),
                    Err($queue::TryRecvError::Empty) => Answer::refused(Side::NotEmpty, false),
                }
            }

            fn recv_timeout(receiver: &Self::Receiver) -> Answer {
                match receiver.recv_timeout(TIMEOUT) {
                    Ok(item) => Answer { obtained: vec![item.open()], ..Answer::default() },
                    Err($queue::RecvTimeoutError::Sentinel) => a_sentinel(),
                    Err($queue::RecvTimeoutError::Closed) => Answer::refused(Side::NotEmpty, true),
                    Err($queue::RecvTimeoutError::Timeout) => {
                        Answer::refused(Side::NotEmpty, false)
                    }
                    #[allow(unreachable_patterns)]
                    Err(_) => false_alarm(),
                }
            }

            fn recv_many(receiver: &Self::Receiver) -> Answer {
                let mut batch = Vec::new();
                let received = receiver.recv_many(&mut batch, 2);
                let count = batch.len();
                let obtained = batch.into_iter().map(Item::open).collect();
                match received {
                    Ok(told) => {
                        assert!(told == count && (1..=2).contains(&told), "a batch is as told");
                        Answer { obtained, ..Answer::default() }
                    }
                    Err($queue::RecvError::Sentinel) => Answer { obtained, ..a_sentinel() },
                    Err($queue::RecvError::Closed) => {
                        Answer { obtained, ..Answer::refused(Side::NotEmpty, true) }
                    }
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                }
            }

            fn worker(receiver: &Self::Receiver) -> Answer {
                let mut items = receiver.iter();
                let obtained: Vec<_> = items.by_ref().map(Item::open).collect();
                match items.end() {
                    Some($queue::RecvError::Sentinel) => Answer { obtained, ..a_sentinel() },
                    Some($queue::RecvError::Closed) => {
                        Answer { obtained, ..Answer::refused(Side::NotEmpty, true) }
                    }
                    Some($queue::RecvError::WouldBlockForever) => false_alarm(),
                    None => panic!("C7: a worker loop ended and cannot tell why"),
                }
            }

            fn task(receiver: &Self::Receiver, last: impl FnOnce(&Answer)) -> Answer {
                let answer = |obtained| Answer { obtained, ..Answer::default() };
                match receiver.recv_task() {
                    Ok(task) => {
                        let unfinished = Unfinished(Some(task), $queue::Task::into_inner);
                        let answer = answer(unfinished.0.iter().map(|task| task.id()).collect());
                        last(&answer);
                        answer
                    }
                    Err($queue::RecvError::Sentinel) => a_sentinel(),
                    Err($queue::RecvError::Closed) => Answer::refused(Side::NotEmpty, true),
                    Err($queue::RecvError::WouldBlockForever) => false_alarm(),
                }
            }

            fn join(queue: &Self::Queue) -> Answer {
                match queue.join() {
                    Ok(()) => Answer { joined: true, ..Answer::default() },
                    Err(_) => false_alarm(),
                }
            }

            fn join_timeout(queue: &Self::Queue) -> Answer {
                match queue.join_timeout(TIMEOUT) {
                    Ok(()) => Answer { joined: true, ..Answer::default() },
                    Err(_) => Answer::refused(Side::AllDone, false),
                }
            }

            fn close(queue: &Self::Queue) -> Answer {
                Answer { closed: Some(queue.close()), ..Answer::default() }
            }

            fn close_now(queue: &Self::Queue) -> Answer {
                let drained = queue.close_now();
                Answer {
                    obtained: drained.items.into_iter().map(Item::open).collect(),
                    sentinels_drained: drained.sentinels,
                    ..Answer::default()
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

fn not_sent(item: Item, closed: bool) -> Answer {
    Answer { returned: vec![item.open()], ..Answer::refused(Side::NotFull, closed) }
}

fn a_sentinel() -> Answer {
    Answer { sentinels_taken: 1, ..Answer::default() }
}

fn false_alarm() -> ! {
    panic!("C8: an operation outside of any scope says that it would block forever")
}
