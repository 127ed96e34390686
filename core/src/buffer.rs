//! A FIFO buffer made of chunks, so that a critical section's cost does not depend on how much is
//! queued.
//!
//! - A push never moves what is queued, except while the first chunk grows to its full size.
//! - A step to the next chunk moves a chunk's pointer, and follows one path of a B-tree: three
//!   dozen small nodes at most, and none while there are no more than two chunks.
//! - An allocation is one chunk (`BYTES`, or one item if that is larger) or one node of the tree.
//!   An emptied chunk is reused, or freed by the caller without the lock.
//! - A nearly empty buffer keeps three chunks at most, the front, the back and the spare one, or
//!   one chunk of one item that is no larger than three of them.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hash;

/// Storage for items that never grows beyond its capacity, except as the first chunk.
pub(crate) type Chunk<T> = VecDeque<T>;

/// The capacity of the first chunk when it is made.
const FIRST_CAPACITY: usize = 4;

/// Number of whole chunks that a batch takes at once.
const BATCH_CHUNKS: usize = 16;

/// Number of zero-sized items that a batch takes at once. They are all in one chunk.
const BATCH_OF_ZERO_SIZED: usize = 4096;

/// A first-in, first-out buffer of chunks of `BYTES` bytes, and of one item at least.
///
/// The fields stand in memory as they do here. Those that every push and pop touches come first, and
/// last of them `len` and `front`, which each of a short queue writes: in a queue the lock is on the
/// line before, where threads that wait for it would delay the write.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Buffer<T, const BYTES: usize> {
    /// Whether `surplus` is to be freed.
    has_surplus: bool,
    /// The newest items. Empty if all are in `front`; else it takes what is pushed.
    back: Chunk<T>,
    len: usize,
    /// The oldest items. Empty only if the whole buffer is.
    front: Chunk<T>,
    /// The chunks between the two, numbered in their order.
    middle: BTreeMap<u64, Chunk<T>>,
    /// The number of the next chunk that enters the middle.
    next_number: u64,
    /// An emptied chunk, for the next push that needs one.
    spare: Option<Chunk<T>>,
    /// An emptied chunk beyond that, to be freed without the lock.
    surplus: Chunk<T>,
}

impl<T, const BYTES: usize> Default for Buffer<T, BYTES> {
    fn default() -> Self {
        Buffer {
            has_surplus: false,
            back: Chunk::new(),
            len: 0,
            front: Chunk::new(),
            middle: BTreeMap::new(),
            next_number: 0,
            spare: None,
            surplus: Chunk::new(),
        }
    }
}

impl<T, const BYTES: usize> Buffer<T, BYTES> {
    /// Number of items in a chunk. All zero-sized items fit into one.
    pub(crate) const CHUNK_CAPACITY: usize = match size_of::<T>() {
        0 => usize::MAX,
        size if size > BYTES => 1,
        size => BYTES / size,
    };

    /// Number of items that a batch takes one by one, at most.
    pub(crate) const SINGLY: usize =
        if size_of::<T>() == 0 { BATCH_OF_ZERO_SIZED } else { Self::CHUNK_CAPACITY };

    /// Whether an item is too large for an empty buffer to keep the last chunk. What is kept lies
    /// last in the heap, which spares a receive the system call that returns a long heap at once.
    const IS_LARGE: bool = size_of::<T>() > 3 * BYTES;

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns how many items are in each chunk, and whether emptied ones are kept, for the checkers.
    pub(crate) fn layout(&self) -> impl Hash {
        let Buffer { has_surplus, back, len, front, middle, next_number: _, spare, surplus } = self;
        let middle: Vec<_> = middle.values().map(VecDeque::len).collect();
        let kept = (*has_surplus, spare.is_some(), surplus.capacity() > 0);
        (*len, front.len(), middle, back.len(), kept)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn front_mut(&mut self) -> Option<&mut T> {
        self.front.front_mut()
    }

    pub(crate) fn back_mut(&mut self) -> Option<&mut T> {
        self.tail().back_mut()
    }

    /// The chunk that takes what is pushed.
    #[inline]
    fn tail(&mut self) -> &mut Chunk<T> {
        if self.back.is_empty() {
            &mut self.front
        } else {
            &mut self.back
        }
    }

    /// Appends an item.
    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        let tail = self.tail();
        if tail.len() < tail.capacity() {
            tail.push_back(item);
        } else {
            self.push_beyond(item);
        }
        self.len += 1;
    }

