//! The running execution: its threads, mutexes, condition variables and recorded events. All threads
//! of an execution are coroutines of one operating system thread, so this is a plain thread-local
//! that no two of them borrow at once.

mod blocking;
mod rendering;
mod sections;

use crate::abstract_state::AbstractState;
use crate::bounds::{Hostility, Recognition};
use crate::digest::Digest;
use crate::notifications::Notifications;
use crate::outcome::Failure;
use crate::panics;
use crate::token::{self, Symbol};
use crate::trace::{Entry, Step, WaiterKind};
use sentinel_queue_models::{Condition, Recorded, RegistryRecorded};
use std::cell::RefCell;
use std::mem::take;

pub(crate) use blocking::Blocked;

thread_local! {
    static EXECUTION: RefCell<Execution> = RefCell::new(Execution::default());
}

/// The activity of a thread, as far as it is visible to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Local steps, or a critical section.
    #[default]
    Running,
    /// About to lock this mutex.
    Locking(usize),
    /// Waiting in this condition variable.
    Asleep(usize),
    /// Main only: waiting until every other thread has finished or waits.
    Quiescing,
    /// Finished.
    Finished,
}

#[derive(Default)]
pub(crate) struct Thread {
    pub(crate) activity: Activity,
    pub(crate) spurious_left: u32,
    pub(crate) timeouts_left: u32,
    /// Mutexes held, the innermost last.
    pub(crate) held: Vec<usize>,
    /// The condition of its latest `Wait`, and whether that wait is timed.
    pub(crate) waits: Option<Condition>,
    pub(crate) timed: bool,
    pub(crate) observed: Observed,
}

/// What a thread has observed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Observed {
    /// Digest of the results of its finished operations.
    pub(crate) learnt: Digest,
    /// Digest of what the current operation has observed so far.
    pub(crate) seen: Digest,
    /// The condition it waits for in a loop, and what it had observed before the first such wait.
    looping: Option<(Condition, Digest)>,
}

#[derive(Default)]
pub(crate) struct Lock {
    pub(crate) holder: Option<usize>,
    /// The queue this mutex protects, from its `Create` on.
    pub(crate) queue: Option<usize>,
    /// The notifications of the current critical section.
    notifications: Notifications,
    pub(crate) protected: Protected,
}

/// What a mutex protects.
#[derive(Clone, Default)]
pub(crate) struct Protected {
    abstract_state: AbstractState,
    /// Its digest at the end of the latest critical section.
    pub(crate) digest: Digest,
}

/// What the search of states knows of the state of an execution beyond what the kernel needs.
pub(crate) struct Knowledge {
    threads: Vec<Observed>,
    locks: Vec<Protected>,
}

#[derive(Default)]
pub(crate) struct WaitQueue {
    /// The mutex this condition variable belongs to, from the first wait on.
    pub(crate) lock: Option<usize>,
    pub(crate) condition: Option<Condition>,
    pub(crate) waiters: Vec<(usize, WaiterKind)>,
}

/// The phase of an execution. Main may not lock while the threads are being started: those
/// interleavings are not explored.
#[derive(Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Preparing,
    Spawning,
    Open,
}

#[allow(clippy::struct_excessive_bools)] // none follows from the others
#[derive(Default)]
pub(crate) struct Execution {
    hostility: Hostility,
    recognition: Recognition,
    /// Whether it has reached a state seen before.
    repeats: bool,
    phase: Phase,
    /// Threads of a scope have started others.
    chain: bool,
    /// Whether notifications are compared with those that are recorded.
    compares_notifications: bool,
    pub(crate) threads: Vec<Thread>,
    running: usize,
    quiescing: bool,
    pub(crate) locks: Vec<Lock>,
    pub(crate) wait_queues: Vec<WaitQueue>,
    queues: usize,
    pub(crate) schedule: Vec<Symbol>,
    pub(crate) trace: Vec<Entry>,
    record: Vec<Recorded>,
    /// The number of events that were ever recorded.
    recorded: usize,
    registry_record: Vec<RegistryRecorded>,
    failure: Option<Failure>,
    choices: u64,
    pub(crate) options: usize,
}

/// Borrows the execution. `work` may not call the engine.
pub(crate) fn with<R>(work: impl FnOnce(&mut Execution) -> R) -> R {
    EXECUTION.with(|execution| work(&mut execution.borrow_mut()))
}

