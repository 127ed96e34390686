//! The queue under test. It exists twice, compiled over the kernel: as it ships, and with the mutants.
//! Clients and oracles use both through [`Subject`], alone and in groups, with items that record where
//! they end.

use sentinel_queue_models::program::Environment;
use sentinel_queue_models::{ItemId, Response};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long timed operations may wait. The checking kernels ignore it; real threads should run into
/// it neither always nor never.
pub const TIMEOUT: Duration = Duration::from_micros(50);

/// A task that a client holds; it ends when this is dropped.
pub trait Held: Send {
    /// `Task::put_back`; if the queue is closed, the task ends.
    fn put_back(self: Box<Self>) -> Response;
}

/// Such a task.
pub type Guard = Box<dyn Held>;

/// A queue at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Items queued.
    pub items: usize,
    /// Sentinels queued.
    pub sentinels: usize,
    /// How many items fit.
    pub capacity: Option<usize>,
    /// Whether it is closed.
    pub closed: bool,
    /// Tasks that have not ended.
    pub unfinished: usize,
    /// Items ever accepted.
    pub accepted: u64,
    /// Living senders.
    pub senders: usize,
    /// Living receivers.
    pub receivers: usize,
    /// Waiters, of all conditions.
    pub waiting: usize,
}

impl Snapshot {
    /// The same without its handles, which come and go between two operations, and its waiters.
    #[must_use]
    pub fn contents(self) -> Self {
        Snapshot { senders: 0, receivers: 0, waiting: 0, ..self }
    }
}

/// What a blocked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitTarget {
    /// To receive from the queue of that number, counted from 1.
    Receive(usize),
    /// To send to it.
    Send(usize),
    /// The completion of its work.
    Join(usize),
    /// The completion of what it has accepted before.
    Flush(usize),
    /// The end of all other participants.
    AllOthers,
    /// The end of one other participant.
    Participant,
}

/// A deadlock report, of any build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number, from 1.
    pub occurrence: u64,
    /// The threads that it is delivered to, by name.
    pub blocked: Vec<(String, WaitTarget)>,
    /// The threads that wait for the end of these.
    pub blocked_on_join: Vec<(String, WaitTarget)>,
    /// The queues and their numbers, from 1.
    pub queues: Vec<(usize, Snapshot)>,
    /// The participants that have left, and whether by a panic.
    pub departed: Vec<(String, bool)>,
}

/// A thread to be started in a scope: its name, and what it does and returns.
pub type Thread<R> = (String, Box<dyn FnOnce() -> R + Send>);

/// A queue's first two handles.
pub type Handles<S> = (<S as Subject>::Sender, <S as Subject>::Receiver);

