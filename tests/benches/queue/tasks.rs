//! Tasks instead of threads: the same queue, awaited on tokio's two runtimes, beside the queues that can
//! be awaited. A table of its own, since these are other queues than those of threads.

use crate::clock::median;
use crate::options::Effort;
use std::future::Future;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// The columns, ours first.
const NAMES: [&str; 5] = ["sentinel-queue", "flume", "kanal", "async-channel", "tokio mpsc"];

/// Threads of the multi-thread runtime.
const THREADS: usize = 2;

/// A queue that tasks await.
trait Awaited: 'static {
    type Sender: Clone + Send + 'static;
    type Receiver: Send + 'static;

    /// Makes a queue; `None` is unbounded.
    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver);

    /// Another receiver of the same queue, if it can have more than one.
    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver>;

    /// Sends, waiting for room. The queue is open.
    fn send(sender: &Self::Sender, item: usize) -> impl Future<Output = ()> + Send;

    /// Sends from a thread.
    fn send_blocking(sender: &Self::Sender, item: usize);

    /// Receives, waiting for an item; `None` when there will never be one.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<usize>> + Send;
}

struct Ours;

impl Awaited for Ours {
    type Sender = sentinel_queue::Sender<usize>;
    type Receiver = sentinel_queue::Receiver<usize>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(sentinel_queue::unbounded, sentinel_queue::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    async fn send(sender: &Self::Sender, item: usize) {
        assert!(sender.send_async(item).await.is_ok());
    }

    fn send_blocking(sender: &Self::Sender, item: usize) {
        assert!(sender.send(item).is_ok());
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.recv_async().await.ok()
    }
}

struct Flume;

impl Awaited for Flume {
    type Sender = flume::Sender<usize>;
    type Receiver = flume::Receiver<usize>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(flume::unbounded, flume::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    async fn send(sender: &Self::Sender, item: usize) {
        assert!(sender.send_async(item).await.is_ok());
    }

    fn send_blocking(sender: &Self::Sender, item: usize) {
        assert!(sender.send(item).is_ok());
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.recv_async().await.ok()
    }
}

struct Kanal;

impl Awaited for Kanal {
    type Sender = kanal::AsyncSender<usize>;
    type Receiver = kanal::AsyncReceiver<usize>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(kanal::unbounded_async, kanal::bounded_async)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    async fn send(sender: &Self::Sender, item: usize) {
        assert!(sender.send(item).await.is_ok());
    }

    fn send_blocking(sender: &Self::Sender, item: usize) {
        assert!(sender.as_sync().send(item).is_ok());
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.recv().await.ok()
    }
}

struct AsyncChannel;

impl Awaited for AsyncChannel {
    type Sender = async_channel::Sender<usize>;
    type Receiver = async_channel::Receiver<usize>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(async_channel::unbounded, async_channel::bounded)
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    async fn send(sender: &Self::Sender, item: usize) {
        assert!(sender.send(item).await.is_ok());
    }

    fn send_blocking(sender: &Self::Sender, item: usize) {
        assert!(sender.send_blocking(item).is_ok());
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<usize> {
        receiver.recv().await.ok()
    }
}

struct Tokio;

/// The two senders of tokio's mpsc as one.
#[derive(Clone)]
enum TokioSender {
    Unbounded(mpsc::UnboundedSender<usize>),
    Bounded(mpsc::Sender<usize>),
}

enum TokioReceiver {
    Unbounded(mpsc::UnboundedReceiver<usize>),
    Bounded(mpsc::Receiver<usize>),
}

impl Awaited for Tokio {
    type Sender = TokioSender;
    type Receiver = TokioReceiver;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        if let Some(capacity) = capacity {
            let (sender, receiver) = mpsc::channel(capacity);
            (TokioSender::Bounded(sender), TokioReceiver::Bounded(receiver))
        } else {
            let (sender, receiver) = mpsc::unbounded_channel();
            (TokioSender::Unbounded(sender), TokioReceiver::Unbounded(receiver))
        }
    }

    fn share(_receiver: &Self::Receiver) -> Option<Self::Receiver> {
        None
    }

    async fn send(sender: &Self::Sender, item: usize) {
        let sent = match sender {
            TokioSender::Unbounded(sender) => sender.send(item),
            TokioSender::Bounded(sender) => sender.send(item).await,
        };
        assert!(sent.is_ok());
    }