/// Returns whether the execution has failed; the kernel then does nothing any more. An unwinding
/// thread has failed too: a switch to another coroutine would make that one appear to panic.
pub(crate) fn has_failed() -> bool {
    let unwinding = std::thread::panicking();
    with(|execution| {
        if unwinding && execution.failure.is_none() {
            execution.fail(panics::last().unwrap_or_else(|| "a panic".to_owned()));
        }
        execution.failure.is_some()
    })
}

fn emptied<T>(mut list: Vec<T>) -> Vec<T> {
    list.clear();
    list
}

impl Execution {
    /// Begins a new execution and forgets the previous one.
    pub(crate) fn begin(&mut self, hostility: Hostility, recognition: Recognition) {
        let last = take(self);
        // Lists keep their memory.
        *self = Execution {
            threads: emptied(last.threads),
            locks: emptied(last.locks),
            wait_queues: emptied(last.wait_queues),
            schedule: emptied(last.schedule),
            trace: emptied(last.trace),
            record: emptied(last.record),
            registry_record: emptied(last.registry_record),
            hostility,
            recognition,
            running: 1,
            ..Execution::default()
        };
        self.threads.push(Thread::default());
    }

    /// Records a failure; only the first one counts.
    pub(crate) fn fail(&mut self, message: String) {
        if self.failure.is_none() {
            panics::spend_thread();
            let interleaving = self.render();
            let token = token::encode(self.hostility, &self.schedule);
            self.failure = Some(Failure { message, token, interleaving });
        }
    }

    /// Returns what is known of the state.
    pub(crate) fn knowledge(&self) -> Knowledge {
        Knowledge {
            threads: self.threads.iter().map(|thread| thread.observed).collect(),
            locks: self.locks.iter().map(|lock| lock.protected.clone()).collect(),
        }
    }

    /// Knows nothing of the states that follow: they have been seen.
    pub(crate) fn forget(&mut self) {
        self.recognition = Recognition::Off;
        self.repeats = true;
    }

    /// Returns whether what follows has been seen from the same state.
    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Goes on from a state of which this is known.
    pub(crate) fn recall(&mut self, recognition: Recognition, knowledge: &Knowledge) {
        self.recognition = recognition;
        for (thread, observed) in self.threads.iter_mut().zip(&knowledge.threads) {
            thread.observed = *observed;
        }
        for (lock, protected) in self.locks.iter_mut().zip(&knowledge.locks) {
            lock.protected.clone_from(protected);
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(crate) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    pub(crate) fn choices(&self) -> u64 {
        self.choices
    }

    pub(crate) fn hostility(&self) -> Hostility {
        self.hostility
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    pub(crate) fn open(&mut self) {
        assert!(self.phase != Phase::Open, "all_spawned is called once");
        self.phase = Phase::Open;
    }

    pub(crate) fn compare_notifications(&mut self) {
        self.compares_notifications = true;
    }

    pub(crate) fn add_thread(&mut self, most: usize) -> usize {
        assert!(self.phase != Phase::Open, "a thread is spawned after all_spawned");
        self.phase = Phase::Spawning;
        self.add(most)
    }

    /// Adds a thread that may be started at any time.
    pub(crate) fn add_scoped_thread(&mut self, parent: usize, most: usize) {
        assert!(self.phase == Phase::Open, "all_spawned comes before the threads of a scope");
        let thread = self.add(most);
        self.chain |= parent != 0;
        // Threads are recognized by their numbers, which must not depend on the schedule.
        let ordered = (parent == 0 && !self.chain) || parent + 1 == thread;
        let stateless = self.recognition == Recognition::Off;
        assert!(stateless || ordered, "a search of states needs threads that start in one order");
    }

    fn add(&mut self, most: usize) -> usize {
        let thread = self.threads.len();
        assert!(
            thread < most.min(token::MOST),
            "too many threads: this engine runs main and {} more",
            most.min(token::MOST) - 1
        );
        let Hostility { spurious, timeouts, .. } = self.hostility;
        let new = Thread { spurious_left: spurious, timeouts_left: timeouts, ..Thread::default() };
        self.threads.push(new);
        self.running += 1;
        thread
    }

    pub(crate) fn note(&mut self, thread: usize, step: Step) {
        self.trace.push(Entry { thread, step });
    }
}
