//! The set of states found so far: exact keys, one after the other, found through a hash table.
//!
//! States are numbered in the order in which they were found. So the numbers not yet visited are
//! the queue of a breadth-first search. Each state records from which it was found first, which
//! makes counterexamples shortest.

use std::hash::{Hash, Hasher};

/// The number that means "no state" in the table.
const VACANT: u32 = u32::MAX;

/// One slot of the table. The hash spares most comparisons of keys, which are far away in memory.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    number: u32,
}

impl Slot {
    const FREE: Self = Self { hash: 0, number: VACANT };
}

/// The states found so far.
pub(crate) struct Store {
    bytes: Vec<u8>,
    ends: Vec<u64>,
    parents: Vec<u32>,
    table: Vec<Slot>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            parents: Vec::new(),
            table: vec![Slot::FREE; 1 << 10],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn key(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[place(start)..place(self.ends[number])]
    }

    pub(crate) fn parent(&self, number: usize) -> usize {
        self.parents[number] as usize
    }

    /// Returns the number of a key.
    pub(crate) fn find(&self, key: &[u8]) -> Option<usize> {
        let found = self.table[self.slot(hash(key), key)].number;
        (found != VACANT).then_some(found as usize)
    }

    /// Inserts a key; returns `false` if it is present already.
    pub(crate) fn insert(&mut self, key: &[u8], parent: usize) -> bool {
        let hash = hash(key);
        let slot = self.slot(hash, key);
        if self.table[slot].number != VACANT {
            return false;
        }
        let number = u32::try_from(self.len()).ok().filter(|&number| number != VACANT);
        let number = number.expect("memory ends long before the numbers do");
        self.table[slot] = Slot { hash, number };
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len() as u64);
        self.parents.push(u32::try_from(parent).unwrap_or(VACANT));
        if self.len() * 2 > self.table.len() {
            self.grow();
        }
        true
    }

    /// Returns the slot of the key, or the one where it would be.
    fn slot(&self, hash: u32, key: &[u8]) -> usize {
        let is_it = |slot: Slot| slot.hash == hash && self.key(slot.number as usize) == key;
        self.first(hash, |slot| slot.number == VACANT || is_it(slot))
    }

    /// Returns the first slot that fits, from the one that the hash selects.
    fn first(&self, hash: u32, will_do: impl Fn(Slot) -> bool) -> usize {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while !will_do(self.table[place]) {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let larger = vec![Slot::FREE; self.table.len() * 2];
        let smaller = std::mem::replace(&mut self.table, larger);
        for slot in smaller.into_iter().filter(|slot| slot.number != VACANT) {
            let place = self.first(slot.hash, |slot| slot.number == VACANT);
            self.table[place] = slot;
        }
    }
}

/// Offsets are used as indices; on a small machine memory ends first.
#[allow(clippy::cast_possible_truncation)]
const fn place(number: u64) -> usize {
    number as usize
}

/// Hashes eight bytes at a time, multiply and fold; states are short and not hostile.
#[derive(Default)]
pub(crate) struct Fold(u64);

impl Fold {
    fn take_in(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.take_in(u64::from_le_bytes(word));
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.take_in(number as u64);
    }

    /// What names the variant of an enum.
    fn write_isize(&mut self, number: isize) {
        self.write_usize(number.unsigned_abs());
    }

    fn write_u8(&mut self, number: u8) {
        self.take_in(u64::from(number));
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(32)
    }
}

/// Returns the half of the hash of a key that is mixed better.
#[allow(clippy::cast_possible_truncation)]
fn hash(key: &[u8]) -> u32 {
    let mut hasher = Fold::default();
    key.hash(&mut hasher);
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn keys_are_found_again_after_growth() {
        let mut store = Store::new();
        let key = |number: u32| number.to_le_bytes();
        for number in 0..10_000 {
            assert!(store.insert(&key(number), 0));
        }
        for number in 0..10_000_u32 {
            assert!(!store.insert(&key(number), 0));
            assert_eq!(store.find(&key(number)), Some(number as usize));
        }
        assert_eq!(store.len(), 10_000);
        assert_eq!(store.find(&[1, 2, 3]), None);
    }
}
