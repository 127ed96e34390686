//! C3: items and sentinels form one FIFO order, and each producer's own order is kept. (That every
//! operation is linearizable is shown in `linearizable`.)

use sentinel_queue::{bounded, unbounded, Receiver, RecvError};
use sentinel_queue_tests::with_watchdog;
use std::thread;

const PRODUCERS: usize = 3;
const ITEMS: usize = 1500;

/// Every producer sends its items with its number, in order: one by one, in batches, or by force.
fn spawn_producers() -> Receiver<(usize, usize)> {
    let (tx, rx) = bounded(8);
    for producer in 0..PRODUCERS {
        let tx = tx.clone();
        thread::spawn(move || {
            let mut items = (0..ITEMS).map(|item| (producer, item)).peekable();
            while items.peek().is_some() {
                if producer == 0 {
                    tx.send_many(items.by_ref().take(5)).unwrap();
                } else {
                    tx.send(items.next().unwrap()).unwrap();
                }
            }
        });
    }
    rx
}

/// Whether the items of each producer come in the order they were sent in.
fn assert_each_in_order(received: &[(usize, usize)]) {
    for producer in 0..PRODUCERS {
        let own = received.iter().filter(|item| item.0 == producer).map(|item| item.1);
        assert!(own.clone().zip(own.skip(1)).all(|(one, next)| one < next), "{producer}");
    }
}

#[test]
fn single_consumer_sees_each_producers_order() {
    with_watchdog(|| {
        let received: Vec<_> = spawn_producers().into_iter().collect();
        assert_eq!(received.len(), PRODUCERS * ITEMS);
        assert_each_in_order(&received);
    });
}

#[test]
fn every_consumer_sees_each_producers_order() {
    with_watchdog(|| {
        let rx = spawn_producers();
        let consumers = [1, 4, 7].map(|limit| {
            let rx = rx.clone();
            thread::spawn(move || {
                let mut received = Vec::new();
                while rx.recv_many(&mut received, limit).is_ok() {}
                received
            })
        });
        let received = consumers.map(|consumer| consumer.join().unwrap());
        assert_eq!(received.iter().map(Vec::len).sum::<usize>(), PRODUCERS * ITEMS);
        for one in &received {
            assert_each_in_order(one);
        }
    });
}

#[test]
fn batch_that_fits_stays_together() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let producers = [1, 2].map(|producer| {
            let tx = tx.clone();
            thread::spawn(move || {
                for _ in 0..500 {
                    tx.send_many([(producer, 0), (producer, 1), (producer, 2)]).unwrap();
                }
            })
        });
        drop(tx);
        let received: Vec<_> = rx.iter().collect();
        for batch in received.chunks(3) {
            let producer = batch[0].0;
            assert_eq!(batch, [(producer, 0), (producer, 1), (producer, 2)]);
        }
        assert_eq!(received.len(), 3000);
        for producer in producers {
            producer.join().unwrap();
        }
    });
}

#[test]
fn batch_received_is_consecutive() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let consumers = [3, 8].map(|limit| {
            let rx = rx.clone();
            thread::spawn(move || {
                let mut count = 0;
                let mut batch = Vec::new();
                while rx.recv_many(&mut batch, limit).is_ok() {
                    assert!(batch.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{batch:?}");
                    count += batch.drain(..).len();
                }
                count
            })
        });
        for start in (0..5000).step_by(10) {
            tx.send_many(start..start + 10).unwrap();
        }
        drop(tx);
        let counts = consumers.map(|consumer| consumer.join().unwrap());
        assert_eq!(counts.iter().sum::<usize>(), 5000);
    });
}

#[test]
fn sentinels_keep_their_place_among_items() {
    with_watchdog(|| {
        let (tx, rx) = bounded(3);
        tx.send_sentinel().unwrap();
        tx.send_many([1, 2]).unwrap();
        tx.send_sentinels(2).unwrap();
        tx.send(3).unwrap();
        tx.send_sentinel().unwrap();
        let s = Err(RecvError::Sentinel);
        let expected = [s, Ok(1), Ok(2), s, s, Ok(3), s];
        assert_eq!(expected.map(|_| rx.recv()), expected);
    });
}

#[test]
fn eviction_leaves_sentinels_in_their_place() {
    with_watchdog(|| {
        let (tx, rx) = bounded(2);
        let s = Err(RecvError::Sentinel);
        // S 1 S 2 S, and then two are evicted past the sentinels.
        for item in [1, 2] {
            tx.send_sentinel().unwrap();
            tx.send(item).unwrap();
        }
        tx.send_sentinel().unwrap();
        assert_eq!(tx.force_send(3), Ok(Some(1)));
        let mut batch = Vec::new();
        assert_eq!(rx.recv_many(&mut batch, 9), s.map(|_: i32| 0));
        assert_eq!(tx.force_send(4), Ok(Some(2)));
        tx.send_sentinel().unwrap();
        let expected = [s, s, Ok(3), Ok(4), s];
        assert_eq!(expected.map(|_| rx.recv()), expected);
    });
}
