//! One queue, shared by tasks of tokio and by a pool of threads: tasks send jobs, threads and tasks work
//! on them, and the results go back to a task. A sentinel ends each worker, whichever it is.

use sentinel_queue::{bounded, unbounded, Receiver, RecvError, Sender};
use std::thread;

const JOBS: u64 = 1000;
const THREADS: usize = 2;
const TASKS: usize = 3;

/// The loop of a thread.
fn work(jobs: &Receiver<u64>, results: &Sender<u64>) -> Option<RecvError> {
    let mut jobs = jobs.iter();
    for job in jobs.by_ref() {
        results.send(job * job).expect("the collector receives until all workers have ended");
    }
    jobs.end()
}

/// The same loop, of a task.
async fn work_async(jobs: Receiver<u64>, results: Sender<u64>) -> Option<RecvError> {
    loop {
        match jobs.recv_async().await {
            Ok(job) => results.send_async(job * job).await.expect("as above"),
            Err(end) => return Some(end),
        }
    }
}

/// Sends every second job.
async fn produce(jobs: Sender<u64>, first: u64) {
    for job in (first..=JOBS).step_by(2) {
        jobs.send_async(job).await.expect("the workers receive until their sentinels");
    }
}

/// Runs all of them, and returns what came of it.
pub(crate) async fn run() -> String {
    let (jobs, queue) = bounded(8);
    let (results, collected) = unbounded();
    let threads = [(); THREADS].map(|()| {
        let (queue, results) = (queue.clone(), results.clone());
        thread::spawn(move || work(&queue, &results))
    });
    let tasks = [(); TASKS].map(|()| tokio::spawn(work_async(queue.clone(), results.clone())));
    drop((queue, results)); // each worker has its own

    for producer in [1, 2].map(|first| tokio::spawn(produce(jobs.clone(), first))) {
        producer.await.expect("a producer that does not panic");
    }
    jobs.send_sentinels(THREADS + TASKS).expect("the queue is open");

    let mut sum = 0;
    while let Ok(square) = collected.recv_async().await {
        sum += square;
    }
    let mut ends = Vec::new();
    for task in tasks {
        ends.push(task.await.expect("a task that does not panic"));
    }
    ends.extend(threads.map(|thread| thread.join().expect("a thread that does not panic")));
    assert_eq!(ends, [Some(RecvError::Sentinel); THREADS + TASKS]);
    assert_eq!(sum, JOBS * (JOBS + 1) * (2 * JOBS + 1) / 6);
    format!("{TASKS} tasks and {THREADS} threads, ended by a sentinel each: {JOBS} squares, {sum}")
}

#[tokio::main]
async fn main() {
    println!("{}", run().await);
}
