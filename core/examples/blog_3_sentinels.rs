//! The third program of the blog post, as it is: three workers, 24 tasks, and then one sentinel for
//! each worker. A sentinel ends exactly one loop, and the queue stays open.

use sentinel_queue::{unbounded, Receiver, RecvError, Sender};
use std::thread;

const NAMES: [&str; 3] = ["steve", "john", "nancy"];

fn worker(tasks: &Receiver<u32>) -> Vec<u32> {
    let mut tasks = tasks.iter();
    let done = tasks.by_ref().collect();
    assert_eq!(tasks.end(), Some(RecvError::Sentinel));
    done
}

fn boss(tasks: &Sender<u32>) {
    for task in 1..=24 {
        tasks.send(task).unwrap();
    }
    tasks.send_sentinel().unwrap();
    tasks.send_sentinel().unwrap();
    tasks.send_sentinel().unwrap();
}

fn main() {
    let (sender, tasks) = unbounded();
    boss(&sender);

    let mut done = Vec::new();
    thread::scope(|scope| {
        let workers = NAMES.map(|_| scope.spawn(|| worker(&tasks)));
        for (name, worker) in NAMES.into_iter().zip(workers) {
            done.extend(worker.join().unwrap());
            println!("{name} quitting time!");
        }
    });

    done.sort_unstable();
    assert_eq!(done, (1..=24).collect::<Vec<_>>());
    println!("{} tasks, each done once, and three loops ended by three sentinels", done.len());
    assert_eq!((tasks.stats().sentinels, tasks.is_closed()), (0, false));
}
