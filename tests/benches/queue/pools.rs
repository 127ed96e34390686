//! Many threads: pools of workers with jobs of different length, a worker for each of many queues,
//! and many workers of one queue. `std::mpsc` takes part with its receiver behind a mutex.

use crate::contenders::{
    AsyncChannel, Contender, Crossbeam, Flume, Kanal, Ours, Std, StdSender, NAMES,
};
use crate::options::Effort;
use crate::table::Report;
use crate::throughput::Way;
use crate::workloads::{sample, Sample};
use std::hint::black_box;
use std::sync::{mpsc, Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Workers of a pool.
const WORKERS: usize = 4;
/// The length of the longer jobs.
const JOB: Duration = Duration::from_micros(1);
/// Workers need little stack.
const STACK_BYTES: usize = 64 * 1024;

/// What is measured of one contender: workers, items.
type Measure = fn(usize, usize) -> Option<Sample>;

/// What each column runs.
macro_rules! columns {
    ($measure:ident) => {
        [
            $measure::<Ours>,
            $measure::<Crossbeam>,
            $measure::<Flume>,
            $measure::<Kanal>,
            $measure::<AsyncChannel>,
            $measure::<SharedStd>,
        ]
    };
}

/// Measures and prints all rows.
pub(crate) fn run(effort: &Effort, report: &Report) {
    let ([few, most], crowd) = (effort.queues, effort.sleepers);
    let rows: [(&str, String, usize, [Measure; NAMES.len()]); 5] = [
        ("pool of 4", String::from("empty jobs"), WORKERS, columns!(empty_jobs)),
        ("pool of 4", String::from("jobs of 1 µs"), WORKERS, columns!(short_jobs)),
        ("queues in turn", format!("{few}, a worker each"), few, columns!(own_queues)),
        ("queues in turn", format!("{most}, a worker each"), most, columns!(own_queues)),
        ("workers", format!("{crowd} of one queue"), crowd, columns!(empty_jobs)),
    ];
    for (what, how, workers, columns) in rows {
        let items = effort.items_small.max(workers);
        let mut way = Way::default();
        for round in 0..effort.rounds {
            way.begin_round();
            for turn in 0..NAMES.len() {
                let column = (turn + round) % NAMES.len();
                if let Some(sample) = columns[column](workers, items) {
                    way.enter(column, sample, items);
                }
            }
        }
        way.print([what, "unbounded", &how], report);
    }
}

fn empty_jobs<C: Contender<usize>>(workers: usize, jobs: usize) -> Option<Sample> {
    pool::<C>(workers, jobs, |job| {
        black_box(job);
    })
}

fn short_jobs<C: Contender<usize>>(workers: usize, jobs: usize) -> Option<Sample> {
    pool::<C>(workers, jobs, |_| {
        let began = Instant::now();
        while began.elapsed() < JOB {}
    })
}

/// One thread sends all jobs.
fn pool<C: Contender<usize>>(
    workers: usize,
    jobs: usize,
    job: impl Fn(usize) + Sync,
) -> Option<Sample> {
    let (sender, receiver) = C::open(None);
    let mut receivers = vec![receiver];
    while receivers.len() < workers {
        receivers.push(C::share(&receivers[0])?);
    }
    with_workers::<C>(receivers, jobs, job, || {
        (0..jobs).for_each(|number| C::send(&sender, number));
        drop(sender);
    })
}

/// One thread sends to a queue after the other; each has a worker.
fn own_queues<C: Contender<usize>>(queues: usize, items: usize) -> Option<Sample> {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..queues).map(|_| C::open(None)).unzip();
    let job = |number| {
        black_box(number);
    };
    with_workers::<C>(receivers, items, job, || {
        for number in 0..items {
            C::send(&senders[number % queues], number);
        }
        drop(senders);
    })
}

/// Measures from the first send until the last worker has ended. `send` gives up all senders.
fn with_workers<C: Contender<usize>>(
    receivers: Vec<C::Receiver>,
    jobs: usize,
    job: impl Fn(usize) + Sync,
    send: impl FnOnce(),
) -> Option<Sample> {
    let (job, start) = (&job, &Barrier::new(receivers.len() + 1));
    thread::scope(|scope| {
        let spawn = |receiver: C::Receiver| {
            let body = move || {
                start.wait();
                let done = std::iter::from_fn(|| C::recv(&receiver)).map(job).count();
                (done, Instant::now())
            };
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn_scoped(scope, body).expect("a thread for each worker")
        };
        let workers: Vec<_> = receivers.into_iter().map(spawn).collect();
        sample(|| {
            start.wait();
            let began = Instant::now();
            send();
            let ends: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
            assert_eq!(ends.iter().map(|(done, _)| done).sum::<usize>(), jobs, "all are done");
            let ended = ends.into_iter().map(|(_, ended)| ended).max()?;
            Some(ended - began)
        })
    })
}

/// `std::sync::mpsc` as pools use it: the receiver behind a mutex.
pub(crate) struct SharedStd;

impl<T: Send + 'static> Contender<T> for SharedStd {
    type Sender = StdSender<T>;
    type Receiver = Arc<Mutex<mpsc::Receiver<T>>>;

    fn open(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        let (sender, receiver) = Std::open(capacity);
        (sender, Arc::new(Mutex::new(receiver)))
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(Arc::clone(receiver))
    }

    fn send(sender: &Self::Sender, item: T) {
        Std::send(sender, item);
    }

    fn recv(receiver: &Self::Receiver) -> Option<T> {
        receiver.lock().unwrap().recv().ok()
    }

    fn close(sender: Self::Sender) {
        drop(sender);
    }
}
