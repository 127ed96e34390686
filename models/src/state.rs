//! The state of one queue, as far as anybody outside could tell it.
//!
//! Condition variables are seen as ledgers: how many threads wait, and how many notifications have
//! been issued to them and not been consumed. Which of the waiting threads a notification went to
//! is decided only when one of them wakes up. Real condition variables hide that choice, so a trace
//! of a real execution could not tell it either, and the model stays deterministic.

use std::collections::VecDeque;
use std::mem::take;
use std::ops::Range;

use crate::{Cell, Condition};

/// How many sides there are.
const CONDITIONS: usize = Condition::ALL.len();

/// Readiness without a limit: everybody who waits may run.
pub const UNLIMITED: usize = usize::MAX;

impl Condition {
    /// All sides, in the order in which notifications are sent.
    pub const ALL: [Self; 3] = [Self::NotEmpty, Self::NotFull, Self::Completed];
}

/// Where a thread is with respect to the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// Not in the queue's code, or inside a critical section.
    #[default]
    Outside,
    /// Inside a wait, notified or not.
    Asleep(Condition),
}

/// What has happened so far in the critical section that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Section {
    /// Who holds the lock.
    pub(crate) thread: usize,
    /// The section began with the end of a wait on this side; and whether the clock ended it.
    pub(crate) woke: Option<(Condition, bool)>,
    /// An attempt has been made: something was done, refused, or found not ready.
    pub(crate) attempted: bool,
    /// An item was evicted and its successor is not here yet.
    pub(crate) evicted: bool,
    /// The section closes, so that it may drain.
    pub(crate) closing: bool,
}

/// One queue, with the threads around it.
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

    /// The explorer copies states all the time; this reuses the memory of an old one.
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
    /// A queue as it is made: empty, open, one sender and one receiver.
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

    /// How many items it may hold; `None` is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The queued items by identity, oldest first: items are numbered in the order of their push,
    /// and since whatever leaves is the oldest, what is queued is always a range.
    pub fn items(&self) -> Range<u64> {
        self.oldest..self.oldest + self.items as u64
    }

    /// How many items are queued.
    pub fn len(&self) -> usize {
        self.items
    }

    /// Whether no item is queued; there may be sentinels.
    pub fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Whether there is no room for another item.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// For how many more items there is room.
    pub fn room(&self) -> usize {
        self.capacity.map_or(UNLIMITED, |capacity| capacity.saturating_sub(self.items))
    }

    /// How many sentinels are queued.
    pub fn sentinels(&self) -> usize {
        self.cells.len() - self.items
    }

    /// Everything queued, in order.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        self.cells.iter().copied()
    }

    /// What would leave next.
    pub fn front(&self) -> Option<Cell> {
        self.cells.front().copied()
    }

    /// How many items are queued before the first sentinel.
    pub fn front_items(&self) -> usize {
        self.cells.iter().take_while(|&&cell| cell == Cell::Item).count()
    }

    /// Whether it has been closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether it has been closed and everything was taken.
    pub fn is_drained(&self) -> bool {
        self.closed && self.cells.is_empty()
    }

    /// How many sender handles there are.
    pub fn senders(&self) -> usize {
        self.senders
    }

    /// How many receiver handles there are.
    pub fn receivers(&self) -> usize {
        self.receivers
    }

    /// How many tasks were taken and have not ended.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// Whether `join` may return.
    pub fn is_done(&self) -> bool {
        self.items == 0 && self.unfinished == 0
    }

    /// How many threads are inside a wait on that side, notified or not.
    pub fn waiting(&self, condition: Condition) -> usize {
        self.waiting[condition as usize]
    }

    /// How many notifications were issued to that side and have not been consumed.
    pub fn notified(&self, condition: Condition) -> usize {
        self.notified[condition as usize]
    }

    /// Where a thread is.
    pub fn location(&self, thread: usize) -> Location {
        self.locations.get(thread).copied().unwrap_or_default()
    }

    /// Who is inside a wait, and on which side.
    pub fn waiters(&self) -> impl Iterator<Item = (usize, Condition)> + '_ {
        self.locations.iter().enumerate().filter_map(|(thread, location)| match location {
            Location::Asleep(condition) => Some((thread, *condition)),
            Location::Outside => None,
        })
    }

    /// Who holds the lock, if a critical section with a recorded event is open.
    pub fn holder(&self) -> Option<usize> {
        self.section.map(|section| section.thread)
    }

    /// How many of those who wait on that side could go on if they looked now.
    pub fn ready(&self, condition: Condition) -> usize {
        match condition {
            Condition::NotEmpty | Condition::NotFull if self.closed => UNLIMITED,
            Condition::NotEmpty => self.cells.len(),
            Condition::NotFull => self.room(),
            Condition::Completed if self.is_done() => UNLIMITED,
            Condition::Completed => 0,
        }
    }

    /// How many notifications the wakeup rule asks for on that side at this moment.
    ///
    /// At every release of the lock this is zero: that is the invariant everything rests on. In
    /// words: if anybody sleeps un-notified, all that is ready has its own wakeup on the way.
    pub fn due(&self, condition: Condition) -> usize {
        let notified = self.notified(condition);
        let unnotified = self.waiting(condition).saturating_sub(notified);
        unnotified.min(self.ready(condition).saturating_sub(notified))
    }
}