    fn send_blocking(sender: &Self::Sender, item: usize) {
        let sent = match sender {
            TokioSender::Unbounded(sender) => sender.send(item),
            TokioSender::Bounded(sender) => sender.blocking_send(item),
        };
        assert!(sent.is_ok());
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<usize> {
        match receiver {
            TokioReceiver::Unbounded(receiver) => receiver.recv().await,
            TokioReceiver::Bounded(receiver) => receiver.recv().await,
        }
    }
}

/// What goes through a queue.
#[derive(Clone, Copy)]
struct Shape {
    capacity: Option<usize>,
    producers: usize,
    consumers: usize,
    /// Whether the producers are threads of the system.
    from_threads: bool,
    items: usize,
}

/// Makes a queue with as many receivers as there are consumers.
fn open<Q: Awaited>(shape: Shape) -> Option<(Q::Sender, Vec<Q::Receiver>)> {
    let (sender, receiver) = Q::open(shape.capacity);
    let mut receivers = vec![receiver];
    while receivers.len() < shape.consumers {
        receivers.push(Q::share(&receivers[0])?);
    }
    Some((sender, receivers))
}

/// Measures from the first spawn until all have ended; `None` if this queue cannot do it.
fn measure<Q: Awaited>(runtime: &Runtime, shape: Shape) -> Option<Duration> {
    let (sender, receivers) = open::<Q>(shape)?;
    let each = shape.items / shape.producers;
    let began = Instant::now();
    let consumers: Vec<_> =
        receivers.into_iter().map(|receiver| runtime.spawn(consume::<Q>(receiver))).collect();
    let (mut threads, mut tasks) = (Vec::new(), Vec::new());
    for number in 0..shape.producers {
        let (sender, items) = (sender.clone(), number * each..(number + 1) * each);
        if shape.from_threads {
            threads.push(thread::spawn(move || {
                for item in items {
                    Q::send_blocking(&sender, item);
                }
            }));
        } else {
            tasks.push(runtime.spawn(async move {
                for item in items {
                    Q::send(&sender, item).await;
                }
            }));
        }
    }
    drop(sender); // the last one ends the consumers
    let mut sum = 0;
    for consumer in consumers {
        sum += runtime.block_on(consumer).expect("a consumer that does not panic");
    }
    let took = began.elapsed();
    for producer in tasks {
        runtime.block_on(producer).expect("a producer that does not panic");
    }
    for producer in threads {
        producer.join().expect("nor one that is a thread");
    }
    let items = each * shape.producers;
    assert_eq!(sum, items * (items - 1) / 2, "items were lost or invented");
    Some(took)
}

async fn consume<Q: Awaited>(mut receiver: Q::Receiver) -> usize {
    let mut sum = 0;
    while let Some(item) = Q::recv(&mut receiver).await {
        sum += item;
    }
    sum
}

/// Measures and prints all rows, as Markdown.
pub(crate) fn run(effort: &Effort) {
    println!("| runtime | capacity | producers → consumers | ns per item: {} |", NAMES.join(" | "));
    println!("|{}", " --- |".repeat(3 + NAMES.len()));
    let single = Builder::new_current_thread().build().expect("a runtime");
    let many = Builder::new_multi_thread().worker_threads(THREADS).build().expect("a runtime");
    let many_name = format!("multi-thread, {THREADS}");
    for (runtime, name) in [(&single, "current-thread"), (&many, &*many_name)] {
        for (capacity, items) in [
            (Some(1), effort.items_one),
            (Some(64), effort.items_small),
            (None, effort.items_small),
        ] {
            for (producers, consumers, from_threads) in
                [(1, 1, false), (4, 1, false), (4, 4, false), (2, 1, true), (2, 2, true)]
            {
                let shape = Shape { capacity, producers, consumers, from_threads, items };
                row(effort, runtime, name, shape);
            }
        }
    }
}

/// Contenders take turns, as in the other table.
fn row(effort: &Effort, runtime: &Runtime, name: &str, shape: Shape) {
    let columns: [fn(&Runtime, Shape) -> Option<Duration>; NAMES.len()] = [
        measure::<Ours>,
        measure::<Flume>,
        measure::<Kanal>,
        measure::<AsyncChannel>,
        measure::<Tokio>,
    ];
    let mut found: [Vec<f64>; NAMES.len()] = Default::default();
    for round in 0..effort.rounds {
        for turn in 0..NAMES.len() {
            let column = (turn + round) % NAMES.len();
            let took = columns[column](runtime, shape);
            let items = f64::from(u32::try_from(shape.items).expect("few items"));
            found[column].extend(took.map(|took| took.as_secs_f64() * 1e9 / items));
        }
    }
    let cells =
        found.map(|values| median(values).map_or("–".into(), |value| format!("{value:.0}")));
    let capacity = shape.capacity.map_or("unbounded".into(), |capacity| capacity.to_string());
    let kind = if shape.from_threads { "thread" } else { "task" };
    let count = |count: usize, what| format!("{count} {what}{}", if count > 1 { "s" } else { "" });
    let how = format!("{} → {}", count(shape.producers, kind), count(shape.consumers, "task"));
    println!("| {name} | {capacity} | {how} | {} |", cells.join(" | "));
}
