//! The one place that locks, waits and notifies.
//!
//! Every operation is a few critical sections of this shape: lock, wait until the condition is
//! ready or the time is up, change the [`State`], notify its waiters, unlock. One loop waits, for
//! all conditions and deadlines ([`Queue::block_until_ready`]), and one rule notifies, where every
//! critical section ends ([`Queue::finish`]).
//!
//! A waiter is a thread, or a task with a future ([`Queue::poll`]). A task does not block: its waker
//! stays in the [`State`] until it is woken, polled again, or dropped. In the arithmetic of wakeups a
//! future that is polled again is a thread that comes back, and one that is dropped
//! ([`Queue::cancel`]) is a thread whose time is up, but for its last look.
//!
//! Ties are decided once, by the order in which an operation looks at the state after its wait:
//! *ready* wins over *closed*, *closed* over *would block forever*, and that over *out of time*.
//! A wait that timed out is followed by one more look, so a thread that gives up never swallows a
//! notification for an item or a slot.
//!
//! User values are created, dropped and iterated only while the lock is free, and wakers are cloned,
//! woken and dropped only then. So is memory freed, but for a small node of the buffer's index, or of
//! that of wakers.

use crate::buffer::{Batch, Chunk};
use crate::detector::Membership;
use crate::error::{JoinError, JoinTimeoutError};
use crate::registry::MonitoredQueue;
use crate::state::{Front, Items, Room, State, Stats, Wakeups, MAX_LEN};
use crate::sync::{publish, record, record_in_group};
use crate::sync::{Condition, Condvar, Deadline, Instant, Mutex, MutexGuard, ITEM_BYTES};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe, RefUnwindSafe, UnwindSafe};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The operations that both handles share: a [`Sender`](crate::Sender) and a
/// [`Receiver`](crate::Receiver) each [`Deref`](std::ops::Deref) to it.
///
/// Unless its documentation says otherwise, a method takes the lock for a few instructions, blocks
/// on nothing else, and is O(1). A result may be stale by the time it is returned.
///
/// As any lock, a queue does not survive `fork`: a child process that uses an inherited queue may
/// hang, because a thread that held the lock does not exist there.
#[repr(C, align(64))]
pub struct Queue<T> {
    // First, at the beginning of a cache line, for the sake of its own first fields. The line before
    // it has the counters of the `Arc` around the queue alone.
    state: Mutex<State<T>>,
    not_empty: Condvar,
    not_full: Condvar,
    completed: Condvar,
    flushed: Condvar,
    /// Number of items that `send_many` takes from its iterator at once.
    pub(crate) piece: usize,
    /// The group in which a blocked thread is registered.
    group: Option<Membership>,
}

/// A `send_many` of no more items than this takes them all before it sends them in one step.
const SMALL_PIECE: usize = 16;

/// A failed send, with its item.
pub(crate) enum SendFailure<T> {
    Closed(T),
    Full(T),
}

/// The undelivered contents of a queue, returned by [`close_now`](Queue::close_now).
///
/// Dropping it drops the items. They no longer belong to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the items taken out of the queue are dropped with this"]
pub struct Drained<T> {
    /// The items that were queued, oldest first.
    pub items: VecDeque<T>,
    /// The number of sentinels that were queued.
    pub sentinels: usize,
}

// No user code runs while the state is changed, so no panic can leave it half changed.
impl<T> UnwindSafe for Queue<T> {}
impl<T> RefUnwindSafe for Queue<T> {}

// ----- waiting and notifying -------------------------------------------------------------------

impl<T> Queue<T> {
    pub(crate) fn new(capacity: Option<usize>, group: Option<Membership>) -> Self {
        let queue = Queue {
            state: Mutex::new(State::new(capacity)),
            not_empty: Condvar::default(),
            not_full: Condvar::default(),
            completed: Condvar::default(),
            flushed: Condvar::default(),
            piece: capacity
                .unwrap_or(MAX_LEN)
                .clamp(SMALL_PIECE, Items::<T>::SINGLY.max(SMALL_PIECE)),
            group,
        };
        let state = queue.state.lock(); // as every event, this one is recorded under the lock
        record!(Create { capacity });
        drop(state);
        queue
    }

    fn condvar(&self, condition: Condition) -> &Condvar {
        match condition {
            Condition::NotEmpty => &self.not_empty,
            Condition::NotFull => &self.not_full,
            Condition::Completed => &self.completed,
            Condition::Flushed { .. } => &self.flushed,
        }
    }

