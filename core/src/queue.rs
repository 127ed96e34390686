//! The one place that locks, waits and notifies.
//!
//! Every operation is a few critical sections of this shape: lock, wait until the side is ready or
//! the time is up, change the [`State`], notify whoever is owed it, unlock. One loop waits, for all
//! sides and deadlines ([`Queue::lock_when`]), and one rule notifies ([`Queue::notify`]).
//!
//! Ties are decided once, by the order in which an operation looks at the state after its wait:
//! *ready* wins over *closed*, *closed* over *would block forever*, and that over *out of time*.
//! A wait that ended by the clock is followed by one more look, so a thread that leaves never takes
//! along a notification that was meant for an item or a slot.
//!
//! Values of the user are created, dropped and iterated only while the lock is free.

use crate::error::{JoinError, JoinTimeoutError};
use crate::members::Watched;
use crate::state::{Front, Owed, Room, Side, State, Stats};
use crate::supervisor::Supervision;
use crate::sync::{record, Condvar, Deadline, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

/// What both handles can do; a [`Sender`](crate::Sender) and a [`Receiver`](crate::Receiver) are
/// each a `&Queue` by [`Deref`](std::ops::Deref).
///
/// Unless it says otherwise, a method here takes the lock for a few instructions, never waits for
/// anything else, and costs O(1). What it tells may be out of date by the time it has returned.
pub struct Queue<T> {
    state: Mutex<State<T>>,
    not_empty: Condvar,
    not_full: Condvar,
    all_done: Condvar,
    /// The group that is to know who waits here.
    group: Option<Supervision>,
}

/// How often an operation looks again after a moment before it goes to sleep, at the most.
const PATIENCE: usize = 4;

/// A send that did not send: the item comes back, and why.
pub(crate) enum Refused<T> {
    Closed(T),
    Full(T),
}

/// What [`close_now`](Queue::close_now) took out of the queue.
///
/// Dropping it drops the items; the queue knows nothing of them any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the items taken out of the queue are dropped with this"]
pub struct Drained<T> {
    /// The items that were queued, oldest first.
    pub items: VecDeque<T>,
    /// How many sentinels were queued.
    pub sentinels: usize,
}

// No code of the user's runs while the state is changed, so no panic can leave it half changed.
impl<T> UnwindSafe for Queue<T> {}
impl<T> RefUnwindSafe for Queue<T> {}

// ----- waiting and waking ----------------------------------------------------------------------

impl<T> Queue<T> {
    pub(crate) fn new(capacity: Option<usize>, group: Option<Supervision>) -> Self {
        let queue = Queue {
            state: Mutex::new(State::new(capacity)),
            not_empty: Condvar::default(),
            not_full: Condvar::default(),
            all_done: Condvar::default(),
            group,
        };
        let state = queue.state.lock(); // as every event, this one is recorded under the lock
        record!(Create { capacity });
        drop(state);
        queue
    }

    fn condition(&self, side: Side) -> &Condvar {
        match side {
            Side::NotEmpty => &self.not_empty,
            Side::NotFull => &self.not_full,
            Side::AllDone => &self.all_done,
        }
    }

    /// Locks the queue when `side` is ready, or as it is when the deadline has passed.
    fn lock_when(&self, side: Side, deadline: Deadline) -> MutexGuard<'_, State<T>> {
        let mut state = self.state.lock();
        self.be_patient(&mut state, side, deadline);
        let mut out_of_time = matches!(deadline, Deadline::Now);
        while state.ready(side) == 0 && !out_of_time {
            (state, out_of_time) = self.wait(state, side, deadline);
        }
        state
    }

    /// Before its first wait an operation that found nothing may look again a few times. It has
    /// done nothing yet, so this is as if it had begun later.
    fn be_patient(&self, state: &mut MutexGuard<'_, State<T>>, side: Side, deadline: Deadline) {
        let mut patience = PATIENCE;
        while state.ready(side) == 0
            && patience > 0
            && deadline.has_time()
            && self.condition(side).try_yield(state)
        {
            patience -= 1;
        }
    }

    /// Waits once, and tells whether the time is up.
    #[cold]
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        side: Side,
        deadline: Deadline,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        if let (Some(group), Deadline::Never(caller)) = (&self.group, deadline) {
            if let Some((participant, nobody_runs)) = group.begin_wait(side, caller) {
                return self.wait_in_group(state, side, deadline, participant, nobody_runs);
            }
        }
        let timed_out = self.sleep(&mut state, side, deadline);
        record!(Wake { side: side.into(), timed_out });
        (state, timed_out)
    }

    /// Waits once in a participant of the group that the queue belongs to. Time is up when the
    /// group finds that it would be for ever.
    fn wait_in_group<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        side: Side,
        deadline: Deadline,
        participant: usize,
        nobody_runs: bool,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        let Some(group) = &self.group else { return (state, false) };
        if nobody_runs {
            drop(state);
            group.examine();
            state = self.state.lock();
        }
        if state.ready(side) > 0 || group.is_told(participant) {
            return (state, group.end_wait(participant));
        }
        self.sleep(&mut state, side, deadline);
        let told = group.end_wait(participant);
        record!(Wake { side: side.into(), timed_out: told });
        (state, told)
    }

    /// Sleeps once, and tells whether that ended by the clock.
    fn sleep(&self, state: &mut MutexGuard<'_, State<T>>, side: Side, deadline: Deadline) -> bool {
        state.begin_wait(side);
        record!(Wait { side: side.into() });
        let timed_out = match deadline {
            Deadline::At(instant) => self.condition(side).wait_until(state, instant),
            Deadline::Now | Deadline::Never(_) => {
                self.condition(side).wait(state);
                false
            }
        };
        state.end_wait(side);
        timed_out
    }

    /// Sends the notifications that the state owes: called at the end of every critical section
    /// that has changed it, with the lock held.
    ///
    /// WAKES: on each side as many sleepers as [`State::owed`] counts, which argues for the number.
    /// Sent under the lock, so that between two critical sections nobody is owed anything, and
    /// because parking_lot then hands the lock over instead of waking a thread into a taken lock.
    fn notify(&self, state: &mut State<T>) {
        for side in [Side::NotEmpty, Side::NotFull, Side::AllDone] {
            match state.owed(side) {
                Owed::Nobody => {}
                Owed::Any(count) => self.notify_some(side, count),
                Owed::Everybody => {
                    record!(Notify { side: side.into(), all: true });
                    self.condition(side).notify_all();
                }
            }
        }
    }

    /// WAKES: `count` of those who sleep on that side, for [`notify`](Self::notify).
    #[cold]
    fn notify_some(&self, side: Side, count: usize) {
        for _ in 0..count {
            record!(Notify { side: side.into(), all: false });
            self.condition(side).notify_one();
        }
    }
}

