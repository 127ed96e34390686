//! Grace periods: what a flush waits for, while producers go on.
//!
//! As in sleepable read-copy update (`McKenney` and Sarma, *Sleepable RCU*): a grace period that begins
//! makes everything *old* that is queued or an unfinished task, and it ends when all of that is done.
//! What is accepted later is not waited for. A flush waits for a period that began after its call.
//!
//! Items are known by their positions, tasks by their *generation*: the number of periods that had
//! begun when they were received, less one if the item was old. So a task is old as long as its
//! generation is less than the number of periods that have begun by now. Nothing here depends on how
//! much is queued.

use crate::buffer::{Buffer, Chunk};

/// The positions of old items that were put back, and so are at or beyond the boundary.
type Positions = Buffer<u64, 512>;

#[derive(Debug, Default)]
pub(crate) struct Grace {
    /// How many periods have begun. It cannot wrap.
    begun: u64,
    /// The last one that has ended; one is active if this is less.
    ended: u64,
    /// Items with a smaller position are old.
    boundary: u64,
    /// Number of old items that are queued.
    queued: usize,
    /// Number of old tasks that are unfinished.
    tasks: usize,
    /// Ascending; those below a later boundary stay until their items leave.
    put_back: Positions,
}

impl Grace {
    pub(crate) fn is_active(&self) -> bool {
        self.ended < self.begun
    }

    pub(crate) fn has_ended(&self, generation: u64) -> bool {
        generation <= self.ended
    }

    /// The next period to begin.
    pub(crate) fn next(&self) -> u64 {
        self.begun + 1
    }

    pub(crate) fn has_begun(&self, generation: u64) -> bool {
        generation <= self.begun
    }

    /// Begins a period, in place of the active one if there is one.
    pub(crate) fn begin(&mut self, boundary: u64, queued: usize, tasks: usize) {
        self.begun += 1;
        (self.boundary, self.queued, self.tasks) = (boundary, queued, tasks);
        self.end_if_done();
    }

    fn end_if_done(&mut self) {
        if self.queued == 0 && self.tasks == 0 {
            self.ended = self.begun;
        }
    }

    /// Returns the generation of the items that are taken from `position` on as tasks, and how many
    /// of them have the same one.
    pub(crate) fn generation(&mut self, position: u64) -> (u64, u64) {
        if !self.is_active() {
            return (self.begun, u64::MAX);
        }
        let old = self.begun - 1;
        match self.put_back.front_mut() {
            _ if position < self.boundary => (old, self.boundary - position),
            Some(next) if *next == position => (old, 1),
            Some(next) => (self.begun, *next - position),
            None => (self.begun, u64::MAX),
        }
    }

    /// Counts `count` items that leave the queue, from `position` on.
    #[cold]
    pub(crate) fn leave(&mut self, position: u64, count: usize, as_tasks: bool) {
        let end = position + count as u64;
        let below = self.boundary.min(end).saturating_sub(position);
        let mut old = usize::try_from(below).unwrap_or(count);
        while self.put_back.front_mut().is_some_and(|next| *next < end) {
            let next = self.put_back.pop();
            old += usize::from(next >= Some(self.boundary));
        }
        self.queued -= old;
        self.tasks += if as_tasks { old } else { 0 };
        self.end_if_done();
    }

    /// Counts that all items leave the queue; returns memory to be freed without the lock.
    pub(crate) fn leave_all(&mut self) -> Positions {
        self.queued = 0;
        self.end_if_done();
        std::mem::take(&mut self.put_back)
    }

    /// Counts a task that is finished.
    #[cold]
    pub(crate) fn finish(&mut self, generation: u64) {
        if generation < self.begun {
            self.tasks -= 1;
            self.end_if_done();
        }
    }

    /// Counts a task that is no longer one, and whose item is at `position`.
    #[cold]
    pub(crate) fn put_back(&mut self, position: u64, generation: u64) {
        if generation < self.begun {
            self.tasks -= 1;
            self.queued += 1;
            self.put_back.push(position);
        }
    }

    pub(crate) fn has_surplus(&self) -> bool {
        self.put_back.has_surplus()
    }

    pub(crate) fn take_surplus(&mut self) -> Chunk<u64> {
        self.put_back.take_surplus()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Items and tasks with the number of the period that made each old last, and the rule as it is
    /// said: a period ends when nothing that was there at its beginning is left.
    #[derive(Default)]
    struct Reference {
        queued: VecDeque<u64>,
        /// With the generations that `Grace` gave them.
        tasks: VecDeque<(u64, u64)>,
        period: u64,
        head: u64,
    }

    impl Reference {
        fn is_active(&self) -> bool {
            let tasks = self.tasks.iter().map(|(period, _)| period);
            self.period > 0 && self.queued.iter().chain(tasks).any(|&period| period == self.period)
        }

        fn step(&mut self, grace: &mut Grace, operation: usize) {
            let tail = self.head + self.queued.len() as u64;
            match operation {
                0 => self.queued.push_back(0),
                1 | 2 if !self.queued.is_empty() => {
                    let generation = grace.generation(self.head).0;
                    if grace.is_active() {
                        grace.leave(self.head, 1, operation == 2);
                    }
                    let item = self.queued.pop_front().unwrap();
                    self.head += 1;
                    if operation == 2 {
                        self.tasks.push_back((item, generation));
                    }
                }
                3 | 4 if !self.tasks.is_empty() => {
                    let (item, generation) = self.tasks.pop_front().unwrap();
                    match (grace.is_active(), operation) {
                        (true, 3) => grace.finish(generation),
                        (true, _) => grace.put_back(tail, generation),
                        _ => {}
                    }
                    if operation == 4 {
                        self.queued.push_back(item);
                    }
                }
                5 => {
                    grace.begin(tail, self.queued.len(), self.tasks.len());
                    self.period += 1;
                    let tasks = self.tasks.iter_mut().map(|(period, _)| period);
                    self.queued.iter_mut().chain(tasks).for_each(|period| *period = self.period);
                }
                6 => {
                    if grace.is_active() {
                        grace.leave_all();
                    }
                    self.head = tail;
                    self.queued.clear();
                }
                _ => {}
            }
        }
    }

    /// Every sequence of pushes, takes, ends of tasks, put backs, flushes and drains.
    #[test]
    fn period_ends_when_what_was_there_at_its_beginning_is_done() {
        const OPERATIONS: u32 = if cfg!(miri) { 4 } else { 7 };
        for program in 0..7_usize.pow(OPERATIONS) {
            let (mut grace, mut reference) = (Grace::default(), Reference::default());
            let mut operations = program;
            for _ in 0..OPERATIONS {
                reference.step(&mut grace, operations % 7);
                operations /= 7;
                assert_eq!(grace.is_active(), reference.is_active(), "{program}");
            }
        }
    }

    #[test]
    fn batch_of_one_generation_ends_where_the_age_changes() {
        let mut grace = Grace::default();
        assert_eq!(grace.generation(0), (0, u64::MAX));
        grace.begin(3, 3, 1); // items 0, 1 and 2, and a task
        assert_eq!(grace.generation(1), (0, 2));
        grace.put_back(5, 0);
        assert_eq!(grace.generation(3), (1, 2), "3 and 4 are young");
        assert_eq!(grace.generation(5), (0, 1), "the one that was put back");
        grace.leave(0, 6, false);
        assert!(grace.has_ended(1) && !grace.is_active() && grace.next() == 2);
    }
}
