//! The hostility of the kernel and the bounds of a search. The caller sets every bound here; nothing
//! is taken from the environment.

use std::time::Duration;

/// The waiter that `notify_one` wakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Waiters {
    /// Any: every possibility is explored.
    #[default]
    Any,
    /// The one that has waited longest, as loom's own condition variable does.
    Fifo,
    /// The one that has waited shortest.
    Lifo,
}

/// What the condition variables may do to a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hostility {
    /// The waiter that `notify_one` wakes.
    pub waiters: Waiters,
    /// The number of spurious wakeups of each thread.
    pub spurious: u32,
    /// The number of timed waits of each thread that may expire.
    pub timeouts: u32,
}

/// The rule by which states seen before are recognized and not explored again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recognition {
    /// Not at all.
    #[default]
    Off,
    /// By everything a thread could have seen: an operation in progress has seen the whole state
    /// under the mutex in each of its critical sections.
    Careful,
    /// By what the recorded events imply a thread has seen, and the number of its critical sections; a
    /// repeated wait in a loop adds nothing. Many more states are recognized. Sound only if
    /// operations keep nothing else between their critical sections.
    Trusting,
}

impl Hostility {
    /// Returns whether threads have choices at all; otherwise the lock order determines everything.
    pub(crate) fn has_choices(self) -> bool {
        self.waiters == Waiters::Any || self.spurious > 0 || self.timeouts > 0
    }
}

/// The bounds of a search.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The freedom of the condition variables.
    pub hostility: Hostility,
    /// The maximum number of preemptions per schedule. With a bound no search is complete.
    pub preemptions: Option<usize>,
    /// The rule by which states are recognized (shuttle's search only).
    pub recognition: Recognition,
    /// The maximum length of an execution, in steps of the engine; a longer one is a failure.
    pub steps: usize,
    /// The maximum number of executions. A search that it stops is reported as cut short.
    pub executions: Option<u64>,
    /// The maximum duration. A search that it stops is reported as cut short.
    pub time: Option<Duration>,
    /// Whether the set of lock orders is collected, for comparing engines.
    pub keep_traces: bool,
}

impl Default for Limits {
    /// Returns limits with any waiter, no spurious wakeups, no timeouts and no bound.
    fn default() -> Self {
        Limits {
            hostility: Hostility::default(),
            preemptions: None,
            recognition: Recognition::Off,
            steps: 20_000,
            executions: None,
            time: None,
            keep_traces: false,
        }
    }
}
