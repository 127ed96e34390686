//! The set of worlds seen so far: exact keys, one after the other, found through a hash table.
//!
//! Worlds are numbered in the order in which they were found, so the numbers not yet visited are
//! the queue of a breadth-first search, and each world remembers from which it was found first,
//! which makes counterexamples shortest.

/// Says "no world" in the table.
const VACANT: u32 = u32::MAX;

/// The worlds seen so far.
pub(crate) struct Store {
    bytes: Vec<u8>,
    ends: Vec<u64>,
    parents: Vec<u32>,
    table: Vec<u32>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            parents: Vec::new(),
            table: vec![VACANT; 1 << 10],
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

    /// The number of a key.
    pub(crate) fn find(&self, key: &[u8]) -> Option<usize> {
        let found = self.table[self.slot(key)];
        (found != VACANT).then_some(found as usize)
    }

    /// Keeps a key; `false` if it is there already.
    pub(crate) fn insert(&mut self, key: &[u8], parent: usize) -> bool {
        let slot = self.slot(key);
        if self.table[slot] != VACANT {
            return false;
        }
        let number = u32::try_from(self.len()).ok().filter(|&number| number != VACANT);
        self.table[slot] = number.expect("memory ends long before the numbers do");
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len() as u64);
        self.parents.push(u32::try_from(parent).unwrap_or(VACANT));
        if self.len() * 2 > self.table.len() {
            self.grow();
        }
        true
    }

    /// Where the key is in the table, or would be.
    fn slot(&self, key: &[u8]) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = place(hash(key)) & mask;
        while self.table[slot] != VACANT && self.key(self.table[slot] as usize) != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.table = vec![VACANT; self.table.len() * 2];
        for number in 0..self.len() {
            let slot = self.slot(self.key(number));
            self.table[slot] = u32::try_from(number).unwrap_or(VACANT);
        }
    }
}

/// Offsets and hashes are used as places in memory; on a small machine memory ends first.
#[allow(clippy::cast_possible_truncation)]
const fn place(number: u64) -> usize {
    number as usize
}

/// Eight bytes at a time, multiply and fold; keys are short and not hostile.
fn hash(key: &[u8]) -> u64 {
    let mut hash = key.len() as u64;
    for chunk in key.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let mixed = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = mixed ^ (mixed >> 29);
    }
    hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 16
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
