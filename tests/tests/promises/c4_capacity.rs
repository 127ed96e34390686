//! C4: a send stores an item only below `capacity`. A sentinel or a task put back needs no room and never waits.

use sentinel_queue::{bounded, unbounded, SendError, Task, TrySendError};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;

#[test]
fn traffic_never_exceeds_the_capacity() {
    with_watchdog(|| {
        for capacity in [1, 3] {
            let (tx, rx) = bounded(capacity);
            let producers = [0, 1, 2].map(|producer| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for round in 0..500 {
                        match producer {
                            0 => tx.send(round).unwrap(),
                            1 => tx.send_many([round; 4]).unwrap(),
                            _ => drop(tx.force_send(round).unwrap()),
                        }
                        tx.send_sentinel().unwrap();
                    }
                })
            });
            drop(tx);
            let mut largest = 0;
            while !rx.is_drained() {
                let stats = rx.stats();
                assert!(stats.len <= capacity, "{stats:?}");
                largest = largest.max(stats.len);
                let _ = rx.recv();
            }
            assert_eq!(largest, capacity);
            for producer in producers {
                producer.join().unwrap();
            }
        }
    });
}

#[test]
fn full_queue_lets_in_one_sender_per_item_taken() {
    with_watchdog(|| {
        let (tx, rx) = bounded(2);
        tx.send_many([0, 0]).unwrap();
        let senders = [1, 2, 3].map(|item| {
            let tx = tx.clone();
            thread::spawn(move || tx.send(item).unwrap())
        });
        for blocked in [3, 2, 1] {
            spin_until(|| rx.stats().waiting_senders == blocked);
            assert_eq!((rx.len(), rx.is_full()), (2, true));
            assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)));
            rx.recv().unwrap();
            spin_until(|| rx.is_full());
        }
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn batch_larger_than_the_capacity_goes_in_by_pieces() {
    with_watchdog(|| {
        let (tx, rx) = bounded(4);
        tx.send(0).unwrap();
        let sender = thread::spawn(move || tx.send_many(1..=10));
        let mut received = Vec::new();
        for stored in [4, 4, 3] {
            spin_until(|| rx.len() == stored);
            assert_eq!(rx.recv_many(&mut received, usize::MAX), Ok(stored));
        }
        sender.join().unwrap().unwrap();
        assert_eq!(received, (0..=10).collect::<Vec<_>>());
    });
}

#[test]
fn sentinels_take_no_room() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send_sentinels(10).unwrap();
        assert_eq!((rx.len(), rx.is_empty(), rx.is_full()), (0, true, false));
        tx.try_send('a').unwrap();
        assert_eq!((rx.len(), rx.is_full(), rx.stats().sentinels), (1, true, 10));
    });
}

#[test]
fn unbounded_queue_is_never_full() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many(0..100_000).unwrap();
        assert_eq!((rx.len(), rx.capacity(), rx.is_full()), (100_000, None, false));
        assert_eq!(tx.force_send(0), Ok(None));
        assert_eq!(bounded::<u8>(usize::MAX).0.capacity(), Some(usize::MAX));
    });
}

#[test]
fn endless_iterator_is_taken_as_the_queue_has_room() {
    with_watchdog(|| {
        let (tx, rx) = bounded(4);
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let endless = std::iter::from_fn(move || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            assert!(number < 1_000_000, "the sender runs ahead of the receiver");
            Some(number)
        });
        let sender = thread::spawn(move || tx.send_many(endless));
        for number in 0..10_000 {
            assert_eq!(rx.recv(), Ok(number));
            let ahead = taken.load(Ordering::Relaxed) - number;
            assert!(ahead <= 4 + 2 * 16, "{ahead} were taken ahead of the receiver");
        }
        drop(rx);
        let answer = sender.join().unwrap();
        assert!(matches!(answer, Err(SendError::Closed(rest)) if !rest.is_empty()));
    });
}

#[test]
fn items_that_send_many_has_not_taken_stay_in_the_iterator() {
    let (tx, rx) = bounded(64);
    rx.close();
    let mut items = 0..1000;
    let Err(SendError::Closed(taken)) = tx.send_many(items.by_ref()) else {
        panic!("it is closed")
    };
    assert!(!taken.is_empty() && taken.len() < 1000);
    assert!(taken.into_iter().chain(items).eq(0..1000));
}

/// Put backs need no room. A forced send then takes the place of one item, and of no more.
#[test]
fn forced_send_replaces_one_item_also_beyond_the_capacity() {
    let (tx, rx) = bounded(1);
    tx.send(1).unwrap();
    let task = rx.recv_task().unwrap();
    tx.send(2).unwrap();
    assert!(Task::put_back(task).is_ok());
    assert_eq!((tx.len(), tx.is_full(), tx.try_send(3)), (2, true, Err(TrySendError::Full(3))));
    assert_eq!((tx.force_send(3), tx.len()), (Ok(Some(2)), 2));
    assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(3)));
    assert_eq!(tx.try_send(4), Ok(()));
}
