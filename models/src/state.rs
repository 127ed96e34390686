//! The observable state of one queue.
//!
//! A condition variable is modelled by two counters: the threads that wait, and the notifications
//! that were issued to them and not consumed. Which of the waiting threads a notification went to
//! is decided only when one of them wakes up. Real condition variables hide that choice, so a trace
//! of a real execution does not contain it, and the model stays deterministic.
//!
//! A flush is served by *grace periods*, as updates are in sleepable read-copy update (`McKenney` and
//! Sarma, *Sleepable RCU*). One that begins makes everything old that is queued or an unfinished
//! task, and ends when all of that is done. A task has a *generation*: the number of grace periods
//! that had begun when it was taken, less one if its item was old. So it is old as long as that is
//! less than the number of those that have begun by now. A flush returns after the end of a grace
//! period that began after it.

use std::collections::VecDeque;
use std::mem::take;
use std::ops::Range;

use crate::{Cell, Condition};

/// The number of conditions.
pub(crate) const CONDITIONS: usize = Condition::ALL.len();

/// Readiness without a limit: all waiters may proceed.
pub const UNLIMITED: usize = usize::MAX;

impl Condition {
    /// Returns whether a closed queue makes it hold.
    pub(crate) const fn ends_with_close(self) -> bool {
        matches!(self, Self::NotEmpty | Self::NotFull)
    }
}

/// The location of a thread with respect to the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// Not in the queue's code, or inside a critical section.
    #[default]
    Outside,
    /// Inside a wait, notified or not.
    Asleep(Condition),
}

/// What has happened so far in the open critical section.
#[allow(clippy::struct_excessive_bools)] // each is for a rule of its own
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Section {
    /// The thread that holds the lock.
    pub(crate) thread: usize,
    /// The condition of the wait whose end began the section; and whether the deadline ended it.
    pub(crate) woke: Option<(Condition, bool)>,
    /// Whether an attempt has been made: something was done, refused, or found not ready.
    pub(crate) attempted: bool,
    /// Whether a future was dropped in it, so that it may do nothing else.
    pub(crate) cancelled: bool,
    /// Whether a wakeup was lost before that, so that this section did not lose it.
    pub(crate) late: bool,
    /// Whether an item was evicted and its successor is not here yet.
    pub(crate) evicted: bool,
    /// Whether the section closes, so that it may drain.
    pub(crate) closing: bool,
}

/// What has become of all items so far.
///
/// Each was accepted once, and is queued, an unfinished task, or counted in one of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Items that were sent and accepted.
    pub accepted: u64,
    /// Items that were received, and as tasks completed.
    pub completed: u64,
    /// Items that `force_send` handed back.
    pub evicted: u64,
    /// Items that were taken out by `close_now` or `drain`, or dropped with the last receiver.
    pub taken_back: u64,
    /// How often a task was put back.
    pub put_back: u64,
}

/// The grace periods of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Grace {
    /// How many have begun.
    pub(crate) generation: u64,
    /// The generation of the last one that has ended. One is active if this is less.
    pub(crate) ended: u64,
    /// Items with a smaller number than this are old.
    pub(crate) boundary: u64,
    /// The numbers of the old items that were put back and are queued, ascending.
    pub(crate) put_back: VecDeque<u64>,
    /// The number of unfinished tasks that are old.
    pub(crate) tasks: usize,
    /// For each thread the generation whose end its flush needs; 0 if it is in none.
    pub(crate) needed: Vec<u64>,
}

/// The state of one queue, with the threads around it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(crate) capacity: Option<usize>,
    pub(crate) cells: VecDeque<Cell>,
    pub(crate) items: usize,
    pub(crate) oldest: u64,
    pub(crate) closed: bool,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    pub(crate) unfinished: usize,
    pub(crate) totals: Totals,
    pub(crate) grace: Grace,
    pub(crate) waiting: [usize; CONDITIONS],
    pub(crate) notified: [usize; CONDITIONS],
    pub(crate) locations: Vec<Location>,
    pub(crate) section: Option<Section>,
}

impl Clone for State {
    fn clone(&self) -> Self {
        let mut clone = Self::new(self.capacity);
        clone.clone_from(self);
        clone
    }

    /// Reuses the memory of an old state: the explorer copies states all the time.
    fn clone_from(&mut self, source: &Self) {
        let (mut cells, mut locations) = (take(&mut self.cells), take(&mut self.locations));
        cells.clear();
        cells.extend(&source.cells);
        locations.clone_from(&source.locations);
        let mut grace = take(&mut self.grace);
        grace.clone_from(&source.grace);
        let Self { capacity, items, oldest, closed, senders, receivers, .. } = *source;
        let Self { unfinished, totals, waiting, notified, section, .. } = *source;
        *self = Self {
            capacity,
            cells,
            items,
            oldest,
            closed,
            senders,
            receivers,
            unfinished,
            totals,
            grace,
            waiting,
            notified,
            locations,
            section,
        };
    }
}

impl State {
    /// Returns the state of a new queue: empty, open, one sender and one receiver.
    pub fn new(capacity: Option<usize>) -> Self {
        Self {
            capacity,
            cells: VecDeque::new(),
            items: 0,
            oldest: 0,
            closed: false,
            senders: 1,
            receivers: 1,
            unfinished: 0,
            totals: Totals::default(),
            grace: Grace::default(),
            waiting: [0; CONDITIONS],
            notified: [0; CONDITIONS],
            locations: Vec::new(),
            section: None,
        }
    }