    /// Stores an item for which the last chunk has no room: the first chunk grows, or a new one
    /// begins.
    #[cold]
    #[inline(never)]
    fn push_beyond(&mut self, item: T) {
        let capacity = self.front.capacity();
        if self.back.is_empty() && capacity < Self::CHUNK_CAPACITY {
            let larger = FIRST_CAPACITY.max(2 * capacity).min(Self::CHUNK_CAPACITY);
            self.front.reserve_exact(larger - self.front.len());
            self.front.push_back(item);
        } else {
            let spare = self.spare.take();
            let mut chunk = spare.unwrap_or_else(|| Chunk::with_capacity(Self::CHUNK_CAPACITY));
            chunk.push_back(item);
            self.append_chunk(chunk);
        }
    }

    /// Makes a chunk the last one.
    fn append_chunk(&mut self, chunk: Chunk<T>) {
        let last = std::mem::replace(&mut self.back, chunk);
        if !last.is_empty() {
            self.middle.insert(self.next_number, last);
            self.next_number += 1;
        }
    }

    /// Appends the first `count` items of a batch: as a whole chunk if it is all of the batch,
    /// fills most of a chunk, and finds no room in the last one.
    pub(crate) fn push_batch(&mut self, batch: &mut Chunk<T>, count: usize) {
        let tail = self.tail();
        let fits = count <= tail.capacity() - tail.len();
        if count == batch.len() && fits {
            tail.append(batch);
            self.len += count;
        } else if count == batch.len() && Self::is_chunk(batch) {
            if self.is_empty() {
                std::mem::swap(&mut self.front, batch);
            } else {
                self.append_chunk(std::mem::take(batch));
            }
            self.len += count;
        } else {
            batch.drain(..count).for_each(|item| self.push(item));
        }
    }

    /// Whether a batch can serve as a chunk: no larger, and not mostly empty.
    fn is_chunk(batch: &Chunk<T>) -> bool {
        batch.capacity() <= Self::CHUNK_CAPACITY && batch.len() >= Self::CHUNK_CAPACITY / 2
    }

    /// Takes the oldest item.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.front.pop_front()?;
        self.len -= 1;
        if self.front.is_empty() && (self.len > 0 || Self::IS_LARGE) {
            let emptied = self.advance();
            self.retire(emptied);
        }
        Some(item)
    }

    /// Takes up to `limit` items: whole chunks, then the rest one by one. Returns how many.
    pub(crate) fn pop_batch(&mut self, batch: &mut Batch<'_, T>, limit: usize) -> usize {
        let mut taken = 0;
        while taken < limit {
            let left = limit - taken;
            let is_last = self.front.len() == self.len;
            if is_last && !Self::IS_LARGE || self.front.len() > left {
                let count = left.min(self.front.len()).min(Self::SINGLY);
                // One by one is faster than to drain and to extend by what is drained.
                batch.items.extend(std::iter::from_fn(|| self.front.pop_front()).take(count));
                self.len -= count;
                batch.singly = count;
                return taken + count;
            }
            let Some(slot) = batch.chunks.get_mut(batch.whole) else { break };
            taken += self.front.len();
            self.len -= self.front.len();
            *slot = self.advance();
            batch.whole += 1;
        }
        taken
    }

    /// Makes the next chunk the front, an empty one if there is none, and returns the one that was.
    #[cold]
    #[inline(never)]
    fn advance(&mut self) -> Chunk<T> {
        let next = self.middle.pop_first().map(|(_, chunk)| chunk);
        std::mem::replace(&mut self.front, next.unwrap_or_else(|| std::mem::take(&mut self.back)))
    }

    /// Keeps an emptied chunk for the next push that needs one, or else for being freed. A chunk of
    /// another size is not kept: it came with a batch, or holds one item that is larger.
    fn retire(&mut self, chunk: Chunk<T>) {
        let is_kept = size_of::<T>() <= BYTES && chunk.capacity() == Self::CHUNK_CAPACITY;
        if self.spare.is_none() && is_kept {
            self.spare = Some(chunk);
        } else {
            self.surplus = chunk;
            self.has_surplus = true;
        }
    }

    /// Whether memory is to be freed without the lock.
    #[inline]
    pub(crate) fn has_surplus(&self) -> bool {
        self.has_surplus
    }

    /// Hands out memory that is not needed, to be freed without the lock.
    pub(crate) fn take_surplus(&mut self) -> Chunk<T> {
        self.has_surplus = false;
        std::mem::take(&mut self.surplus)
    }

    /// All items in one `VecDeque`. Not for use under a lock.
    pub(crate) fn into_items(mut self) -> VecDeque<T> {
        let mut items = std::mem::take(&mut self.front);
        items.reserve(self.len - items.len());
        for mut chunk in self.middle.into_values().chain([self.back]) {
            items.append(&mut chunk);
        }
        items
    }
}