    /// Locks the queue once `condition` is ready or the deadline has passed.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    fn lock_until_ready(
        &self,
        condition: Condition,
        deadline: Deadline,
    ) -> MutexGuard<'_, State<T>> {
        let state = self.state.lock();
        if state.ready(condition) > 0 || matches!(deadline, Deadline::Now) {
            return state;
        }
        self.block_until_ready(state, condition, deadline)
    }

    /// Waits until `condition` is ready or the deadline has passed.
    #[cold]
    #[inline(never)]
    #[cfg_attr(loom, track_caller)]
    fn block_until_ready<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        condition: Condition,
        deadline: Deadline,
    ) -> MutexGuard<'a, State<T>> {
        // The operation has not changed anything yet, so it is as if it had begun later.
        self.condvar(condition)
            .yield_while(&mut state, |state| state.ready(condition) == 0 && deadline.has_time());
        let mut out_of_time = false;
        while state.ready(condition) == 0 && !out_of_time {
            (state, out_of_time) = self.block(state, condition, deadline);
        }
        state
    }

    /// Blocks once, and returns whether the time is up.
    #[cold]
    #[cfg_attr(loom, track_caller)]
    fn block<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        condition: Condition,
        deadline: Deadline,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        if let (Some(group), Deadline::Never(caller)) = (&self.group, deadline) {
            if let Some((participant, all_blocked)) = group.begin_wait(condition, caller) {
                return self.block_monitored(state, condition, deadline, participant, all_blocked);
            }
        }
        let timed_out = self.wait(&mut state, condition, deadline);
        record!(Wake { condition: condition.into(), timed_out });
        (state, timed_out)
    }

    /// Blocks once in a participant of the queue's group, where deadlocks are detected. The time is
    /// up when the group is deadlocked.
    #[cfg_attr(loom, track_caller)]
    fn block_monitored<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        condition: Condition,
        deadline: Deadline,
        participant: usize,
        all_blocked: bool,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        let Some(group) = &self.group else { return (state, false) };
        if all_blocked {
            drop(state);
            group.detect();
            state = self.state.lock();
        }
        if state.ready(condition) > 0 || group.is_deadlocked(participant) {
            return (state, group.end_wait(participant, condition));
        }
        self.wait(&mut state, condition, deadline);
        let deadlocked = group.end_wait(participant, condition);
        record!(Wake { condition: condition.into(), timed_out: deadlocked });
        (state, deadlocked)
    }

    /// Waits once, and returns whether that timed out.
    #[cfg_attr(loom, track_caller)]
    fn wait(
        &self,
        state: &mut MutexGuard<'_, State<T>>,
        condition: Condition,
        deadline: Deadline,
    ) -> bool {
        state.begin_wait(condition);
        record!(Wait { condition: condition.into() });
        publish!("changes", state.shape());
        let timed_out = match deadline {
            Deadline::At(instant) => self.condvar(condition).wait_until(state, instant),
            Deadline::Now | Deadline::Never(_) => {
                self.condvar(condition).wait(state);
                false
            }
        };
        state.end_wait(condition);
        timed_out
    }

    /// Ends a critical section that has changed the state: notifies waiters, releases the lock, and
    /// then wakes tasks.
    #[inline]
    fn finish(&self, state: MutexGuard<'_, State<T>>) {
        publish!("changes", state.shape());
        if !state.has_no_waiters() {
            self.notify_and_unlock(state);
        }
    }

    /// Ends one that has taken something out: also frees, without the lock, what it has emptied.
    #[inline]
    fn finish_and_free(&self, state: MutexGuard<'_, State<T>>) {
        publish!("changes", state.shape());
        if !state.has_no_waiters() || state.has_surplus() {
            self.notify_and_unlock(state);
        }
    }

    /// Ends a critical section.
    ///
    /// WAKES: of each condition as many waiters as [`State::take_wakeups`] counts, which argues for
    /// the number. They are chosen under the lock, so that no wakeup is due between two critical
    /// sections. Threads are notified under it, too, because parking_lot then hands the lock over
    /// instead of waking a thread into a taken lock. Tasks are woken after it, as that runs user code:
    /// a waker that is taken out is woken by this call and no other, whatever happens meanwhile.
    #[inline(never)]
    fn notify_and_unlock(&self, mut state: MutexGuard<'_, State<T>>) {
        let mut woken = Woken::default();
        for condition in Condition::ALL {
            match state.take_wakeups(condition) {
                Wakeups::None => {}
                Wakeups::Some(count) => {
                    self.notify_some(&mut state, condition, count, &mut woken);
                }
                Wakeups::All => {
                    woken.rest.extend(state.take_all_wakers(condition));
                    record!(Notify { condition: condition.into(), all: true });
                    self.condvar(condition).notify_all();
                }
            }
        }
        let surplus = state.has_surplus().then(|| state.take_surplus());
        drop(state);
        drop(surplus);
        call_all(woken.first.into_iter().chain(woken.rest), Waker::wake);
    }

    /// WAKES: `count` waiters of that condition, for [`finish`](Self::finish): tasks as long as one
    /// sleeps, then threads. In this order each of them goes to a waiter that sleeps, if there is one: a
    /// waker is in the state only while its task does, but a thread may be on its way back already.
    #[cold]
    fn notify_some(
        &self,
        state: &mut State<T>,
        condition: Condition,
        count: usize,
        woken: &mut Woken,
    ) {
        for _ in 0..count {
            record!(Notify { condition: condition.into(), all: false });
            match state.take_waker(condition) {
                None => self.condvar(condition).notify_one(),
                first if woken.first.is_none() => woken.first = first,
                Some(waker) => woken.rest.push(waker),
            }
        }
    }
}

/// Wakers that were taken out, to be woken without the lock. One needs no memory.
#[derive(Default)]
struct Woken {
    first: Option<Waker>,
    rest: Vec<Waker>,
}

// ----- tasks that wait ---------------------------------------------------------------------------

/// The wait of a future.
#[derive(Debug)]
pub(crate) struct TaskWait {
    condition: Condition,
    /// Its place among the tasks that wait for the condition, once it has waited.
    ticket: Option<u64>,
    phase: Phase,
}

/// Where a future is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not counted as a waiter.
    Outside,
    /// Counted as a waiter: asleep, or woken and not yet polled.
    Waiting,
    /// Ready, once and for all.
    Ended,
}

