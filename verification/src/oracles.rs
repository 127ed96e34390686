//! What must hold of every execution, judged by what the clients saw. Nothing here depends on the
//! order of effects that the checkers cannot see: which operation returned first is never asked.

pub mod history;
pub mod linearize;
pub mod deadlocks;

use crate::client::observations::Progress;
use crate::client::subject::Snapshot;
use sentinel_queue_models::program::{Op, Program};
use sentinel_queue_models::{ItemId, Response};
use std::collections::{BTreeMap, BTreeSet};

/// C6: when no thread runs, every blocked thread has nothing to wake up for.
///
/// # Panics
///
/// When one has.
pub fn assert_no_lost_wakeup(thread: usize, op: Op, snapshot: &Snapshot) {
    let empty = snapshot.items == 0 && snapshot.sentinels == 0;
    let full = snapshot.capacity.is_some_and(|capacity| snapshot.items >= capacity);
    let unfinished = snapshot.items > 0 || snapshot.unfinished > 0;
    let entitled = match op {
        op if op.joins() => unfinished,
        op if op.receives() => empty && !snapshot.closed,
        op if op.sends() => full && !snapshot.closed,
        _ => false,
    };
    assert!(entitled, "C6: thread {thread} is blocked in {op}, and the queue is {snapshot:?}");
}

/// C12: when no thread runs, a queue counts the waiters that there are, and has none that has left.
///
/// # Panics
///
/// When it counts others.
pub fn assert_waiters_counted(snapshot: &Snapshot, blocked: usize) {
    let waiting = snapshot.waiting;
    assert!(waiting == blocked, "C12: {blocked} threads are blocked, and {waiting} are counted");
}

/// C4: never more items than there is room for, but for those of tasks that were put back.
///
/// # Panics
///
/// When there are more.
pub fn assert_within_capacity(snapshot: &Snapshot, put_back: usize) {
    let most = |capacity| capacity + put_back;
    let within = snapshot.capacity.is_none_or(|capacity| snapshot.items <= most(capacity));
    assert!(within, "C4: more items than room: {snapshot:?}");
}

/// C5: without senders or without receivers a queue is closed; C1: and without receivers nothing
/// is left in it.
///
/// # Panics
///
/// When it is not.
pub fn assert_closed_by_last_handle(snapshot: &Snapshot) {
    let abandoned = snapshot.senders == 0 || snapshot.receivers == 0;
    assert!(!abandoned || snapshot.closed, "C5: one side is gone and it is open: {snapshot:?}");
    let empty = snapshot.items == 0 && snapshot.sentinels == 0;
    assert!(snapshot.receivers > 0 || empty, "C1: no receiver is left: {snapshot:?}");
}

/// An execution that has come to its end, alone or in a group.
pub struct Ended<'a> {
    /// What it was.
    pub program: &'a Program,
    /// The threads, main first.
    pub threads: &'a [Progress],
    /// The items that were dropped inside of a queue.
    pub dropped: &'a [ItemId],
    /// The queues that may have lost sentinels with their last receiver.
    pub lost: &'a [bool],
}

