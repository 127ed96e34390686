//! Every way in and every way out, for promises that hold whichever way an item goes.

use sentinel_queue::{Receiver, Sender, Task};
use std::time::{Duration, Instant};

/// Longer than the watchdog waits, so that it never ends a wait here.
const LONG: Duration = Duration::from_secs(3600);

/// A way to send an item into a queue that has room for it.
pub(crate) type WayIn = fn(&Sender<usize>, usize);

pub(crate) const WAYS_IN: [(&str, WayIn); 7] = [
    ("send", |tx, item| tx.send(item).unwrap()),
    ("try_send", |tx, item| tx.try_send(item).unwrap()),
    ("send_timeout", |tx, item| tx.send_timeout(item, LONG).unwrap()),
    ("send_timeout, endless", |tx, item| tx.send_timeout(item, Duration::MAX).unwrap()),
    ("send_deadline", |tx, item| tx.send_deadline(item, Instant::now()).unwrap()),
    ("force_send", |tx, item| assert_eq!(tx.force_send(item), Ok(None))),
    ("send_many", |tx, item| tx.send_many([item]).unwrap()),
];

/// A way to receive an item; those of [`PATIENT_WAYS_OUT`] wait for it.
pub(crate) type WayOut = fn(&Receiver<usize>) -> Option<usize>;

pub(crate) const PATIENT_WAYS_OUT: [(&str, WayOut); 8] = [
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
];

pub(crate) const IMPATIENT_WAYS_OUT: [(&str, WayOut); 4] = [
    ("try_recv", |rx| rx.try_recv().ok()),
    ("try_recv_many", |rx| {
        let mut batch = Vec::new();
        rx.try_recv_many(&mut batch, 1).ok().map(|_| batch[0])
    }),
    ("try_iter", |rx| rx.try_iter().next()),
    ("into_iter", |rx| rx.clone().into_iter().next()),
];

/// A way to be told that the queue has ended; it answers the words of the error.
pub(crate) type WayToTheEnd = fn(&Receiver<usize>) -> String;

pub(crate) const WAYS_TO_THE_END: [(&str, WayToTheEnd); 9] = [
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
];
