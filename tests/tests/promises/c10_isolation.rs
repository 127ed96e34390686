//! C10: no user code runs under the lock, and a panic in it never breaks the queue. User code is the
//! drop of an item, wherever that happens, and the iterator given to `send_many`.

use sentinel_queue::{bounded, scope, unbounded, Receiver, RecvError, SendError, Sender, Task};
use sentinel_queue_tests::{block_on, spin_until, with_watchdog, DropRegistry, TrackedItem};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

/// A tracked item that calls a function when it is dropped.
struct HookedItem {
    hook: Arc<dyn Fn() + Send + Sync>,
    _tracked: TrackedItem,
}

impl Drop for HookedItem {
    fn drop(&mut self) {
        (self.hook)();
    }
}

/// A queue of such items, with their registry.
struct Fixture {
    tx: Sender<HookedItem>,
    rx: Receiver<HookedItem>,
    registry: DropRegistry,
}

impl Fixture {
    fn new() -> Self {
        let (tx, rx) = bounded(2);
        Fixture { tx, rx, registry: DropRegistry::default() }
    }

    fn item(&self, hook: &Arc<dyn Fn() + Send + Sync>) -> HookedItem {
        HookedItem { hook: Arc::clone(hook), _tracked: self.registry.item(0) }
    }
}

/// A function after which the item has been dropped.
type DropPath = fn(&Fixture, HookedItem);

/// Every place where an item is dropped, but for the drop of the last receiver.
const DROP_PATHS: [(&str, DropPath); 11] = [
    ("received", |fixture, item| {
        fixture.tx.send(item).unwrap();
        drop(fixture.rx.recv());
    }),
    ("received in a batch", |fixture, item| {
        fixture.tx.send_many([item]).unwrap();
        fixture.rx.recv_many(&mut Vec::new(), 2).unwrap();
    }),
    ("worked on", |fixture, item| {
        fixture.tx.send(item).unwrap();
        drop(fixture.rx.recv_task());
    }),
    ("taken out of its task", |fixture, item| {
        fixture.tx.send(item).unwrap();
        drop(fixture.rx.recv_task().map(Task::into_inner));
    }),
    ("iterated over", |fixture, item| {
        fixture.tx.send(item).unwrap();
        drop(fixture.rx.try_iter().next());
    }),
    ("evicted", |fixture, item| {
        fixture.tx.send(item).unwrap();
        fixture.tx.send(harmless(fixture)).unwrap();
        drop(fixture.tx.force_send(harmless(fixture)));
    }),
    ("handed back", |fixture, item| {
        fixture.tx.send(item).unwrap();
        drop(fixture.tx.close_now());
    }),
    ("refused", |fixture, item| {
        fixture.tx.close();
        drop(fixture.tx.send(item));
    }),
    ("refused in a batch", |fixture, item| {
        fixture.tx.close();
        drop(fixture.tx.send_many([item]));
    }),
    ("in a future that is dropped", |fixture, item| drop(fixture.tx.send_async(item))),
    ("refused by a future", |fixture, item| {
        fixture.tx.close();
        drop(block_on(fixture.tx.send_async(item)));
    }),
];

fn harmless(fixture: &Fixture) -> HookedItem {
    let nothing: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
    fixture.item(&nothing)
}

#[test]
fn item_that_calls_back_when_dropped_finds_the_lock_free() {
    with_watchdog(|| {
        for (path, happen) in DROP_PATHS {
            let fixture = Fixture::new();
            let (tx, rx) = (fixture.tx.clone(), fixture.rx.clone());
            let (called, calls) = unbounded();
            let hook: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
                use_everything(&tx, &rx);
                called.send(()).unwrap();
            });
            let item = fixture.item(&hook);
            happen(&fixture, item);
            assert_eq!(calls.len(), 1, "{path}");
            drop(fixture.rx.close_now());
            assert_eq!(fixture.registry.living(), 0, "{path}");
        }
    });
}

/// Calls every operation that takes the lock and does not wait.
fn use_everything(tx: &Sender<HookedItem>, rx: &Receiver<HookedItem>) {
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
    with_watchdog(|| {
        for (path, happen) in DROP_PATHS {
            let fixture = Fixture::new();
            let item = fixture.item(&panicking_hook());
            assert!(panics(|| happen(&fixture, item)), "{path}");
            let left = fixture.rx.len();
            let open = !fixture.rx.is_closed();
            assert_eq!(fixture.tx.try_send(harmless(&fixture)).is_ok(), open && left < 2, "{path}");
            assert_eq!(fixture.rx.try_iter().count(), left + usize::from(open && left < 2));
            assert_eq!(fixture.rx.join(), Ok(()), "{path}: no task is left over");
            assert_eq!(fixture.registry.living(), 0, "{path}");
        }
    });
}

fn panicking_hook() -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(|| assert!(thread::panicking(), "of an item that is dropped, as the test wants it"))
}