// ----- in ----------------------------------------------------------------------------------------

impl<T> Queue<T> {
    /// Appends the item when there is room, within the deadline.
    #[inline]
    pub(crate) fn send(&self, item: T, deadline: Deadline) -> Result<(), Refused<T>> {
        let mut state = self.lock_when(Side::NotFull, deadline);
        match state.room() {
            Room::Free(_) => {
                state.push(item);
                record!(Push { items: 1 });
                self.notify(&mut state);
                Ok(())
            }
            Room::Closed => {
                record!(Refuse { side: Side::NotFull.into(), closed: true });
                Err(Refused::Closed(item))
            }
            Room::Full => {
                record!(Refuse { side: Side::NotFull.into(), closed: false });
                Err(Refused::Full(item))
            }
        }
    }

    /// Appends the item at once; if it takes a place to do so, the oldest item's.
    pub(crate) fn force_send(&self, item: T) -> Result<Option<T>, T> {
        let mut state = self.state.lock();
        let evicted = match state.room() {
            Room::Closed => {
                record!(Refuse { side: Side::NotFull.into(), closed: true });
                return Err(item);
            }
            Room::Full => {
                record!(Evict);
                state.evict()
            }
            Room::Free(_) => None,
        };
        state.push(item);
        record!(Push { items: 1 });
        self.notify(&mut state);
        Ok(evicted)
    }

    /// Appends the whole batch, in as few critical sections as there is room for, and leaves in it
    /// what it could not append.
    pub(crate) fn send_batch(
        &self,
        batch: &mut VecDeque<T>,
        deadline: Deadline,
    ) -> Result<(), Refused<()>> {
        while !batch.is_empty() {
            let mut state = self.lock_when(Side::NotFull, deadline);
            match state.room() {
                Room::Free(_) => {
                    let count = state.push_batch(batch);
                    debug_assert!(count > 0, "there is room");
                    record!(Push { items: count });
                    self.notify(&mut state);
                }
                Room::Closed => {
                    record!(Refuse { side: Side::NotFull.into(), closed: true });
                    return Err(Refused::Closed(()));
                }
                Room::Full => {
                    record!(Refuse { side: Side::NotFull.into(), closed: false });
                    return Err(Refused::Full(()));
                }
            }
        }
        Ok(())
    }

