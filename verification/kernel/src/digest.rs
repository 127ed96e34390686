//! Hashing for the stateful search: 128 bits, well mixed, the same in every run.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A digest: two halves, each computed from the same parts, by different functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest(u64, u64);

/// Digests. They are mixed already, so one half is the hash.
pub type Digests = HashSet<Digest, BuildHasherDefault<Half>>;

/// Hashes a digest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Half(u64);

impl Hasher for Half {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a digest is two numbers");
    }

    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Combines two digests; the order matters.
pub(crate) fn mix(left: Digest, right: Digest) -> Digest {
    Digest(
        splitmix(splitmix(left.0.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ right.0),
        murmur(murmur(left.1.wrapping_add(0xC2B2_AE3D_27D4_EB4F)) ^ right.1),
    )
}

/// Combines many digests; the order matters.
pub(crate) fn fold(parts: impl IntoIterator<Item = Digest>) -> Digest {
    parts.into_iter().fold(Digest::default(), mix)
}

/// Returns a number as a digest.
pub(crate) fn count(number: usize) -> Digest {
    Digest(number as u64, number as u64)
}

/// Returns the digest of any value.
pub fn of(value: &(impl Hash + ?Sized)) -> Digest {
    let mut digest = Digest(1, 1); // not where a fold begins
    value.hash(&mut digest);
    digest
}

/// Returns half of the digest of a value. It can be kept: no release of the standard library changes
/// this hasher.
pub fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    of(value).0
}

impl Digest {
    /// Takes in a word. Of halves and word, each determines the result where the other is given, so
    /// two values of as many words that differ in one never have the same digest.
    fn take_in(&mut self, word: u64) {
        self.0 = splitmix(self.0.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ word);
        self.1 = murmur(self.1.wrapping_add(0xC2B2_AE3D_27D4_EB4F) ^ word);
    }
}

/// Takes in eight bytes at a time; a shorter rest with its length.
impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.take_in(u64::from_le_bytes(word));
            if part.len() < 8 {
                self.take_in(part.len() as u64);
            }
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.take_in(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.take_in(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.take_in(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.take_in(number as u64);
    }

    /// What names the variant of an enum.
    fn write_isize(&mut self, number: isize) {
        self.write_usize(usize::from_ne_bytes(number.to_ne_bytes()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Applies the finalizer of splitmix64, a bijection.
fn splitmix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Applies the finalizer of `MurmurHash3`, another one.
fn murmur(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Two digests that differ do so in both halves, so that each half alone tells them apart.
    #[test]
    fn halves_are_computed_apart() {
        let digests: Vec<Digest> = (0..1000)
            .flat_map(|number| {
                [of(&number), fold([count(number), count(7)]), mix(count(7), count(number))]
            })
            .collect();
        let distinct =
            |half: fn(&Digest) -> u64| digests.iter().map(half).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|digest| digest.0), digests.len());
        assert_eq!(distinct(|digest| digest.1), digests.len());
        assert!(digests.iter().all(|digest| digest.0 != digest.1));
    }

    /// Values that differ in few bits of several words do not have a half in common.
    #[test]
    fn small_words_are_kept_apart() {
        let triples =
            (0..64).flat_map(|a| (0..64).flat_map(move |b| [(a, b, false), (a, b, true)]));
        let digests: Vec<Digest> = triples.map(|words: (usize, usize, bool)| of(&words)).collect();
        let halves = digests.iter().flat_map(|digest| [digest.0, digest.1]);
        assert_eq!(halves.collect::<HashSet<_>>().len(), 2 * digests.len());
        let distinct: Digests = digests.iter().copied().collect();
        assert_eq!(distinct.len(), digests.len());
    }

    #[test]
    fn order_matters() {
        assert_ne!(mix(count(1), count(2)), mix(count(2), count(1)));
        assert_ne!(fold([count(0)]), fold([count(0), count(0)]));
    }
}
