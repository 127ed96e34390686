//! Hashing for the stateful search: 64 bits, well mixed, the same in every run.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Combines two digests; the order matters.
pub(crate) fn mix(left: u64, right: u64) -> u64 {
    scramble(scramble(left.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ right)
}

/// Combines many digests; the order matters.
pub(crate) fn fold(parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().fold(0, mix)
}

/// Returns a small number as a digest.
pub(crate) fn count(number: usize) -> u64 {
    number as u64
}

/// Returns the digest of any value.
pub(crate) fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Applies the finalizer of splitmix64, a bijection.
fn scramble(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
