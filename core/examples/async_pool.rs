//! Tasks without a runtime: producers and workers that await, each run by a short `block_on`, and
//! a worker that waits for one of two queues.

use sentinel_queue::{bounded, unbounded, Receiver, RecvError, Sender};
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Wakes a task by unparking the thread that runs it.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread, which parks while the future waits.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(), // a wake before this makes it return at once
        }
    }
}

/// Adds numbers until a sentinel ends the loop, as it would end that of a thread.
async fn add(numbers: Receiver<u64>) -> Result<u64, RecvError> {
    let mut sum = 0;
    loop {
        match numbers.recv_async().await {
            Ok(number) => sum += number,
            Err(RecvError::Sentinel) => return Ok(sum),
            Err(end) => return Err(end),
        }
    }
}

async fn produce(numbers: Sender<u64>, range: std::ops::RangeInclusive<u64>) {
    for number in range {
        numbers.send_async(number).await.expect("the workers receive until their sentinels");
    }
}

/// Waits for a number or for the stop, whichever is first: the future that loses is dropped, and takes
/// nothing.
async fn recv_or_stop(numbers: &Receiver<u64>, stop: &Receiver<()>) -> Option<u64> {
    let mut number = numbers.recv_async();
    let mut stopped = stop.recv_async();
    poll_fn(|context| {
        if let Poll::Ready(number) = pin!(&mut number).poll(context) {
            return Poll::Ready(number.ok());
        }
        pin!(&mut stopped).poll(context).map(|_| None)
    })
    .await
}

fn main() {
    let (tx, rx) = bounded(4);
    let workers = [(); 3].map(|()| {
        let rx = rx.clone();
        thread::spawn(move || block_on(add(rx)))
    });
    let producers = [1..=500, 501..=1000].map(|range| {
        let tx = tx.clone();
        thread::spawn(move || block_on(produce(tx, range)))
    });
    for producer in producers {
        producer.join().unwrap();
    }
    tx.send_sentinels(3).unwrap();
    let sums = workers.map(|worker| worker.join().unwrap());
    let sum: u64 = sums.into_iter().map(|sum| sum.expect("a sentinel")).sum();
    println!("3 tasks added 1000 numbers: {sum}");
    assert_eq!(sum, 500_500);

    let (stop, stopped) = unbounded::<()>();
    let waiting = thread::spawn({
        let rx = rx.clone();
        move || block_on(recv_or_stop(&rx, &stopped))
    });
    drop(stop);
    assert_eq!(waiting.join().unwrap(), None);
    tx.send(7).unwrap();
    assert_eq!(rx.recv(), Ok(7)); // by a thread: the future that was dropped left it there
    println!("a task was stopped while it waited, and took nothing");
}