    /// Appends sentinels; whether the queue was open.
    pub(crate) fn send_sentinels(&self, count: usize) -> bool {
        let mut state = self.state.lock();
        if matches!(state.room(), Room::Closed) {
            record!(Refuse { side: Side::NotFull.into(), closed: true });
            return false;
        }
        let counted = state.push_sentinels(count);
        if counted {
            record!(PushSentinels { count });
        }
        self.notify(&mut state);
        drop(state);
        assert!(counted, "more than usize::MAX sentinels in one queue");
        true
    }
}

// ----- out ---------------------------------------------------------------------------------------

impl<T> Queue<T> {
    /// Takes what is at the front when there is something, within the deadline.
    #[inline]
    pub(crate) fn recv(&self, deadline: Deadline, as_task: bool) -> Front<T> {
        let mut state = self.lock_when(Side::NotEmpty, deadline);
        let front = state.take(as_task);
        record_receive(&front, 1, as_task);
        self.notify(&mut state);
        front
    }

    /// Takes up to `limit` items at once, at least one, within the deadline; never past a sentinel.
    pub(crate) fn recv_batch(
        &self,
        batch: &mut Vec<T>,
        limit: usize,
        deadline: Deadline,
    ) -> Front<usize> {
        // (A vector of zero-sized items can be as long as a number can tell.)
        let limit = limit.min(usize::MAX - batch.len());
        if limit == 0 {
            return Front::Item(0);
        }
        let mut state = self.lock_when(Side::NotEmpty, deadline);
        let front = state.take_batch(batch, limit);
        let count = if let Front::Item(count) = front { count } else { 0 };
        record_receive(&front, count, false);
        self.notify(&mut state);
        front
    }

    /// A task that was taken out has ended.
    pub(crate) fn finish_task(&self) {
        let mut state = self.state.lock();
        state.finish_task();
        record!(TaskDone);
        self.notify(&mut state);
    }
}

/// Records what a receive found.
#[allow(clippy::match_same_arms, unused_variables)] // in the shipped crate nothing is recorded
fn record_receive<R>(front: &Front<R>, items: usize, tasks: bool) {
    match front {
        Front::Item(_) => record!(Take { items, tasks }),
        Front::Sentinel => record!(TakeSentinel),
        Front::Closed => record!(Refuse { side: Side::NotEmpty.into(), closed: true }),
        Front::Empty => record!(Refuse { side: Side::NotEmpty.into(), closed: false }),
    }
}

