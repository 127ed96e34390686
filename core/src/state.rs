//! What the lock protects: the queue itself, without locks, waiting, or notifications.
//!
//! `State` never waits, never notifies, and never runs user code: values move in and out, and are
//! dropped by the caller once the lock is free. So do the wakers of tasks. Waiters and wakeups are
//! arithmetic on the four [`Waiters`] here, in one rule ([`State::take_wakeups`]) for every operation.

use crate::buffer::{Batch, Buffer, Chunk};
use crate::grace::Grace;
use crate::sync::{Condition, ITEM_BYTES};
use std::collections::BTreeMap;
use std::hash::Hash;
use std::task::Waker;

/// The largest number of items in a queue. Only zero-sized ones can be that many.
pub(crate) const MAX_LEN: usize = isize::MAX.unsigned_abs();

/// The size of a chunk of sentinels.
pub(crate) const RUN_BYTES: usize = 512;

/// The items of a queue.
pub(crate) type Items<T> = Buffer<T, ITEM_BYTES>;

/// The sentinels of a queue.
type Runs = Buffer<SentinelRun, RUN_BYTES>;

/// The waiters of one condition: threads, and tasks that hold a future.
///
/// `pending <= waiting`, and `pending` never exceeds the number of waiters that have been woken and
/// not yet returned from their wait. It may fall short of it, because the first one to return,
/// for whatever reason, consumes a pending notification. That costs a needless wakeup, never a lost
/// one.
#[derive(Debug, Default)]
struct Waiters {
    /// Waiters inside a wait, asleep or woken.
    waiting: usize,
    /// Notifications after which no waiter has returned yet.
    pending: usize,
    /// The wakers of the tasks that are asleep, by their tickets: the first has waited longest.
    tasks: BTreeMap<u64, Waker>,
}

/// How many waiters of a condition are to be notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wakeups {
    None,
    Some(usize),
    All,
}

/// What a sender finds in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Open, and this many items fit; at least one.
    Free(usize),
    Full,
    Closed,
    /// Unbounded, and at its limit of [`MAX_LEN`] items.
    Exhausted,
}

/// What a receiver finds at the front, and takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front<T> {
    Item(T),
    Sentinel,
    Closed,
    Empty,
}

impl<T> Front<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Front<U> {
        match self {
            Front::Item(item) => Front::Item(change(item)),
            Front::Sentinel => Front::Sentinel,
            Front::Closed => Front::Closed,
            Front::Empty => Front::Empty,
        }
    }
}

/// Consecutive sentinels.
#[derive(Debug)]
pub(crate) struct SentinelRun {
    /// The sequence number of the item that they precede.
    position: u64,
    count: usize,
}

/// Everything that was queued.
#[derive(Debug)]
pub(crate) struct Undelivered<T> {
    pub(crate) items: Items<T>,
    /// For their memory alone.
    _runs: Runs,
    _put_back: Option<Buffer<u64, RUN_BYTES>>,
    pub(crate) sentinels: usize,
}

impl<T> Default for Undelivered<T> {
    fn default() -> Self {
        Undelivered {
            items: Buffer::default(),
            _runs: Buffer::default(),
            _put_back: None,
            sentinels: 0,
        }
    }
}

/// Emptied memory, to be freed without the lock.
pub(crate) type Surplus<T> = (Chunk<T>, Chunk<SentinelRun>, Chunk<u64>);

/// A consistent snapshot of a queue, returned by [`Queue::stats`](crate::Queue::stats).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Number of items queued. Sentinels are not items.
    pub len: usize,
    /// Number of sentinels queued.
    pub sentinels: usize,
    /// Maximum number of items; `None` is unbounded.
    pub capacity: Option<usize>,
    /// Whether the queue is closed.
    pub is_closed: bool,
    /// Number of [`Sender`](crate::Sender)s that exist.
    pub senders: usize,
    /// Number of [`Receiver`](crate::Receiver)s that exist.
    pub receivers: usize,
    /// Number of [`Task`](crate::Task)s received and not completed.
    pub unfinished_tasks: usize,
    /// Number of blocked receivers: threads that are asleep, or woken and not yet running, and
    /// futures that wait, or are woken and not yet polled.
    pub waiting_receivers: usize,
    /// Number of blocked senders, likewise.
    pub waiting_senders: usize,
    /// Number of threads blocked in [`join`](crate::Queue::join), and of futures likewise.
    pub waiting_joiners: usize,
    /// Number of threads blocked in [`flush`](crate::Queue::flush).
    pub waiting_flushers: usize,
    /// Number of items ever accepted: `len + unfinished_tasks + completed + evicted + taken_back`.
    pub accepted: u64,
    /// Number of items that are done: received otherwise than as a [`Task`](crate::Task), or as one
    /// that is completed.
    pub completed: u64,
    /// Number of items removed by [`force_send`](crate::Sender::force_send).
    pub evicted: u64,
    /// Number of items taken out by [`drain`](crate::Queue::drain) and
    /// [`close_now`](crate::Queue::close_now), or dropped with the last receiver.
    pub taken_back: u64,
    /// How many times a task was put back into the queue, see
    /// [`Task::put_back`](crate::Task::put_back).
    pub put_back: u64,
}