impl Ended<'_> {
    /// Checks all claims that the clients can judge when all is over.
    ///
    /// # Panics
    ///
    /// When one does not hold.
    pub fn check(&self) {
        self.check_conservation();
        for queue in 0..self.program.capacities.len() {
            self.check_sentinels(queue);
            self.check_order(queue);
            self.check_close(queue);
            self.check_final(queue);
            self.check_dropped(queue);
        }
    }

    fn responses(&self) -> impl Iterator<Item = &Response> {
        self.threads.iter().flat_map(|thread| &thread.responses)
    }

    fn on_queue(&self, queue: usize) -> impl Iterator<Item = &Response> {
        self.threads
            .iter()
            .flat_map(move |thread| thread.on_queue(queue).map(|(_, response)| response))
    }

    /// C1: what was accepted is obtained once, or dropped with the last receiver; what was not
    /// accepted came back.
    fn check_conservation(&self) {
        let mut fates: BTreeMap<ItemId, (usize, usize, usize, usize)> = BTreeMap::new();
        let mut put_back: BTreeMap<ItemId, usize> = BTreeMap::new();
        for response in self.responses() {
            response.accepted.iter().for_each(|id| fates.entry(*id).or_default().0 += 1);
            response.returned.iter().for_each(|id| fates.entry(*id).or_default().1 += 1);
            response.obtained.iter().for_each(|id| fates.entry(*id).or_default().2 += 1);
            response.put_back.iter().for_each(|id| *put_back.entry(*id).or_default() += 1);
        }
        self.dropped.iter().for_each(|id| fates.entry(*id).or_default().3 += 1);
        for (id, (accepted, returned, obtained, dropped)) in &fates {
            let again = put_back.get(id).unwrap_or(&0);
            let once = accepted + returned == 1 && obtained + dropped == accepted + again;
            assert!(
                once,
                "C1: item {id}: accepted {accepted}, returned {returned}, obtained {obtained}, \
                 dropped {dropped}, put back {again} times"
            );
        }
        let performed = self.threads.iter().flat_map(|thread| &thread.steps);
        let sent: usize = performed.map(|step| step.op.items()).sum();
        assert!(fates.len() == sent, "C1: {sent} items were sent, {} are known", fates.len());
        let may_drop = self.program.owns_receivers();
        assert!(may_drop || self.dropped.is_empty(), "C1: items were dropped: {:?}", self.dropped);
    }

    /// C2: as many sentinels came out as went in, and no receive took two.
    fn check_sentinels(&self, queue: usize) {
        let sum = |count: fn(&Response) -> usize| self.on_queue(queue).map(count).sum::<usize>();
        let sent = sum(|response| response.sentinels_sent);
        let out = sum(|response| response.sentinels_taken + response.sentinels_drained);
        assert!(
            out == sent || (self.lost[queue] && out < sent),
            "C2: {sent} sentinels were sent and {out} came out"
        );
        let most = self.on_queue(queue).map(|response| response.sentinels_taken).max().unwrap_or(0);
        assert!(most <= 1, "C2: one receive took {most} sentinels");
    }

    /// C3: a thread that receives several items of one producer receives them in its order, but for
    /// those that were put back.
    fn check_order(&self, queue: usize) {
        let back: BTreeSet<_> =
            self.on_queue(queue).flat_map(|response| &response.put_back).collect();
        for (thread, progress) in self.threads.iter().enumerate() {
            let mut latest: BTreeMap<usize, usize> = BTreeMap::new();
            let obtained = progress.on_queue(queue).flat_map(|(_, response)| &response.obtained);
            for id in obtained.filter(|id| !back.contains(id)) {
                let before = latest.insert(id.thread, id.number);
                assert!(
                    before.is_none_or(|number| number < id.number),
                    "C3: thread {thread} received {id} after a later item of the same producer"
                );
            }
        }
    }

    /// C5: at most one close did it.
    fn check_close(&self, queue: usize) {
        let did = self.on_queue(queue).filter(|response| response.closed == Some(true)).count();
        assert!(did <= 1, "C5: {did} calls of close say that they closed the queue");
    }

    /// C5: a thread that knows that the queue is closed succeeds with no send after that; one that
    /// knows that it is drained, too, receives nothing.
    fn check_final(&self, queue: usize) {
        for (thread, progress) in self.threads.iter().enumerate().skip(1) {
            let (mut closed, mut drained) = (false, false);
            for (step, response) in progress.on_queue(queue) {
                let op = step.op;
                let sent = response.accepted.len() + response.put_back.len();
                let sent = sent + response.sentinels_sent;
                let received = response.obtained.len() + response.sentinels_taken;
                let stays = (!closed || sent == 0) && (!drained || received == 0);
                assert!(stays, "C5: thread {thread} after the close: {op}: {response}");
                let refused = response.refusal.is_some_and(|refusal| refusal.closed);
                drained |= op == Op::CloseNow || (refused && op.receives());
                closed |= drained || refused || response.closed.is_some();
            }
        }
    }

    /// C12: a future that was dropped has done nothing, and has given back what it was to send.
    fn check_dropped(&self, queue: usize) {
        let all = self.threads.iter().flat_map(|thread| thread.on_queue(queue));
        for (step, response) in all.filter(|(_, response)| response.dropped) {
            let returned = response.returned.clone();
            let all_back = returned.len() == step.op.items();
            let nothing = Response { returned, dropped: true, ..Response::default() };
            let right = all_back && *response == nothing;
            assert!(right, "C12: a dropped future of {step}: {response}");
        }
    }
}
