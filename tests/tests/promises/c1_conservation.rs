//! C1: an item whose send returned `Ok` is received once, or handed back once, or dropped once with
//! the last receiver. Every error returns its item.

use sentinel_queue::{bounded, unbounded, Receiver, SendError, SendTimeoutError, TrySendError};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, TrackedItem};
use std::thread;
use std::time::{Duration, Instant};

fn numbers(items: impl IntoIterator<Item = TrackedItem>) -> Vec<usize> {
    items.into_iter().map(|item| item.number()).collect()
}

fn spawn_collectors(
    count: usize,
    rx: &Receiver<TrackedItem>,
) -> Vec<thread::JoinHandle<Vec<usize>>> {
    (0..count)
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || numbers(&rx))
        })
        .collect()
}

#[test]
fn sent_item_is_received_once() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(3);
        let workers = spawn_collectors(3, &rx);
        let producers: Vec<_> = (0..3)
            .map(|producer| {
                let (tx, registry) = (tx.clone(), registry.clone());
                thread::spawn(move || {
                    for number in 0..1000 {
                        tx.send(registry.item(producer * 1000 + number)).unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        for producer in producers {
            producer.join().unwrap();
        }
        let mut received: Vec<_> =
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        received.sort_unstable();
        assert_eq!(received, (0..3000).collect::<Vec<_>>());
        assert_eq!(registry.living(), 0);
    });
}

#[test]
fn close_now_amid_traffic_returns_what_was_not_received() {
    with_watchdog(|| {
        for round in 0..300 {
            let registry = DropRegistry::default();
            let (tx, rx) = bounded(2);
            let mut workers = spawn_collectors(2, &rx);
            let producer = thread::spawn({
                let registry = registry.clone();
                move || {
                    let mut next = 0;
                    loop {
                        match tx.send(registry.item(next)) {
                            Ok(()) => next += 1,
                            Err(error) => break (next, error.into_inner().number()),
                        }
                    }
                }
            });
            spin_until(|| rx.stats().accepted > round % 20);
            let handed_back = rx.close_now();
            let (accepted, refused) = producer.join().unwrap();
            assert_eq!(refused, accepted, "the error returns the item it refused");

            let mut everything = numbers(handed_back.items);
            for worker in workers.drain(..) {
                everything.extend(worker.join().unwrap());
            }
            everything.sort_unstable();
            assert_eq!(everything, (0..accepted).collect::<Vec<_>>());
            assert_eq!(registry.living(), 0);
        }
    });
}

#[test]
fn last_receiver_dropped_drops_what_is_queued_at_once() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = unbounded();
        tx.send_many((0..5).map(|number| registry.item(number))).unwrap();
        drop(rx.clone());
        assert_eq!(registry.living(), 5, "it was not the last one");
        drop(rx);
        assert_eq!(registry.living(), 0, "though the sender lives");
        assert_eq!(numbers(tx.send(registry.item(7)).map_err(SendError::into_inner).err()), [7]);
    });
}

#[test]
fn last_receiver_dropped_amid_sends_loses_nothing() {
    with_watchdog(|| {
        for round in 0..100 {
            let registry = DropRegistry::default();
            let (tx, rx) = unbounded();
            let producer = thread::spawn({
                let (tx, registry) = (tx.clone(), registry.clone());
                move || {
                    (0..usize::MAX)
                        .take_while(|&number| tx.send(registry.item(number)).is_ok())
                        .count()
                }
            });
            spin_until(|| rx.stats().accepted > round % 10);
            drop(rx);
            let accepted = producer.join().unwrap();
            assert_eq!(tx.stats().accepted, accepted as u64);
            assert_eq!(
                (tx.len(), registry.living()),
                (0, 0),
                "what was accepted is dropped by now"
            );
        }
    });
}

#[test]
fn last_receiver_dropped_returns_the_items_of_blocked_senders() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let senders = [1, 2].map(|item| {
            let tx = tx.clone();
            thread::spawn(move || tx.send(item))
        });
        spin_until(|| rx.stats().waiting_senders == 2);
        drop(rx);
        let answers = senders.map(|sender| sender.join().unwrap());
        assert_eq!(answers, [Err(SendError::Closed(1)), Err(SendError::Closed(2))]);
    });
}

#[test]
fn force_send_hands_each_evicted_item_back_once() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        let workers = spawn_collectors(2, &rx);
        let producers = [0, 1].map(|producer| {
            let (tx, registry) = (tx.clone(), registry.clone());
            thread::spawn(move || {
                let items = (0..2000).map(|number| registry.item(producer * 2000 + number));
                numbers(items.filter_map(|item| tx.force_send(item).unwrap()))
            })
        });
        drop(tx);
        let mut everything = Vec::new();
        for thread in workers.into_iter().chain(producers) {
            everything.extend(thread.join().unwrap());
        }
        everything.sort_unstable();
        assert_eq!(everything, (0..4000).collect::<Vec<_>>());
        assert_eq!(registry.living(), 0);
    });
}

#[test]
fn full_queue_returns_the_item() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let past = Instant::now();
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        assert_eq!(tx.send_timeout(2, Duration::ZERO), Err(SendTimeoutError::Timeout(2)));
        assert_eq!(tx.send_deadline(3, past), Err(SendTimeoutError::Timeout(3)));
        assert_eq!(tx.force_send(4), Ok(Some(0)));
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [4]);
    });
}

#[test]
fn closed_queue_returns_the_item() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        tx.close();
        assert_eq!(tx.send(1), Err(SendError::Closed(1)));
        assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)));
        assert_eq!(tx.send_timeout(3, Duration::MAX), Err(SendTimeoutError::Closed(3)));
        assert_eq!(tx.send_deadline(4, Instant::now()), Err(SendTimeoutError::Closed(4)));
        assert_eq!(tx.force_send(5), Err(SendError::Closed(5)));
        assert_eq!(tx.send_many([6, 7]), Err(SendError::Closed(vec![6, 7])));
        assert_eq!(rx.iter().collect::<Vec<_>>(), [0]);
    });
}

#[test]
fn close_amid_a_batch_returns_the_rest_of_it() {
    with_watchdog(|| {
        for received in 0..8 {
            let (tx, rx) = bounded(2);
            let sender = thread::spawn(move || tx.send_many(0..10));
            let mut everything: Vec<i32> = rx.iter().take(received).collect();
            // What is left never fits, so the sender goes to sleep again.
            spin_until(|| rx.stats().waiting_senders == 1 && rx.is_full());
            rx.close();
            let rest = sender.join().unwrap().unwrap_err().into_inner();
            everything.extend(&rx);
            assert_eq!(everything, (0..i32::try_from(received).unwrap() + 2).collect::<Vec<_>>());
            everything.extend(rest);
            assert_eq!(everything, (0..10).collect::<Vec<_>>());
        }
    });
}

#[test]
fn everything_dropped_drops_each_item_once() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(8);
        tx.send_many((0..8).map(|number| registry.item(number))).unwrap();
        let kept = rx.recv().unwrap();
        let task = rx.recv_task().unwrap();
        let mut batch = Vec::new();
        assert_eq!(rx.recv_many(&mut batch, 2), Ok(2));
        for number in [8, 9] {
            assert!(tx.force_send(registry.item(number)).unwrap().is_none());
        }
        drop((tx, rx));
        assert_eq!(registry.living(), 4, "one kept, one task, two in the batch");
        drop((kept, task, batch));
        assert_eq!(registry.living(), 0);
    });
}
