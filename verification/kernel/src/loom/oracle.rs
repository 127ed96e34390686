//! Nondeterministic choices under loom, which has none of its own.
//!
//! An oracle is an atomic used once. Main creates it before the threads exist and, after it has
//! started them, stores 1, 2, ... to it. These stores do not happen before anything the threads do,
//! so a relaxed load may see any of the values, and loom explores each as a branch of its own,
//! without regard to scheduling. Once main releases a mutex its stores become known to whoever
//! takes that mutex; therefore main then stocks a fresh batch, before anybody else can run.
//!
//! When the stock runs out, the driver starts over with a larger one; it is never silently empty.

use loom::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The most options of a choice: four sleepers, or nobody. Loom remembers seven stores.
const MOST_OPTIONS: usize = 5;

/// How many oracles an execution has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    /// Per batch, for choices between two, three, ... options.
    oracles: [usize; MOST_OPTIONS - 1],
    /// One more than how often main may release a mutex after it has started the threads.
    batches: usize,
}

/// What ran out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missing {
    Options(usize),
    Batches,
}

impl Stock {
    /// For programs without choices.
    pub(super) const EMPTY: Stock = Stock { oracles: [0; MOST_OPTIONS - 1], batches: 0 };
    /// Enough for most small programs; every oracle costs time in every execution.
    pub(super) const FIRST: Stock = Stock { oracles: [4, 0, 0, 0], batches: 2 };

    pub(super) fn with_more(mut self, missing: Missing) -> Stock {
        let number = match missing {
            Missing::Options(options) => &mut self.oracles[options - 2],
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

/// Main, before it starts threads.
pub(super) fn prepare(stock: Stock) {
    let pool = |oracles| (0..oracles).map(|_| Arc::new(AtomicU8::new(0))).collect();
    let batch = || stock.oracles.into_iter().map(pool).collect();
    let batches = (0..stock.batches).map(|_| batch()).collect();
    BATCHES.with(|all| *all.borrow_mut() = batches);
}

/// Main, after it has started the threads.
pub(super) fn stock() {
    let current = BATCHES.with(|all| all.borrow().last().cloned()).unwrap_or_default();
    for (pool, options) in current.iter().zip(2_u8..) {
        for oracle in pool {
            (1..options).for_each(|value| oracle.store(value, Relaxed));
        }
    }
}

/// Main, right after it has released a mutex.
pub(super) fn stock_again() {
    let left = BATCHES.with(|all| {
        all.borrow_mut().pop();
        all.borrow().len()
    });
    if left == 0 {
        exhausted(Missing::Batches);
    }
    stock();
}

/// A thread that has to choose.
pub(super) fn ask(options: usize) -> usize {
    assert!(options <= MOST_OPTIONS, "{options} options are too many for loom");
    let oracle = BATCHES.with(|all| all.borrow_mut().last_mut()?[options - 2].pop());
    let oracle = oracle.unwrap_or_else(|| exhausted(Missing::Options(options)));
    usize::from(oracle.load(Relaxed))
}

/// What ran out since the last call, if anything did.
pub(super) fn missing() -> Option<Missing> {
    MISSING.take()
}

fn exhausted(missing: Missing) -> ! {
    MISSING.set(Some(missing));
    panic!("the stock of choices is exhausted");
}
