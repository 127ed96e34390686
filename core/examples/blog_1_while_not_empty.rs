//! The first program of the blog post that this crate started from: everything is queued before the
//! workers start, and they work while the queue is not empty.
//!
//! Greenlets may look first and take afterwards, since nothing happens in between. Threads may not:
//! `while !tasks.is_empty() { tasks.recv() }` waits forever once another worker takes the last
//! task in between. `try_iter` looks and takes in one step.

use sentinel_queue::{unbounded, Receiver, TryRecvError};
use std::thread;

const NAMES: [&str; 3] = ["steve", "john", "nancy"];

fn worker(tasks: &Receiver<u32>) -> Vec<u32> {
    let mut tasks = tasks.try_iter();
    let done = tasks.by_ref().collect();
    assert_eq!(tasks.end(), Some(TryRecvError::Empty));
    done
}

fn main() {
    let (boss, tasks) = unbounded();
    boss.send_many(1..=24).unwrap();

    let mut done = Vec::new();
    thread::scope(|scope| {
        let workers = NAMES.map(|_| scope.spawn(|| worker(&tasks)));
        for (name, worker) in NAMES.into_iter().zip(workers) {
            done.extend(worker.join().unwrap());
            println!("{name}: Quitting time!");
        }
    });

    done.sort_unstable();
    assert_eq!(done, (1..=24).collect::<Vec<_>>());
    println!("{} tasks, each done once", done.len());
    assert!(!tasks.is_closed());
}
