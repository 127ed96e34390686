//! The second program of the blog unchanged, in a scope: nothing ends the loops, and a sender stays
//! alive. gevent reports the deadlock to the main greenlet alone: `LoopExit: This operation would
//! block forever`. Here every worker's loop ends, and the scope's report names each blocked thread.

use sentinel_queue::{scope, RecvError};

fn main() {
    let outcome = scope(|s| {
        let (boss, tasks) = s.unbounded();
        let forgotten = boss.clone();
        let workers = ["steve", "john", "nancy"].map(|name| {
            let tasks = tasks.clone();
            let worker = s.spawn_named(name, move || {
                let mut mine = tasks.iter();
                let count = mine.by_ref().count();
                assert_eq!(mine.end(), Some(RecvError::WouldBlockForever));
                count
            });
            (name, worker)
        });
        boss.send_many(1..25).unwrap();
        drop(boss);
        let counts = workers.map(|(name, worker)| {
            let count = worker.join().unwrap();
            println!("{name} quitting time!");
            count
        });
        drop(forgotten);
        counts.iter().sum::<usize>()
    });
    let ended = outcome.unwrap_err();
    let report = ended.to_string();
    println!("{report}");
    assert!(report.contains("queue 1 (of i32, "));
    assert_eq!(ended.into_inner(), 24); // every task was done all the same
}