    /// Returns how many items it may hold; `None` is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// Returns the queued items by identity, oldest first. Items are numbered in the order of their
    /// push, and since only the oldest leaves, the queued ones are always a range. An item that is
    /// put back gets a new number.
    pub fn items(&self) -> Range<u64> {
        self.oldest..self.oldest + self.items as u64
    }

    /// Returns the number of queued items.
    pub fn len(&self) -> usize {
        self.items
    }

    /// Returns whether no item is queued; there may be sentinels.
    pub fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Returns whether there is no room for another item.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// Returns for how many more items there is room.
    pub fn room(&self) -> usize {
        self.capacity.map_or(UNLIMITED, |capacity| capacity.saturating_sub(self.items))
    }

    /// Returns the number of queued sentinels.
    pub fn sentinels(&self) -> usize {
        self.cells.len() - self.items
    }

    /// Iterates over the queued cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        self.cells.iter().copied()
    }

    /// Returns the cell at the front.
    pub fn front(&self) -> Option<Cell> {
        self.cells.front().copied()
    }

    /// Returns the number of items before the first sentinel.
    pub fn front_items(&self) -> usize {
        self.cells.iter().take_while(|&&cell| cell == Cell::Item).count()
    }

    /// Returns whether it has been closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns whether it has been closed and everything was taken.
    pub fn is_drained(&self) -> bool {
        self.closed && self.cells.is_empty()
    }

    /// Returns the number of sender handles.
    pub fn senders(&self) -> usize {
        self.senders
    }

    /// Returns the number of receiver handles.
    pub fn receivers(&self) -> usize {
        self.receivers
    }

    /// Returns the number of tasks that were taken and have not ended.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// Returns what has become of all items so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Returns how many grace periods have begun.
    pub fn generation(&self) -> u64 {
        self.grace.generation
    }

    /// Returns whether a grace period is active.
    pub fn in_grace_period(&self) -> bool {
        self.grace.ended < self.grace.generation
    }

    /// Returns the number of old items and tasks that are not done.
    pub fn old(&self) -> usize {
        let queued = self.grace.boundary.saturating_sub(self.oldest);
        let queued = usize::try_from(queued).unwrap_or(UNLIMITED).min(self.items);
        queued + self.grace.put_back.len() + self.grace.tasks
    }

    /// Returns the generation of the task that a queued item becomes if it is taken now.
    pub fn generation_of(&self, number: u64) -> u64 {
        let old = number < self.grace.boundary || self.grace.put_back.contains(&number);
        self.grace.generation - u64::from(old && self.in_grace_period())
    }

    /// Returns whether a flush of a thread may return: a grace period that began after it has ended.
    /// `None` if it is in no flush.
    pub fn is_flushed(&self, thread: usize) -> Option<bool> {
        let needed = self.grace.needed.get(thread).copied().filter(|&needed| needed > 0);
        needed.map(|needed| self.grace.ended >= needed)
    }

    /// Returns whether a flush of a thread that is not served has to begin a grace period: none is
    /// active, or one that cannot serve it and that no thread waits for.
    pub fn begins_grace_period(&self, thread: usize) -> bool {
        let needed = self.grace.needed.get(thread).copied().unwrap_or(0);
        let serves = needed > 0 && needed <= self.grace.generation;
        !self.in_grace_period() || (!serves && self.waiting(Condition::Flushed) == 0)
    }

    /// Returns whether `join` may return.
    pub fn is_done(&self) -> bool {
        self.items == 0 && self.unfinished == 0
    }

    /// Returns the number of waiters of a condition, notified or not.
    pub fn waiting(&self, condition: Condition) -> usize {
        self.waiting[condition as usize]
    }

    /// Returns the number of notifications that were issued to a condition and not consumed.
    pub fn notified(&self, condition: Condition) -> usize {
        self.notified[condition as usize]
    }

    /// Returns the location of a thread.
    pub fn location(&self, thread: usize) -> Location {
        self.locations.get(thread).copied().unwrap_or_default()
    }

    /// Iterates over the waiting threads and their conditions.
    pub fn waiters(&self) -> impl Iterator<Item = (usize, Condition)> + '_ {
        self.locations.iter().enumerate().filter_map(|(thread, location)| match location {
            Location::Asleep(condition) => Some((thread, *condition)),
            Location::Outside => None,
        })
    }

    /// Returns the thread that holds the lock, if a critical section with a recorded event is open.
    pub fn holder(&self) -> Option<usize> {
        self.section.map(|section| section.thread)
    }

    /// Returns how many waiters of a condition could proceed if they rechecked it now.
    pub fn ready(&self, condition: Condition) -> usize {
        match condition {
            Condition::NotEmpty | Condition::NotFull if self.closed => UNLIMITED,
            Condition::NotEmpty => self.cells.len(),
            Condition::NotFull => self.room(),
            Condition::Completed if self.is_done() => UNLIMITED,
            Condition::Flushed if !self.in_grace_period() => UNLIMITED,
            Condition::Completed | Condition::Flushed => 0,
        }
    }

    /// Returns the number of notifications that the wakeup rule requires for a condition now.
    ///
    /// At every release of the lock this is zero: that is the invariant that everything rests on.
    /// In words: if any thread sleeps un-notified, each ready element has a pending wakeup.
    pub fn due(&self, condition: Condition) -> usize {
        let notified = self.notified(condition);
        let unnotified = self.waiting(condition).saturating_sub(notified);
        unnotified.min(self.ready(condition).saturating_sub(notified))
    }
}
