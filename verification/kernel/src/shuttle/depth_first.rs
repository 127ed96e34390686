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
//! (`operation_finished`). What a queue's mutex protects is determined by the model's state after its
//! recorded events, items being identified by their sender and position in its sends, plus what the
//! code publishes. A mutex without events keeps its whole history, which recognizes nothing; so does a
//! queue from the first event on that the model rejects.
//!
//! [`Recognition::Trusting`] forgets more: of what the current operation has observed it keeps the
//! number of its critical sections and the recorded events, and of a loop of waits only the latest.
//! What it has read besides is not known then, and must not matter.
//!
//! The assumptions: events and published digest together determine the protected state, the value
//! of a send is determined by its sender and position, and 128 bits do not collide. The stateless
//! search needs none of them, so it is preferred where it is affordable.
//!
//! What is kept for recognition is restored where an execution leaves the path of the one before, and
//! computed only from there to the next seen state.

use super::local_first::Strategy;
use crate::bounds::{Recognition, Waiters};
use crate::digest::{count, fold, mix, of, Digest, Digests};
use crate::execution::{self, Activity, Execution, Knowledge, Observed};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// The search.
pub(super) struct DepthFirst {
    /// The current path.
    levels: Vec<Level>,
    depth: usize,
    started: bool,
    bound: Option<usize>,
    preemptions: usize,
    recognition: Recognition,
    /// Digests of the states from which everything has been explored or will be.
    seen: Digests,
    /// Whether this execution reached a seen state and only runs to its end.
    skipping: bool,
    pruned: Arc<AtomicU64>,
}

/// A decision of the path.
struct Level {
    /// The option taken.
    taken: usize,
    options: usize,
    /// What is known of the state in which it is made. An execution that goes the same way again
    /// needs no digests before its last decision.
    known: Option<Knowledge>,
}

impl DepthFirst {
    pub(super) fn new(
        bound: Option<usize>,
        recognition: Recognition,
        pruned: Arc<AtomicU64>,
    ) -> Self {
        DepthFirst {
            levels: Vec::new(),
            depth: 0,
            started: false,
            bound,
            preemptions: 0,
            recognition,
            seen: Digests::default(),
            skipping: false,
            pruned,
        }
    }

    fn branch(&mut self, options: usize) -> usize {
        if self.skipping {
            return 0;
        }
        if self.depth == self.levels.len() {
            let known =
                self.recognizes().then(|| execution::with(|execution| execution.knowledge()));
            self.levels.push(Level { taken: 0, options, known });
        }
        let level = &self.levels[self.depth];
        assert_eq!(level.options, options, "the program is not deterministic");
        self.depth += 1;
        if level.taken > 0 && self.depth == self.levels.len() {
            if let Some(known) = &level.known {
                execution::with(|execution| execution.recall(self.recognition, known));
            }
        }
        level.taken
    }

    fn recognizes(&self) -> bool {
        self.recognition != Recognition::Off
    }

    /// Advances to the next path; returns `false` if there is none.
    fn advance(&mut self) -> bool {
        while let Some(level) = self.levels.last_mut() {
            level.taken += 1;
            if level.taken < level.options {
                return true;
            }
            self.levels.pop();
        }
        false
    }

    /// Prunes the execution if, at the end of the known path, its state has been seen before.
    fn recognize(&mut self, running: Option<usize>) {
        if self.skipping || self.depth < self.levels.len() || !self.recognizes() {
            return;
        }
        let bounded = self.bound.map(|_| (self.preemptions, running));
        if !self.seen.insert(execution::with(|execution| state(execution, bounded))) {
            self.pruned.fetch_add(1, Ordering::Relaxed);
            self.skipping = true;
            execution::with(Execution::forget);
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
    let locks =
        execution.locks.iter().map(|lock| mix(lock.protected.digest, optional(lock.holder)));
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
        let Observed { learnt, seen, .. } = thread.observed;
        fold([learnt, seen, activity(thread.activity), budgets])
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
