//! Handles dropped in every order: the queue closes with the last one of a side, and everything is
//! dropped once.

use sentinel_queue::{bounded, IntoIter, Receiver, RecvError, Sender, Task};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, TrackedItem};
use std::thread;

/// A value that keeps a queue in use.
enum Handle {
    Sender(Sender<TrackedItem>),
    Receiver(Receiver<TrackedItem>),
    Iterator(#[allow(dead_code)] IntoIter<TrackedItem>),
    Task(#[allow(dead_code)] Task<TrackedItem>),
}

/// Returns all orders of `items`.
fn orders(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (position, &first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(position);
        all.extend(orders(&rest).into_iter().map(|mut order| {
            order.insert(0, first);
            order
        }));
    }
    all
}

/// Returns two senders, two receivers of either kind, and a task; three items and a sentinel are
/// queued.
fn crowd(registry: &DropRegistry) -> Vec<Option<Handle>> {
    let (tx, rx) = bounded(4);
    tx.send_many((0..4).map(|number| registry.item(number))).unwrap();
    tx.send_sentinel().unwrap();
    let task = rx.recv_task().unwrap();
    [
        Handle::Sender(tx.clone()),
        Handle::Sender(tx),
        Handle::Receiver(rx.clone()),
        Handle::Iterator(rx.into_iter()),
        Handle::Task(task),
    ]
    .map(Some)
    .into()
}

#[test]
fn handles_dropped_in_any_order_leave_nothing() {
    with_watchdog(|| {
        let all = orders(&[0, 1, 2, 3, 4]);
        assert_eq!(all.len(), 120);
        for order in all {
            let registry = DropRegistry::default();
            let mut crowd = crowd(&registry);
            for handle in &order {
                crowd[*handle] = None;
                check(&crowd, &registry);
            }
            assert_eq!(registry.living(), 0, "{order:?}");
        }
    });
}

/// Checks the state of the queue against the handles that are left.
fn check(crowd: &[Option<Handle>], registry: &DropRegistry) {
    let senders = crowd[..2].iter().flatten().count();
    let receivers = crowd[2..4].iter().flatten().count();
    let tasks = crowd[4..].iter().flatten().count();
    let items = if receivers > 0 { 3 } else { 0 };
    assert_eq!(registry.living(), items + tasks);
    for handle in crowd.iter().flatten() {
        let queue = match handle {
            Handle::Sender(tx) => &**tx,
            Handle::Receiver(rx) => &**rx,
            Handle::Iterator(_) | Handle::Task(_) => continue,
        };
        let stats = queue.stats();
        assert_eq!((stats.senders, stats.receivers), (senders, receivers));
        assert_eq!(stats.is_closed, senders == 0 || receivers == 0);
        assert_eq!((stats.len, stats.sentinels), (items, usize::from(receivers > 0)));
        assert_eq!((stats.unfinished_tasks, stats.accepted), (tasks, 4));
        assert_eq!(queue.is_drained(), receivers == 0);
    }
}

#[test]
fn handles_cloned_and_dropped_amid_traffic_close_once_at_the_end() {
    with_watchdog(|| {
        for _ in 0..50 {
            let (tx, rx) = bounded(2);
            let senders = [(); 3].map(|()| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for item in 0..50 {
                        let another = tx.clone();
                        another.send(item).unwrap();
                    }
                })
            });
            drop(tx);
            let receivers = [(); 2].map(|()| {
                let rx = rx.clone();
                thread::spawn(move || {
                    (0..usize::MAX).take_while(|_| rx.clone().recv().is_ok()).count()
                })
            });
            let received: usize =
                receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
            assert_eq!(received, 150);
            for sender in senders {
                sender.join().unwrap();
            }
            assert_eq!((rx.sender_count(), rx.receiver_count()), (0, 1));
        }
    });
}

#[test]
fn last_handles_dropped_at_once_drop_each_item_once() {
    with_watchdog(|| {
        for _ in 0..300 {
            let registry = DropRegistry::default();
            let (tx, rx) = bounded(2);
            tx.send_many([registry.item(0), registry.item(1)]).unwrap();
            let others = (tx.clone(), rx.clone());
            let threads = [
                thread::spawn(move || drop(tx)),
                thread::spawn(move || drop(rx)),
                thread::spawn(move || drop(others)),
            ];
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(registry.living(), 0);
        }
    });
}

#[test]
fn sender_blocked_through_its_last_receiver_is_freed_by_the_drop() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(1);
        tx.send(registry.item(0)).unwrap();
        let blocked = thread::spawn({
            let item = registry.item(1);
            move || tx.send(item).unwrap_err().into_inner().number()
        });
        let second = rx.clone();
        spin_until(|| rx.stats().waiting_senders == 1);
        drop(rx);
        assert_eq!((second.stats().waiting_senders, second.is_closed()), (1, false));
        drop(second);
        assert_eq!(blocked.join().unwrap(), 1);
        assert_eq!(registry.living(), 0);
    });
}

#[test]
fn receiver_alone_drains_what_the_last_sender_left() {
    with_watchdog(|| {
        let (tx, rx) = bounded(3);
        tx.send_many(['a', 'b']).unwrap();
        tx.send_sentinel().unwrap();
        drop(tx);
        let other = rx.clone();
        drop(rx);
        assert_eq!((other.recv(), other.recv()), (Ok('a'), Ok('b')));
        assert_eq!(other.recv(), Err(RecvError::Sentinel));
        assert_eq!(other.recv(), Err(RecvError::Closed));
    });
}
