//! `LocalFirstDfs`: every order of critical sections, depth first, optionally with a bound on
//! preemptions, optionally without what follows states seen before.
//!
//! # Why a seen state need not be explored again
//!
//! The digest covers everything a continuation depends on: for each mutex what it protects and its
//! holder, the waiters of each condition variable and their kinds, and for each thread its
//! activity, its budgets, the results of its finished operations and what its current operation has
//! observed. A thread is deterministic, so its local state is a function of what it learnt through
//! the kernel; where an operation has ended, of what the harness keeps of it
//! (`operation_finished`). What a queue's mutex protects is determined by the fold over its recorded
//! events, items being identified by their sender and position in its sends, plus what the code
//! publishes. A mutex without events keeps its whole history, which recognizes nothing but is
//! never wrong; so does a queue whose events contradict each other.
//!
//! `Limits::trusting` forgets more: of what the current operation has observed it keeps the recorded
//! events alone, and of a loop of waits only the latest.
//!
//! The assumptions: events and published digest together determine the protected state, the value
//! of a send is determined by its sender and position, and 64 bits do not collide. The stateless
//! search needs none of them, so it is preferred where it is affordable.

use super::local_first::Strategy;
use crate::bounds::Waiters;
use crate::digest::{count, fold, mix, of, Digest};
use crate::execution::{self, Activity, Execution};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// The search.
pub(super) struct DepthFirst {
    /// The current path: the option taken and the number of options.
    levels: Vec<(usize, usize)>,
    depth: usize,
    started: bool,
    bound: Option<usize>,
    preemptions: usize,
    /// Digests of the states from which everything has been explored or will be.
    seen: Option<HashSet<Digest>>,
    /// Whether this execution reached a seen state and only runs to its end.
    skipping: bool,
    pruned: Arc<AtomicU64>,
}

impl DepthFirst {
    pub(super) fn new(bound: Option<usize>, stateful: bool, pruned: Arc<AtomicU64>) -> Self {
        DepthFirst {
            levels: Vec::new(),
            depth: 0,
            started: false,
            bound,
            preemptions: 0,
            seen: stateful.then(HashSet::new),
            skipping: false,
            pruned,
        }
    }

    fn branch(&mut self, options: usize) -> usize {
        if self.skipping {
            return 0;
        }
        if self.depth == self.levels.len() {
            self.levels.push((0, options));
        }
        let (taken, before) = self.levels[self.depth];
        assert_eq!(before, options, "the program is not deterministic");
        self.depth += 1;
        taken
    }

    /// Advances to the next path; returns `false` if there is none.
    fn advance(&mut self) -> bool {
        while let Some((taken, options)) = self.levels.pop() {
            if taken + 1 < options {
                self.levels.push((taken + 1, options));
                return true;
            }
        }
        false
    }

    /// Prunes the execution if, at the end of the known path, its state has been seen before.
    fn recognize(&mut self, running: Option<usize>) {
        let at_frontier = !self.skipping && self.depth == self.levels.len();
        let bounded = self.bound.map(|_| (self.preemptions, running));
        let Some(seen) = self.seen.as_mut().filter(|_| at_frontier) else { return };
        if !seen.insert(execution::with(|execution| state(execution, bounded))) {
            self.pruned.fetch_add(1, Ordering::Relaxed);
            self.skipping = true;
        }
    }
}

impl Strategy for DepthFirst {
    fn begin(&mut self) -> bool {
        let another = !self.started || self.advance();
        self.started = true;
        self.depth = 0;
        self.preemptions = 0;
        self.skipping = false;
        another
    }

    fn pick(&mut self, candidates: &[usize], first: bool) -> usize {
        self.recognize(first.then(|| candidates[0]));
        if first && self.bound.is_some_and(|bound| self.preemptions >= bound) {
            return 0;
        }
        let taken = self.branch(candidates.len());
        self.preemptions += usize::from(first && taken > 0);
        taken
    }

    fn choose(&mut self, options: usize) -> usize {
        self.branch(options)
    }
}

/// Returns a digest of everything that the continuation depends on.
fn state(execution: &Execution, bounded: Option<(usize, Option<usize>)>) -> Digest {
    let optional = |number: Option<usize>| count(number.map_or(0, |number| number + 1));
    let locks = execution.locks.iter().map(|lock| mix(lock.digest, optional(lock.holder)));
    let ordered = execution.hostility().waiters != Waiters::Any;
    let wait_queues = execution.wait_queues.iter().map(|queue| {
        let mut waiters = queue.waiters.clone();
        if !ordered {
            waiters.sort_unstable_by_key(|(thread, _)| *thread);
        }
        fold(waiters.iter().map(|(thread, kind)| mix(count(*thread), count(*kind as usize))))
    });
    let threads = execution.threads.iter().map(|thread| {
        let budgets = of(&(thread.spurious_left, thread.timeouts_left));
        fold([thread.learnt, thread.seen, activity(thread.activity), budgets])
    });
    let (preemptions, running) = bounded.unwrap_or_default();
    fold([fold(locks), fold(wait_queues), fold(threads), count(preemptions), optional(running)])
}

fn activity(activity: Activity) -> Digest {
    count(match activity {
        Activity::Running => 1,
        Activity::Quiescing => 2,
        Activity::Finished => 3,
        Activity::Locking(lock) => 4 + 2 * lock,
        Activity::Asleep(condvar) => 5 + 2 * condvar,
    })
}