impl TaskWait {
    pub(crate) fn new(condition: Condition) -> Self {
        TaskWait { condition, ticket: None, phase: Phase::Outside }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }
}

impl<T> Queue<T> {
    /// Ends the wait with `section` if its condition is ready; else the task waits on.
    ///
    /// The second round is for the waker, which cannot be cloned under the lock, nor dropped.
    ///
    /// # Panics
    ///
    /// Panics if the wait has ended before.
    fn poll<R>(
        &self,
        wait: &mut TaskWait,
        context: &Context<'_>,
        section: impl FnOnce(MutexGuard<'_, State<T>>) -> R,
    ) -> Poll<R> {
        assert!(!wait.has_ended(), "a future is polled after it was ready");
        let mut cloned = None;
        loop {
            let mut state = self.state.lock();
            let mut old = end_task_wait(&mut state, wait);
            if state.ready(wait.condition) > 0 {
                wait.phase = Phase::Ended;
                let result = section(state);
                call_all(old.into_iter().chain(cloned), drop);
                return Poll::Ready(result);
            }
            // WAKES: none. Nothing is there for the waiters of this condition, and no other is concerned.
            if let Some(waker) =
                cloned.or_else(|| old.take_if(|old| old.will_wake(context.waker())))
            {
                wait.ticket = Some(state.begin_task_wait(wait.condition, wait.ticket, waker));
                wait.phase = Phase::Waiting;
                record!(Wait { condition: wait.condition.into() });
                publish!("changes", state.shape());
                return Poll::Pending;
            }
            drop(state);
            call_all(old, drop);
            cloned = Some(context.waker().clone());
        }
    }

    /// Leaves the wait of a future that is dropped.
    pub(crate) fn cancel(&self, wait: &mut TaskWait) {
        if wait.phase == Phase::Waiting {
            let mut state = self.state.lock();
            let old = state.end_task_wait(wait.condition, wait.ticket);
            wait.phase = Phase::Ended;
            record!(Cancel { condition: wait.condition.into() });
            // WAKES: another waiter, if this one was woken for what it now leaves.
            self.finish(state);
            call_all(old, drop);
        }
    }
}

/// Ends the wait of a future that is polled, if it waits, as that of a thread that comes back. Returns
/// its waker unless it was woken.
fn end_task_wait<T>(state: &mut State<T>, wait: &mut TaskWait) -> Option<Waker> {
    if wait.phase == Phase::Outside {
        return None;
    }
    wait.phase = Phase::Outside;
    let waker = state.end_task_wait(wait.condition, wait.ticket);
    record!(Wake { condition: wait.condition.into(), timed_out: false });
    waker
}

/// Wakes or drops wakers, without the lock, each of them even if another one panics. The panic hook
/// has reported that, and it goes no further: it belongs to another task than the one that is here,
/// which may hold an item.
fn call_all(wakers: impl IntoIterator<Item = Waker>, call: fn(Waker)) {
    for waker in wakers {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(waker))) {
            std::mem::forget(panic); // its destructor may panic as well
        }
    }
}

/// The error of a join that has ended without success.
fn join_timeout_error(deadline: Deadline) -> JoinTimeoutError {
    match deadline {
        Deadline::Never(_) => JoinTimeoutError::WouldBlockForever,
        Deadline::Now | Deadline::At(_) => JoinTimeoutError::Timeout,
    }
}

/// Panics, without the lock, because the queue cannot count one more item.
#[cold]
fn exhausted<T>(state: MutexGuard<'_, State<T>>) -> ! {
    drop(state);
    panic!("a queue holds at most {MAX_LEN} items");
}

/// Drops items one after the other, all of them even if some panic. The first panic is resumed at
/// the end, unless the thread is already panicking.
fn drop_all<T>(mut items: Items<T>) {
    let mut first = None;
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| {
        while let Some(item) = items.pop() {
            drop(item);
        }
    })) {
        match first {
            None => first = Some(panic),
            // Not dropped: the destructor of a panic's value may panic as well.
            Some(_) => std::mem::forget(panic),
        }
    }
    match first {
        Some(panic) if std::thread::panicking() => std::mem::forget(panic),
        Some(panic) => resume_unwind(panic),
        None => {}
    }
}

// ----- sending -----------------------------------------------------------------------------------

