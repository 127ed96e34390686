//! A worker pool on top of the queue, as an embedder might write one: it sums numbers.

#![forbid(unsafe_code)]

use sentinel_queue::{bounded, Receiver, RecvError, SendError, Sender};
#[cfg(not(any(loom, shuttle)))]
use std::future::Future;

#[cfg(loom)]
pub use loom::future::block_on;
#[cfg(loom)]
pub use loom::thread;
#[cfg(shuttle)]
pub use shuttle::future::block_on;
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

/// Runs a future to its end on this thread, which parks while the future waits.
#[cfg(not(any(loom, shuttle)))]
pub fn block_on<F: Future>(future: F) -> F::Output {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// The loop of a worker that is a thread.
fn work(numbers: &Receiver<u32>) -> (u32, Option<RecvError>) {
    let mut numbers = numbers.iter();
    (numbers.by_ref().sum(), numbers.end())
}

/// The loop of a worker that is a task.
async fn work_async(numbers: &Receiver<u32>) -> (u32, Option<RecvError>) {
    let mut sum = 0;
    loop {
        match numbers.recv_async().await {
            Ok(number) => sum += number,
            Err(end) => return (sum, Some(end)),
        }
    }
}

impl Adders {
    /// Starts the workers: so many threads, and so many tasks.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    pub fn start(threads: usize, tasks: usize, capacity: usize) -> Self {
        let (sender, queue) = bounded(capacity);
        let start = |number| {
            let queue = queue.clone();
            thread::spawn(move || {
                if number < threads {
                    work(&queue)
                } else {
                    block_on(work_async(&queue))
                }
            })
        };
        Adders { tasks: sender, workers: (0..threads + tasks).map(start).collect() }
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

    /// Adds a number, in a task.
    ///
    /// # Errors
    ///
    /// With the number, when the workers have been stopped.
    pub async fn add_async(&self, number: u32) -> Result<(), SendError<u32>> {
        self.tasks.send_async(number).await
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
