//! C10: no code of the user's runs under the lock, and a panic in it never wedges the queue. Such
//! code is the drop of an item, wherever that happens, and the iterator given to `send_many`.

use sentinel_queue::{bounded, scope, unbounded, Receiver, RecvError, SendError, Sender, Task};
use sentinel_queue_tests::{until, within_reason, Counted, Ledger};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

/// An item that does something when it is dropped, and is counted.
struct Trap {
    spring: Arc<dyn Fn() + Send + Sync>,
    _counted: Counted,
}

impl Drop for Trap {
    fn drop(&mut self) {
        (self.spring)();
    }
}

/// A queue for traps, all of which do the same.
struct Mined {
    tx: Sender<Trap>,
    rx: Receiver<Trap>,
    ledger: Ledger,
}

impl Mined {
    fn new() -> Self {
        let (tx, rx) = bounded(2);
        Mined { tx, rx, ledger: Ledger::default() }
    }

    fn trap(&self, spring: &Arc<dyn Fn() + Send + Sync>) -> Trap {
        Trap { spring: Arc::clone(spring), _counted: self.ledger.item(0) }
    }
}

/// What happens to an item until it is dropped.
type Fate = fn(&Mined, Trap);

/// Every place where an item is dropped, but for the drop of the last receiver.
const FATES: [(&str, Fate); 9] = [
    ("received", |mined, item| {
        mined.tx.send(item).unwrap();
        drop(mined.rx.recv());
    }),
    ("received in a batch", |mined, item| {
        mined.tx.send_many([item]).unwrap();
        mined.rx.recv_many(&mut Vec::new(), 2).unwrap();
    }),
    ("worked on", |mined, item| {
        mined.tx.send(item).unwrap();
        drop(mined.rx.recv_task());
    }),
    ("taken out of its task", |mined, item| {
        mined.tx.send(item).unwrap();
        drop(mined.rx.recv_task().map(Task::into_inner));
    }),
    ("iterated over", |mined, item| {
        mined.tx.send(item).unwrap();
        drop(mined.rx.try_iter().next());
    }),
    ("evicted", |mined, item| {
        mined.tx.send(item).unwrap();
        mined.tx.send(harmless(mined)).unwrap();
        drop(mined.tx.force_send(harmless(mined)));
    }),
    ("handed back", |mined, item| {
        mined.tx.send(item).unwrap();
        drop(mined.tx.close_now());
    }),
    ("refused", |mined, item| {
        mined.tx.close();
        drop(mined.tx.send(item));
    }),
    ("refused in a batch", |mined, item| {
        mined.tx.close();
        drop(mined.tx.send_many([item]));
    }),
];

fn harmless(mined: &Mined) -> Trap {
    let nothing: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
    mined.trap(&nothing)
}

#[test]
fn item_that_calls_back_when_dropped_finds_the_lock_free() {
    within_reason(|| {
        for (fate, happen) in FATES {
            let mined = Mined::new();
            let (tx, rx) = (mined.tx.clone(), mined.rx.clone());
            let (called, calls) = unbounded();
            let spring: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
                use_everything(&tx, &rx);
                called.send(()).unwrap();
            });
            let trap = mined.trap(&spring);
            happen(&mined, trap);
            assert_eq!(calls.len(), 1, "{fate}");
            drop(mined.rx.close_now());
            assert_eq!(mined.ledger.living(), 0, "{fate}");
        }
    });
}

/// Whatever takes the lock and does not wait.
fn use_everything(tx: &Sender<Trap>, rx: &Receiver<Trap>) {
    assert!(format!("{tx:?}{rx:?}").contains("waiting_receivers"));
    assert!(tx.same_queue(rx) && tx.sender_count() == 2 && rx.receiver_count() == 2);
    drop((tx.clone(), rx.clone()));
    drop(rx.try_recv());
    tx.send_many([]).unwrap();
    tx.send_sentinel().ok();
    tx.close();
    drop(tx.close_now());
}

#[test]
fn item_that_panics_when_dropped_leaves_a_queue_that_works() {
    within_reason(|| {
        for (fate, happen) in FATES {
            let mined = Mined::new();
            let trap = mined.trap(&burst());
            assert!(panics(|| happen(&mined, trap)), "{fate}");
            let left = mined.rx.len();
            let open = !mined.rx.is_closed();
            assert_eq!(mined.tx.try_send(harmless(&mined)).is_ok(), open && left < 2, "{fate}");
            assert_eq!(mined.rx.try_iter().count(), left + usize::from(open && left < 2));
            assert_eq!(mined.rx.join(), Ok(()), "{fate}: no task is left over");
            assert_eq!(mined.ledger.living(), 0, "{fate}");
        }
    });
}

fn burst() -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(|| assert!(thread::panicking(), "of an item that is dropped, as the test wants it"))
}

/// Whether it panics.
fn panics<R>(body: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

#[test]
fn last_receiver_dropped_drops_items_that_call_back_or_panic() {
    within_reason(|| {
        let Mined { tx, rx, ledger } = Mined::new();
        let (called, calls) = unbounded();
        let sender = tx.clone();
        let spring: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            assert!(sender.is_drained() && sender.send_sentinel().is_err());
            called.send(()).unwrap();
        });
        for _ in 0..2 {
            let trap = Trap { spring: Arc::clone(&spring), _counted: ledger.item(0) };
            assert!(tx.send(trap).is_ok());
        }
        drop(rx);
        assert_eq!((calls.len(), ledger.living()), (2, 0));

        let Mined { tx, rx, ledger } = Mined::new();
        for spring in [burst(), Arc::new(|| {})] {
            assert!(tx.send(Trap { spring, _counted: ledger.item(0) }).is_ok());
        }
        assert!(panics(|| drop(rx)));
        assert_eq!(ledger.living(), 0, "the other one is dropped all the same");
        assert!(tx.is_drained());
        assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 0));
    });
}