impl<T> Queue<T> {
    /// Appends the item when there is room, within the deadline.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn send(&self, item: T, deadline: Deadline) -> Result<(), SendFailure<T>> {
        let mut state = self.state.lock();
        let mut room = state.room();
        if matches!(room, Room::Full) && !matches!(deadline, Deadline::Now) {
            state = self.block_until_ready(state, Condition::NotFull, deadline);
            room = state.room();
        }
        self.append(state, room, item)
    }

    /// Appends the item when there is room. It is there until the wait ends.
    pub(crate) fn poll_send(
        &self,
        wait: &mut TaskWait,
        context: &Context<'_>,
        item: &mut Option<T>,
    ) -> Poll<Result<(), SendFailure<T>>> {
        self.poll(wait, context, |state| match item.take() {
            Some(item) => {
                let room = state.room();
                self.append(state, room, item)
            }
            None => unreachable!("the item leaves when the wait ends"),
        })
    }

    /// Ends a send that has found this room. Inlined always, for futures are a second caller.
    #[allow(clippy::inline_always)] // else it is a call
    #[inline(always)]
    fn append(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        room: Room,
        item: T,
    ) -> Result<(), SendFailure<T>> {
        match room {
            Room::Free(_) => {
                state.push(item);
                record!(Push { items: 1 });
                self.finish(state);
                Ok(())
            }
            Room::Closed => {
                record!(Refuse { condition: Condition::NotFull.into(), closed: true });
                Err(SendFailure::Closed(item))
            }
            Room::Full => {
                record!(Refuse { condition: Condition::NotFull.into(), closed: false });
                Err(SendFailure::Full(item))
            }
            Room::Exhausted => exhausted(state),
        }
    }

    /// Appends the item at once, in place of the oldest item if the queue is full.
    pub(crate) fn force_send(&self, item: T) -> Result<Option<T>, T> {
        let mut state = self.state.lock();
        let evicted = match state.room() {
            Room::Closed => {
                record!(Refuse { condition: Condition::NotFull.into(), closed: true });
                return Err(item);
            }
            Room::Full => {
                record!(Evict);
                state.evict()
            }
            Room::Free(_) => None,
            Room::Exhausted => exhausted(state),
        };
        state.push(item);
        record!(Push { items: 1 });
        self.finish_and_free(state);
        Ok(evicted)
    }

    /// Appends the whole batch, in as few critical sections as there is room for. What could not be
    /// appended stays in it.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn send_batch(
        &self,
        batch: &mut Chunk<T>,
        deadline: Deadline,
    ) -> Result<(), SendFailure<()>> {
        while !batch.is_empty() {
            let mut state = self.lock_until_ready(Condition::NotFull, deadline);
            match state.room() {
                Room::Free(_) => {
                    let count = state.push_batch(batch);
                    debug_assert!(count > 0, "there is room");
                    record!(Push { items: count });
                    self.finish(state);
                }
                Room::Closed => {
                    record!(Refuse { condition: Condition::NotFull.into(), closed: true });
                    return Err(SendFailure::Closed(()));
                }
                Room::Full => {
                    record!(Refuse { condition: Condition::NotFull.into(), closed: false });
                    return Err(SendFailure::Full(()));
                }
                Room::Exhausted => exhausted(state),
            }
        }
        Ok(())
    }

    /// Appends the item of an unfinished task, which it is no longer, in one step.
    #[allow(clippy::if_same_then_else)] // in the shipped crate nothing is recorded
    pub(crate) fn put_back(&self, item: T, generation: u64) -> Result<(), T> {
        let mut state = self.state.lock();
        let put_back = state.put_back(item, generation);
        if put_back.is_ok() {
            record!(PutBack { generation });
        } else {
            record!(Refuse { condition: Condition::NotFull.into(), closed: true });
        }
        self.finish(state);
        put_back
    }

    /// Sends sentinels: to the front of everything, or behind it. Returns whether the queue was open.
    pub(crate) fn send_sentinels(&self, count: usize, front: bool) -> bool {
        let mut state = self.state.lock();
        if matches!(state.room(), Room::Closed) {
            record!(Refuse { condition: Condition::NotFull.into(), closed: true });
            return false;
        }
        let counted =
            if front { state.push_sentinels_front(count) } else { state.push_sentinels(count) };
        if counted {
            record!(PushSentinels { count, front });
        }
        self.finish(state);
        assert!(counted, "more than usize::MAX sentinels in one queue");
        true
    }
}

// ----- receiving ---------------------------------------------------------------------------------

