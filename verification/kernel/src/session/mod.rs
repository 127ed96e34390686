//! The execution that is running: its threads, mutexes, condition variables, what it recorded. All
//! threads of an execution are coroutines of one operating system thread, so this is a plain
//! thread-local that no two of them ever borrow at once.

mod rest;
mod sections;

use crate::bounds::{Hostility, Recognition};
use crate::journal::{Entry, Step};
use crate::outcome::Failure;
use crate::shadow::Shadow;
use crate::token::{self, Symbol};
use crate::{journal, panics};
use sentinel_queue_models::{Condition, Recorded};
use std::cell::RefCell;

pub(crate) use rest::Pause;

thread_local! {
    static SESSION: RefCell<Session> = RefCell::new(Session::default());
}

/// What a thread is doing, as far as the others can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Local steps, or a critical section.
    #[default]
    Running,
    /// About to lock this mutex.
    Wanting(usize),
    /// Asleep in this condition variable.
    Asleep(usize),
    /// Main only: waits until everybody else has finished or sleeps.
    Quiescing,
    /// Done.
    Finished,
}

#[derive(Default)]
pub(crate) struct Thread {
    pub(crate) activity: Activity,
    pub(crate) spurious_left: u32,
    pub(crate) timeouts_left: u32,
    /// Mutexes held, the innermost last.
    pub(crate) held: Vec<usize>,
    /// The side of its latest `Wait`, and whether that wait is timed.
    pub(crate) waits: Option<Condition>,
    pub(crate) timed: bool,
    /// Digest of what its finished operations told it.
    pub(crate) learnt: u64,
    /// Digest of what the current operation has seen so far.
    pub(crate) seen: u64,
    /// The side it waits on in a loop, and what it had seen before the first of these waits.
    pub(crate) looping: Option<(Condition, u64)>,
}

#[derive(Default)]
pub(crate) struct Lock {
    pub(crate) holder: Option<usize>,
    /// The queue this mutex protects, from its `Create` on.
    pub(crate) queue: Option<usize>,
    pub(crate) shadow: Shadow,
    pub(crate) digest: u64,
}

/// How a sleeper may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sleep {
    /// Only when notified.
    Firm,
    /// It has decided to wake for no reason, and does so as soon as it gets the mutex.
    Spurious,
    /// Its timer may expire at any moment.
    Timed,
    /// Timed, and its timer was first: a notification has found it gone, though it has not come
    /// back yet. No later one can find it there again.
    Late,
}

#[derive(Default)]
pub(crate) struct Bed {
    /// The mutex this condition variable belongs to, from the first wait on.
    pub(crate) lock: Option<usize>,
    pub(crate) condition: Option<Condition>,
    pub(crate) sleepers: Vec<(usize, Sleep)>,
}

/// Main may not lock while the threads are being started: those interleavings are not explored.
#[derive(Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Preparing,
    Spawning,
    Open,
}

#[derive(Default)]
pub(crate) struct Session {
    active: bool,
    hostility: Hostility,
    recognition: Recognition,
    phase: Phase,
    /// Threads of a scope have started others.
    chain: bool,
    pub(crate) threads: Vec<Thread>,
    running: usize,
    quiescing: bool,
    pub(crate) locks: Vec<Lock>,
    pub(crate) beds: Vec<Bed>,
    queues: usize,
    pub(crate) trace: Vec<Symbol>,
    pub(crate) journal: Vec<Entry>,
    record: Vec<Recorded>,
    failure: Option<Failure>,
    choices: u64,
    pub(crate) options: usize,
}

/// Borrows the session. Nothing inside may reach the engine.
pub(crate) fn with<R>(work: impl FnOnce(&mut Session) -> R) -> R {
    SESSION.with(|session| work(&mut session.borrow_mut()))
}

/// Whether the execution has failed, so that the kernel no longer takes part in anything. An
/// unwinding thread has failed too: switching to another coroutine now would make that one believe
/// it is panicking.
pub(crate) fn inert() -> bool {
    let unwinding = std::thread::panicking();
    with(|session| {
        if unwinding && session.failure.is_none() {
            session.fail(panics::last().unwrap_or_else(|| "a panic".to_owned()));
        }
        session.failure.is_some()
    })
}

impl Session {
    /// A new execution; what the previous one left is forgotten.
    pub(crate) fn begin(&mut self, hostility: Hostility, recognition: Recognition) {
        *self = Session { active: true, hostility, recognition, running: 1, ..Session::default() };
        self.threads.push(Thread::default());
    }

    pub(crate) fn demand_active(&self, what: &str) {
        assert!(self.active, "{what} of the kernel exists only inside an execution");
    }

    /// The first failure counts.
    pub(crate) fn fail(&mut self, message: String) {
        if self.failure.is_none() {
            let interleaving = journal::render(self);
            let token = token::encode(self.hostility, &self.trace);
            self.failure = Some(Failure { message, token, interleaving });
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

    pub(crate) fn add_thread(&mut self, most: usize) -> usize {
        assert!(self.phase != Phase::Open, "a thread is spawned after all_spawned");
        self.phase = Phase::Spawning;
        self.add(most)
    }

    /// A thread that may be started at any time.
    pub(crate) fn add_scoped_thread(&mut self, parent: usize, most: usize) {
        assert!(self.phase == Phase::Open, "all_spawned comes before the threads of a scope");
        let thread = self.add(most);
        self.chain |= parent != 0;
        // Threads are recognized by their numbers: these must not depend on who was first.
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
        self.journal.push(Entry { thread, step });
    }
}