/// Returns whether `body` panics.
fn panics<R>(body: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

#[test]
fn last_receiver_dropped_drops_items_that_call_back_or_panic() {
    with_watchdog(|| {
        let Fixture { tx, rx, registry } = Fixture::new();
        let (called, calls) = unbounded();
        let sender = tx.clone();
        let hook: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            assert!(sender.is_drained() && sender.send_sentinel().is_err());
            called.send(()).unwrap();
        });
        for _ in 0..2 {
            let item = HookedItem { hook: Arc::clone(&hook), _tracked: registry.item(0) };
            assert!(tx.send(item).is_ok());
        }
        drop(rx);
        assert_eq!((calls.len(), registry.living()), (2, 0));

        let Fixture { tx, rx, registry } = Fixture::new();
        for hook in [panicking_hook(), Arc::new(|| {})] {
            assert!(tx.send(HookedItem { hook, _tracked: registry.item(0) }).is_ok());
        }
        assert!(panics(|| drop(rx)));
        assert_eq!(registry.living(), 0, "the other one is dropped all the same");
        assert!(tx.is_drained());
        assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 0));
    });
}

// ----- the iterator of `send_many` ---------------------------------------------------------------

/// Returns an iterator that yields `count` items and then panics. Iterators with and without an exact
/// length are collected in different ways.
fn until_it_breaks(
    registry: &DropRegistry,
    count: usize,
    knows_its_length: bool,
) -> Box<dyn Iterator<Item = TrackedItem> + '_> {
    let give = move |number| {
        assert!(number < count, "of an iterator, as the test wants it");
        registry.item(number)
    };
    if knows_its_length {
        Box::new((0..count + 3).map(give))
    } else {
        Box::new((0..count + 3).filter(|_| true).map(give))
    }
}

fn numbers(items: impl IntoIterator<Item = TrackedItem>) -> Vec<usize> {
    items.into_iter().map(|item| item.number()).collect()
}

#[test]
fn iterator_that_panics_leaves_what_it_gave_in_the_queue() {
    with_watchdog(|| {
        for knows_its_length in [true, false] {
            let registry = DropRegistry::default();
            let (tx, rx) = unbounded();
            assert!(panics(|| tx.send_many(until_it_breaks(&registry, 3, knows_its_length))));
            assert_eq!(registry.living(), 3);
            tx.send(registry.item(9)).unwrap();
            drop(tx);
            assert_eq!(numbers(rx), [0, 1, 2, 9]);
            assert_eq!(registry.living(), 0);
        }
    });
}

fn spawn_sender_that_breaks(
    tx: Sender<TrackedItem>,
    registry: &DropRegistry,
) -> thread::JoinHandle<()> {
    let registry = registry.clone();
    thread::spawn(move || {
        tx.send_many(until_it_breaks(&registry, 7, true)).unwrap();
    })
}

/// No thread receives, so a wait would never end.
#[test]
fn iterator_that_panics_sends_what_fits_without_waiting() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        assert!(spawn_sender_that_breaks(tx, &registry).join().is_err(), "the panic goes on");
        assert_eq!((numbers(&rx), registry.living()), (vec![0, 1], 0));
        assert!(rx.is_drained());
    });
}

#[test]
fn iterator_that_panics_on_a_closed_queue_leaves_nothing_behind() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        rx.close();
        assert!(spawn_sender_that_breaks(tx, &registry).join().is_err());
        assert_eq!((registry.living(), rx.is_drained()), (0, true));
    });
}

/// std and crossbeam unwind as well, and leak what is left.
#[test]
fn items_that_all_panic_when_dropped_are_dropped_with_the_last_receiver() {
    with_watchdog(|| {
        let fixture = Fixture::new();
        let hook: Arc<dyn Fn() + Send + Sync> = Arc::new(|| panic!("of an item, as expected"));
        fixture.tx.send(fixture.item(&hook)).unwrap();
        fixture.tx.send(fixture.item(&hook)).unwrap();
        let Fixture { tx, rx, registry } = fixture;
        assert!(panics(|| drop(rx)));
        assert_eq!((registry.living(), tx.is_drained()), (0, true));
    });
}

#[test]
fn iterator_may_use_the_queue_it_feeds() {
    with_watchdog(|| {
        let (tx, rx) = bounded(8);
        tx.send_many([1, 2, 3]).unwrap();
        tx.send_many(rx.try_iter().map(|item| item * tx.len())).unwrap();
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 2, 0]);
        let answer = tx.send_many((0..3).inspect(|item| assert_eq!(tx.close(), *item == 0)));
        assert_eq!(answer, Err(SendError::Closed(vec![0, 1, 2])));
    });
}

#[test]
fn worker_that_panics_does_not_end_the_others() {
    with_watchdog(|| {
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
        spin_until(|| tx.send(()).is_err() || tx.receiver_count() == 2);
        tx.send_many([(); 10]).unwrap();
        drop(tx);
        let ends: Vec<_> = workers.into_iter().map(|worker| worker.join().ok()).collect();
        assert_eq!(ends, [None, Some(Some(RecvError::Closed)), Some(Some(RecvError::Closed))]);
    });
}

/// The system refuses the name. The panic is that of the spawning thread, which catches it.
#[test]
fn thread_that_is_never_started_has_not_panicked() {
    with_watchdog(|| {
        let outcome = scope(|s| panics(|| drop(s.spawn_named("a\0b", || ()))));
        assert!(outcome.unwrap(), "of the spawning thread");
    });
}