impl<T> Queue<T> {
    /// Takes what is at the front when there is something, within the deadline.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv(&self, deadline: Deadline) -> Front<T> {
        self.recv_as(deadline, false).0
    }

    /// Takes likewise, an item as a task if `as_task`; also returns the generation of the task.
    #[inline]
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_as(&self, deadline: Deadline, as_task: bool) -> (Front<T>, u64) {
        let mut state = self.state.lock();
        let mut taken = take(&mut state, as_task);
        if matches!(taken.0, Front::Empty) && !matches!(deadline, Deadline::Now) {
            state = self.block_until_ready(state, Condition::NotEmpty, deadline);
            taken = take(&mut state, as_task);
        }
        self.end_receive(state, taken, as_task)
    }

    /// Takes likewise, when there is something.
    pub(crate) fn poll_recv(
        &self,
        wait: &mut TaskWait,
        context: &Context<'_>,
        as_task: bool,
    ) -> Poll<(Front<T>, u64)> {
        self.poll(wait, context, |mut state| {
            let taken = take(&mut state, as_task);
            self.end_receive(state, taken, as_task)
        })
    }

    /// Ends a receive that has taken this. Inlined always, as [`append`](Self::append).
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn end_receive(
        &self,
        state: MutexGuard<'_, State<T>>,
        taken: (Front<T>, u64),
        as_task: bool,
    ) -> (Front<T>, u64) {
        record_receive(&taken.0, 1, as_task);
        self.finish_and_free(state);
        taken
    }

    /// Takes up to `limit` items at once, at least one, within the deadline; never past a sentinel,
    /// and no more than a short critical section moves.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_batch(
        &self,
        items: &mut Vec<T>,
        limit: usize,
        deadline: Deadline,
    ) -> Front<usize> {
        self.recv_batch_as(items, limit, deadline, false).0
    }

    /// Takes likewise, items as tasks if `as_tasks`; also returns the generation of the tasks.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_batch_as(
        &self,
        items: &mut Vec<T>,
        limit: usize,
        deadline: Deadline,
        as_tasks: bool,
    ) -> (Front<usize>, u64) {
        if limit == 0 {
            return (Front::Item(0), 0);
        }
        let limit = limit.min(room_in(items));
        let batch = Batch::new::<ITEM_BYTES>(items, limit);
        let state = self.lock_until_ready(Condition::NotEmpty, deadline);
        self.take_batch(state, batch, limit, as_tasks)
    }

    /// Takes up to `limit` items at once when there are any.
    pub(crate) fn poll_recv_batch(
        &self,
        wait: &mut TaskWait,
        context: &Context<'_>,
        items: &mut Vec<T>,
        limit: usize,
    ) -> Poll<Front<usize>> {
        if limit == 0 && !wait.has_ended() {
            wait.phase = Phase::Ended;
            return Poll::Ready(Front::Item(0));
        }
        let limit = limit.min(room_in(items));
        let batch = Batch::new::<ITEM_BYTES>(items, limit);
        self.poll(wait, context, |state| self.take_batch(state, batch, limit, false).0)
    }

    fn take_batch(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        mut batch: Batch<'_, T>,
        limit: usize,
        as_tasks: bool,
    ) -> (Front<usize>, u64) {
        let generation = if as_tasks { state.task_generation() } else { 0 };
        let front = state.take_batch(&mut batch, limit, as_tasks);
        let count = if let Front::Item(count) = front { count } else { 0 };
        record_receive(&front, count, as_tasks);
        self.finish_and_free(state);
        batch.unpack();
        (front, generation)
    }

    /// Takes up to `limit` items within the deadline, and returns how many; 0 if there is none. What
    /// else is at the front stays there.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn recv_more(&self, items: &mut Vec<T>, limit: usize, deadline: Deadline) -> usize {
        let limit = limit.min(room_in(items));
        let mut batch = Batch::new::<ITEM_BYTES>(items, limit);
        let mut state = self.lock_until_ready(Condition::NotEmpty, deadline);
        let mut count = 0;
        if state.has_item_first() {
            if let Front::Item(taken) = state.take_batch(&mut batch, limit, false) {
                count = taken;
                record!(Take { items: count, tasks: false });
            }
        } else {
            record!(EndBatch);
        }
        // Also if nothing is taken: another receiver may have to be woken for what stays.
        self.finish_and_free(state);
        batch.unpack();
        count
    }

    /// Records that a task is completed.
    pub(crate) fn finish_task(&self, generation: u64) {
        let mut state = self.state.lock();
        state.finish_task(generation);
        record!(TaskDone { generation });
        self.finish(state);
    }
}

/// Returns how many more items a vector can ever hold, and at least 1: if it is full, `Batch::new`
/// panics.
fn room_in<T>(items: &[T]) -> usize {
    let most = MAX_LEN.checked_div(size_of::<T>()).unwrap_or(usize::MAX);
    (most - items.len()).max(1)
}

/// Takes what is at the front, an item as a task if `as_task`; also returns the generation of the task.
#[inline]
fn take<T>(state: &mut State<T>, as_task: bool) -> (Front<T>, u64) {
    let generation = if as_task { state.task_generation() } else { 0 };
    (state.take(as_task), generation)
}

/// Records what a receive found.
#[allow(clippy::match_same_arms, unused_variables)] // in the shipped crate nothing is recorded
fn record_receive<R>(front: &Front<R>, items: usize, tasks: bool) {
    match front {
        Front::Item(_) => record!(Take { items, tasks }),
        Front::Sentinel => record!(TakeSentinel),
        Front::Closed => record!(Refuse { condition: Condition::NotEmpty.into(), closed: true }),
        Front::Empty => record!(Refuse { condition: Condition::NotEmpty.into(), closed: false }),
    }
}

/// Records what was taken out, if anything; the sentinels with it if the queue is closed by that.
fn record_drain(items: usize, sentinels: Option<usize>) {
    if items > 0 || sentinels.is_some_and(|sentinels| sentinels > 0) {
        record!(Drain { items, sentinels });
    }
}

// ----- handles -----------------------------------------------------------------------------------

impl<T> Queue<T> {
    pub(crate) fn add_sender(&self) {
        let mut state = self.state.lock();
        state.add_sender();
        record!(AddSender);
    }

    /// Removes a sender. The last one closes the queue.
    pub(crate) fn drop_sender(&self) {
        let mut state = self.state.lock();
        record!(DropSender);
        if state.drop_sender() {
            if state.close() {
                record!(Close);
            }
            self.finish(state);
        }
    }

    pub(crate) fn add_receiver(&self) {
        let mut state = self.state.lock();
        state.add_receiver();
        record!(AddReceiver);
    }

    /// Removes a receiver if nothing is queued and this does not close the queue; returns whether it
    /// did.
    pub(crate) fn leave_if_idle(&self) -> bool {
        let mut state = self.state.lock();
        let leaves = state.leave_if_idle();
        record!(Leave { granted: leaves });
        self.finish(state);
        leaves
    }

    /// Adds a sender if there is one; returns whether there is.
    pub(crate) fn upgrade_sender(&self) -> bool {
        let mut state = self.state.lock();
        let upgraded = state.upgrade_sender();
        record!(UpgradeSender { granted: upgraded });
        upgraded
    }

