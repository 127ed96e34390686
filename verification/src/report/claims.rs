//! The claims, under the identifiers that they have everywhere.

/// The claims: identifier and short name.
pub const CLAIMS: [(&str, &str); 12] = [
    ("C1", "conservation"),
    ("C2", "sentinels"),
    ("C3", "order"),
    ("C4", "capacity"),
    ("C5", "close"),
    ("C6", "no lost wakeup"),
    ("C7", "no hang"),
    ("C8", "would block forever"),
    ("C9", "timeouts"),
    ("C10", "isolation"),
    ("C11", "completion"),
    ("C12", "cancellation"),
];

/// The names of the headline theorems, with their files: none has assumptions.
pub(crate) const HEADLINES: &str = include_str!("../../../models/proofs/headlines.txt");

/// Returns the position of a claim in the list; unknown ones come last.
pub fn rank(claim: &str) -> usize {
    CLAIMS.iter().position(|(id, _)| *id == claim).unwrap_or(CLAIMS.len())
}

/// Abbreviates several claims: `C1-C4 C7`.
pub fn abridged(claims: &[&str]) -> String {
    let mut ranks: Vec<_> = claims.iter().map(|claim| rank(claim)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for rank in ranks {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == rank => *last = rank,
            _ => parts.push((rank, rank)),
        }
    }
    let name = |rank: usize| CLAIMS.get(rank).map_or("?", |(id, _)| id);
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => name(first).to_owned(),
            1 => format!("{} {}", name(first), name(last)),
            _ => format!("{}-{}", name(first), name(last)),
        })
        .collect();
    parts.join(" ")
}
