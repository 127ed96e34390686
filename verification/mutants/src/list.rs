//! The list of mutants.
//!
//! A pattern is code of the queue; what stands between « and » is replaced, the rest is context. An
//! empty pair inserts. Each mutant names the claim that it breaks and the bounds of the programs that
//! it is run with, the smallest first.

mod futures;
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
    /// The code that is replaced, with its context.
    pub pattern: &'static str,
    /// The replacement.
    pub mutated: &'static str,
}

/// The bounds of the programs that a mutant is run with.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The operations, by name.
    pub alphabet: &'static str,
    /// The maximum number of threads.
    pub threads: usize,
    /// The maximum number of operations per thread.
    pub operations: usize,
    /// The number of spurious wakeups per thread.
    pub spurious: u32,
    /// The number of timeouts per thread.
    pub timeouts: u32,
    /// Whether the queue is unbounded; otherwise queues of capacity 1 and 2 are used.
    pub unbounded: bool,
    /// A program in a group that comes before all others, with few schedules: for a bug that begins
    /// at a size.
    pub first: Option<&'static str>,
}

/// A seeded bug.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The mutant's name: the bug in a few words.
    pub name: &'static str,
    /// The claim that it breaks.
    pub claim: &'static str,
    /// The changes of the source.
    pub edits: &'static [Edit],
    /// The bounds of the programs that it is run with.
    pub bounds: Bounds,
}

pub(crate) const QUEUE: &str = "queue.rs";
pub(crate) const BUFFER: &str = "buffer.rs";
pub(crate) const STATE: &str = "state.rs";

pub(crate) const fn edit(file: &'static str, pattern: &'static str, mutated: &'static str) -> Edit {
    Edit { file, pattern, mutated }
}

pub(crate) const fn bounds(alphabet: &'static str, threads: usize, operations: usize) -> Bounds {
    let (spurious, timeouts, unbounded, first) = (0, 0, false, None);
    Bounds { alphabet, threads, operations, spurious, timeouts, unbounded, first }
}

pub(crate) const BASIC: Bounds = bounds("send recv close sentinel", 3, 2);
pub(crate) const TASKS: Bounds = bounds("send task join recv close", 3, 2);
pub(crate) const HANDLES: Bounds = bounds("send recv drop_sender drop_receiver sentinel", 3, 2);
pub(crate) const BATCHES: Bounds = bounds("send_many 2 recv_many 2 recv close", 3, 2);
pub(crate) const DRAINS: Bounds = bounds("send recv close_now sentinel join", 3, 2);
pub(crate) const EVICTS: Bounds = bounds("force_send recv sentinel", 3, 2);
pub(crate) const SPURIOUS: Bounds = Bounds { spurious: 1, ..BASIC };
pub(crate) const TIMED: Bounds =
    Bounds { timeouts: 1, ..bounds("send recv recv_timeout close", 3, 2) };
pub(crate) const TIMED_SENDS: Bounds =
    Bounds { timeouts: 1, ..bounds("send recv send_timeout close", 3, 2) };

/// Returns the mutants of one queue, in the order of their numbers.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    wakeups::MUTANTS
        .iter()
        .chain(notifications::MUTANTS)
        .chain(values::MUTANTS)
        .chain(thresholds::MUTANTS)
        .chain(futures::MUTANTS)
}

/// Returns the mutants of groups, which only programs in groups can show, with their numbers, which
/// come after those of [`mutants`].
pub fn in_groups() -> impl Iterator<Item = (usize, &'static Mutant)> {
    mutants().chain(scoped::MUTANTS).enumerate().skip(mutants().count())
}
