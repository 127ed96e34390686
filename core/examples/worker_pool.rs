//! A pool of workers behind a bounded queue. A producer that is faster than the workers waits, so at
//! most `CAPACITY` jobs are queued.

use sentinel_queue::{bounded, unbounded, Receiver, Sender};
use std::thread;

const CAPACITY: usize = 4;
const WORKERS: usize = 3;
const JOBS: u64 = 1000;

fn worker(jobs: &Receiver<u64>, results: &Sender<u64>) {
    for job in jobs {
        assert!(jobs.len() <= CAPACITY);
        results.send(job * job).unwrap();
    }
}

fn main() {
    let (jobs, inbox) = bounded(CAPACITY);
    let (outbox, results) = unbounded();

    let pool: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (inbox, outbox) = (inbox.clone(), outbox.clone());
            thread::spawn(move || worker(&inbox, &outbox))
        })
        .collect();
    // From here on only the workers hold these. When the last worker leaves, the results are closed.
    // If all workers panic, `send` below fails; a receiver kept here would make it wait forever.
    drop((inbox, outbox));

    for job in 1..=JOBS {
        jobs.send(job).unwrap();
    }
    drop(jobs);

    let sum: u64 = results.into_iter().sum();
    for worker in pool {
        worker.join().unwrap();
    }
    println!("the sum of the first {JOBS} squares is {sum}");
    assert_eq!(sum, JOBS * (JOBS + 1) * (2 * JOBS + 1) / 6);
}