/// What a batch takes out of a buffer under the lock, and unpacks without it.
pub(crate) struct Batch<'a, T> {
    items: &'a mut Vec<T>,
    /// Number of items at the end of `items` that were taken after the chunks.
    singly: usize,
    chunks: [Chunk<T>; BATCH_CHUNKS],
    /// Number of chunks taken.
    whole: usize,
}

impl<'a, T> Batch<'a, T> {
    /// Reserves room in `items` for what is taken one by one.
    pub(crate) fn new<const BYTES: usize>(items: &'a mut Vec<T>, limit: usize) -> Self {
        items.reserve(limit.min(Buffer::<T, BYTES>::SINGLY));
        Batch { items, singly: 0, chunks: [const { Chunk::new() }; BATCH_CHUNKS], whole: 0 }
    }

    /// Moves the items of the chunks to their place.
    pub(crate) fn unpack(self) {
        let start = self.items.len() - self.singly;
        self.items.reserve(self.chunks.iter().map(VecDeque::len).sum());
        self.chunks.into_iter().take(self.whole).for_each(|chunk| self.items.extend(chunk));
        self.items[start..].rotate_left(self.singly);
    }
}

/// The addresses of a field.
#[cfg(test)]
pub(crate) fn addresses<F>(field: &F) -> std::ops::Range<usize> {
    let start = std::ptr::from_ref(field) as usize;
    start..start + size_of::<F>()
}

#[cfg(test)]
impl<T, const BYTES: usize> Buffer<T, BYTES> {
    /// Where the fields lie that every push and pop touches.
    pub(crate) fn hot_fields(&self) -> Vec<(&'static str, std::ops::Range<usize>)> {
        vec![
            ("items.len", addresses(&self.len)),
            ("items.front", addresses(&self.front)),
            ("items.back", addresses(&self.back)),
            ("items.has_surplus", addresses(&self.has_surplus)),
        ]
    }

