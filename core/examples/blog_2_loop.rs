//! The second program of the blog post, as what it should have been: three workers loop over a
//! queue, and the loops end.
//!
//! There the producer ended and the workers waited forever, until gevent detected the deadlock
//! (`LoopExit: This operation would block forever`). Here the producer drops the
//! sender: when the last sender is dropped the queue is closed, what is queued is still delivered,
//! and then every loop ends.

use sentinel_queue::{unbounded, Receiver, RecvError, Sender};
use std::thread;

const NAMES: [&str; 3] = ["steve", "john", "nancy"];

fn worker(tasks: &Receiver<u32>) -> Vec<u32> {
    let mut tasks = tasks.iter();
    let done = tasks.by_ref().collect();
    assert_eq!(tasks.end(), Some(RecvError::Closed));
    done
}

fn boss(tasks: Sender<u32>) {
    for task in 1..=24 {
        tasks.send(task).unwrap();
    }
    drop(tasks); // as the end of this function does anyway
}

fn main() {
    let (sender, tasks) = unbounded();

    let mut done = Vec::new();
    thread::scope(|scope| {
        let workers = NAMES.map(|_| scope.spawn(|| worker(&tasks)));
        scope.spawn(|| boss(sender));
        for (name, worker) in NAMES.into_iter().zip(workers) {
            done.extend(worker.join().unwrap());
            println!("{name} quitting time!");
        }
    });

    done.sort_unstable();
    assert_eq!(done, (1..=24).collect::<Vec<_>>());
    println!("{} tasks, each done once, and the queue is closed", done.len());
    assert!(tasks.is_drained());
}