/// One build of the queue.
pub trait Subject: 'static {
    /// The sending handle.
    type Sender: Clone + Send + Sync + 'static;
    /// The receiving handle.
    type Receiver: Clone + Send + Sync + 'static;
    /// The handle of neither side.
    type Weak: Clone + Send + Sync + 'static;
    /// What both handles are a reference to.
    type Queue;
    /// `Group`.
    type Group: Clone + Send + Sync + 'static;
    /// `Participant`.
    type Participant: Send + 'static;
    /// `External`.
    type External: Send + 'static;

    /// `Group::new`.
    fn group() -> Self::Group;
    /// `Group::participant`.
    fn participant(group: &Self::Group, name: String) -> Self::Participant;
    /// `Participant::run`.
    fn run(participant: Self::Participant, body: impl FnOnce());
    /// `Group::external`.
    fn external(group: &Self::Group) -> Self::External;
    /// `Group::report`.
    fn report(group: &Self::Group) -> Option<Report>;
    /// `Group::join`.
    fn join_others(group: &Self::Group) -> Response;
    /// `scope`, in which `prepare` makes the queues with what it is given, and returns the threads
    /// to be started there. Returns the report.
    fn scope<R: Send + 'static>(
        environment: Environment,
        prepare: impl FnOnce(&dyn Fn(Option<usize>) -> Handles<Self>) -> Vec<Thread<R>>,
    ) -> Option<Report>
    where
        Self: Sized;

    /// A new queue, of a group or of none.
    fn create(group: Option<&Self::Group>, capacity: Option<usize>) -> Handles<Self>
    where
        Self: Sized;
    /// The queue behind a sender.
    fn behind_sender(sender: &Self::Sender) -> &Self::Queue;
    /// The queue behind a receiver.
    fn behind_receiver(receiver: &Self::Receiver) -> &Self::Queue;

    /// `downgrade` of a sender.
    fn downgrade_sender(sender: &Self::Sender) -> Self::Weak;
    /// `downgrade` of a receiver.
    fn downgrade_receiver(receiver: &Self::Receiver) -> Self::Weak;
    /// The queue behind a handle of neither side.
    fn behind_weak(weak: &Self::Weak) -> &Self::Queue;
    /// `upgrade_sender`.
    fn upgrade_sender(weak: &Self::Weak) -> Option<Self::Sender>;
    /// `upgrade_receiver`.
    fn upgrade_receiver(weak: &Self::Weak) -> Option<Self::Receiver>;
    /// `leave_if_idle`.
    ///
    /// # Errors
    ///
    /// Returns the receiver if it does not leave.
    fn leave(receiver: Self::Receiver) -> Result<(), Self::Receiver>
    where
        Self: Sized;

    /// `send`.
    fn send(sender: &Self::Sender, item: Item) -> Response;
    /// `try_send`.
    fn try_send(sender: &Self::Sender, item: Item) -> Response;
    /// `send_timeout`.
    fn send_timeout(sender: &Self::Sender, item: Item) -> Response;
    /// `send_deadline`.
    fn send_deadline(sender: &Self::Sender, item: Item) -> Response;
    /// `force_send`.
    fn force_send(sender: &Self::Sender, item: Item) -> Response;
    /// `send_many`.
    fn send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response;
    /// `try_send_many`.
    fn try_send_many(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response;
    /// `send_many_timeout`.
    fn send_many_timeout(sender: &Self::Sender, items: impl Iterator<Item = Item>) -> Response;
    /// `send_async`.
    fn send_async(sender: &Self::Sender, item: Item) -> Response;
    /// `send_async`; the future is polled once, and dropped if it is pending.
    fn send_async_drop(sender: &Self::Sender, item: Item) -> Response;
    /// `send_sentinel`.
    fn send_sentinel(sender: &Self::Sender) -> Response;
    /// `send_sentinels`.
    fn send_sentinels(sender: &Self::Sender, count: usize) -> Response;
    /// `send_sentinels_front`.
    fn send_sentinels_front(sender: &Self::Sender, count: usize) -> Response;
    /// `recv`.
    fn recv(receiver: &Self::Receiver) -> Response;
    /// `try_recv`.
    fn try_recv(receiver: &Self::Receiver) -> Response;
    /// `recv_timeout`.
    fn recv_timeout(receiver: &Self::Receiver) -> Response;
    /// `recv_deadline`.
    fn recv_deadline(receiver: &Self::Receiver) -> Response;
    /// `recv_many`.
    fn recv_many(receiver: &Self::Receiver, limit: usize) -> Response;
    /// `try_recv_many`.
    fn try_recv_many(receiver: &Self::Receiver, limit: usize) -> Response;
    /// `recv_many_timeout`.
    fn recv_many_timeout(receiver: &Self::Receiver, limit: usize) -> Response;
    /// `recv_full`.
    fn recv_full(receiver: &Self::Receiver, limit: usize) -> Response;
    /// `recv_async`.
    fn recv_async(receiver: &Self::Receiver) -> Response;
    /// `recv_async`; the future is polled once, and dropped if it is pending.
    fn recv_async_drop(receiver: &Self::Receiver) -> Response;
    /// `recv_many_async`.
    fn recv_many_async(receiver: &Self::Receiver, limit: usize) -> Response;
    /// A loop over `iter`.
    fn worker(receiver: &Self::Receiver) -> Response;
    /// `recv_task`, and the task if there is one.
    fn take_task(receiver: &Self::Receiver) -> (Response, Option<Guard>);
    /// `try_recv_task`, likewise.
    fn try_task(receiver: &Self::Receiver) -> (Response, Option<Guard>);
    /// `recv_task_timeout`, likewise.
    fn task_timeout(receiver: &Self::Receiver) -> (Response, Option<Guard>);
    /// `recv_task_async`, likewise.
    fn task_async(receiver: &Self::Receiver) -> (Response, Option<Guard>);
    /// `recv_many_tasks`, and the tasks.
    fn take_tasks(receiver: &Self::Receiver, limit: usize) -> (Response, Vec<Guard>);
    /// `join`.
    fn join(queue: &Self::Queue) -> Response;
    /// `join_timeout`.
    fn join_timeout(queue: &Self::Queue) -> Response;
    /// `join_async`.
    fn join_async(queue: &Self::Queue) -> Response;
    /// `join_async`; the future is polled once, and dropped if it is pending.
    fn join_async_drop(queue: &Self::Queue) -> Response;
    /// `flush`.
    fn flush(queue: &Self::Queue) -> Response;
    /// `flush_timeout`.
    fn flush_timeout(queue: &Self::Queue) -> Response;
    /// `close`.
    fn close(queue: &Self::Queue) -> Response;
    /// `close_now`.
    fn close_now(queue: &Self::Queue) -> Response;
    /// `drain`.
    fn drain(queue: &Self::Queue) -> Response;
    /// `stats`.
    fn snapshot(queue: &Self::Queue) -> Snapshot;
}

/// Where items that no client got hold of again ended. The clients keep account of the others.
#[derive(Clone, Debug, Default)]
pub struct DropRegistry(Arc<Mutex<Vec<ItemId>>>);

impl DropRegistry {
    /// The items that were dropped inside of the queue.
    pub fn dropped(&self) -> Vec<ItemId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What an item does when it is dropped.
pub type Ending = Box<dyn Fn() + Send + Sync>;

/// An item. If it is dropped rather than opened, the registry says so.
pub struct Item {
    id: ItemId,
    registry: Option<DropRegistry>,
    ending: Option<Ending>,
}

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Item").field(&self.id).finish()
    }
}

impl Item {
    /// A new item.
    pub fn new(id: ItemId, registry: &DropRegistry) -> Self {
        Item { id, registry: Some(registry.clone()), ending: None }
    }

    /// A new item that runs code of its own when it is dropped inside of the queue.
    pub fn that_ends_with(id: ItemId, registry: &DropRegistry, ending: Ending) -> Self {
        let mut item = Item::new(id, registry);
        item.ending = Some(ending);
        item
    }

    /// The client has it in its hands.
    pub fn open(mut self) -> ItemId {
        self.registry = None;
        self.id
    }

    /// The client sees it, and does not own it.
    pub fn id(&self) -> ItemId {
        self.id
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.take() {
            if let Some(ending) = self.ending.take() {
                ending();
            }
            registry.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
        }
    }
}