    /// Every field, for the comparison of `state/table.rs`.
    pub(crate) fn words(&self, item: impl Fn(&T) -> Vec<u64>) -> Vec<u64> {
        let number = |number: usize| number as u64;
        let memory = |chunk: Option<&Chunk<T>>| match chunk {
            Some(chunk) => vec![1, number(chunk.capacity())],
            None => vec![0],
        };
        let chunk = |chunk: &Chunk<T>| {
            let mut words = vec![number(chunk.capacity()), number(chunk.len())];
            words.extend(chunk.iter().flat_map(&item));
            words
        };
        let mut words = [chunk(&self.front), chunk(&self.back)].concat();
        words.extend([number(self.len), number(self.middle.len())]);
        for (number, middle) in &self.middle {
            words.push(*number);
            words.extend(chunk(middle));
        }
        words.push(self.next_number);
        words.extend(
            [memory(self.spare.as_ref()), memory(self.has_surplus.then_some(&self.surplus))]
                .concat(),
        );
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two items a chunk.
    type Small = Buffer<u64, 16>;

    fn pop_batch(buffer: &mut Small, limit: usize) -> Vec<u64> {
        let mut items = vec![u64::MAX];
        let mut batch = Batch::new::<16>(&mut items, limit);
        let count = buffer.pop_batch(&mut batch, limit);
        batch.unpack();
        assert_eq!((items.len(), items.remove(0)), (count + 1, u64::MAX));
        items
    }

    /// Every sequence of pushes and pops, single and in batches, against a `VecDeque`.
    #[test]
    fn behaves_as_one_ring() {
        const OPERATIONS: u32 = if cfg!(miri) { 4 } else { 7 }; // Miri is slow
        for program in 0..6_usize.pow(OPERATIONS) {
            let (mut buffer, mut ring) = (Small::default(), VecDeque::new());
            let mut next = 0;
            let mut operations = program;
            for _ in 0..OPERATIONS {
                let operation = operations % 6;
                operations /= 6;
                match operation {
                    0 => buffer.push(next),
                    1 | 2 => {
                        let mut batch = Chunk::with_capacity(operation * 2);
                        batch.extend(next..=next + operation as u64);
                        buffer.push_batch(&mut batch, operation + 1);
                        assert!(batch.is_empty());
                    }
                    3 => assert_eq!(buffer.pop(), ring.pop_front()),
                    _ => {
                        let limit = 2 * operation - 5;
                        let expected: Vec<_> = ring.drain(..limit.min(ring.len())).collect();
                        assert_eq!(pop_batch(&mut buffer, limit), expected);
                    }
                }
                if operation < 3 {
                    ring.extend(next..=next + operation as u64);
                    next += operation as u64 + 1;
                }
                assert_eq!((buffer.len(), buffer.back_mut()), (ring.len(), ring.back_mut()));
                assert_eq!(buffer.front_mut(), ring.front_mut());
            }
            assert_eq!(buffer.into_items(), ring);
        }
    }

    #[test]
    fn push_moves_nothing_that_is_queued() {
        let mut buffer = Buffer::<u64, 64>::default();
        (0..8).for_each(|item| buffer.push(item));
        let first: *const u64 = &raw const buffer.front[0];
        (8..1000).for_each(|item| buffer.push(item));
        assert!(std::ptr::eq(first, &raw const buffer.front[0]));
        assert_eq!(buffer.middle.len(), 1000 / 8 - 2);
    }

    #[test]
    fn emptied_chunks_are_kept_once_and_then_handed_out() {
        let mut buffer = Small::default();
        (0..6).for_each(|item| buffer.push(item));
        assert_eq!((buffer.pop(), buffer.pop()), (Some(0), Some(1)));
        assert!(buffer.spare.is_some() && !buffer.has_surplus());
        assert_eq!((buffer.pop(), buffer.pop()), (Some(2), Some(3)));
        assert!(buffer.has_surplus());
        assert_eq!(buffer.take_surplus().capacity(), 2);
        assert!(!buffer.has_surplus());
        (6..9).for_each(|item| buffer.push(item));
        assert!(buffer.spare.is_none(), "the next chunk is made of it");
        assert_eq!(pop_batch(&mut buffer, 9), [4, 5, 6, 7, 8]);
    }

    #[test]
    fn batch_takes_a_bounded_number_of_chunks() {
        let mut buffer = Small::default();
        (0..100).for_each(|item| buffer.push(item));
        assert!(pop_batch(&mut buffer, usize::MAX).into_iter().eq(0..2 * BATCH_CHUNKS as u64));
        assert_eq!(pop_batch(&mut buffer, 3), [32, 33, 34]);
        let mut floods = Buffer::<(), 16>::default();
        floods.push_batch(&mut Chunk::from(Vec::from([(); usize::MAX])), usize::MAX);
        let mut items = Vec::new();
        let mut batch = Batch::new::<16>(&mut items, usize::MAX);
        assert_eq!(floods.pop_batch(&mut batch, usize::MAX), BATCH_OF_ZERO_SIZED);
    }
}
