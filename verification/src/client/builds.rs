//! The two builds of the queue, each made a [`Subject`] by the same lines.

use crate::client::subject::{
    Guard, Handles, Item, Report, Snapshot, Subject, Thread, WaitTarget, TIMEOUT,
};
use sentinel_queue_kernel::executor::{block_on, poll_once};
use sentinel_queue_kernel::harness;
use sentinel_queue_models::program::Environment;
use sentinel_queue_models::{Condition, Response};
use std::panic::resume_unwind;
use std::task::Poll;
use std::time::Instant;

mod groups;
mod responses;

use groups::groups;
use responses::{deadlocked, no_item, not_sent, one, sent, sent_sentinels, sentinel, Unfinished};

/// A type that is a [`Subject`]: this build of the queue. A macro, because the
/// builds are different crates, whose types have nothing in common but their names.
macro_rules! subject {
    ($name:ident, $queue:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name;

        groups!($name, $queue);
        responses::responses!($name, $queue);

        impl Subject for $name {
            type Sender = $queue::Sender<Item>;
            type Receiver = $queue::Receiver<Item>;
            type Weak = $queue::WeakHandle<Item>;
            type Queue = $queue::Queue<Item>;
            type Group = $queue::Group;
            type Participant = $queue::Participant;
            type External = $queue::External;

            fn group() -> Self::Group {
                $queue::Group::new()
            }

            fn participant(group: &Self::Group, name: String) -> Self::Participant {
                group.participant(name)
            }

            fn run(participant: Self::Participant, body: impl FnOnce()) {
                participant.run(body);
            }

            fn external(group: &Self::Group) -> Self::External {
                group.external()
            }

            fn report(group: &Self::Group) -> Option<Report> {
                group.report().as_ref().map(Self::convert)
            }

            fn join_others(group: &Self::Group) -> Response {
                match group.join() {
                    Ok(()) => Response { joined: true, ..Response::default() },
                    Err(_) => deadlocked(Response::default()),
                }
            }

            fn scope<R: Send + 'static>(
                environment: Environment,
                prepare: impl FnOnce(&dyn Fn(Option<usize>) -> Handles<Self>) -> Vec<Thread<R>>,
            ) -> Option<Report> {
                Self::run_scope(environment, prepare)
            }

            fn create(group: Option<&Self::Group>, capacity: Option<usize>) -> Handles<Self> {
                match (group, capacity) {
                    (Some(group), Some(capacity)) => group.bounded(capacity),
                    (Some(group), None) => group.unbounded(),
                    (None, Some(capacity)) => $queue::bounded(capacity),
                    (None, None) => $queue::unbounded(),
                }
            }

            fn behind_sender(sender: &Self::Sender) -> &Self::Queue {
                sender
            }

            fn behind_receiver(receiver: &Self::Receiver) -> &Self::Queue {
                receiver
            }

            fn downgrade_sender(sender: &Self::Sender) -> Self::Weak {
                sender.downgrade()
            }

            fn downgrade_receiver(receiver: &Self::Receiver) -> Self::Weak {
                receiver.downgrade()
            }

            fn behind_weak(weak: &Self::Weak) -> &Self::Queue {
                weak
            }

            fn upgrade_sender(weak: &Self::Weak) -> Option<Self::Sender> {
                weak.upgrade_sender()
            }

            fn upgrade_receiver(weak: &Self::Weak) -> Option<Self::Receiver> {
                weak.upgrade_receiver()
            }

            fn leave(receiver: Self::Receiver) -> Result<(), Self::Receiver> {
                receiver.leave_if_idle()
            }

            fn send(sender: &Self::Sender, item: Item) -> Response {
                sent(item.id(), sender.send(item).map_err(Self::of_send))
            }

            fn try_send(sender: &Self::Sender, item: Item) -> Response {
                sent(item.id(), sender.try_send(item).map_err(Self::of_try_send))
            }

            fn send_timeout(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                sent(id, sender.send_timeout(item, TIMEOUT).map_err(Self::of_send_timeout))
            }

            fn send_deadline(sender: &Self::Sender, item: Item) -> Response {
                let (id, deadline) = (item.id(), Instant::now() + TIMEOUT);
                sent(id, sender.send_deadline(item, deadline).map_err(Self::of_send_timeout))
            }

            fn force_send(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                match sender.force_send(item).map_err(Self::of_send) {
                    Ok(evicted) => {
                        let obtained = evicted.map(Item::open).into_iter().collect();
                        Response { obtained, ..sent(id, Ok(())) }
                    }
                    Err(response) => response,
                }
            }

            fn send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response {
                responses::sent_many(items, |items| match sender.send_many(items) {
                    Ok(()) => None,
                    Err($queue::SendError::Closed(items)) => Some((items, true, false)),
                    Err($queue::SendError::WouldBlockForever(items)) => Some((items, false, true)),
                })
            }

            fn try_send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response {
                responses::sent_many(items, |items| match sender.try_send_many(items) {
                    Ok(()) => None,
                    Err($queue::TrySendError::Closed(items)) => Some((items, true, false)),
                    Err($queue::TrySendError::Full(items)) => Some((items, false, false)),
                })
            }

            fn send_many_timeout(
                sender: &Self::Sender,
                items: impl Iterator<Item = Item>,
            ) -> Response {
                use $queue::SendTimeoutError::{Closed, Timeout, WouldBlockForever};
                responses::sent_many(items, |items| {
                    match sender.send_many_timeout(items, TIMEOUT) {
                        Ok(()) => None,
                        Err(Closed(items)) => Some((items, true, false)),
                        Err(Timeout(items)) => Some((items, false, false)),
                        Err(WouldBlockForever(items)) => Some((items, false, true)),
                    }
                })
            }

            fn send_async(sender: &Self::Sender, item: Item) -> Response {
                sent(item.id(), block_on(sender.send_async(item)).map_err(Self::of_send))
            }

            fn send_async_drop(sender: &Self::Sender, item: Item) -> Response {
                let id = item.id();
                let mut future = sender.send_async(item);
                match poll_once(&mut future) {
                    Poll::Ready(result) => sent(id, result.map_err(Self::of_send)),
                    Poll::Pending => responses::dropped(future.into_inner()),
                }
            }

            fn send_sentinel(sender: &Self::Sender) -> Response {
                sent_sentinels(1, sender.send_sentinel().is_ok())
            }

            fn send_sentinels(sender: &Self::Sender, count: usize) -> Response {
                sent_sentinels(count, sender.send_sentinels(count).is_ok())
            }

            fn send_sentinels_front(sender: &Self::Sender, count: usize) -> Response {
                sent_sentinels(count, sender.send_sentinels_front(count).is_ok())
            }

            fn recv(receiver: &Self::Receiver) -> Response {
                one(receiver.recv().map_err(Self::of_recv))
            }

            fn try_recv(receiver: &Self::Receiver) -> Response {
                one(receiver.try_recv().map_err(Self::of_try_recv))
            }

            fn recv_timeout(receiver: &Self::Receiver) -> Response {
                one(receiver.recv_timeout(TIMEOUT).map_err(Self::of_recv_timeout))
            }

            fn recv_deadline(receiver: &Self::Receiver) -> Response {
                let deadline = Instant::now() + TIMEOUT;
                one(receiver.recv_deadline(deadline).map_err(Self::of_recv_timeout))
            }

            fn recv_many(receiver: &Self::Receiver, limit: usize) -> Response {
                responses::batch(limit, |batch| {
                    receiver.recv_many(batch, limit).map_err(Self::of_recv)
                })
            }

            fn try_recv_many(receiver: &Self::Receiver, limit: usize) -> Response {
                responses::batch(limit, |batch| {
                    receiver.try_recv_many(batch, limit).map_err(Self::of_try_recv)
                })
            }

            fn recv_many_timeout(receiver: &Self::Receiver, limit: usize) -> Response {
                responses::batch(limit, |batch| {
                    let received = receiver.recv_many_timeout(batch, limit, TIMEOUT);
                    received.map_err(Self::of_recv_timeout)
                })
            }

            fn recv_full(receiver: &Self::Receiver, limit: usize) -> Response {
                responses::batch(limit, |batch| {
                    receiver.recv_full(batch, limit, TIMEOUT).map_err(Self::of_recv)
                })
            }

            fn recv_async(receiver: &Self::Receiver) -> Response {
                one(block_on(receiver.recv_async()).map_err(Self::of_recv))
            }

            fn recv_async_drop(receiver: &Self::Receiver) -> Response {
                match poll_once(&mut receiver.recv_async()) {
                    Poll::Ready(result) => one(result.map_err(Self::of_recv)),
                    Poll::Pending => responses::dropped(None),
                }
            }

            fn recv_many_async(receiver: &Self::Receiver, limit: usize) -> Response {
                responses::batch(limit, |batch| {
                    block_on(receiver.recv_many_async(batch, limit)).map_err(Self::of_recv)
                })
            }

            fn worker(receiver: &Self::Receiver) -> Response {
                let mut items = receiver.iter();
                let obtained: Vec<_> = items.by_ref().map(Item::open).collect();
                let end = items.end().expect("C7: a worker loop ended and cannot tell why");
                Response { obtained, ..Self::of_recv(end) }
            }

            fn take_task(receiver: &Self::Receiver) -> (Response, Option<Guard>) {
                Self::held(receiver.recv_task().map_err(Self::of_recv))
            }

            fn try_task(receiver: &Self::Receiver) -> (Response, Option<Guard>) {
                Self::held(receiver.try_recv_task().map_err(Self::of_try_recv))
            }

            fn task_timeout(receiver: &Self::Receiver) -> (Response, Option<Guard>) {
                Self::held(receiver.recv_task_timeout(TIMEOUT).map_err(Self::of_recv_timeout))
            }

            fn task_async(receiver: &Self::Receiver) -> (Response, Option<Guard>) {
                Self::held(block_on(receiver.recv_task_async()).map_err(Self::of_recv))
            }

            fn take_tasks(receiver: &Self::Receiver, limit: usize) -> (Response, Vec<Guard>) {
                let mut tasks = Vec::new();
                match receiver.recv_many_tasks(&mut tasks, limit) {
                    Ok(count) => {
                        let fits = count == tasks.len() && (1..=limit).contains(&count);
                        assert!(fits, "C3: a batch of {count} tasks, at most {limit}");
                        let obtained = tasks.iter().map(|task| task.id()).collect();
                        let guards = tasks.into_iter().map(Self::guard).collect();
                        (Response { obtained, ..Response::default() }, guards)
                    }
                    Err(error) => (Self::of_recv(error), Vec::new()),
                }
            }

            fn join(queue: &Self::Queue) -> Response {
                match queue.join() {
                    Ok(()) => Response { joined: true, ..Response::default() },
                    Err(_) => deadlocked(Response::refused(Condition::Completed, false)),
                }
            }

            fn join_timeout(queue: &Self::Queue) -> Response {
                match queue.join_timeout(TIMEOUT) {
                    Ok(()) => Response { joined: true, ..Response::default() },
                    Err(error) => {
                        let deadlocked = error == $queue::JoinTimeoutError::WouldBlockForever;
                        Response { deadlocked, ..Response::refused(Condition::Completed, false) }
                    }
                }
            }

            fn join_async(queue: &Self::Queue) -> Response {
                block_on(queue.join_async());
                Response { joined: true, ..Response::default() }
            }

            fn join_async_drop(queue: &Self::Queue) -> Response {
                match poll_once(&mut queue.join_async()) {
                    Poll::Ready(()) => Response { joined: true, ..Response::default() },
                    Poll::Pending => responses::dropped(None),
                }
            }

            fn flush(queue: &Self::Queue) -> Response {
                match queue.flush() {
                    Ok(()) => Response { flushed: true, ..Response::default() },
                    Err(_) => deadlocked(Response::refused(Condition::Flushed, false)),
                }
            }

            fn flush_timeout(queue: &Self::Queue) -> Response {
                match queue.flush_timeout(TIMEOUT) {
                    Ok(()) => Response { flushed: true, ..Response::default() },
                    Err(error) => {
                        let deadlocked = error == $queue::JoinTimeoutError::WouldBlockForever;
                        Response { deadlocked, ..Response::refused(Condition::Flushed, false) }
                    }
                }
            }

            fn drain(queue: &Self::Queue) -> Response {
                let obtained = queue.drain().into_iter().map(Item::open).collect();
                Response { obtained, ..Response::default() }
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

            fn snapshot(queue: &Self::Queue) -> Snapshot {
                Self::convert_stats(&queue.stats())
            }
        }
    };
}

subject!(Checked, sentinel_queue_checked, "The shipped source.");
subject!(Mutated, sentinel_queue_mutants, "The mutated source.");
