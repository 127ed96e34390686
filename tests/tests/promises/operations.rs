//! Every operation that sends or receives, for promises that hold for all of them.

use sentinel_queue::{Receiver, Sender, Task};
use sentinel_queue_tests::block_on;
use std::time::{Duration, Instant};

/// Longer than the watchdog's limit, so that no wait here times out.
const LONG: Duration = Duration::from_secs(3600);

/// An operation that sends an item into a queue that has room for it.
pub(crate) type Send = fn(&Sender<usize>, usize);

pub(crate) const SENDS: [(&str, Send); 8] = [
    ("send", |tx, item| tx.send(item).unwrap()),
    ("try_send", |tx, item| tx.try_send(item).unwrap()),
    ("send_timeout", |tx, item| tx.send_timeout(item, LONG).unwrap()),
    ("send_timeout, endless", |tx, item| tx.send_timeout(item, Duration::MAX).unwrap()),
    ("send_deadline", |tx, item| tx.send_deadline(item, Instant::now()).unwrap()),
    ("force_send", |tx, item| assert_eq!(tx.force_send(item), Ok(None))),
    ("send_many", |tx, item| tx.send_many([item]).unwrap()),
    ("send_async", |tx, item| block_on(tx.send_async(item)).unwrap()),
];

/// An operation that receives an item; those of [`BLOCKING_RECEIVES`] wait for it.
pub(crate) type Receive = fn(&Receiver<usize>) -> Option<usize>;

pub(crate) const BLOCKING_RECEIVES: [(&str, Receive); 11] = [
    ("recv", |rx| rx.recv().ok()),
    ("recv_timeout", |rx| rx.recv_timeout(LONG).ok()),
    ("recv_timeout, endless", |rx| rx.recv_timeout(Duration::MAX).ok()),
    ("recv_deadline", |rx| rx.recv_deadline(Instant::now() + LONG).ok()),
    ("recv_many", |rx| {
        let mut batch = Vec::new();
        rx.recv_many(&mut batch, 1).ok().map(|_| batch[0])
    }),
    ("recv_many_timeout", |rx| {
        let mut batch = Vec::new();
        rx.recv_many_timeout(&mut batch, 1, LONG).ok().map(|_| batch[0])
    }),
    ("recv_task", |rx| rx.recv_task().ok().map(Task::into_inner)),
    ("iter", |rx| rx.iter().next()),
    ("recv_async", |rx| block_on(rx.recv_async()).ok()),
    ("recv_many_async", |rx| {
        let mut batch = Vec::new();
        block_on(rx.recv_many_async(&mut batch, 1)).ok().map(|_| batch[0])
    }),
    ("recv_task_async", |rx| block_on(rx.recv_task_async()).ok().map(Task::into_inner)),
];

pub(crate) const NONBLOCKING_RECEIVES: [(&str, Receive); 4] = [
    ("try_recv", |rx| rx.try_recv().ok()),
    ("try_recv_many", |rx| {
        let mut batch = Vec::new();
        rx.try_recv_many(&mut batch, 1).ok().map(|_| batch[0])
    }),
    ("try_iter", |rx| rx.try_iter().next()),
    ("into_iter", |rx| rx.clone().into_iter().next()),
];

/// An operation that receives from a closed queue; it returns the text of the error.
pub(crate) type ReceiveError = fn(&Receiver<usize>) -> String;

pub(crate) const RECEIVE_ERRORS: [(&str, ReceiveError); 12] = [
    ("recv", |rx| rx.recv().unwrap_err().to_string()),
    ("recv_timeout", |rx| rx.recv_timeout(LONG).unwrap_err().to_string()),
    ("recv_timeout, endless", |rx| rx.recv_timeout(Duration::MAX).unwrap_err().to_string()),
    ("recv_deadline", |rx| rx.recv_deadline(Instant::now() + LONG).unwrap_err().to_string()),
    ("recv_many", |rx| rx.recv_many(&mut Vec::new(), 2).unwrap_err().to_string()),
    ("recv_many_timeout", |rx| {
        rx.recv_many_timeout(&mut Vec::new(), 2, LONG).unwrap_err().to_string()
    }),
    ("recv_task", |rx| rx.recv_task().unwrap_err().to_string()),
    ("iter", |rx| {
        let mut items = rx.iter();
        assert_eq!(items.next(), None);
        items.end().unwrap().to_string()
    }),
    ("into_iter", |rx| {
        let mut items = rx.clone().into_iter();
        assert_eq!(items.next(), None);
        items.end().unwrap().to_string()
    }),
    ("recv_async", |rx| block_on(rx.recv_async()).unwrap_err().to_string()),
    ("recv_many_async", |rx| {
        block_on(rx.recv_many_async(&mut Vec::new(), 2)).unwrap_err().to_string()
    }),
    ("recv_task_async", |rx| block_on(rx.recv_task_async()).unwrap_err().to_string()),
];