/// The fields stand in memory as they do here. A send and a receive that need not wait touch those
/// up to the first ones of `items`, which lie on two cache lines with the lock.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct State<T> {
    closed: bool,
    /// Whether `grace` is active.
    in_grace: bool,
    /// Whether `runs` or `grace` has memory to be freed without the lock.
    has_surplus: bool,
    /// The capacity, or [`MAX_LEN`].
    limit: usize,
    /// The sequence number of the item at the front: how many have left the queue. It cannot wrap:
    /// at one item per nanosecond that takes centuries.
    head: u64,
    /// The sum of `front` and of all `runs`.
    sentinels: usize,
    /// The sum of the four [`Waiters`]: one look tells that no wakeup is owed.
    waiting: usize,
    items: Items<T>,
    /// Each run has a later position than the one before it.
    runs: Runs,
    /// Sentinels ahead of everything else.
    front: usize,
    /// `None` is unbounded.
    capacity: Option<usize>,
    senders: usize,
    receivers: usize,
    unfinished: usize,
    evicted: u64,
    taken_back: u64,
    put_back: u64,
    not_empty: Waiters,
    not_full: Waiters,
    completed: Waiters,
    flushed: Waiters,
    /// The ticket of the next task that waits.
    next_ticket: u64,
    grace: Grace,
}

