//! How items get through a queue: one by one, in the queue's own batches, or in vectors that a user
//! of any queue can fill by hand.

use crate::contenders::{Contender, Ours};
use std::marker::PhantomData;
use std::ops::Range;

/// Items in a batch.
pub(crate) const BATCH: usize = 32;

/// A queue together with a way to use it.
pub(crate) trait Flow {
    /// Where items go in.
    type Source: Clone + Send;
    /// Where they come out.
    type Sink: Send;

    /// Makes a queue for so many items; `None` is unbounded.
    fn open(capacity: Option<usize>) -> (Self::Source, Self::Sink);

    /// Another sink of the same queue, if it can have more than one.
    fn share(sink: &Self::Sink) -> Option<Self::Sink>;

    /// Puts the numbers in.
    fn put(source: &Self::Source, numbers: Range<usize>);

    /// Gets so many numbers out, and adds them up.
    fn get(sink: &mut Self::Sink, count: usize) -> usize;
}

/// One send and one receive for each item.
pub(crate) struct ItemByItem<C>(PhantomData<C>);

impl<C: Contender<usize>> Flow for ItemByItem<C> {
    type Source = C::Sender;
    type Sink = C::Receiver;

    fn open(capacity: Option<usize>) -> (Self::Source, Self::Sink) {
        C::open(capacity)
    }

    fn share(sink: &Self::Sink) -> Option<Self::Sink> {
        C::share(sink)
    }

    fn put(source: &Self::Source, numbers: Range<usize>) {
        for number in numbers {
            C::send(source, number);
        }
    }

    fn get(sink: &mut Self::Sink, count: usize) -> usize {
        (0..count).map(|_| C::recv(sink).expect("the queue is open")).sum()
    }
}

/// `send_many` and `recv_many`.
pub(crate) struct OwnBatches;

impl Flow for OwnBatches {
    type Source = sentinel_queue::Sender<usize>;
    type Sink = (sentinel_queue::Receiver<usize>, Vec<usize>);

    fn open(capacity: Option<usize>) -> (Self::Source, Self::Sink) {
        let (sender, receiver) = <Ours as Contender<usize>>::open(capacity);
        (sender, (receiver, Vec::with_capacity(BATCH)))
    }

    fn share((receiver, _): &Self::Sink) -> Option<Self::Sink> {
        Some((receiver.clone(), Vec::with_capacity(BATCH)))
    }

    fn put(source: &Self::Source, numbers: Range<usize>) {
        for batch in in_batches(numbers) {
            assert!(source.send_many(batch).is_ok());
        }
    }

    fn get((receiver, batch): &mut Self::Sink, count: usize) -> usize {
        let (mut left, mut sum) = (count, 0);
        while left > 0 {
            left -= receiver.recv_many(batch, BATCH.min(left)).expect("the queue is open");
            sum += batch.drain(..).sum::<usize>();
        }
        sum
    }
}

/// A queue of vectors. Its capacity is cut down so that it holds no more items than the others; so
/// it cannot be had for less than [`BATCH`].
pub(crate) struct VectorsByHand<C>(PhantomData<C>);

impl<C: Contender<Vec<usize>>> Flow for VectorsByHand<C> {
    type Source = C::Sender;
    type Sink = C::Receiver;

    fn open(capacity: Option<usize>) -> (Self::Source, Self::Sink) {
        C::open(capacity.map(|items| items / BATCH))
    }

    fn share(sink: &Self::Sink) -> Option<Self::Sink> {
        C::share(sink)
    }

    fn put(source: &Self::Source, numbers: Range<usize>) {
        for batch in in_batches(numbers) {
            C::send(source, batch.collect());
        }
    }

    fn get(sink: &mut Self::Sink, count: usize) -> usize {
        let (mut left, mut sum) = (count, 0);
        while left > 0 {
            let batch = C::recv(sink).expect("the queue is open");
            left -= batch.len();
            sum += batch.into_iter().sum::<usize>();
        }
        sum
    }
}

/// The range, cut into ranges of [`BATCH`].
fn in_batches(numbers: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = numbers.end;
    numbers.step_by(BATCH).map(move |start| start..end.min(start + BATCH))
}
