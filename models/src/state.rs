//! The observable state of one queue.
//!
//! A condition variable is modelled by two counters: the threads that wait, and the notifications
//! that were issued to them and not consumed. Which of the waiting threads a notification went to
//! is decided only when one of them wakes up. Real condition variables hide that choice, so a trace
//! of a real execution does not contain it, and the model stays deterministic.

use std::collections::VecDeque;
use std::mem::take;
use std::ops::Range;

use crate::{Cell, Condition};

/// The number of conditions.
const CONDITIONS: usize = Condition::ALL.len();

/// Readiness without a limit: all waiters may proceed.
pub const UNLIMITED: usize = usize::MAX;

impl Condition {
    /// All conditions, in the order in which notifications are sent.
    pub const ALL: [Self; 3] = [Self::NotEmpty, Self::NotFull, Self::Completed];
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Section {
    /// The thread that holds the lock.
    pub(crate) thread: usize,
    /// The condition of the wait whose end began the section; and whether the deadline ended it.
    pub(crate) woke: Option<(Condition, bool)>,
    /// Whether an attempt has been made: something was done, refused, or found not ready.
    pub(crate) attempted: bool,
    /// Whether an item was evicted and its successor is not here yet.
    pub(crate) evicted: bool,
    /// Whether the section closes, so that it may drain.
    pub(crate) closing: bool,
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
        let Self { capacity, items, oldest, closed, senders, receivers, .. } = *source;
        let Self { unfinished, waiting, notified, section, .. } = *source;
        *self = Self {
            capacity,
            cells,
            items,
            oldest,
            closed,
            senders,
            receivers,
            unfinished,
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
    /// push, and since only the oldest leaves, the queued ones are always a range.
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
            Condition::Completed => 0,
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