impl<T> State<T> {
    /// An empty, open queue with one handle on each side.
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        State {
            closed: false,
            in_grace: false,
            has_surplus: false,
            limit: capacity.unwrap_or(MAX_LEN),
            head: 0,
            sentinels: 0,
            waiting: 0,
            items: Buffer::default(),
            runs: Buffer::default(),
            front: 0,
            capacity,
            senders: 1,
            receivers: 1,
            unfinished: 0,
            evicted: 0,
            taken_back: 0,
            put_back: 0,
            not_empty: Waiters::default(),
            not_full: Waiters::default(),
            completed: Waiters::default(),
            flushed: Waiters::default(),
            next_ticket: 0,
            grace: Grace::default(),
        }
    }

    // ----- waiters and wakeups ---------------------------------------------------------------

    /// Returns how many waiters of a condition can proceed: what they wait for and are woken for.
    #[inline]
    pub(crate) fn ready(&self, condition: Condition) -> usize {
        let all = usize::MAX;
        match condition {
            Condition::NotEmpty | Condition::NotFull if self.closed => all,
            Condition::NotEmpty => self.items.len().saturating_add(self.sentinels),
            Condition::NotFull => {
                self.capacity.map_or(all, |capacity| capacity.saturating_sub(self.items.len()))
            }
            Condition::Completed if self.items.is_empty() && self.unfinished == 0 => all,
            // All may go on: a flush that needs another period begins it.
            Condition::Flushed { .. } if !self.in_grace => all,
            Condition::Flushed { generation } if self.grace.has_ended(generation) => all,
            Condition::Completed | Condition::Flushed { .. } => 0,
        }
    }

    fn waiters(&mut self, condition: Condition) -> &mut Waiters {
        match condition {
            Condition::NotEmpty => &mut self.not_empty,
            Condition::NotFull => &mut self.not_full,
            Condition::Completed => &mut self.completed,
            Condition::Flushed { .. } => &mut self.flushed,
        }
    }

    /// Whether no thread or task waits, so that no wakeup can be owed.
    #[inline]
    pub(crate) fn has_no_waiters(&self) -> bool {
        self.waiting == 0
    }

    pub(crate) fn begin_wait(&mut self, condition: Condition) {
        self.waiting += 1;
        self.waiters(condition).waiting += 1;
    }

    /// Records that a wait has returned. Its cause (notification, timeout, spurious wakeup) cannot
    /// be known, so one pending notification is consumed.
    pub(crate) fn end_wait(&mut self, condition: Condition) {
        self.waiting -= 1;
        let waiters = self.waiters(condition);
        waiters.waiting -= 1;
        waiters.pending = waiters.pending.saturating_sub(1);
    }

    /// Begins the wait of a task, at the place of its ticket if it has one; returns the ticket.
    pub(crate) fn begin_task_wait(
        &mut self,
        condition: Condition,
        ticket: Option<u64>,
        waker: Waker,
    ) -> u64 {
        let ticket = ticket.unwrap_or_else(|| {
            self.next_ticket += 1;
            self.next_ticket
        });
        self.begin_wait(condition);
        self.waiters(condition).tasks.insert(ticket, waker);
        ticket
    }

    /// Ends the wait of a task as [`end_wait`](Self::end_wait) does, and returns its waker unless that
    /// was taken.
    pub(crate) fn end_task_wait(
        &mut self,
        condition: Condition,
        ticket: Option<u64>,
    ) -> Option<Waker> {
        self.end_wait(condition);
        self.waiters(condition).tasks.remove(&ticket?)
    }

    /// Takes the waker of the task that has waited longest, if one is asleep.
    pub(crate) fn take_waker(&mut self, condition: Condition) -> Option<Waker> {
        self.waiters(condition).tasks.pop_first().map(|(_, waker)| waker)
    }

    /// Takes the wakers of all tasks that are asleep.
    pub(crate) fn take_all_wakers(&mut self, condition: Condition) -> impl Iterator<Item = Waker> {
        std::mem::take(&mut self.waiters(condition).tasks).into_values()
    }

    /// The wakeup rule: counts the notifications due to a condition's waiters as pending. The
    /// caller chooses the waiters before it releases the lock.
    ///
    /// Afterwards `pending >= min(waiting, ready)`. So if a waiter still sleeps un-notified, each
    /// item (each free slot) has a woken waiter of its own: no wakeup is lost. And no notification
    /// is sent when no waiter sleeps, or when enough are pending.
    pub(crate) fn take_wakeups(&mut self, condition: Condition) -> Wakeups {
        let &mut Waiters { waiting, pending, .. } = self.waiters(condition);
        let asleep = waiting - pending;
        if asleep == 0 {
            return Wakeups::None;
        }
        let count = asleep.min(self.ready(condition).saturating_sub(pending));
        self.waiters(condition).pending += count;
        match count {
            0 => Wakeups::None,
            1 => Wakeups::Some(1),
            count if count == asleep => Wakeups::All,
            count => Wakeups::Some(count),
        }
    }

    // ----- sending -----------------------------------------------------------------------------

    #[inline]
    pub(crate) fn room(&self) -> Room {
        match self.limit.saturating_sub(self.items.len()) {
            _ if self.closed => Room::Closed,
            0 if self.capacity.is_none() => Room::Exhausted,
            0 => Room::Full,
            free => Room::Free(free),
        }
    }

    /// Appends an item. There is [`Room::Free`]; or one was evicted, and put backs have filled the queue
    /// beyond its capacity, so that there is none still.
    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        debug_assert!(!self.closed);
        self.items.push(item);
    }

    /// Appends as many items of `batch` as fit, and returns their number. There is [`Room::Free`].
    pub(crate) fn push_batch(&mut self, batch: &mut Chunk<T>) -> usize {
        let Room::Free(free) = self.room() else { return 0 };
        let count = batch.len().min(free);
        self.items.push_batch(batch, count);
        count
    }

    /// Appends sentinels, unless there would be more than `usize::MAX`.
    pub(crate) fn push_sentinels(&mut self, count: usize) -> bool {
        let Some(sentinels) = self.sentinels.checked_add(count) else { return false };
        let position = self.head + self.items.len() as u64;
        self.sentinels = sentinels;
        match self.runs.back_mut() {
            _ if count == 0 => {}
            Some(run) if run.position == position => run.count += count,
            _ => self.runs.push(SentinelRun { position, count }),
        }
        true
    }

    /// Puts sentinels in front of everything, unless there would be more than `usize::MAX`.
    pub(crate) fn push_sentinels_front(&mut self, count: usize) -> bool {
        let Some(sentinels) = self.sentinels.checked_add(count) else { return false };
        self.sentinels = sentinels;
        self.front += count;
        true
    }

    /// Appends the item of an unfinished task, which it is no longer: in one step, and whether there
    /// is room or not. A closed queue takes nothing.
    pub(crate) fn put_back(&mut self, item: T, generation: u64) -> Result<(), T> {
        if self.closed {
            return Err(item);
        }
        if self.in_grace {
            self.grace.put_back(self.head + self.items.len() as u64, generation);
        }
        self.items.push(item);
        self.put_back += 1;
        self.end_task();
        Ok(())
    }

    /// Takes the oldest item out, past any sentinels; these keep their place among the other items.
    pub(crate) fn evict(&mut self) -> Option<T> {
        if !self.items.is_empty() {
            self.evicted += 1;
            self.leave(1, false);
        }
        let item = self.items.pop()?;
        self.head += 1;
        Some(item)
    }

    // ----- receiving ---------------------------------------------------------------------------

    /// Takes what is at the front. An item becomes a task if `as_task`.
    #[inline]
    pub(crate) fn take(&mut self, as_task: bool) -> Front<T> {
        if self.take_sentinel() {
            return Front::Sentinel;
        }
        match self.items.pop() {
            Some(item) => {
                self.leave(1, as_task);
                self.head += 1;
                self.unfinished += usize::from(as_task);
                Front::Item(item)
            }
            None if self.closed => Front::Closed,
            None => Front::Empty,
        }
    }

    /// Counts, in the active grace period if there is one, items that leave the queue.
    #[inline]
    fn leave(&mut self, count: usize, as_tasks: bool) {
        if self.in_grace {
            self.leave_in_grace(count, as_tasks);
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_in_grace(&mut self, count: usize, as_tasks: bool) {
        let head = self.head;
        self.change_grace(|grace| grace.leave(head, count, as_tasks));
    }

    /// Changes the grace period in a way that may begin or end it, or leave memory to be freed.
    fn change_grace<R>(&mut self, change: impl FnOnce(&mut Grace) -> R) -> R {
        let result = change(&mut self.grace);
        self.in_grace = self.grace.is_active();
        self.has_surplus |= self.grace.has_surplus();
        result
    }

    /// Returns the generation of the next item that is taken as a task, see [`Grace`].
    pub(crate) fn task_generation(&mut self) -> u64 {
        self.grace.generation(self.head).0
    }

    /// Whether the next receive gets an item.
    pub(crate) fn has_item_first(&mut self) -> bool {
        !self.items.is_empty() && !self.has_sentinel_first()
    }

    /// Moves up to `limit` items into `batch`, never past a sentinel. What is at the front if it is
    /// no item is taken and returned as by [`take`](Self::take), with the number of items for the
    /// item. If `as_tasks`, each item becomes a task; all of them have the generation of the first.
    pub(crate) fn take_batch(
        &mut self,
        batch: &mut Batch<'_, T>,
        limit: usize,
        as_tasks: bool,
    ) -> Front<usize> {
        if self.take_sentinel() {
            return Front::Sentinel;
        }
        let until_sentinel = self.runs.front_mut().map_or(usize::MAX, |run| {
            usize::try_from(run.position - self.head).unwrap_or(usize::MAX)
        });
        let count = limit.min(self.items.len()).min(until_sentinel);
        if count == 0 {
            return if self.closed { Front::Closed } else { Front::Empty };
        }
        let alike = if as_tasks { self.grace.generation(self.head).1 } else { u64::MAX };
        let count = self.items.pop_batch(batch, count.min(usize::try_from(alike).unwrap_or(count)));
        self.leave(count, as_tasks);
        self.head += count as u64;
        self.unfinished += if as_tasks { count } else { 0 };
        Front::Item(count)
    }

    /// Takes one sentinel if one is at the front.
    #[inline]
    fn take_sentinel(&mut self) -> bool {
        self.sentinels > 0 && self.take_sentinel_at_head()
    }

    fn take_sentinel_at_head(&mut self) -> bool {
        if self.front > 0 {
            self.front -= 1;
            self.sentinels -= 1;
            return true;
        }
        match self.runs.front_mut() {
            Some(run) if run.position <= self.head => {
                run.count -= 1;
                if run.count == 0 {
                    self.runs.pop();
                    self.has_surplus |= self.runs.has_surplus();
                }
                self.sentinels -= 1;
                true
            }
            _ => false,
        }
    }

    /// Whether a sentinel is at the front.
    fn has_sentinel_first(&mut self) -> bool {
        let head = self.head;
        self.front > 0 || self.runs.front_mut().is_some_and(|run| run.position <= head)
    }

    /// Takes out all items. The sentinels, between which nothing is left, become those ahead of
    /// everything.
    pub(crate) fn drain_items(&mut self) -> Undelivered<T> {
        let mut undelivered = self.drain();
        self.sentinels = std::mem::take(&mut undelivered.sentinels);
        self.front = self.sentinels;
        undelivered
    }

    /// Takes out all items and sentinels.
    pub(crate) fn drain(&mut self) -> Undelivered<T> {
        let count = self.items.len() as u64;
        self.head += count;
        self.taken_back += count;
        self.front = 0;
        Undelivered {
            _put_back: self.in_grace.then(|| self.change_grace(Grace::leave_all)),
            items: std::mem::take(&mut self.items),
            _runs: std::mem::take(&mut self.runs),
            sentinels: std::mem::take(&mut self.sentinels),
        }
    }

    /// Whether memory is to be freed without the lock.
    #[inline]
    pub(crate) fn has_surplus(&self) -> bool {
        self.items.has_surplus() | self.has_surplus
    }

    /// Hands out memory that is to be freed without the lock.
    pub(crate) fn take_surplus(&mut self) -> Surplus<T> {
        self.has_surplus = false;
        (self.items.take_surplus(), self.runs.take_surplus(), self.grace.take_surplus())
    }

    // ----- closing, handles and tasks ----------------------------------------------------------

    /// Closes the queue, and returns whether it was open.
    pub(crate) fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }

    pub(crate) fn add_sender(&mut self) {
        self.senders += 1;
    }

    /// Returns whether that was the last one.
    pub(crate) fn drop_sender(&mut self) -> bool {
        self.senders -= 1;
        self.senders == 0
    }

    pub(crate) fn add_receiver(&mut self) {
        self.receivers += 1;
    }

    /// Returns whether that was the last one.
    pub(crate) fn drop_receiver(&mut self) -> bool {
        self.receivers -= 1;
        self.receivers == 0
    }

    /// Returns whether nothing is queued.
    fn is_idle(&self) -> bool {
        self.items.is_empty() && self.sentinels == 0
    }

    /// Removes a receiver if nothing is queued, and if another one is left or the queue is closed;
    /// returns whether it did. So nothing is dropped by that, and the queue is not closed by it.
    pub(crate) fn leave_if_idle(&mut self) -> bool {
        let leaves = self.is_idle() && (self.receivers > 1 || self.closed);
        self.receivers -= usize::from(leaves);
        leaves
    }

    /// Adds a sender if there is one.
    pub(crate) fn upgrade_sender(&mut self) -> bool {
        self.senders += usize::from(self.senders > 0);
        self.senders > 0
    }

    /// Adds a receiver if there is one.
    pub(crate) fn upgrade_receiver(&mut self) -> bool {
        self.receivers += usize::from(self.receivers > 0);
        self.receivers > 0
    }

    /// Completes a task, of the generation that [`task_generation`](Self::task_generation) returned.
    pub(crate) fn finish_task(&mut self, generation: u64) {
        if self.in_grace {
            self.change_grace(|grace| grace.finish(generation));
        }
        self.end_task();
    }

    fn end_task(&mut self) {
        self.unfinished -= 1;
    }

    /// Returns the grace period whose end a flush needs that is called now.
    pub(crate) fn next_grace(&self) -> u64 {
        self.grace.next()
    }

    /// Returns whether that grace period has ended.
    pub(crate) fn is_flushed(&self, generation: u64) -> bool {
        self.grace.has_ended(generation)
    }

    /// Begins a grace period if a flush that waits for `generation` has to: if none is active, or one
    /// that began before it and that no thread waits for. Returns whether it did.
    pub(crate) fn begin_grace(&mut self, generation: u64) -> bool {
        let is_in_vain = !self.grace.has_begun(generation) && self.flushed.waiting == 0;
        let begins = !self.in_grace || is_in_vain;
        if begins {
            let (len, unfinished) = (self.items.len(), self.unfinished);
            let boundary = self.head + len as u64;
            self.change_grace(|grace| grace.begin(boundary, len, unfinished));
        }
        begins
    }

    /// Returns the counters of the queue, for the checkers: they recognize a state by its events, and
    /// by these, should the two drift apart. It names every field, so that none is forgotten; those
    /// that it leaves out are constant, total what has been, or (`grace`) follow from all events since
    /// the first flush, by which the checkers recognize a state then. What is queued, and where the
    /// sentinels stand, follows from the events, too.
    pub(crate) fn shape(&self) -> impl Hash + '_ {
        #[rustfmt::skip]
        let State {
            closed, in_grace, has_surplus, sentinels, waiting, items, runs, front, senders, receivers,
            unfinished, not_empty, not_full, completed, flushed,
            limit: _, capacity: _, head: _, evicted: _, taken_back: _, put_back: _, next_ticket: _, grace: _,
        } = self;
        let waiters = [not_empty, not_full, completed, flushed];
        let waiters =
            waiters.map(|of| (of.waiting, of.pending, of.tasks.keys().collect::<Vec<_>>()));
        let sides = (closed, senders, receivers, unfinished, in_grace, has_surplus, waiting);
        (items.layout(), runs.layout(), front, sentinels, sides, waiters)
    }

    pub(crate) fn stats(&self) -> Stats {
        let left_otherwise = self.evicted + self.taken_back + self.put_back;
        Stats {
            len: self.items.len(),
            sentinels: self.sentinels,
            capacity: self.capacity,
            is_closed: self.closed,
            senders: self.senders,
            receivers: self.receivers,
            unfinished_tasks: self.unfinished,
            waiting_receivers: self.not_empty.waiting,
            waiting_senders: self.not_full.waiting,
            waiting_joiners: self.completed.waiting,
            waiting_flushers: self.flushed.waiting,
            accepted: self.head + self.items.len() as u64 - self.put_back,
            completed: self.head - left_otherwise - self.unfinished as u64,
            evicted: self.evicted,
            taken_back: self.taken_back,
            put_back: self.put_back,
        }
    }
}

