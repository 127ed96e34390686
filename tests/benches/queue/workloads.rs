//! The workloads, as crossbeam's and kanal's benchmarks define them: exact counts, no close.

use crate::clock::{context_switches, processor_time, processor_time_since};
use crate::flows::Flow;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// The senders and the receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// One thread fills the queue (as far as its capacity allows), then empties it.
    Sequential,
    /// So many producers and consumers, each with its share of the items.
    Spread(usize, usize),
}

/// One measurement to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The senders and the receivers.
    pub(crate) workload: Workload,
    /// `None` is unbounded.
    pub(crate) capacity: Option<usize>,
    /// How many items go through; a multiple of what all threads put into a batch.
    pub(crate) items: usize,
}

/// What one measurement found, for all items together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From the first thread that began to the last item received.
    pub(crate) wall: Duration,
    /// Processor time of all threads, where the system reports it.
    pub(crate) processor: Option<Duration>,
    /// Context switches of all threads, where the system tells them.
    pub(crate) switches: Option<f64>,
}

/// Measures once; `None` if this queue cannot do it.
pub(crate) fn measure<F: Flow>(shape: Shape) -> Option<Sample> {
    sample(|| match shape.workload {
        Workload::Sequential => Some(sequential::<F>(shape)),
        Workload::Spread(producers, consumers) => spread::<F>(shape, producers, consumers),
    })
}

/// Measures what `work` uses besides the time that it returns.
pub(crate) fn sample(work: impl FnOnce() -> Option<Duration>) -> Option<Sample> {
    let (processor, switches) = (processor_time(), context_switches());
    let wall = work()?;
    let switches = context_switches().zip(switches).map(|(after, before)| after - before);
    Some(Sample { wall, processor: processor_time_since(processor), switches })
}

fn sequential<F: Flow>(shape: Shape) -> Duration {
    let (source, mut sink) = F::open(shape.capacity);
    let fits = shape.capacity.unwrap_or(shape.items).min(shape.items);
    let began = Instant::now();
    let mut sum = 0;
    for start in (0..shape.items).step_by(fits) {
        F::put(&source, start..start + fits);
        sum += F::get(&mut sink, fits);
    }
    let took = began.elapsed();
    assert_eq!(sum, sum_below(shape.items), "items were lost or invented");
    took
}

fn spread<F: Flow>(shape: Shape, producers: usize, consumers: usize) -> Option<Duration> {
    let (source, sink) = F::open(shape.capacity);
    let mut sinks = vec![sink];
    while sinks.len() < consumers {
        sinks.push(F::share(&sinks[0])?);
    }
    let (sent, received) = (shape.items / producers, shape.items / consumers);
    let start = &Barrier::new(producers + consumers);
    thread::scope(|scope| {
        let producers: Vec<_> = (0..producers)
            .map(|producer| {
                let source = source.clone();
                scope.spawn(move || {
                    start.wait();
                    let began = Instant::now();
                    F::put(&source, producer * sent..(producer + 1) * sent);
                    began
                })
            })
            .collect();
        let consumers: Vec<_> = sinks
            .drain(..)
            .map(|mut sink| {
                scope.spawn(move || {
                    start.wait();
                    let began = Instant::now();
                    let sum = F::get(&mut sink, received);
                    (began, Instant::now(), sum)
                })
            })
            .collect();
        let producers: Vec<_> =
            producers.into_iter().map(|thread| thread.join().unwrap()).collect();
        let consumers: Vec<_> =
            consumers.into_iter().map(|thread| thread.join().unwrap()).collect();
        let sum: usize = consumers.iter().map(|(_, _, sum)| sum).sum();
        assert_eq!(sum, sum_below(shape.items), "items were lost or invented");
        let began = consumers.iter().map(|(began, _, _)| *began).chain(producers).min()?;
        let ended = consumers.iter().map(|(_, ended, _)| *ended).max()?;
        Some(ended - began)
    })
}

fn sum_below(count: usize) -> usize {
    count * (count - 1) / 2
}
