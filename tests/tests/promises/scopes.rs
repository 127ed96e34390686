//! Behaviour that `scope` shares with `std::thread::scope`, and the content of its report.

use sentinel_queue::report::{Operation, Outcome};
use sentinel_queue::{scope, Group, RecvError, Scope};
use sentinel_queue_tests::{spin_until, with_watchdog};
use std::cell::RefCell;
use std::io::ErrorKind;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

/// A value that calls a function when it is dropped.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn scope_in_a_destructor_of_an_unwinding_thread_returns() {
    with_watchdog(|| {
        let sum = AtomicBool::new(false);
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _finally = Finally(|| {
                let outcome = scope(|s| s.spawn(|| 1).join().unwrap() + 1);
                sum.store(outcome.is_ok_and(|two| two == 2), Ordering::SeqCst);
            });
            panic!("on purpose");
        }));
        assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "on purpose");
        assert!(sum.into_inner(), "the scope in the destructor returns what its body does");
    });
}

/// The departed participants in a report, when all of them left while the thread was unwinding.
#[test]
fn participant_in_a_destructor_of_an_unwinding_thread_has_returned() {
    with_watchdog(|| {
        let group = Group::new();
        let [ran, unused, waits] =
            ["ran", "unused", "waits"].map(|name| Some(group.participant(name)));
        let (_tx, rx) = group.unbounded::<u8>();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut participants = (ran, unused);
            let _finally = Finally(move || {
                participants.0.take().unwrap().run(|| ());
                drop(participants.1.take());
            });
            panic!("on purpose");
        }));
        assert!(unwound.is_err());
        assert_eq!(waits.unwrap().run(|| rx.recv()), Err(RecvError::WouldBlockForever));
        let departed = group.report().unwrap().departed;
        let outcomes: Vec<_> = departed.iter().map(|departed| departed.outcome).collect();
        assert_eq!(outcomes, [Outcome::Returned, Outcome::NeverRan]);
    });
}

type Flush = Finally<Box<dyn FnMut()>>;

thread_local! {
    static BUFFER: RefCell<Option<Flush>> = const { RefCell::new(None) };
}

#[test]
fn joined_thread_has_dropped_its_thread_locals() {
    with_watchdog(|| {
        for _ in 0..100 {
            let flushed = Arc::new(AtomicBool::new(false));
            let outcome = scope(|s| {
                let flag = Arc::clone(&flushed);
                let flush = move || {
                    (0..20).for_each(|_| thread::yield_now());
                    flag.store(true, Ordering::SeqCst);
                };
                let writer = s.spawn(move || BUFFER.set(Some(Finally(Box::new(flush)))));
                writer.join().unwrap();
                flushed.load(Ordering::SeqCst)
            });
            assert!(outcome.unwrap(), "the buffer is flushed when `join` returns");
        }
    });
}

/// A thread that is no participant and joins receives the panic, so the scope does not propagate it.
#[test]
fn panic_that_an_outsider_waits_for_is_handed_to_it() {
    with_watchdog(|| {
        for _ in 0..200 {
            let outcome = scope(|s| {
                let inner: Scope = s.clone();
                let thread = s.spawn(move || {
                    spin_until(|| format!("{inner:?}").contains("external_joiners: 1"));
                    panic!("on purpose");
                });
                thread::scope(|outside| {
                    outside.spawn(move || thread.join().unwrap_err());
                });
            });
            assert!(outcome.is_ok());
        }
    });
}

#[test]
fn stats_of_a_report_count_the_thread_that_found_it() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (tx, rx) = s.bounded::<u8>(1);
            assert_eq!(rx.recv(), Err(RecvError::WouldBlockForever));
            drop(tx);
        });
        let stats = ended.unwrap_err().report().queues[0].stats;
        assert_eq!((stats.waiting_receivers, stats.waiting_senders), (1, 0));
    });
}

#[test]
fn thread_that_is_not_started_is_an_error_and_leaves_the_others_running() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (tx, rx) = s.unbounded::<u8>();
            let worker = s.builder().name("worker").stack_size(1 << 16);
            let worker = worker.spawn(move || rx.recv()).unwrap();
            let kept = tx.clone();
            let refused = s.builder().name("a\0b").spawn(|| ()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            let too_large = s.builder().name("huge").stack_size(1 << 60);
            assert!(too_large.spawn(move || drop(tx)).is_err());
            let end = worker.join().unwrap();
            drop(kept);
            end
        });
        let ended = ended.unwrap_err();
        let departed = &ended.report().departed;
        assert_eq!(departed.len(), 1);
        assert_eq!((&*departed[0].thread, departed[0].outcome), ("huge", Outcome::NeverRan));
        assert_eq!(ended.into_inner(), Err(RecvError::WouldBlockForever));
    });
}

#[test]
fn panic_of_a_scope_names_its_threads_and_holds_the_report() {
    with_watchdog(|| {
        let message = |panics: &[&'static str]| {
            let panic = catch_unwind(|| {
                scope(|s| {
                    let (_tx, rx) = s.unbounded::<u8>();
                    assert!(rx.recv().is_err());
                    for &name in panics {
                        drop(s.spawn_named(name, || panic!("on purpose")));
                    }
                })
            });
            *panic.unwrap_err().downcast::<String>().unwrap()
        };
        let one = message(&["judy"]);
        let deadlock = "\nthis operation would block forever";
        assert!(one.starts_with(&format!("a scoped thread panicked: judy{deadlock}")), "{one}");
        let two = message(&["judy", "bob"]);
        assert!(
            two.starts_with(&format!("2 scoped threads panicked: judy, bob{deadlock}")),
            "{two}"
        );
    });
}

/// The panic of the body goes on; the report is in the group of the scope.
#[test]
fn report_of_a_scope_whose_body_panics_is_in_its_group() {
    with_watchdog(|| {
        let mut group = None;
        let panic = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                group = Some(s.group().clone());
                let (_tx, rx) = s.unbounded::<u8>();
                rx.recv().unwrap()
            })
        }));
        assert!(panic.is_err());
        let report = group.unwrap().report().unwrap();
        assert_eq!(report.blocked[0].operation, Operation::Receive { queue: 1 });
    });
}

#[test]
fn debug_of_a_report_is_for_reading() {
    with_watchdog(|| {
        let ended = scope(|s| {
            let (_tx, rx) = s.unbounded::<u8>();
            rx.recv()
        });
        let ended = ended.unwrap_err();
        assert_eq!(format!("{ended:?}"), ended.to_string());
        assert!(format!("{ended:#?}").starts_with("WouldBlockForever {\n    report: Report {"));
    });
}

#[test]
fn closing_join_of_a_scope_is_reported_where_the_scope_is() {
    with_watchdog(|| {
        let line = line!() + 1;
        let ended = scope(|s| {
            let (tx, rx) = s.unbounded::<u8>();
            s.spawn(move || {
                let _tx = tx;
                rx.recv()
            });
        });
        let ended = ended.unwrap_err();
        let body = &ended.report().blocked_on_join[0];
        assert_eq!((body.caller.file(), body.caller.line()), (file!(), line));
    });
}