    /// Adds a receiver if there is one; returns whether there is.
    pub(crate) fn upgrade_receiver(&self) -> bool {
        let mut state = self.state.lock();
        let upgraded = state.upgrade_receiver();
        record!(UpgradeReceiver { granted: upgraded });
        upgraded
    }

    /// Removes a receiver. The last one closes the queue and drops what is queued.
    pub(crate) fn drop_receiver(&self) {
        let mut state = self.state.lock();
        record!(DropReceiver);
        if state.drop_receiver() {
            if state.close() {
                record!(Close);
            }
            let undelivered = state.drain();
            record_drain(undelivered.items.len(), Some(undelivered.sentinels));
            self.finish(state);
            drop_all(undelivered.items);
        }
    }
}

// ----- shared by both handles --------------------------------------------------------------------

impl<T> Queue<T> {
    /// Closes the queue, and returns whether it was open.
    ///
    /// From now on no send succeeds. Queued items and sentinels are still delivered in their turn;
    /// then every receive returns `Closed`. Closing again changes nothing. A queue cannot be
    /// reopened.
    ///
    /// Every blocked send returns its item, and every receive that finds the queue empty returns
    /// `Closed`. A blocked [`join`](Self::join) still waits for the queued items and tasks.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1), and as many wakeups as threads are blocked.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError, SendError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send("last")?;
    /// assert!(rx.close());
    /// assert!(!tx.close());
    /// assert_eq!(tx.send("late"), Err(SendError::Closed("late")));
    /// assert_eq!(rx.recv(), Ok("last"));
    /// assert_eq!(rx.recv(), Err(RecvError::Closed));
    /// # Ok::<(), SendError<&str>>(())
    /// ```
    #[doc(alias("shutdown", "disconnect", "disconnected"))]
    pub fn close(&self) -> bool {
        let mut state = self.state.lock();
        let was_open = state.close();
        record!(Close);
        self.finish(state);
        was_open
    }

    /// Closes the queue and returns everything that was not delivered.
    ///
    /// Both happen in one critical section: every item and sentinel queued at that moment is taken
    /// out, and none of them is also received. An item received as a [`Task`](crate::Task) stays
    /// with its task.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1) under the lock, and as many wakeups as threads are blocked; then
    /// O(items), without the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError, SendError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2, 3]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// let drained = tx.close_now();
    /// assert_eq!(drained.items, [1, 2, 3]);
    /// assert_eq!(drained.sentinels, 1);
    /// assert_eq!(rx.recv(), Err(RecvError::Closed));
    /// ```
    #[doc(alias("shutdown", "terminate"))]
    pub fn close_now(&self) -> Drained<T> {
        let mut state = self.state.lock();
        state.close();
        record!(Close);
        let undelivered = state.drain();
        record_drain(undelivered.items.len(), Some(undelivered.sentinels));
        self.finish(state);
        let sentinels = undelivered.sentinels;
        Drained { items: undelivered.items.into_items(), sentinels }
    }

    /// Takes out all queued items, oldest first, and leaves the queue as open as it was.
    ///
    /// All in one critical section: none of the items is also received. Sentinels stay queued, in
    /// their order, and still end as many receives. An item received as a [`Task`](crate::Task)
    /// stays with its task. Blocked senders have room then, and a [`join`](Self::join) does not wait
    /// for these items.
    ///
    /// # Blocking
    ///
    /// Never blocks. O(1) under the lock, and as many wakeups as threads are blocked; then
    /// O(items), without the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, RecvError};
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// tx.send_sentinel().unwrap();
    /// tx.send(3).unwrap();
    /// assert_eq!(tx.drain(), [1, 2, 3]); // purged, but the worker that is to stop still stops
    /// tx.send(4).unwrap();
    /// assert_eq!(rx.recv(), Err(RecvError::Sentinel));
    /// assert_eq!(rx.recv(), Ok(4));
    /// ```
    #[doc(alias("clear", "purge"))]
    pub fn drain(&self) -> VecDeque<T> {
        let mut state = self.state.lock();
        let undelivered = state.drain_items();
        record_drain(undelivered.items.len(), None);
        self.finish(state);
        undelivered.items.into_items()
    }

    /// Waits until the work is done: no item is queued and every [`Task`](crate::Task) is
    /// completed.
    ///
    /// An item received by [`recv_task`](crate::Receiver::recv_task) is unfinished until its task
    /// is dropped; one received otherwise is done at once. Sentinels are not tasks. As long as
    /// threads send, there may be new work by the time this returns.
    ///
    /// # Blocking
    ///
    /// Blocks while an item is queued or a task is unfinished. A thread that holds a task of this
    /// queue and joins waits for itself: drop the task first. A leaked task (`mem::forget`) is
    /// never completed. If new work is sent before this thread has woken, it keeps waiting. A
    /// [`close`](Self::close) does not end the wait as long as an item is queued.
    ///
    /// # Errors
    ///
    /// Returns [`JoinError`] only in a [`Group`](crate::Group): on a deadlock, when no thread is
    /// left that could complete the work.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::unbounded;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2, 3]).unwrap();
    /// let worker = std::thread::spawn(move || {
    ///     let mut sum = 0;
    ///     while let Ok(task) = rx.recv_task() {
    ///         sum += *task;
    ///     }
    ///     sum
    /// });
    /// tx.join()?; // all three have been worked on
    /// assert!(tx.is_empty());
    /// tx.close();
    /// assert_eq!(worker.join().unwrap(), 6);
    /// # Ok::<(), sentinel_queue::JoinError>(())
    /// ```
    #[doc(alias("task_done", "JoinableQueue", "wait", "WaitGroup"))]
    #[track_caller]
    pub fn join(&self) -> Result<(), JoinError> {
        self.join_within(Deadline::never()).map_err(|()| JoinError)
    }

