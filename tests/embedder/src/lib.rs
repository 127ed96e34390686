//! A worker pool on top of the queue, as an embedder might write one: it sums numbers.

#![forbid(unsafe_code)]

use sentinel_queue::{bounded, RecvError, SendError, Sender};

#[cfg(loom)]
pub use loom::thread;
#[cfg(shuttle)]
pub use shuttle::thread;
#[cfg(not(any(loom, shuttle)))]
pub use std::thread;

/// A pool of workers that sum the numbers they receive.
#[derive(Debug)]
pub struct Adders {
    tasks: Sender<u32>,
    workers: Vec<thread::JoinHandle<(u32, Option<RecvError>)>>,
}

impl Adders {
    /// Starts the workers.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    pub fn start(workers: usize, capacity: usize) -> Self {
        let (tasks, queue) = bounded(capacity);
        let start = |_| {
            let queue = queue.clone();
            thread::spawn(move || {
                let mut tasks = queue.iter();
                (tasks.by_ref().sum(), tasks.end())
            })
        };
        Adders { tasks, workers: (0..workers).map(start).collect() }
    }

    /// Adds a number.
    ///
    /// # Blocking
    ///
    /// While the queue is full.
    ///
    /// # Errors
    ///
    /// With the number, when the workers have been stopped.
    pub fn add(&self, number: u32) -> Result<(), SendError<u32>> {
        self.tasks.send(number)
    }

    /// Returns a function that stops the workers from another thread; queued numbers are still added.
    pub fn stopper(&self) -> impl FnOnce() + Send + 'static {
        let tasks = self.tasks.clone();
        move || {
            tasks.close();
        }
    }

    /// Sends a sentinel to each worker, and waits for all; the sum, and how many of them a sentinel
    /// has ended.
    ///
    /// # Panics
    ///
    /// If a worker has.
    pub fn finish(self) -> (u32, usize) {
        // Closed already is as good: then the loops end without.
        let _ = self.tasks.send_sentinels(self.workers.len());
        let ended = self.workers.into_iter().map(|worker| worker.join().expect("no panic"));
        ended.fold((0, 0), |(sum, sentinels), (part, end)| {
            (sum + part, sentinels + usize::from(end == Some(RecvError::Sentinel)))
        })
    }
}
