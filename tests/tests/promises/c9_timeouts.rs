//! C9: at least one attempt even for a deadline in the past; never *timeout* with an item taken; a
//! waiter that leaves never swallows a wakeup; `Duration::MAX` waits forever.

use sentinel_queue::{bounded, unbounded, JoinTimeoutError, RecvTimeoutError, SendTimeoutError};
use sentinel_queue_tests::{spin_until, with_watchdog, DropRegistry, Rng};
use std::thread;
use std::time::{Duration, Instant};

/// So short that it runs out amid everything else.
fn short(rng: &mut Rng) -> Duration {
    Duration::from_micros(rng.below(30) as u64)
}

#[test]
fn past_deadline_allows_one_attempt() {
    with_watchdog(|| {
        let past = Instant::now();
        let (tx, rx) = bounded(2);
        tx.send_deadline(1, past).unwrap();
        tx.send_timeout(2, Duration::ZERO).unwrap();
        assert_eq!(tx.send_deadline(3, past), Err(SendTimeoutError::Timeout(3)));
        assert_eq!(tx.send_timeout(3, Duration::ZERO), Err(SendTimeoutError::Timeout(3)));
        assert_eq!(rx.join_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        assert_eq!(rx.recv_deadline(past), Ok(1));
        assert_eq!(rx.recv_many_timeout(&mut Vec::new(), 9, Duration::ZERO), Ok(1));
        assert_eq!(rx.join_timeout(Duration::ZERO), Ok(()));
        assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Timeout));
        assert_eq!(rx.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    });
}

#[test]
fn sentinel_and_close_come_before_the_timeout() {
    with_watchdog(|| {
        let past = Instant::now();
        let (tx, rx) = bounded(1);
        tx.send_sentinel().unwrap();
        tx.send(1).unwrap();
        tx.close();
        assert_eq!(tx.send_deadline(2, past), Err(SendTimeoutError::Closed(2)));
        assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Sentinel));
        assert_eq!(rx.recv_deadline(past), Ok(1));
        assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Closed));
        assert_eq!(rx.recv_many_timeout(&mut Vec::new(), 1, Duration::ZERO), {
            Err(RecvTimeoutError::Closed)
        });
    });
}

#[test]
fn endless_timeout_waits_for_what_comes() {
    with_watchdog(|| {
        // The second is too long for some clocks and not for others.
        for endless in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
            let (tx, rx) = bounded(1);
            let receiver = thread::spawn({
                let rx = rx.clone();
                move || rx.recv_timeout(endless)
            });
            spin_until(|| tx.stats().waiting_receivers == 1);
            tx.send_timeout(1, endless).unwrap();
            assert_eq!(receiver.join().unwrap(), Ok(1));

            tx.send(2).unwrap();
            let sender = thread::spawn(move || tx.send_timeout(3, endless));
            spin_until(|| rx.stats().waiting_senders == 1);
            let joiner = thread::spawn({
                let rx = rx.clone();
                move || rx.join_timeout(endless)
            });
            spin_until(|| rx.stats().waiting_joiners == 1);
            assert_eq!(rx.recv_many_timeout(&mut Vec::new(), 1, endless), Ok(1));
            assert_eq!(sender.join().unwrap(), Ok(()));
            assert_eq!(rx.recv(), Ok(3));
            assert_eq!(joiner.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn waiter_whose_time_is_up_is_gone() {
    with_watchdog(|| {
        let (tx, rx) = bounded(1);
        let moment = Duration::from_millis(2);
        assert_eq!(rx.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
        let early = rx.recv_many_timeout(&mut Vec::new(), 1, moment);
        assert_eq!(early, Err(RecvTimeoutError::Timeout));
        tx.send(1).unwrap();
        assert_eq!(tx.send_timeout(2, moment), Err(SendTimeoutError::Timeout(2)));
        assert_eq!(tx.join_timeout(moment), Err(JoinTimeoutError::Timeout));
        let stats = tx.stats();
        let waiting = [stats.waiting_receivers, stats.waiting_senders, stats.waiting_joiners];
        assert_eq!(waiting, [0; 3]);
        assert_eq!(rx.recv(), Ok(1), "after a timeout everything is as before");
    });
}

#[test]
fn leaving_receiver_never_swallows_a_wakeup() {
    with_watchdog(|| {
        for round in 0..300 {
            let (tx, rx) = unbounded();
            let hasty = [0, 1].map(|thread| {
                let rx = rx.clone();
                thread::spawn(move || rx.recv_timeout(short(&mut Rng::new(round * 2 + thread))))
            });
            let patient = thread::spawn(move || rx.recv());
            spin_until(|| tx.stats().waiting_receivers > 0);
            tx.send(1).unwrap();
            let taken = hasty.map(|receiver| receiver.join().unwrap().is_ok());
            let taken = taken.into_iter().filter(|&taken| taken).count();
            assert!(taken <= 1);
            if taken == 1 {
                tx.send(2).unwrap();
            }
            patient.join().unwrap().unwrap();
        }
    });
}

#[test]
fn leaving_sender_never_swallows_a_wakeup() {
    with_watchdog(|| {
        for round in 0..300 {
            let (tx, rx) = bounded(1);
            tx.send(0).unwrap();
            let hasty = [0, 1].map(|thread| {
                let tx = tx.clone();
                thread::spawn(move || tx.send_timeout(1, short(&mut Rng::new(round * 2 + thread))))
            });
            let patient = thread::spawn(move || tx.send(2));
            spin_until(|| rx.stats().waiting_senders > 0);
            let mut received = vec![rx.recv().unwrap()];
            let sent = hasty.map(|sender| sender.join().unwrap().is_ok());
            let sent = sent.into_iter().filter(|&sent| sent).count();
            received.extend(&rx); // until the patient one is through, whose sender is the last
            patient.join().unwrap().unwrap();
            assert_eq!(received.len(), sent + 2);
        }
    });
}

#[test]
fn timeout_and_item_never_come_together() {
    with_watchdog(|| {
        let registry = DropRegistry::default();
        let (tx, rx) = bounded(2);
        let producers = [0, 1, 2].map(|producer| {
            let (tx, registry) = (tx.clone(), registry.clone());
            thread::spawn(move || {
                let mut rng = Rng::new(producer);
                let mut sent = 0;
                for number in 0..1000 {
                    match tx.send_timeout(registry.item(number), short(&mut rng)) {
                        Ok(()) => sent += 1,
                        Err(error) => assert_eq!(error.into_inner().number(), number),
                    }
                }
                sent
            })
        });
        let consumers = [3, 4].map(|consumer| {
            let rx = rx.clone();
            thread::spawn(move || {
                let mut rng = Rng::new(consumer);
                let mut batch = Vec::new();
                loop {
                    let before = batch.len();
                    let answer = rx.recv_many_timeout(&mut batch, 2, short(&mut rng));
                    match answer {
                        Ok(count) => assert_eq!(batch.len(), before + count),
                        Err(_) => assert_eq!(batch.len(), before),
                    }
                    if answer == Err(RecvTimeoutError::Closed) {
                        break batch.len();
                    }
                }
            })
        });
        let sent: usize = producers.into_iter().map(|producer| producer.join().unwrap()).sum();
        drop(tx);
        let received: usize = consumers.into_iter().map(|consumer| consumer.join().unwrap()).sum();
        assert_eq!((received, registry.living()), (sent, 0));
    });
}