    /// Waits until the work is done, no longer than `timeout`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`join`](Self::join), and at most about `timeout`. It checks at least once, even
    /// with a timeout of zero. A timeout too large for the clock, such as `Duration::MAX`, is
    /// endless.
    ///
    /// # Errors
    ///
    /// Returns `Timeout` if the work is not done in time. In a [`Group`](crate::Group), returns
    /// `WouldBlockForever` if the timeout is endless and no thread is left that could complete the
    /// work.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, JoinTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// let task = rx.recv_task().unwrap();
    /// assert_eq!(tx.join_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
    /// drop(task);
    /// assert_eq!(tx.join_timeout(Duration::ZERO), Ok(()));
    /// ```
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), JoinTimeoutError> {
        let deadline = Deadline::after(timeout);
        self.join_within(deadline).map_err(|()| join_timeout_error(deadline))
    }

    /// Waits until the work is done, no longer than until `deadline`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`join`](Self::join), until about `deadline` at most. It checks at least once, even
    /// with a deadline in the past.
    ///
    /// # Errors
    ///
    /// Returns `Timeout` if the work is not done in time, and no other error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, JoinTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.join_deadline(Instant::now()), Err(JoinTimeoutError::Timeout));
    /// rx.recv().unwrap();
    /// assert_eq!(tx.join_deadline(Instant::now()), Ok(()));
    /// ```
    pub fn join_deadline(&self, deadline: Instant) -> Result<(), JoinTimeoutError> {
        self.join_within(Deadline::At(deadline)).map_err(|()| JoinTimeoutError::Timeout)
    }

    #[cfg_attr(loom, track_caller)]
    fn join_within(&self, deadline: Deadline) -> Result<(), ()> {
        let state = self.lock_until_ready(Condition::Completed, deadline);
        if state.ready(Condition::Completed) > 0 {
            record!(Joined);
            Ok(())
        } else {
            record!(Refuse { condition: Condition::Completed.into(), closed: false });
            Err(())
        }
    }

    /// Ends the wait when the work is done.
    pub(crate) fn poll_join(&self, wait: &mut TaskWait, context: &Context<'_>) -> Poll<()> {
        self.poll(wait, context, |_state| record!(Joined))
    }

    /// Waits until everything is done that was accepted before this call: each of these items has left
    /// the queue and, if it was received as a [`Task`](crate::Task), the task is completed.
    ///
    /// Producers may go on meanwhile; a [`join`](Self::join) would wait for what they send as well. A
    /// task that is put back is not done. It may wait for some items that were accepted after the call:
    /// if another flush is under way, first for that one, and then for what was accepted until it had
    /// ended.
    ///
    /// # Blocking
    ///
    /// Blocks until then. A thread that holds a task of this queue and flushes waits for itself. O(1);
    /// while a flush is under way, a receive takes a few instructions more.
    ///
    /// # Errors
    ///
    /// Returns [`JoinError`] only in a [`Group`](crate::Group): on a deadlock, when no thread is left
    /// that could complete the work.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::unbounded;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send_many([1, 2]).unwrap();
    /// let (first, second) = (rx.recv_task().unwrap(), rx.recv_task().unwrap());
    /// let checkpoint = std::thread::spawn({
    ///     let tx = tx.clone();
    ///     move || tx.flush()
    /// });
    /// while tx.stats().waiting_flushers == 0 {
    ///     std::thread::yield_now();
    /// }
    /// tx.send(3)?; // accepted later: the flush does not wait for it
    /// drop((first, second));
    /// assert_eq!(checkpoint.join().unwrap(), Ok(()));
    /// assert_eq!(tx.len(), 1);
    /// # Ok::<(), sentinel_queue::SendError<u32>>(())
    /// ```
    #[doc(alias("barrier", "checkpoint", "synchronize"))]
    #[track_caller]
    pub fn flush(&self) -> Result<(), JoinError> {
        self.flush_within(Deadline::never()).map_err(|()| JoinError)
    }

    /// Waits until everything accepted before this call is done, no longer than `timeout`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`flush`](Self::flush), and at most about `timeout`. It checks at least once, even
    /// with a timeout of zero. A timeout too large for the clock, such as `Duration::MAX`, is
    /// endless.
    ///
    /// # Errors
    ///
    /// Returns errors as [`join_timeout`](Self::join_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, JoinTimeoutError};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.flush_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
    /// rx.recv().unwrap();
    /// assert_eq!(tx.flush_timeout(Duration::ZERO), Ok(()));
    /// ```
    #[track_caller]
    pub fn flush_timeout(&self, timeout: Duration) -> Result<(), JoinTimeoutError> {
        let deadline = Deadline::after(timeout);
        self.flush_within(deadline).map_err(|()| join_timeout_error(deadline))
    }

    /// Waits until everything accepted before this call is done, no longer than until `deadline`.
    ///
    /// # Blocking
    ///
    /// Blocks as [`flush`](Self::flush), until about `deadline` at most. It checks at least once, even
    /// with a deadline in the past.
    ///
    /// # Errors
    ///
    /// Returns `Timeout` if the work is not done in time, and no other error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{unbounded, JoinTimeoutError};
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = unbounded();
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.flush_deadline(Instant::now()), Err(JoinTimeoutError::Timeout));
    /// rx.recv().unwrap();
    /// assert_eq!(tx.flush_deadline(Instant::now()), Ok(()));
    /// ```
    pub fn flush_deadline(&self, deadline: Instant) -> Result<(), JoinTimeoutError> {
        self.flush_within(Deadline::At(deadline)).map_err(|()| JoinTimeoutError::Timeout)
    }

    /// Waits for a grace period that begins after the call. Each flush looks for its own: another one
    /// may begin before all that waited for the last have run.
    #[cfg_attr(loom, track_caller)]
    fn flush_within(&self, deadline: Deadline) -> Result<(), ()> {
        let mut state = self.state.lock();
        record!(BeginFlush);
        let generation = state.next_grace();
        let condition = Condition::Flushed { generation };
        let mut out_of_time = false;
        loop {
            if !state.is_flushed(generation) && state.begin_grace(generation) {
                record!(BeginGrace);
            }
            if state.is_flushed(generation) {
                record!(Flushed);
                self.finish(state);
                return Ok(());
            }
            if out_of_time {
                record!(Refuse { condition: condition.into(), closed: false });
                self.finish(state);
                return Err(());
            }
            (state, out_of_time) = self.block(state, condition, deadline);
        }
    }

    /// Returns whether the queue is closed: by [`close`](Self::close) or
    /// [`close_now`](Self::close_now), or because all senders or all receivers are dropped.
    #[doc(alias = "is_disconnected")]
    pub fn is_closed(&self) -> bool {
        self.stats().is_closed
    }

    /// Returns whether the queue is closed and holds neither items nor sentinels: every receive
    /// returns `Closed` from now on.
    pub fn is_drained(&self) -> bool {
        let stats = self.stats();
        stats.is_closed && stats.len == 0 && stats.sentinels == 0
    }

    /// Returns the number of items queued. Sentinels are not items.
    pub fn len(&self) -> usize {
        self.stats().len
    }

    /// Returns whether no item is queued. A sentinel may be.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether no send has room. An unbounded queue is never full. Tasks that are put back need
    /// no room, so a full queue may hold more than its capacity.
    pub fn is_full(&self) -> bool {
        let stats = self.stats();
        stats.capacity.is_some_and(|capacity| stats.len >= capacity)
    }

    /// Returns the maximum number of items; `None` is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.stats().capacity
    }

    /// Returns the number of [`Sender`](crate::Sender)s.
    pub fn sender_count(&self) -> usize {
        self.stats().senders
    }

    /// Returns the number of [`Receiver`](crate::Receiver)s.
    pub fn receiver_count(&self) -> usize {
        self.stats().receivers
    }

    /// Returns whether two handles, of either kind, belong to the same queue.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::bounded::<u8>(1);
    /// let (other, _) = sentinel_queue::bounded::<u8>(1);
    /// assert!(tx.same_queue(&rx));
    /// assert!(!tx.same_queue(&other));
    /// ```
    pub fn same_queue(&self, other: &Queue<T>) -> bool {
        std::ptr::eq(self, other)
    }

    /// Returns a consistent snapshot: all numbers are read under one lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = sentinel_queue::bounded(2);
    /// tx.send('a').unwrap();
    /// tx.send_sentinels(3).unwrap();
    /// let stats = rx.stats();
    /// assert_eq!((stats.len, stats.sentinels, stats.capacity), (1, 3, Some(2)));
    /// assert_eq!((stats.senders, stats.receivers, stats.accepted), (1, 1, 1));
    /// ```
    pub fn stats(&self) -> Stats {
        self.state.lock().stats()
    }
}