/// Records what was taken out, if it was anything.
fn record_drain(items: usize, sentinels: usize) {
    if items > 0 || sentinels > 0 {
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

    /// The last sender closes the queue: nobody is left to send to it.
    pub(crate) fn drop_sender(&self) {
        let mut state = self.state.lock();
        record!(DropSender);
        if state.drop_sender() {
            if state.close() {
                record!(Close);
            }
            self.notify(&mut state);
        }
    }

    pub(crate) fn add_receiver(&self) {
        let mut state = self.state.lock();
        state.add_receiver();
        record!(AddReceiver);
    }

    /// The last receiver closes the queue and drops what is in it: nobody is left to receive it.
    pub(crate) fn drop_receiver(&self) {
        let mut state = self.state.lock();
        record!(DropReceiver);
        if state.drop_receiver() {
            if state.close() {
                record!(Close);
            }
            let undelivered = state.drain();
            record_drain(undelivered.0.len(), undelivered.1);
            self.notify(&mut state);
            drop(state);
            drop(undelivered);
        }
    }
}

// ----- what both handles can do ------------------------------------------------------------------

impl<T> Queue<T> {
    /// Closes the queue, and tells whether this call did it.
    ///
    /// From now on no send succeeds. What is queued, items and sentinels, is still delivered in its
    /// turn; then every receive answers closed. Closing again changes nothing, and nothing opens
    /// the queue again.
    ///
    /// Every blocked sender wakes and gets its item back, every blocked receiver wakes.
    ///
    /// # Blocking
    ///
    /// Never waits. O(1), and as many wakeups as threads are blocked.
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
    pub fn close(&self) -> bool {
        let mut state = self.state.lock();
        let was_open = state.close();
        record!(Close);
        self.notify(&mut state);
        was_open
    }

    /// Closes the queue and hands back everything that was not delivered.
    ///
    /// It happens in one step: an item whose send has succeeded is either received by somebody or
    /// in the answer, never both, and never neither. Items already handed out as a
    /// [`Task`](crate::Task) stay with their task.
    ///
    /// # Blocking
    ///
    /// Never waits. O(1), and as many wakeups as threads are blocked.
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
    pub fn close_now(&self) -> Drained<T> {
        let mut state = self.state.lock();
        state.close();
        record!(Close);
        let (items, sentinels) = state.drain();
        record_drain(items.len(), sentinels);
        self.notify(&mut state);
        Drained { items, sentinels }
    }

    /// Waits until the work is done: no item is queued and every [`Task`](crate::Task) has ended.
    ///
    /// It counts what was received as a task ([`recv_task`](crate::Receiver::recv_task)); an item
    /// that came by a plain receive is done the moment it is received. Sentinels are no work. The
    /// answer is about one moment; unless nobody sends any more, there may be new work at once.
    ///
    /// # Blocking
    ///
    /// As long as an item is queued or a task unfinished. It returns at once when there is nothing
    /// to do, also when there never was. A task that is leaked (`mem::forget`) never ends. If new
    /// work comes before this thread has woken, it waits on.
    ///
    /// # Errors
    ///
    /// Only in a [`Group`](crate::Group): nobody is left who could finish the work.
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
    #[track_caller]
    pub fn join(&self) -> Result<(), JoinError> {
        self.join_within(Deadline::never()).map_err(|()| JoinError)
    }

    /// Waits like [`join`](Self::join), but no longer than `timeout`.
    ///
    /// # Blocking
    ///
    /// As [`join`](Self::join), and at most about `timeout`; it looks at least once, also for a
    /// timeout of zero. `Duration::MAX` waits for ever.
    ///
    /// # Errors
    ///
    /// When time is up before the work is done; in a [`Group`](crate::Group) also when that is
    /// endless and nobody is left who could finish the work.
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
        self.join_within(deadline).map_err(|()| match deadline {
            Deadline::Never(_) => JoinTimeoutError::WouldBlockForever,
            Deadline::Now | Deadline::At(_) => JoinTimeoutError::Timeout,
        })
    }

    fn join_within(&self, deadline: Deadline) -> Result<(), ()> {
        let state = self.lock_when(Side::AllDone, deadline);
        if state.ready(Side::AllDone) > 0 {
            record!(Joined);
            Ok(())
        } else {
            record!(Refuse { side: Side::AllDone.into(), closed: false });
            Err(())
        }
    }

    /// Whether the queue is closed: by [`close`](Self::close), [`close_now`](Self::close_now), or
    /// because one side has no handle left.
    pub fn is_closed(&self) -> bool {
        self.stats().is_closed
    }

    /// Whether the queue is closed and holds nothing, neither items nor sentinels: every receive
    /// answers closed from now on.
    pub fn is_drained(&self) -> bool {
        let stats = self.stats();
        stats.is_closed && stats.len == 0 && stats.sentinels == 0
    }

    /// How many items are queued. Sentinels are not items.
    pub fn len(&self) -> usize {
        self.stats().len
    }

    /// Whether no item is queued. A sentinel may be.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no further item fits. An unbounded queue is never full.
    pub fn is_full(&self) -> bool {
        let stats = self.stats();
        stats.capacity == Some(stats.len)
    }

    /// How many items fit; `None` is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.stats().capacity
    }

    /// How many [`Sender`](crate::Sender)s live.
    pub fn sender_count(&self) -> usize {
        self.stats().senders
    }

    /// How many [`Receiver`](crate::Receiver)s live.
    pub fn receiver_count(&self) -> usize {
        self.stats().receivers
    }

    /// Whether two handles, of either kind, belong to one queue.
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

    /// A picture of the queue at one moment: unlike separate calls, its numbers belong together.
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

impl<T: Send> Watched for Queue<T> {
    fn is_ready(&self, side: Side) -> bool {
        self.state.lock().ready(side) > 0
    }

    fn wake_everybody(&self) {
        let _state = self.state.lock();
        // WAKES: everybody, since everybody who waits without a deadline has been told to give up;
        // to the others, and to the state's books, it is a spurious wakeup.
        self.not_empty.notify_all();
        self.not_full.notify_all();
        self.all_done.notify_all();
    }

    fn stats(&self) -> Stats {
        self.state.lock().stats()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}
