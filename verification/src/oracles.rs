//! What must hold of every execution, told by what the clients saw. Nothing here depends on the
//! order of effects that the checkers cannot see: who answered whom first is never asked.

use crate::desk::Progress;
use crate::subject::Content;
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{ItemId, Response};
use std::collections::BTreeMap;

/// C6: when nobody runs, everybody who sleeps has nothing to wake up for.
///
/// # Panics
///
/// When somebody has.
pub fn entitled_to_sleep(thread: usize, op: Op, content: &Content) {
    let empty = content.items == 0 && content.sentinels == 0;
    let full = content.capacity == Some(content.items);
    let unfinished = content.items > 0 || content.unfinished > 0;
    let entitled = match op {
        Op::Join | Op::JoinTimeout => unfinished,
        op if op.receives() => empty && !content.closed,
        op if op.sends() => full && !content.closed,
        _ => false,
    };
    assert!(entitled, "C6: thread {thread} sleeps in {op}, and the queue is {content:?}");
}

/// C4: never more items than there is room for.
///
/// # Panics
///
/// When there are more.
pub fn within_capacity(content: &Content) {
    let within = content.capacity.is_none_or(|capacity| content.items <= capacity);
    assert!(within, "C4: more items than room: {content:?}");
}

/// C5: without senders or without receivers a queue is closed; C1: and without receivers nothing
/// is left in it.
///
/// # Panics
///
/// When it is not.
pub fn ended_by_the_last_handle(content: &Content) {
    let abandoned = content.senders == 0 || content.receivers == 0;
    assert!(!abandoned || content.closed, "C5: one side is gone and it is open: {content:?}");
    let empty = content.items == 0 && content.sentinels == 0;
    assert!(content.receivers > 0 || empty, "C1: nobody is left to receive: {content:?}");
}

/// An execution that has come to its end.
pub struct Ended<'a> {
    /// What it was.
    pub program: &'a Program,
    /// The threads, main first.
    pub threads: &'a [Progress],
    /// The items that were dropped inside of the queue.
    pub dropped: &'a [ItemId],
}

impl Ended<'_> {
    /// All claims that the clients can judge when all is over.
    ///
    /// # Panics
    ///
    /// When one does not hold.
    pub fn holds(&self) {
        self.conserves();
        self.ends_each_loop_once();
        self.keeps_the_order_of_producers();
        self.closes_once();
        self.stays_closed();
    }

    fn answers(&self) -> impl Iterator<Item = &Response> {
        self.threads.iter().flat_map(|thread| &thread.answers)
    }

    /// C1: what was accepted is obtained once, or dropped with the last receiver; what was not
    /// accepted came back.
    fn conserves(&self) {
        let mut fates: BTreeMap<ItemId, (usize, usize, usize, usize)> = BTreeMap::new();
        for answer in self.answers() {
            answer.accepted.iter().for_each(|id| fates.entry(*id).or_default().0 += 1);
            answer.returned.iter().for_each(|id| fates.entry(*id).or_default().1 += 1);
            answer.obtained.iter().for_each(|id| fates.entry(*id).or_default().2 += 1);
        }
        self.dropped.iter().for_each(|id| fates.entry(*id).or_default().3 += 1);
        for (id, (accepted, returned, obtained, dropped)) in &fates {
            let once = accepted + returned == 1 && obtained + dropped == *accepted;
            assert!(
                once,
                "C1: item {id}: accepted {accepted}, returned {returned}, obtained {obtained}, \
                 dropped {dropped} times"
            );
        }
        let performed = self.threads.iter().skip(1).zip(self.program.all_threads());
        let sent: usize = performed
            .flat_map(|(progress, steps)| &steps[..progress.answers.len()])
            .map(|step| step.op.items())
            .sum();
        assert!(fates.len() == sent, "C1: {sent} items were sent, {} are known", fates.len());
        let may_drop = self.program.owns_receivers();
        assert!(may_drop || self.dropped.is_empty(), "C1: items were dropped: {:?}", self.dropped);
    }

    /// C2: as many sentinels came out as went in.
    fn ends_each_loop_once(&self) {
        let sum = |count: fn(&Response) -> usize| self.answers().map(count).sum::<usize>();
        let sent = sum(|answer| answer.sentinels_sent);
        let out = sum(|answer| answer.sentinels_taken + answer.sentinels_drained);
        let lost_with_receiver = self.program.owns_receivers();
        assert!(
            out == sent || (lost_with_receiver && out < sent),
            "C2: {sent} sentinels were sent and {out} came out"
        );
        let most = self.answers().map(|answer| answer.sentinels_taken).max().unwrap_or(0);
        assert!(most <= 1, "C2: one receive took {most} sentinels");
    }

    /// C3: who receives several items of one producer receives them in its order.
    fn keeps_the_order_of_producers(&self) {
        for (thread, progress) in self.threads.iter().enumerate() {
            let mut latest: BTreeMap<usize, usize> = BTreeMap::new();
            for id in progress.answers.iter().flat_map(|answer| &answer.obtained) {
                let before = latest.insert(id.thread, id.number);
                assert!(
                    before.is_none_or(|number| number < id.number),
                    "C3: thread {thread} received {id} after a later item of the same producer"
                );
            }
        }
    }

    /// C5: at most one close did it.
    fn closes_once(&self) {
        let count = self.answers().filter(|answer| answer.closed == Some(true)).count();
        assert!(count <= 1, "C5: {count} calls of close say that they closed the queue");
    }

    /// C5: who knows that the queue is closed succeeds with no send after that; and who knows that
    /// it is drained, too, receives nothing.
    fn stays_closed(&self) {
        for (thread, steps) in self.program.all_threads().enumerate() {
            let (mut closed, mut drained) = (false, false);
            for (Step { op, .. }, answer) in steps.iter().zip(&self.threads[thread + 1].answers) {
                let sent = answer.accepted.len() + answer.sentinels_sent;
                let received = answer.obtained.len() + answer.sentinels_taken;
                let stays = (!closed || sent == 0) && (!drained || received == 0);
                assert!(stays, "C5: thread {} after the close: {op}: {answer}", thread + 1);
                let refused = answer.refusal.is_some_and(|refusal| refusal.closed);
                drained |= *op == Op::CloseNow || (refused && op.receives());
                closed |= drained || refused || answer.closed.is_some();
            }
        }
    }
}
