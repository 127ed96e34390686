//! Stress tests: producers, workers, closers and expiring timeouts together. Each item and each
//! sentinel must be received exactly once. The length of a run is bounded by counts.

use sentinel_queue::{
    bounded, Queue, Receiver, RecvError, RecvTimeoutError, SendError, Sender, Task, TryRecvError,
};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, Rng, TrackedItem};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const PRODUCERS: usize = 4;
const WORKERS: usize = 5;

/// Returns a timeout so short that it often expires.
fn short(rng: &mut Rng) -> Duration {
    Duration::from_micros(rng.below(20) as u64)
}

/// The numbers of the items that a thread has been given.
type Collected = Vec<usize>;

/// Sends all items by random operations, until the queue is closed. Returns the evicted items and
/// those refused at the end.
fn produce(tx: &Sender<TrackedItem>, items: Vec<TrackedItem>, mut rng: Rng) -> Collected {
    let mut handed_back = Collected::new();
    let mut items = items.into_iter();
    while let Some(item) = items.next() {
        match send_somehow(tx, item, &mut items, &mut rng) {
            Ok(evicted) => handed_back.extend(evicted.map(|item| item.number())),
            Err(rest) => {
                handed_back.extend(rest.into_iter().chain(items).map(|item| item.number()));
                break;
            }
        }
    }
    handed_back
}

/// Sends the item, and maybe some more. An error returns the items that cannot be sent.
fn send_somehow(
    tx: &Sender<TrackedItem>,
    item: TrackedItem,
    more: &mut impl Iterator<Item = TrackedItem>,
    rng: &mut Rng,
) -> Result<Option<TrackedItem>, Vec<TrackedItem>> {
    match rng.below(8) {
        0 => tx.force_send(item).map_err(|error| vec![error.into_inner()]),
        1 => {
            let batch = std::iter::once(item).chain(more.take(rng.below(6)));
            tx.send_many(batch).map(|()| None).map_err(SendError::into_inner)
        }
        2 | 3 => retry(item, |item| {
            let refused = tx.send_timeout(item, short(rng)).err()?;
            Some((refused.is_closed(), refused.into_inner()))
        }),
        4 => retry(item, |item| {
            let refused = tx.try_send(item).err()?;
            thread::yield_now();
            Some((refused.is_closed(), refused.into_inner()))
        }),
        _ => tx.send(item).map(|()| None).map_err(|error| vec![error.into_inner()]),
    }
}

/// Retries until the item is sent, or the queue is closed.
fn retry(
    mut item: TrackedItem,
    mut attempt: impl FnMut(TrackedItem) -> Option<(bool, TrackedItem)>,
) -> Result<Option<TrackedItem>, Vec<TrackedItem>> {
    while let Some((closed, refused)) = attempt(item) {
        if closed {
            return Err(vec![refused]);
        }
        item = refused;
    }
    Ok(None)
}

/// Receives by random operations until the loop ends; returns the items and the error.
fn work(rx: &Receiver<TrackedItem>, mut rng: Rng) -> (Collected, RecvError) {
    let mut received = Collected::new();
    loop {
        if let Err(end) = receive_somehow(rx, &mut received, &mut rng) {
            return (received, end);
        }
    }
}

fn receive_somehow(
    rx: &Receiver<TrackedItem>,
    received: &mut Collected,
    rng: &mut Rng,
) -> Result<(), RecvError> {
    let mut batch = Vec::new();
    match rng.below(8) {
        0 => drop(rx.recv_many(&mut batch, 1 + rng.below(4))?),
        1 => match rx.try_recv() {
            Ok(item) => batch.push(item),
            Err(TryRecvError::Empty) => thread::yield_now(),
            Err(TryRecvError::Closed) => return Err(RecvError::Closed),
            Err(TryRecvError::Sentinel) => return Err(RecvError::Sentinel),
        },
        2 | 3 => match rx.recv_many_timeout(&mut batch, 2, short(rng)) {
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Closed) => return Err(RecvError::Closed),
            Err(RecvTimeoutError::Sentinel) => return Err(RecvError::Sentinel),
            Err(RecvTimeoutError::WouldBlockForever) => return Err(RecvError::WouldBlockForever),
        },
        4 | 5 => batch.push(Task::into_inner(rx.recv_task()?)),
        6 => {
            let mut items = rx.iter();
            batch.extend(items.by_ref().take(3));
            received.extend(batch.drain(..).map(|item| item.number()));
            return items.end().map_or(Ok(()), Err);
        }
        _ => batch.push(rx.recv()?),
    }
    received.extend(batch.into_iter().map(|item| item.number()));
    Ok(())
}

type Workers = Vec<JoinHandle<(Collected, RecvError)>>;
type Producers = Vec<JoinHandle<Collected>>;

