//! A deadlock check: which participants it asks about, in which order, and what it does when none can
//! go on.

use super::{Entry, Joiner, MonitoredQueue, Registry};
use crate::report::{Blocked, Operation, QueueReport, Report};
use crate::state::Stats;
use crate::sync::{record_in_group, Condition, WaitTarget, PARTICIPANTS};
use std::sync::Weak;

/// The most recently resumed participants that a large group remembers.
const RECENT: usize = 4;

/// A deadlock check in progress; all of it happens within one epoch, in which all are blocked.
pub(crate) struct Check {
    pub(crate) epoch: u64,
    /// The conditions to ask now, with no lock held.
    pub(crate) waits: Vec<(Weak<dyn MonitoredQueue>, Condition)>,
    /// The participants from this number on have yet to be examined; `None` if all have been.
    pub(crate) next: Option<usize>,
}

impl Check {
    /// Returns whether one of the conditions holds: a participant has been released.
    pub(crate) fn finds_released(&mut self) -> bool {
        let released = |(queue, condition): &(Weak<dyn MonitoredQueue>, Condition)| {
            queue.upgrade().is_some_and(|queue| queue.is_ready(*condition))
        };
        let waits = std::mem::take(&mut self.waits);
        waits.iter().any(released)
    }
}

impl Registry {
    /// Begins a deadlock check; returns `None` if a participant runs or a join is granted.
    ///
    /// In a large group the participants that resumed last come first, each with its successor: one
    /// that is released again and again, or others in turn, are found in constant time.
    pub(crate) fn begin_check(&self) -> Option<Check> {
        if !self.all_blocked() || self.any_participant_join_ready() {
            record_in_group!(Open { begins: false });
            return None;
        }
        record_in_group!(Open { begins: true });
        let mut check = Check { epoch: self.epoch, waits: Vec::new(), next: Some(0) };
        if self.participants.len() <= PARTICIPANTS {
            self.continue_check(&mut check);
        } else {
            let likely =
                self.recent.iter().flat_map(|&recent| self.participants.range(recent..).take(2));
            check.waits = likely.filter_map(|(_, entry)| self.asks_about(entry)).collect();
        }
        Some(check)
    }

    /// Moves a check on to the next participants; returns false if its epoch is over.
    pub(crate) fn continue_check(&self, check: &mut Check) -> bool {
        if self.epoch != check.epoch {
            record_in_group!(Stale);
            return false;
        }
        let Some(from) = check.next else { return true };
        let mut rest = self.participants.range(from..);
        let waits =
            rest.by_ref().take(PARTICIPANTS).filter_map(|(_, entry)| self.asks_about(entry));
        check.waits = waits.collect();
        check.next = rest.next().map(|(&number, _)| number);
        true
    }

    /// Returns the condition of a participant that is blocked on a queue.
    fn asks_about(&self, entry: &Entry) -> Option<(Weak<dyn MonitoredQueue>, Condition)> {
        let WaitTarget::Queue { queue, condition } = entry.blocked_on?.target else { return None };
        Some((Weak::clone(&self.queues.get(&queue)?.queue), condition))
    }

    /// Remembers a participant that resumes, for the next deadlock check to examine first.
    pub(super) fn note_released(&mut self, number: usize) {
        if self.participants.len() > PARTICIPANTS && self.recent.front() != Some(&number) {
            self.recent.retain(|&recent| recent != number);
            self.recent.push_front(number);
            self.recent.truncate(RECENT);
        }
    }

    /// Records that a participant blocked on a queue releases its lock for a deadlock check.
    pub(crate) fn begin_check_of(&mut self, participant: usize) {
        self.detecting.insert(participant);
    }

    /// Records that it holds the lock again.
    pub(crate) fn end_check_of(&mut self, participant: usize) {
        self.detecting.remove(&participant);
    }

    /// Adds those of them that are blocked on a queue to a snapshot of it.
    pub(crate) fn add_detecting(&self, number: usize, snapshot: &mut Stats) {
        for participant in &self.detecting {
            let wait = self.participants.get(participant).and_then(|entry| entry.blocked_on);
            match wait.map(|wait| wait.target) {
                Some(WaitTarget::Queue { queue, condition }) if queue == number => {
                    *match condition {
                        Condition::NotEmpty => &mut snapshot.waiting_receivers,
                        Condition::NotFull => &mut snapshot.waiting_senders,
                        Condition::Completed => &mut snapshot.waiting_joiners,
                        Condition::Flushed { .. } => &mut snapshot.waiting_flushers,
                    } += 1;
                }
                _ => {}
            }
        }
    }

    /// Marks every participant blocked on a queue as deadlocked and counts it as running again. Joiners
    /// stay blocked, because those threads will now finish; if only joiners are blocked, they are
    /// marked instead.
    pub(crate) fn mark_deadlocked(&mut self, queues: Vec<QueueReport>) {
        let waits_on_queue = |entry: &Entry| {
            entry.blocked_on.is_some_and(|wait| matches!(wait.target, WaitTarget::Queue { .. }))
        };
        let only_joins = !self.participants.values().any(waits_on_queue);
        self.occurrences += 1;
        self.report = Some(self.new_report(only_joins, queues));
        for entry in self.participants.values_mut() {
            if only_joins || waits_on_queue(entry) {
                entry.blocked_on = None;
                entry.deadlocked = true;
                self.blocked_count -= 1;
            }
            // A marked joiner no longer counts as one.
            if only_joins && entry.joiner == Joiner::Participant {
                entry.joiner = Joiner::None;
            }
        }
        if only_joins {
            self.joiners_of_all = 0;
        }
        self.bump_epoch("deadlock: the blocked are marked");
        record_in_group!(Mark {
            participants: {
                let marked = self.participants.iter().filter(|(_, entry)| entry.deadlocked);
                marked.map(|(&number, _)| number).collect()
            }
        });
    }

    fn new_report(&self, only_joins: bool, queues: Vec<QueueReport>) -> Report {
        let mut report = Report {
            occurrence: self.occurrences,
            blocked: Vec::new(),
            blocked_on_join: Vec::new(),
            queues,
            departed: self.departed.iter().cloned().collect(),
            departed_earlier: self.departed_earlier,
        };
        for entry in self.participants.values() {
            let Some(wait) = entry.blocked_on else { continue };
            let operation = self.operation(wait.target);
            let blocked = Blocked { thread: entry.name.clone(), operation, caller: wait.caller };
            match wait.target {
                WaitTarget::Participant { .. } | WaitTarget::AllOthers if !only_joins => {
                    report.blocked_on_join.push(blocked);
                }
                _ => report.blocked.push(blocked),
            }
        }
        report
    }

    fn operation(&self, target: WaitTarget) -> Operation {
        match target {
            WaitTarget::Queue { queue, condition } => Operation::on(queue, condition),
            WaitTarget::Participant { number } => Operation::JoinThread {
                thread: self.participants.get(&number).map(|awaited| awaited.name.clone()),
            },
            WaitTarget::AllOthers => Operation::JoinThread { thread: None },
        }
    }
}
