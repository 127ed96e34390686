//! The engine of the running execution. It is a value that a driver sets, so that the code under check
//! is compiled once, whatever runs it.
//!
//! The mutex and the condition variable are written once over what a checker offers; only acquiring a
//! mutex is visible to a checker's reduction.

pub(crate) mod loom;
pub(crate) mod shuttle;
pub(crate) mod threads;

use std::cell::Cell;

thread_local! {
    static ENGINE: Cell<Option<Engine>> = const { Cell::new(None) };
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A model checker.
    Checker(Checker),
    /// Real threads.
    Threads,
}

/// A model checker that runs all threads as coroutines of one operating system thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checker {
    /// loom.
    Loom,
    /// shuttle.
    Shuttle,
}

/// The checker's part of a mutex.
pub(crate) enum CheckerMutex {
    Loom(::loom::sync::Mutex<()>),
    Shuttle,
}

/// The guard of a checker's mutex; dropping it releases the mutex without a scheduling point.
pub(crate) enum CheckerGuard<'a> {
    Loom(#[allow(dead_code, reason = "dropped")] ::loom::sync::MutexGuard<'a, ()>),
    Shuttle,
}

/// Sets the engine of this thread of the operating system.
pub(crate) fn begin(engine: Engine) {
    ENGINE.set(Some(engine));
}

/// Returns the engine of the running execution.
pub(crate) fn current() -> Engine {
    ENGINE.get().expect("the kernel exists only inside an execution")
}

/// Returns the checker of the running execution.
pub(crate) fn checker() -> Checker {
    match current() {
        Engine::Checker(checker) => checker,
        Engine::Threads => panic!("this belongs to an execution under a checker"),
    }
}

impl Checker {
    /// Returns the maximum number of threads, main included.
    pub(crate) fn most_threads(self) -> usize {
        match self {
            Checker::Loom => ::loom::MAX_THREADS,
            Checker::Shuttle => crate::token::MOST,
        }
    }

    /// Creates an unlocked mutex.
    pub(crate) fn new_mutex(self) -> CheckerMutex {
        match self {
            Checker::Loom => CheckerMutex::Loom(::loom::sync::Mutex::new(())),
            Checker::Shuttle => CheckerMutex::Shuttle,
        }
    }

    /// Returns the number of the running thread.
    pub(crate) fn me(self) -> usize {
        match self {
            Checker::Loom => loom::me(),
            Checker::Shuttle => shuttle::me(),
        }
    }

    /// Blocks until woken. May return early; the caller checks its condition again.
    pub(crate) fn sleep(self) {
        match self {
            Checker::Loom => ::loom::thread::park(),
            Checker::Shuttle => shuttle::sleep(),
        }
    }

    /// Wakes a blocked thread, without a scheduling point.
    pub(crate) fn wake(self, thread: usize) {
        match self {
            Checker::Loom => loom::wake(thread),
            Checker::Shuttle => shuttle::wake(thread),
        }
    }

    /// Returns any number below `options`, which is at least two.
    pub(crate) fn choose(self, options: usize) -> usize {
        match self {
            Checker::Loom => loom::choose(options),
            Checker::Shuttle => shuttle::choose(),
        }
    }

    /// Starts a thread; threads are numbered in this order, main is 0.
    pub(crate) fn start(self, body: impl FnOnce() + Send + 'static) {
        match self {
            Checker::Loom => loom::start(body),
            Checker::Shuttle => drop(::shuttle::thread::spawn(body)),
        }
    }

    /// Takes note that main has started all threads.
    pub(crate) fn all_spawned(self) {
        if self == Checker::Loom {
            loom::all_spawned();
        }
    }

    /// Takes note that main has released a mutex.
    pub(crate) fn main_released(self) {
        if self == Checker::Loom {
            loom::main_released();
        }
    }

    /// Ends the execution, whose failure is known, from inside of it.
    pub(crate) fn stop(self) -> ! {
        match self {
            Checker::Loom => loom::stop(),
            Checker::Shuttle => shuttle::stop(),
        }
    }
}

impl CheckerMutex {
    /// Acquires the mutex: the only scheduling point.
    pub(crate) fn lock(&self) -> CheckerGuard<'_> {
        match self {
            CheckerMutex::Loom(mutex) => {
                CheckerGuard::Loom(mutex.lock().expect("a failed execution is not continued"))
            }
            CheckerMutex::Shuttle => {
                shuttle::switch();
                CheckerGuard::Shuttle
            }
        }
    }
}