impl<T: Send> MonitoredQueue for Queue<T> {
    fn is_ready(&self, condition: Condition) -> bool {
        let state = self.state.lock();
        let ready = state.ready(condition) > 0;
        record_in_group!(Ask { condition: condition.into(), ready });
        ready
    }

    fn notify_all_waiters(&self) {
        let _state = self.state.lock();
        record_in_group!(NotifyAll);
        // WAKES: all waiters, since each one without a deadline has been marked as deadlocked. To
        // the others, and to the state's arithmetic, it is a spurious wakeup.
        self.not_empty.notify_all();
        self.not_full.notify_all();
        self.completed.notify_all();
        self.flushed.notify_all();
    }

    /// Counts among those that wait also those that look for a deadlock meanwhile.
    fn stats(&self) -> Stats {
        let state = self.state.lock();
        let mut snapshot = state.stats();
        if let Some(group) = &self.group {
            group.add_detecting(&mut snapshot);
        }
        snapshot
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen to fail when one of these fields moves behind the others, and without the alignment.
    #[test]
    fn send_and_receive_that_need_not_wait_touch_two_cache_lines() {
        const LINE: usize = 64;
        let queue = Queue::<u64>::new(None, None);
        let lock = std::ptr::from_ref(&queue.state) as usize;
        assert_eq!(lock % LINE, 0);
        for (name, field) in queue.state.lock().hot_fields() {
            assert!(
                lock < field.start && field.end <= lock + 2 * LINE,
                "{name}: {field:?}, {lock}"
            );
        }
    }
}
