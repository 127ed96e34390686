//! The memory that a queue keeps, and the bytes that it moves: counted by the allocator, in one thread
//! at a time.

use sentinel_queue::{unbounded, RecvError};
use sentinel_queue_tests::poll_once;
use stats_alloc::{Region, Stats, StatsAlloc, INSTRUMENTED_SYSTEM};
use std::alloc::System;
use std::sync::{Mutex, PoisonError};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The lock under which the tests count. What the harness allocates meanwhile is less than [`NOISE`].
static TURN: Mutex<()> = Mutex::new(());
const NOISE: usize = 64 * 1024;

/// The maximum that an empty or nearly empty queue keeps.
const KEPT: usize = 8 * 1024;

type Item = [u8; 256];

fn counted<R>(run: impl FnOnce(&dyn Fn() -> Stats) -> R) -> R {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let region = Region::new(ALLOCATOR);
    run(&|| region.change())
}

fn living(stats: &Stats) -> usize {
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

#[test]
fn empty_queue_keeps_little_after_any_burst() {
    const QUEUES: usize = 64;
    for burst in [32, 200, 1000, 1100] {
        counted(|stats| {
            let queues: Vec<_> = (0..QUEUES).map(|_| unbounded::<Item>()).collect();
            for (tx, rx) in &queues {
                (0..burst).for_each(|_| tx.send([1; 256]).unwrap());
                assert_eq!(rx.try_iter().count(), burst);
            }
            let kept = living(&stats());
            assert!(kept <= QUEUES * KEPT + NOISE, "{} per queue after {burst}", kept / QUEUES);
        });
        counted(|stats| {
            let queues: Vec<_> = (0..QUEUES).map(|_| unbounded::<[u8; 4096]>()).collect();
            for (tx, rx) in &queues {
                (0..burst).for_each(|_| tx.send([1; 4096]).unwrap());
                assert_eq!(rx.try_iter().count(), burst);
            }
            let kept = living(&stats());
            assert!(kept <= QUEUES * KEPT + NOISE, "{} per queue of pages", kept / QUEUES);
        });
    }
}

#[test]
fn queue_that_never_runs_empty_gives_its_peak_back() {
    counted(|stats| {
        let (tx, rx) = unbounded();
        (0..20_000).for_each(|_| tx.send([1_u8; 4096]).unwrap());
        let peak = living(&stats());
        (0..10_000).for_each(|_| assert_eq!(rx.recv().unwrap()[0], 1));
        let half = living(&stats());
        assert!(half <= peak * 11 / 20, "{half} of {peak} while half is queued");
        (0..9_999).for_each(|_| assert_eq!(rx.recv().unwrap()[0], 1));
        (0..100).for_each(|_| {
            tx.send([1; 4096]).unwrap();
            rx.recv().unwrap();
        });
        let kept = living(&stats());
        assert!(kept <= KEPT + 4096 + NOISE, "{kept} for one item");
    });
}

#[test]
fn runs_of_sentinels_give_their_memory_back() {
    counted(|stats| {
        let (tx, rx) = unbounded();
        for number in 0..100_000 {
            tx.send(number).unwrap();
            tx.send_sentinel().unwrap();
        }
        for number in 0..100_000 {
            assert_eq!((rx.recv(), rx.recv()), (Ok(number), Err(RecvError::Sentinel)));
        }
        let kept = living(&stats());
        assert!(kept <= KEPT + NOISE, "{kept} kept");
    });
}

#[test]
fn futures_that_have_waited_leave_no_memory() {
    counted(|stats| {
        let (tx, rx) = unbounded();
        for _ in 0..100 {
            let mut futures: Vec<_> = (0..1_000).map(|_| rx.recv_async()).collect();
            assert!(futures.iter_mut().all(|future| poll_once(future).is_none()));
            tx.send_many(0..500).unwrap();
            assert!(futures.iter_mut().take(400).all(|future| poll_once(future).is_some()));
            drop(futures);
            assert_eq!(rx.try_iter().count(), 100);
        }
        let kept = living(&stats());
        assert!(kept <= KEPT + NOISE, "{kept} kept");
    });
}

#[test]
fn push_copies_nothing_that_is_queued() {
    counted(|stats| {
        let (tx, rx) = unbounded();
        (0..20_000).for_each(|_| tx.send([1_u8; 1024]).unwrap());
        let stats = stats();
        assert!(stats.bytes_reallocated.unsigned_abs() <= KEPT + NOISE, "{stats:?}");
        assert!(stats.bytes_allocated <= 20_000 * 1024 * 11 / 10 + NOISE, "{stats:?}");
        drop(rx);
    });
}

#[test]
fn empty_queue_keeps_no_memory_of_large_items() {
    const QUEUES: usize = 64;
    counted(|stats| {
        let queues: Vec<_> = (0..QUEUES).map(|_| unbounded::<[u8; 1 << 14]>()).collect();
        for (tx, rx) in &queues {
            (0..3).for_each(|_| tx.send([1; 1 << 14]).unwrap());
            (0..3).for_each(|_| assert_eq!(rx.recv().unwrap()[0], 1));
        }
        let kept = living(&stats());
        assert!(kept <= QUEUES * KEPT + NOISE, "{kept} after single receives");
        for (tx, rx) in &queues {
            (0..3).for_each(|_| tx.send([1; 1 << 14]).unwrap());
            assert_eq!(rx.recv_many(&mut Vec::new(), 2), Ok(2));
            assert_eq!(rx.recv_many(&mut Vec::new(), 2), Ok(1));
        }
        let kept = living(&stats());
        assert!(kept <= QUEUES * KEPT + NOISE, "{kept} after batches");
    });
}
