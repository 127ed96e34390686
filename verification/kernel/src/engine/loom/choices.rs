//! Nondeterministic choices under loom, which has none of its own.
//!
//! A choice is an atomic used once. Main creates it before the threads exist and, after it has
//! started them, stores 1, 2, ... to it. These stores do not happen before anything the threads do,
//! so a relaxed load may see any of the values, and loom explores each as a branch of its own,
//! without regard to scheduling. Once main releases a mutex, its stores happen before all that
//! follows an acquisition of that mutex; so main then prefills a fresh batch, before any other
//! thread can run.
//!
//! When the prefilled choices run out, the driver starts over with more; none is silently missing.

use loom::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The maximum number of options of a choice: four waiters, or none. Loom remembers seven stores.
const MOST_OPTIONS: usize = 5;

/// The number of prefilled choices of an execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefill {
    /// Per batch, for choices between two, three, ... options.
    choices: [usize; MOST_OPTIONS - 1],
    /// One more than the number of times main may release a mutex after it has started the threads.
    batches: usize,
}

/// The kind of prefilled choice that ran out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Missing {
    Options(usize),
    Batches,
}

impl Prefill {
    /// For programs without choices.
    pub(crate) const EMPTY: Prefill = Prefill { choices: [0; MOST_OPTIONS - 1], batches: 0 };
    /// Enough for most small programs; every prefilled choice costs time in every execution.
    pub(crate) const FIRST: Prefill = Prefill { choices: [4, 0, 0, 0], batches: 2 };

    pub(crate) fn with_more(mut self, missing: Missing) -> Prefill {
        let number = match missing {
            Missing::Options(options) => &mut self.choices[options - 2],
            Missing::Batches => &mut self.batches,
        };
        *number = 2 * (*number).max(1);
        self
    }
}

/// One pool for each number of options, from two up.
type Batch = Vec<Vec<Arc<AtomicU8>>>;

thread_local! {
    static BATCHES: RefCell<Vec<Batch>> = const { RefCell::new(Vec::new()) };
    static MISSING: Cell<Option<Missing>> = const { Cell::new(None) };
}

/// Creates the choices; called by main before it starts threads.
pub(crate) fn prepare(prefill: Prefill) {
    let pool = |choices| (0..choices).map(|_| Arc::new(AtomicU8::new(0))).collect();
    let batch = || prefill.choices.into_iter().map(pool).collect();
    let batches = (0..prefill.batches).map(|_| batch()).collect();
    BATCHES.with(|all| *all.borrow_mut() = batches);
}

/// Stores the options of the current batch; called by main after it has started the threads.
pub(crate) fn prefill() {
    let current = BATCHES.with(|all| all.borrow().last().cloned()).unwrap_or_default();
    for (pool, options) in current.iter().zip(2_u8..) {
        for choice in pool {
            (1..options).for_each(|value| choice.store(value, Relaxed));
        }
    }
}

/// Begins a fresh batch; called by main right after it has released a mutex.
pub(crate) fn prefill_again() {
    let left = BATCHES.with(|all| {
        all.borrow_mut().pop();
        all.borrow().len()
    });
    if left == 0 {
        exhausted(Missing::Batches);
    }
    prefill();
}

/// Returns the next choice of a thread.
pub(crate) fn next(options: usize) -> usize {
    assert!(options <= MOST_OPTIONS, "{options} options are too many for loom");
    let choice = BATCHES.with(|all| all.borrow_mut().last_mut()?[options - 2].pop());
    let choice = choice.unwrap_or_else(|| exhausted(Missing::Options(options)));
    usize::from(choice.load(Relaxed))
}

/// Returns what ran out since the last call, if anything did.
pub(crate) fn missing() -> Option<Missing> {
    MISSING.take()
}

fn exhausted(missing: Missing) -> ! {
    MISSING.set(Some(missing));
    panic!("the prefilled choices are exhausted");
}