fn start(
    (tx, rx): (&Sender<TrackedItem>, &Receiver<TrackedItem>),
    registry: &DropRegistry,
    items_each: usize,
    seed: u64,
) -> (Producers, Workers) {
    let workers = (0..WORKERS).map(|worker| {
        let (rx, rng) = (rx.clone(), Rng::new(seed * 100 + worker as u64));
        thread::spawn(move || work(&rx, rng))
    });
    let workers = workers.collect();
    let producers = (0..PRODUCERS).map(|producer| {
        let (tx, rng) = (tx.clone(), Rng::new(seed * 100 + 50 + producer as u64));
        let numbers = producer * items_each..(producer + 1) * items_each;
        let items = numbers.map(|number| registry.item(number)).collect();
        thread::spawn(move || produce(&tx, items, rng))
    });
    (producers.collect(), workers)
}

fn assert_quiet(queue: &Queue<TrackedItem>) {
    let stats = queue.stats();
    let waiting = [stats.waiting_receivers, stats.waiting_senders, stats.waiting_joiners];
    assert_eq!((waiting, stats.unfinished_tasks), ([0; 3], 0));
}

#[test]
fn traffic_that_ends_by_sentinels_and_by_close_loses_nothing() {
    with_watchdog(|| {
        const ITEMS: usize = 15_000;
        for (seed, capacity) in [(1, 1), (2, 7)] {
            let registry = DropRegistry::default();
            let (tx, rx) = bounded(capacity);
            let (producers, workers) = start((&tx, &rx), &registry, ITEMS, seed);
            let mut everything = Collected::new();
            for producer in producers {
                everything.extend(producer.join().unwrap());
            }
            tx.join().unwrap();
            let by_sentinel = WORKERS - 2;
            tx.send_sentinels(by_sentinel).unwrap();
            spin_until(|| rx.receiver_count() == 1 + 2);
            drop(tx);
            let mut sentinels = 0;
            for worker in workers {
                let (received, end) = worker.join().unwrap();
                everything.extend(received);
                sentinels += usize::from(end.is_sentinel());
            }
            everything.sort_unstable();
            assert!(everything.into_iter().eq(0..PRODUCERS * ITEMS));
            assert_eq!((sentinels, registry.living()), (by_sentinel, 0));
            assert!(rx.is_drained());
            assert_quiet(&rx);
        }
    });
}

#[test]
fn close_amid_traffic_loses_nothing() {
    with_watchdog(|| {
        const ITEMS: usize = 100;
        for round in 0..150 {
            let registry = DropRegistry::default();
            let (tx, rx) = bounded(1 + round % 3);
            let (producers, workers) = start((&tx, &rx), &registry, ITEMS, 1000 + round as u64);
            spin_until(|| rx.stats().accepted >= (round % 50) as u64);
            let mut sent = 0;
            for _ in 0..round % 4 {
                sent += usize::from(tx.send_sentinel().is_ok());
            }
            let closers = [(); 2].map(|()| {
                let rx = rx.clone();
                thread::spawn(move || if round % 2 == 0 { None } else { Some(rx.close_now()) })
            });
            tx.close();
            let mut everything = Collected::new();
            let mut sentinels = 0;
            for drained in closers.into_iter().filter_map(|closer| closer.join().unwrap()) {
                sentinels += drained.sentinels;
                everything.extend(drained.items.into_iter().map(|item| item.number()));
            }
            for producer in producers {
                everything.extend(producer.join().unwrap());
            }
            for worker in workers {
                let (received, end) = worker.join().unwrap();
                everything.extend(received);
                sentinels += usize::from(end.is_sentinel());
            }
            everything.sort_unstable();
            assert!(everything.into_iter().eq(0..PRODUCERS * ITEMS), "round {round}");
            assert_eq!((sentinels, registry.living()), (sent, 0));
            assert!(rx.is_drained());
            assert_quiet(&rx);
        }
    });
}

#[test]
fn last_receiver_dropped_amid_traffic_leaks_nothing() {
    with_watchdog(|| {
        const ITEMS: usize = 200;
        for round in 0..150 {
            let registry = DropRegistry::default();
            let (tx, rx) = bounded(1 + round % 3);
            let (producers, workers) = start((&tx, &rx), &registry, ITEMS, 9000 + round as u64);
            drop(rx);
            spin_until(|| tx.stats().accepted >= (round % 50) as u64);
            // Every worker's loop ends, and with the last one the producers' sends.
            tx.send_sentinels(WORKERS).unwrap();
            let handed_back: usize =
                producers.into_iter().map(|one| one.join().unwrap().len()).sum();
            let received: usize = workers.into_iter().map(|one| one.join().unwrap().0.len()).sum();
            assert!(received + handed_back <= PRODUCERS * ITEMS);
            assert_eq!((tx.len(), tx.stats().sentinels, registry.living()), (0, 0, 0));
            assert_quiet(&tx);
        }
    });
}
