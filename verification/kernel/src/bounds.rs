//! How hostile the kernel is, and how far a search goes. Every bound is set here, by the caller:
//! nothing is taken from the environment.

use std::time::Duration;

/// Which sleeper `notify_one` wakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Waiters {
    /// Any: every possibility is explored.
    #[default]
    Any,
    /// The one that has slept longest, as loom's own condition variable does.
    Fifo,
    /// The one that has slept shortest.
    Lifo,
}

/// What the condition variables may do to a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hostility {
    /// Which sleeper `notify_one` wakes.
    pub waiters: Waiters,
    /// How often each thread may wake without a reason.
    pub spurious: u32,
    /// How many timed waits of each thread may expire.
    pub timeouts: u32,
}

/// How states are recognized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// Not at all.
    #[default]
    Off,
    /// By everything a thread could have seen.
    Careful,
    /// By what the recorded events say it has seen.
    Trusting,
}

impl Limits {
    pub(crate) fn recognition(&self) -> Recognition {
        match (self.stateful, self.trusting) {
            (false, _) => Recognition::Off,
            (true, false) => Recognition::Careful,
            (true, true) => Recognition::Trusting,
        }
    }
}

impl Hostility {
    /// Whether threads ever have something to choose; otherwise the lock order is all there is.
    pub(crate) fn has_choices(self) -> bool {
        self.waiters == Waiters::Any || self.spurious > 0 || self.timeouts > 0
    }
}

/// How far a search goes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What the condition variables may do.
    pub hostility: Hostility,
    /// At most so many preemptions per schedule. With a bound no search is complete.
    pub preemptions: Option<usize>,
    /// Recognize states seen before and do not explore them again (shuttle's search only).
    pub stateful: bool,
    /// With `stateful`: an operation in progress has seen what its recorded events say, not the
    /// whole state under the mutex, and a wait in a loop leaves no trace. Recognizes many more
    /// states, and rests on operations that keep nothing else between their critical sections.
    pub trusting: bool,
    /// The longest execution, in steps of the engine; a longer one is a failure, not a pass.
    pub steps: usize,
    /// Stop after so many executions. A search that is stopped says so.
    pub executions: Option<u64>,
    /// Stop after so much time. A search that is stopped says so.
    pub time: Option<Duration>,
    /// Collect the set of lock orders, for comparing engines.
    pub keep_traces: bool,
}

impl Default for Limits {
    /// Any waiter, no spurious wakeups, no timeouts, no bound.
    fn default() -> Self {
        Limits {
            hostility: Hostility::default(),
            preemptions: None,
            stateful: false,
            trusting: false,
            steps: 20_000,
            executions: None,
            time: None,
            keep_traces: false,
        }
    }
}