// ----- the iterator of `send_many` ---------------------------------------------------------------

/// Gives `count` items and then panics. An iterator may know how many items it has, and be trusted
/// in it, or not: the two are collected in different ways.
fn until_it_breaks(
    ledger: &Ledger,
    count: usize,
    knows_its_length: bool,
) -> Box<dyn Iterator<Item = Counted> + '_> {
    let give = move |number| {
        assert!(number < count, "of an iterator, as the test wants it");
        ledger.item(number)
    };
    if knows_its_length {
        Box::new((0..count + 3).map(give))
    } else {
        Box::new((0..count + 3).filter(|_| true).map(give))
    }
}

fn numbers(items: impl IntoIterator<Item = Counted>) -> Vec<usize> {
    items.into_iter().map(|item| item.number()).collect()
}

#[test]
fn iterator_that_panics_leaves_what_it_gave_in_the_queue() {
    within_reason(|| {
        for knows_its_length in [true, false] {
            let ledger = Ledger::default();
            let (tx, rx) = unbounded();
            assert!(panics(|| tx.send_many(until_it_breaks(&ledger, 3, knows_its_length))));
            assert_eq!(ledger.living(), 3);
            tx.send(ledger.item(9)).unwrap();
            drop(tx);
            assert_eq!(numbers(rx), [0, 1, 2, 9]);
            assert_eq!(ledger.living(), 0);
        }
    });
}

fn spawn_sender_that_breaks(tx: Sender<Counted>, ledger: &Ledger) -> thread::JoinHandle<()> {
    let ledger = ledger.clone();
    thread::spawn(move || {
        tx.send_many(until_it_breaks(&ledger, 7, true)).unwrap();
    })
}

/// No thread receives, so a wait would never end.
#[test]
fn iterator_that_panics_sends_what_fits_without_waiting() {
    within_reason(|| {
        let ledger = Ledger::default();
        let (tx, rx) = bounded(2);
        assert!(spawn_sender_that_breaks(tx, &ledger).join().is_err(), "the panic goes on");
        assert_eq!((numbers(&rx), ledger.living()), (vec![0, 1], 0));
        assert!(rx.is_drained());
    });
}

#[test]
fn iterator_that_panics_on_a_closed_queue_leaves_nothing_behind() {
    within_reason(|| {
        let ledger = Ledger::default();
        let (tx, rx) = bounded(2);
        rx.close();
        assert!(spawn_sender_that_breaks(tx, &ledger).join().is_err());
        assert_eq!((ledger.living(), rx.is_drained()), (0, true));
    });
}

/// std and crossbeam unwind as well, and leak what is left.
#[test]
fn items_that_all_panic_when_dropped_are_dropped_with_the_last_receiver() {
    within_reason(|| {
        let mined = Mined::new();
        let spring: Arc<dyn Fn() + Send + Sync> = Arc::new(|| panic!("of an item, as expected"));
        mined.tx.send(mined.trap(&spring)).unwrap();
        mined.tx.send(mined.trap(&spring)).unwrap();
        let Mined { tx, rx, ledger } = mined;
        assert!(panics(|| drop(rx)));
        assert_eq!((ledger.living(), tx.is_drained()), (0, true));
    });
}

#[test]
fn iterator_may_use_the_queue_it_feeds() {
    within_reason(|| {
        let (tx, rx) = bounded(8);
        tx.send_many([1, 2, 3]).unwrap();
        tx.send_many(rx.try_iter().map(|item| item * tx.len())).unwrap();
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 2, 0]);
        let answer = tx.send_many((0..3).inspect(|item| assert_eq!(tx.close(), *item == 0)));
        assert_eq!(answer, Err(SendError::Closed(vec![0, 1, 2])));
    });
}

#[test]
fn worker_that_panics_takes_nobody_along() {
    within_reason(|| {
        let (tx, rx) = bounded(2);
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let rx = rx.clone();
                thread::spawn(move || {
                    let mut items = rx.iter();
                    for () in items.by_ref() {
                        assert!(number > 0, "of a worker, as the test wants it");
                    }
                    items.end()
                })
            })
            .collect();
        drop(rx);
        until(|| tx.send(()).is_err() || tx.receiver_count() == 2);
        tx.send_many([(); 10]).unwrap();
        drop(tx);
        let ends: Vec<_> = workers.into_iter().map(|worker| worker.join().ok()).collect();
        assert_eq!(ends, [None, Some(Some(RecvError::Closed)), Some(Some(RecvError::Closed))]);
    });
}

/// The system refuses the name. What panics is who wanted the thread, and has it in hand.
#[test]
fn thread_that_is_never_started_has_not_panicked() {
    within_reason(|| {
        let outcome = scope(|s| panics(|| drop(s.spawn_named("a\0b", || ()))));
        assert!(outcome.unwrap(), "of the one who starts it");
    });
}