/// Where fields lie that a send and a receive touch that need not wait.
#[cfg(test)]
impl<T> State<T> {
    pub(crate) fn hot_fields(&self) -> Vec<(&'static str, std::ops::Range<usize>)> {
        use crate::buffer::addresses;

        let mut fields = self.items.hot_fields();
        fields.extend([
            ("closed", addresses(&self.closed)),
            ("in_grace", addresses(&self.in_grace)),
            ("has_surplus", addresses(&self.has_surplus)),
            ("limit", addresses(&self.limit)),
            ("head", addresses(&self.head)),
            ("sentinels", addresses(&self.sentinels)),
            ("waiting", addresses(&self.waiting)),
        ]);
        fields
    }
}

#[cfg(test)]
mod table;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const CONDITIONS: [Condition; 3] =
        [Condition::NotEmpty, Condition::NotFull, Condition::Completed];

    fn state(capacity: usize, items: impl IntoIterator<Item = u32>) -> State<u32> {
        let mut state = State::new(Some(capacity));
        items.into_iter().for_each(|item| state.push(item));
        state
    }

    /// One batch: what is found, and the items.
    fn take_batch(state: &mut State<u32>, limit: usize) -> (Front<usize>, Vec<u32>) {
        let mut items = Vec::new();
        let mut batch = Batch::new::<ITEM_BYTES>(&mut items, limit);
        let front = state.take_batch(&mut batch, limit, false);
        batch.unpack();
        (front, items)
    }

    /// Takes everything; a sentinel is `None`.
    fn take_all(state: &mut State<u32>) -> Vec<Option<u32>> {
        let mut all = Vec::new();
        loop {
            match state.take(false) {
                Front::Item(item) => all.push(Some(item)),
                Front::Sentinel => all.push(None),
                Front::Closed | Front::Empty => return all,
            }
        }
    }

    #[test]
    fn notifications_cover_what_is_ready_and_no_more() {
        for waiting in 0..5 {
            for items in 0..5 {
                let mut state = state(9, 0..items);
                (0..waiting).for_each(|_| state.begin_wait(Condition::NotEmpty));
                let ready = usize::try_from(items).unwrap();
                let expected = match waiting.min(ready) {
                    0 => Wakeups::None,
                    1 => Wakeups::Some(1),
                    count if count == waiting => Wakeups::All,
                    count => Wakeups::Some(count),
                };
                assert_eq!(
                    state.take_wakeups(Condition::NotEmpty),
                    expected,
                    "{waiting} wait for {items}"
                );
                assert_eq!(
                    state.take_wakeups(Condition::NotEmpty),
                    Wakeups::None,
                    "these are pending"
                );
                assert!(state.not_empty.pending >= waiting.min(ready));
            }
        }
    }

    #[test]
    fn pending_notification_is_not_sent_again() {
        let mut state = state(9, [1]);
        (0..3).for_each(|_| state.begin_wait(Condition::NotEmpty));
        assert_eq!(state.take_wakeups(Condition::NotEmpty), Wakeups::Some(1));
        state.push(2);
        assert_eq!(
            state.take_wakeups(Condition::NotEmpty),
            Wakeups::Some(1),
            "one more, for the second item"
        );
        state.end_wait(Condition::NotEmpty);
        assert_eq!(state.take(false), Front::Item(1));
        assert_eq!(
            state.take_wakeups(Condition::NotEmpty),
            Wakeups::None,
            "the other one is pending"
        );
    }

    #[test]
    fn spurious_wakeup_consumes_a_pending_notification() {
        let mut state = state(9, [1]);
        (0..3).for_each(|_| state.begin_wait(Condition::NotEmpty));
        assert_eq!(state.take_wakeups(Condition::NotEmpty), Wakeups::Some(1));
        // It was not the one that was notified, and leaves the item. Another one is notified.
        state.end_wait(Condition::NotEmpty);
        assert_eq!(state.take_wakeups(Condition::NotEmpty), Wakeups::Some(1));
        // Without a pending notification nothing goes below zero.
        let mut state = self::state(9, []);
        state.begin_wait(Condition::NotEmpty);
        state.end_wait(Condition::NotEmpty);
        assert_eq!((state.not_empty.waiting, state.not_empty.pending), (0, 0));
    }

    struct Task;

    impl std::task::Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn waker_of_a_task_stays_while_it_is_asleep_and_keeps_its_place() {
        let condition = Condition::NotEmpty;
        let mut state = state(9, [1, 2]);
        let tasks = [(); 3].map(|()| Arc::new(Task));
        let waker = |task: usize| Waker::from(Arc::clone(&tasks[task]));
        let is = |found: Option<Waker>, task: usize| {
            let before = Arc::strong_count(&tasks[task]);
            drop(found);
            Arc::strong_count(&tasks[task]) < before
        };
        let tickets = [0, 1, 2].map(|task| state.begin_task_wait(condition, None, waker(task)));
        state.begin_wait(condition);
        assert_eq!(state.take_wakeups(condition), Wakeups::Some(2));
        assert!(is(state.take_waker(condition), 0) && is(state.take_waker(condition), 1));
        assert!(state.end_task_wait(condition, Some(tickets[0])).is_none(), "it was taken");
        assert!(is(state.end_task_wait(condition, Some(tickets[2])), 2));
        assert_eq!((state.not_empty.waiting, state.not_empty.pending), (2, 0));
        assert_eq!(state.begin_task_wait(condition, Some(tickets[2]), waker(2)), tickets[2]);
        state.begin_task_wait(condition, Some(tickets[0]), waker(0));
        assert!(is(state.take_waker(condition), 0), "an earlier ticket, though it came back later");
        assert_eq!(state.take_all_wakers(condition).count(), 1);
        assert!(state.take_waker(condition).is_none());
        drop(state);
        assert!(tasks.iter().all(|task| Arc::strong_count(task) == 1));
    }

    #[test]
    fn close_wakes_all_waiters_for_room_or_items() {
        let mut state = state(1, [1]);
        for condition in CONDITIONS {
            (0..2).for_each(|_| state.begin_wait(condition));
        }
        assert_eq!(state.take_wakeups(Condition::NotFull), Wakeups::None);
        assert!(state.close() && !state.close());
        assert_eq!(state.take_wakeups(Condition::NotEmpty), Wakeups::All);
        assert_eq!(state.take_wakeups(Condition::NotFull), Wakeups::All);
        assert_eq!(state.take_wakeups(Condition::Completed), Wakeups::None, "an item is left");
        assert_eq!(state.take(true), Front::Item(1));
        assert_eq!(state.take_wakeups(Condition::Completed), Wakeups::None, "a task is left");
        state.finish_task(0);
        assert_eq!(state.take_wakeups(Condition::Completed), Wakeups::All);
    }

    #[test]
    fn room_counts_items_and_not_sentinels() {
        let mut state = state(3, [1]);
        assert!(state.push_sentinels(5));
        assert_eq!((state.room(), state.ready(Condition::NotFull)), (Room::Free(2), 2));
        assert_eq!(state.ready(Condition::NotEmpty), 6);
        let mut batch = Chunk::from([2, 3, 4]);
        assert_eq!(state.push_batch(&mut batch), 2);
        assert_eq!((batch, state.room()), (Chunk::from([4]), Room::Full));
        state.close();
        assert_eq!(state.room(), Room::Closed);
    }

    #[test]
    fn sentinels_keep_their_place_when_items_are_evicted_or_taken_in_batches() {
        let mut state = state(9, []);
        state.push_sentinels(1);
        state.push(1);
        state.push_sentinels(0);
        state.push_sentinels(1);
        state.push_sentinels(1);
        state.push(2);
        state.push(3);
        assert_eq!(state.runs.len(), 2, "sentinels in a row are one run");
        assert_eq!(state.evict(), Some(1));
        for _ in 0..3 {
            assert_eq!(take_batch(&mut state, 9), (Front::Sentinel, vec![]));
        }
        state.push_sentinels(1);
        state.push(4);
        assert_eq!(take_batch(&mut state, 1), (Front::Item(1), vec![2]));
        assert_eq!(take_batch(&mut state, 9), (Front::Item(1), vec![3]));
        assert_eq!(take_all(&mut state), [None, Some(4)]);
        assert_eq!((state.sentinels, state.runs.len(), state.stats().accepted), (0, 0, 4));
    }

    #[test]
    fn sentinels_beyond_the_largest_number_are_refused() {
        let mut state = state(1, []);
        assert!(state.push_sentinels(usize::MAX));
        assert!(!state.push_sentinels(1));
        assert_eq!((state.sentinels, state.ready(Condition::NotEmpty)), (usize::MAX, usize::MAX));
        assert_eq!(state.take(false), Front::Sentinel);
        assert!(state.push_sentinels(1));
    }

    #[test]
    fn items_beyond_the_largest_number_are_refused() {
        let mut state = State::new(None);
        let mut batch = Chunk::from(Vec::from([(); MAX_LEN]));
        assert_eq!(state.push_batch(&mut batch), MAX_LEN);
        assert_eq!((state.room(), state.stats().len), (Room::Exhausted, MAX_LEN));
        assert_eq!(state.ready(Condition::NotFull), usize::MAX, "no send waits");
        assert!(state.push_sentinels(1), "they are counted elsewhere");
        assert_eq!(state.ready(Condition::NotEmpty), MAX_LEN + 1);
        assert_eq!(state.take(false), Front::Item(()), "and overtake nothing");
        assert_eq!(state.room(), Room::Free(1));
    }

    #[test]
    fn task_is_put_back_beyond_the_capacity_and_not_into_a_closed_queue() {
        let mut state = state(1, [1]);
        assert_eq!(state.take(true), Front::Item(1));
        state.push(2);
        assert_eq!(state.put_back(1, 0), Ok(()));
        assert_eq!((state.room(), state.ready(Condition::NotFull)), (Room::Full, 0));
        assert_eq!(state.take(true), Front::Item(2));
        assert_eq!((state.room(), state.unfinished), (Room::Full, 1), "the next one is above it");
        state.close();
        assert_eq!(state.put_back(2, 0), Err(2));
        let numbers = state.stats();
        assert_eq!((numbers.len, numbers.unfinished_tasks, numbers.completed), (1, 1, 0));
        assert_eq!((numbers.accepted, numbers.put_back), (2, 1));
        state.finish_task(0);
        assert_eq!(state.take(false), Front::Item(1));
        assert_eq!((state.stats().completed, state.stats().accepted), (2, 2));
    }

    #[test]
    fn sentinels_in_front_come_first_and_stay_when_items_are_drained() {
        let mut state = state(9, [1]);
        state.push_sentinels(1);
        state.push(2);
        assert!(state.push_sentinels_front(2) && !state.push_sentinels_front(usize::MAX));
        assert_eq!((state.sentinels, state.ready(Condition::NotEmpty)), (3, 5));
        assert!(!state.has_item_first());
        assert_eq!(take_batch(&mut state, 9), (Front::Sentinel, vec![]));
        assert_eq!(state.evict(), Some(1), "the oldest item, past them");
        assert_eq!(state.drain_items().items.into_items(), [2]);
        state.push(3);
        assert_eq!((state.sentinels, state.runs.len()), (2, 0));
        assert_eq!(take_all(&mut state), [None, None, Some(3)]);
        state.push_sentinels_front(1);
        assert_eq!(state.drain().sentinels, 1);
        assert_eq!((state.sentinels, state.take(false)), (0, Front::Empty));
        let numbers = state.stats();
        assert_eq!((numbers.evicted, numbers.taken_back, numbers.completed), (1, 1, 1));
    }

    #[test]
    fn last_receiver_leaves_only_a_closed_queue_and_none_leaves_what_is_queued() {
        let mut state = state(9, []);
        assert!(!state.leave_if_idle());
        state.add_receiver();
        state.push(1);
        assert!(!state.leave_if_idle());
        assert_eq!(state.take(false), Front::Item(1));
        state.push_sentinels(1);
        assert!(!state.leave_if_idle());
        assert_eq!(state.take(false), Front::Sentinel);
        assert!(state.leave_if_idle() && !state.leave_if_idle());
        state.close();
        assert!(state.leave_if_idle());
        assert!(!state.upgrade_receiver() && state.upgrade_sender());
        assert_eq!((state.senders, state.receivers), (2, 0));
    }

    /// Empties a queue, and counts how often memory is handed out meanwhile.
    fn surplus_of<T>(mut state: State<T>) -> usize {
        let mut times = 0;
        while !matches!(state.take(false), Front::Empty) {
            if state.has_surplus() {
                let (items, runs, positions) = state.take_surplus();
                let items = if size_of::<T>() == 0 { 0 } else { items.capacity() };
                assert!(items + runs.capacity() + positions.capacity() > 0);
                assert!(!state.has_surplus());
                times += 1;
            }
        }
        times
    }

    /// Of four chunks the first one that is emptied is kept, and the last one stays.
    #[test]
    fn each_buffer_hands_out_the_memory_that_it_has_emptied() {
        let mut items = State::new(None);
        (0..4 * Items::<usize>::CHUNK_CAPACITY).for_each(|item| items.push(item));
        assert_eq!(surplus_of(items), 2);

        let mut runs = State::new(None);
        for _ in 0..4 * Runs::CHUNK_CAPACITY {
            runs.push(()); // of no size, so these need no memory
            assert!(runs.push_sentinels(1));
        }
        assert_eq!(surplus_of(runs), 2);

        let mut positions = State::new(None);
        let tasks = 4 * Buffer::<u64, 512>::CHUNK_CAPACITY;
        (0..tasks).for_each(|_| positions.push(()));
        (0..tasks).for_each(|_| assert_eq!(positions.take(true), Front::Item(())));
        assert!(positions.begin_grace(1));
        (0..tasks).for_each(|_| positions.put_back((), 0).unwrap());
        assert_eq!(surplus_of(positions), 2);
    }

    #[test]
    fn flush_is_ready_when_no_grace_period_is_active_or_its_own_has_ended() {
        let flushed = |generation| Condition::Flushed { generation };
        let mut state = state(9, [1]);
        assert_eq!((state.next_grace(), state.is_flushed(1)), (1, false));
        assert!(state.begin_grace(1) && !state.begin_grace(1));
        assert_eq!(state.ready(flushed(1)), 0);
        state.begin_wait(flushed(1));
        assert!(!state.begin_grace(2), "a thread waits for the active one");
        state.begin_wait(flushed(2));
        state.push(2);
        let generation = state.task_generation();
        assert_eq!((state.take(true), generation), (Front::Item(1), 0));
        assert_eq!(state.take_wakeups(flushed(u64::MAX)), Wakeups::None);
        state.finish_task(generation);
        assert_eq!(state.take_wakeups(flushed(u64::MAX)), Wakeups::All);
        state.end_wait(flushed(2));
        assert!(state.begin_grace(2), "the second one, before the first waiter has run");
        assert_eq!((state.ready(flushed(1)), state.ready(flushed(2))), (usize::MAX, 0));
        state.end_wait(flushed(1));
        assert!(!state.begin_grace(2), "it serves");
        assert!(state.begin_grace(3), "no thread waits for the active one");
        assert_eq!(state.take(false), Front::Item(2));
        assert!(state.is_flushed(3) && state.begin_grace(4) && state.is_flushed(4));
    }

    #[test]
    fn drain_takes_everything_and_counts_it_as_accepted() {
        let mut state = state(3, [1, 2]);
        state.push_sentinels(2);
        state.push(3);
        let undelivered = state.drain();
        assert_eq!((undelivered.items.into_items(), undelivered.sentinels), ([1, 2, 3].into(), 2));
        let undelivered = state.drain();
        assert_eq!((undelivered.items.len(), undelivered.sentinels), (0, 0));
        assert_eq!((state.take(false), state.stats().accepted), (Front::Empty, 3));
        state.push_sentinels(1);
        state.push(4);
        assert_eq!(take_all(&mut state), [None, Some(4)]);
        assert_eq!(state.stats().accepted, 4);
    }
}
