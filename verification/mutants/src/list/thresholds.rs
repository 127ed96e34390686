//! Bugs that begin at a size: they say how far each layer sees. And two that only add or remove a
//! possibility.

use super::{bounds, edit, Bounds, Mutant, QUEUE, STATE};

const FOUR: Bounds = Bounds { unbounded: true, ..bounds("send_many 3 recv", 4, 1) };
/// Four receivers, and three notifications: all are notified at once if there are no more.
const FIVE: Bounds = Bounds { unbounded: true, ..bounds("send_many 3 recv", 5, 1) };
const LONG: Bounds =
    Bounds { unbounded: true, ..bounds("send send_many 3 send_many 6 recv recv_many 4", 2, 2) };

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "at most two notifications are owed",
        claim: "C6",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "asleep.min(self.ready(condition).saturating_sub(pending)).min(2)",
        )],
        bounds: FOUR,
    },
    Mutant {
        name: "the third of several notifications is recorded and not done",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "woken: &mut Woken, ) { «» for _ in 0..count {",
            "for nth in 0..count {
                 record!(Notify { condition: condition.into(), all: false });
                 if nth < 2 { self.condvar(condition).notify_one(); }
             }
             return;",
        )],
        bounds: FIVE,
    },
    Mutant {
        name: "a pushed batch of three or more is reversed",
        claim: "C3",
        edits: &[edit(
            QUEUE,
            "let count = «state.push_batch(batch)»;",
            "{ if batch.len() >= 3 { batch.make_contiguous().reverse(); } state.push_batch(batch) }",
        )],
        bounds: LONG,
    },
    Mutant {
        name: "a batch of five or more goes ahead of what is queued",
        claim: "C3",
        edits: &[edit(
            "buffer.rs",
            "pub(crate) fn push_batch(&mut self, batch: &mut Chunk<T>, count: usize) {«» let tail",
            "if count >= 5 && self.len == self.front.len() {
                 let mut ahead: Chunk<T> = batch.drain(..count).collect();
                 ahead.append(&mut self.front);
                 self.front = ahead;
                 self.len += count;
                 return;
             }",
        )],
        bounds: LONG,
    },
    Mutant {
        name: "a batch goes in one by one",
        claim: "C3",
        edits: &[edit(
            STATE,
            "let count = «batch.len().min(free)»;",
            "batch.len().min(free).min(1)",
        )],
        bounds: bounds("send_many 2 send recv recv_many 2", 2, 2),
    },
    Mutant {
        name: "recv_many takes one",
        claim: "C3",
        edits: &[edit(STATE, "let count = «limit».min(self.items.len())", "limit.min(1)")],
        bounds: bounds("send_many 2 send recv recv_many 2", 2, 2),
    },
    Mutant {
        name: "recv_many takes three at the most",
        claim: "C3",
        edits: &[edit(STATE, "let count = «limit».min(self.items.len())", "limit.min(3)")],
        bounds: LONG,
    },
    Mutant {
        name: "try_recv finds nothing",
        claim: "C5",
        edits: &[edit(
            "receiver.rs",
            "pub fn try_recv(&self) -> Result<T, TryRecvError> {
             into_try_recv(«self.queue.recv(Deadline::Now)»)",
            "crate::state::Front::Empty",
        )],
        bounds: bounds("send try_recv close", 2, 2),
    },
];
