//! The list.
//!
//! A pattern is code of the queue; what stands between « and » is replaced, the rest says where. An
//! empty pair inserts. Each mutant names the claim that it breaks and the programs that it is hunted
//! with, the smallest first.

mod notifications;
mod scoped;
mod thresholds;
mod values;
mod wakeups;

/// One change of the source.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The file, inside of `core/src`.
    pub file: &'static str,
    /// Where, and what is replaced.
    pub pattern: &'static str,
    /// By what.
    pub mutated: &'static str,
}

/// Which programs a mutant is hunted with.
#[derive(Clone, Copy, Debug)]
pub struct Hunt {
    /// The operations, by name.
    pub alphabet: &'static str,
    /// At most so many threads.
    pub threads: usize,
    /// At most so many operations per thread.
    pub operations: usize,
    /// Spurious wakeups per thread.
    pub spurious: u32,
    /// Timeouts per thread.
    pub timeouts: u32,
    /// Around an unbounded queue; otherwise around queues of capacity 1 and 2.
    pub unbounded: bool,
}

/// A seeded bug.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What it is, in a few words.
    pub name: &'static str,
    /// The claim that it breaks.
    pub claim: &'static str,
    /// What it changes.
    pub edits: &'static [Edit],
    /// The programs it is hunted with.
    pub hunt: Hunt,
}

pub(crate) const QUEUE: &str = "queue.rs";
pub(crate) const BUFFER: &str = "buffer.rs";
pub(crate) const STATE: &str = "state.rs";

pub(crate) const fn edit(file: &'static str, pattern: &'static str, mutated: &'static str) -> Edit {
    Edit { file, pattern, mutated }
}

pub(crate) const fn hunt(alphabet: &'static str, threads: usize, operations: usize) -> Hunt {
    Hunt { alphabet, threads, operations, spurious: 0, timeouts: 0, unbounded: false }
}

pub(crate) const BASIC: Hunt = hunt("send recv close sentinel", 3, 2);
pub(crate) const TASKS: Hunt = hunt("send task join recv close", 3, 2);
pub(crate) const HANDLES: Hunt = hunt("send recv drop_sender drop_receiver sentinel", 3, 2);
pub(crate) const BATCHES: Hunt = hunt("send_many 2 recv_many 2 recv close", 3, 2);
pub(crate) const DRAINS: Hunt = hunt("send recv close_now sentinel join", 3, 2);
pub(crate) const EVICTS: Hunt = hunt("force_send recv sentinel", 3, 2);
pub(crate) const SPURIOUS: Hunt = Hunt { spurious: 1, ..BASIC };
pub(crate) const TIMED: Hunt = Hunt { timeouts: 1, ..hunt("send recv recv_timeout close", 3, 2) };
pub(crate) const TIMED_SENDS: Hunt =
    Hunt { timeouts: 1, ..hunt("send recv send_timeout close", 3, 2) };

/// All of them, in the order of their numbers.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    wakeups::MUTANTS
        .iter()
        .chain(notifications::MUTANTS)
        .chain(values::MUTANTS)
        .chain(thresholds::MUTANTS)
}

/// Those of groups, which only programs in groups can show; with their numbers, which come after
/// those of [`mutants`].
pub fn in_groups() -> impl Iterator<Item = (usize, &'static Mutant)> {
    mutants().chain(scoped::MUTANTS).enumerate().skip(mutants().count())
}
