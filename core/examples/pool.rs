//! A pool of workers with results, errors, panics, progress and ^C.
//!
//! Run with `cargo run --example pool`.

use sentinel_queue::{bounded, unbounded, Sender, Task, WeakHandle};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::thread;

/// A job, and how often it was tried.
struct Job {
    number: u32,
    attempts: u32,
}

/// The work: it fails for some numbers, and panics on others.
fn work(number: u32) -> Result<u32, String> {
    match number {
        7 => Err(format!("{number} is not allowed")),
        13 => panic!("{number} is unlucky"),
        number => Ok(number * number),
    }
}

/// The loop of a worker. Each job is tried at most twice, panic or not.
fn run(tasks: impl Iterator<Item = Task<Job>>, results: &Sender<Result<u32, String>>) {
    for mut task in tasks {
        Task::put_back_on_drop(&mut task); // if this thread ends before the job is done
        task.attempts += 1;
        let number = task.number;
        let result = catch_unwind(AssertUnwindSafe(|| work(number)))
            .unwrap_or_else(|_| Err(format!("{number} panicked")));
        if result.is_err() && task.attempts < 2 {
            match Task::put_back(task) {
                Ok(()) => continue,
                Err(closed) => task = closed, // no retries any more
            }
        }
        results.send(result).expect("main receives until all workers have ended");
        Task::complete(task);
    }
}

/// On ^C: no more jobs; those that are queued are finished, but not retried.
fn on_signal(jobs: &WeakHandle<Job>) {
    jobs.close();
}

fn main() {
    std::panic::set_hook(Box::new(|_| ())); // panics become results
    let (jobs, queue) = bounded(8);
    let (results_tx, results) = unbounded();
    let weak = jobs.downgrade(); // keeps nothing open; for a crate that handles signals
    let workers: Vec<_> = (0..4)
        .map(|_| (queue.clone(), results_tx.clone()))
        .map(|(queue, results)| thread::spawn(move || run(queue.task_iter(), &results)))
        .collect();
    drop((queue, results_tx));
    for number in 1..=20 {
        if std::env::args().nth(1).is_some_and(|last| last == number.to_string()) {
            on_signal(&weak); // an argument stands for ^C before that job
        }
        if jobs.send(Job { number, attempts: 0 }).is_err() {
            break;
        }
    }
    jobs.join().expect("in no group"); // done, retries included
    let stats = jobs.stats();
    println!("{} of {} done, {} retried", stats.completed, stats.accepted, stats.put_back);
    drop(jobs); // the last sender: the workers end
    for worker in workers {
        worker.join().expect("panics are caught");
    }
    let (good, bad): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    println!("sum of squares: {}", good.into_iter().flatten().sum::<u32>());
    let mut errors: Vec<_> = bad.into_iter().filter_map(Result::err).collect();
    errors.sort();
    println!("failed: {}", errors.join(", "));
}
