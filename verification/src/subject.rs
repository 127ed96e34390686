//! The queue under test. It exists once per engine, compiled from the same source over the three
//! backends of the kernel, and once more per engine with the mutants; to the harness all six are a
//! [`Subject`].

use crate::item::Item;
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::Response;
use std::time::Duration;

/// How long timed operations may wait. The checking kernels ignore it; real threads should neither
/// always nor never run into it.
pub const TIMEOUT: Duration = Duration::from_micros(50);

/// A task that a client holds; it ends when this is dropped.
pub type Guard = Box<dyn Send>;

/// What the queue holds, as told by the queue itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
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
    /// Living senders.
    pub senders: usize,
    /// Living receivers.
    pub receivers: usize,
}

/// One build of the queue.
pub trait Subject: 'static {
    /// Where it runs.
    type Backend: Backend;
    /// The sending handle.
    type Sender: Clone + Send + Sync + 'static;
    /// The receiving handle.
    type Receiver: Clone + Send + Sync + 'static;
    /// What both handles are a reference to.
    type Queue;

    /// A new queue.
    fn create(capacity: Option<usize>) -> (Self::Sender, Self::Receiver);
    /// The queue behind a sender.
    fn behind_sender(sender: &Self::Sender) -> &Self::Queue;
    /// The queue behind a receiver.
    fn behind_receiver(receiver: &Self::Receiver) -> &Self::Queue;

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
    /// `send_sentinel`.
    fn send_sentinel(sender: &Self::Sender) -> Response;
    /// `send_sentinels`.
    fn send_sentinels(sender: &Self::Sender, count: usize) -> Response;
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
    /// A loop over `iter`.
    fn worker(receiver: &Self::Receiver) -> Response;
    /// `recv_task`, and the task if there is one.
    fn take_task(receiver: &Self::Receiver) -> (Response, Option<Guard>);
    /// `join`.
    fn join(queue: &Self::Queue) -> Response;
    /// `join_timeout`.
    fn join_timeout(queue: &Self::Queue) -> Response;
    /// `close`.
    fn close(queue: &Self::Queue) -> Response;
    /// `close_now`.
    fn close_now(queue: &Self::Queue) -> Response;
    /// `stats`.
    fn content(queue: &Self::Queue) -> Content;
}
