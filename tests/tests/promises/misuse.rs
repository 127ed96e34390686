//! Edge cases and misuse: each has no effect, or a clear error.

use sentinel_queue::{bounded, unbounded, RecvError, SendError, TryRecvError};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, TrackedItem};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

#[test]
#[should_panic(expected = "a bounded queue needs a capacity of at least 1, and got 0")]
fn capacity_0_panics() {
    let _ = bounded::<u8>(0);
}

#[test]
fn limit_0_receives_nothing_and_never_waits() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let mut batch = vec![7];
        let mut nothing = || {
            assert_eq!(rx.recv_many(&mut batch, 0), Ok(0));
            assert_eq!(rx.try_recv_many(&mut batch, 0), Ok(0));
            assert_eq!(rx.recv_many_timeout(&mut batch, 0, Duration::MAX), Ok(0));
        };
        nothing();
        tx.send_sentinel().unwrap();
        nothing();
        tx.send(1).unwrap();
        tx.close();
        nothing();
        assert_eq!((batch.as_slice(), rx.len(), rx.stats().sentinels), ([7].as_slice(), 1, 1));
    });
}

#[test]
fn largest_limit_receives_what_is_there() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3]).unwrap();
        let mut batch = Vec::new();
        assert_eq!(rx.recv_many(&mut batch, usize::MAX), Ok(3));
    });
}

#[test]
fn no_sentinels_change_nothing() {
    with_watchdog(|| {
        let (tx, rx) = unbounded::<u8>();
        tx.send_sentinels(0).unwrap();
        assert_eq!((tx.stats().sentinels, rx.try_recv()), (0, Err(TryRecvError::Empty)));
        tx.send_sentinels(1).unwrap();
        tx.send_sentinels(0).unwrap();
        assert_eq!(tx.stats().sentinels, 1);
        tx.close();
        assert_eq!(tx.send_sentinels(0), Err(SendError::Closed(())));
    });
}

#[test]
fn too_many_sentinels_panic_and_none_is_sent() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        tx.send_sentinels(usize::MAX - 1).unwrap();
        let overflow = catch_unwind(AssertUnwindSafe(|| tx.send_sentinels(2)));
        let message = *overflow.unwrap_err().downcast::<&'static str>().unwrap();
        assert_eq!(message, "more than usize::MAX sentinels in one queue");
        assert_eq!(tx.stats().sentinels, usize::MAX - 1);
        assert_eq!(rx.recv(), Err(RecvError::Sentinel), "the queue works");
        tx.send_sentinels(2).unwrap();
        tx.send(1).unwrap();
        tx.close();
        let drained = rx.close_now();
        assert_eq!((drained.items.len(), drained.sentinels), (1, usize::MAX));
        assert_eq!(rx.recv(), Err(RecvError::Closed));
    });
}

#[test]
fn empty_batch_never_waits_and_is_no_error() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        assert_eq!(tx.send_many([]), Ok(()), "though it is full");
        tx.close();
        assert_eq!(tx.send_many(Vec::new()), Ok(()), "though it is closed");
        drop(rx);
        assert_eq!(tx.send_many(None), Ok(()), "though no receiver is left");
    });
}

#[test]
fn items_without_size_are_counted_like_others() {
    with_watchdog(|| {
        let (tx, rx) = bounded(3);
        tx.send_many([(), ()]).unwrap();
        tx.send_sentinel().unwrap();
        tx.send(()).unwrap();
        assert_eq!(tx.force_send(()), Ok(Some(())));
        assert!(tx.try_send(()).unwrap_err().is_full());
        let sender = thread::spawn(move || tx.send_many([(); 5]));
        spin_until(|| rx.stats().waiting_senders == 1);
        let mut batch = Vec::new();
        assert_eq!(rx.recv_many(&mut batch, 9), Ok(1));
        assert_eq!(rx.recv(), Err(RecvError::Sentinel));
        assert_eq!(rx.iter().count(), 7);
        sender.join().unwrap().unwrap();
    });
}

#[test]
fn item_needs_no_trait() {
    /// An item without `Debug`, `Clone` and `PartialEq`; large, and aligned.
    #[repr(align(128))]
    struct Plain(#[allow(dead_code)] [u8; 1000]);

    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        tx.send(Plain([1; 1000])).map_err(|error| error.to_string()).unwrap();
        let error: Box<dyn std::error::Error> =
            Box::new(tx.try_send(Plain([2; 1000])).unwrap_err());
        assert_eq!(error.to_string(), "the queue is full");
        let text = format!("{tx:?} {rx:?} {:?} {:?}", rx.iter(), rx.try_iter());
        assert!(text.contains("Sender") && text.contains("Receiver") && text.contains("len: 1"));
        assert!(matches!(rx.recv(), Ok(Plain(bytes)) if bytes == [1; 1000]));
    });
}

#[test]
fn burst_leaves_no_item_behind() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = unbounded::<TrackedItem>();
        for round in 0..3 {
            tx.send_many((0..5000).map(|number| registry.item(number))).unwrap();
            tx.send_sentinel().unwrap();
            assert_eq!(rx.iter().map(|item| item.number()).sum::<usize>(), 12_497_500, "{round}");
            assert_eq!((registry.living(), rx.stats().sentinels), (0, 0));
        }
    });
}

#[test]
fn flood_of_zero_sized_items_is_sent_in_pieces() {
    with_watchdog(|| {
        let (tx, rx) = unbounded();
        let sender = thread::spawn(move || tx.send_many(std::iter::repeat_n((), usize::MAX)));
        spin_until(|| rx.len() > 100_000);
        let mut batch = Vec::new();
        let count = rx.recv_many(&mut batch, usize::MAX).unwrap();
        assert!(count > 0 && count == batch.len() && count <= 100_000);
        drop(rx);
        assert!(sender.join().unwrap().is_err());
    });
}

#[test]
fn batch_into_a_full_vector_panics_and_takes_nothing() {
    let (tx, rx) = unbounded();
    tx.send_many([(), ()]).unwrap();
    let mut full = Vec::from([(); usize::MAX]);
    assert!(catch_unwind(AssertUnwindSafe(|| rx.recv_many(&mut full, 9))).is_err());
    assert_eq!((rx.len(), rx.recv_many(&mut full, 0)), (2, Ok(0)));
    full.pop();
    assert_eq!(rx.recv_many(&mut full, 9), Ok(1), "as many as fit");
}
