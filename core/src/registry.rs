//! The book of a group: who takes part, who of them waits for what, and what they were told.
//!
//! Like the state of a queue it is plain data under a lock: it never waits and never notifies.

use crate::report::{Blocked, Departed, Operation, Outcome, QueueReport, Report};
use crate::state::{Condition, Stats};
use crate::sync::{current_thread, publish, ThreadId};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::panic::Location;
use std::sync::{Arc, Weak};

/// So many of those who left are told by name; a group may run for weeks.
const MAX_DEPARTED: usize = 16;
/// The most participants that a deadlock check asks about before it takes the lock again.
pub(crate) const CHUNK: usize = 16;
/// The most participants that a large group remembers as the last to have been released.
const RECENT: usize = 4;

/// What a group needs to know of a queue, whatever its items are.
pub(crate) trait MonitoredQueue: Send + Sync {
    fn is_ready(&self, condition: Condition) -> bool;
    fn notify_all_waiters(&self);
    fn stats(&self) -> Stats;
}

pub(crate) struct RegisteredQueue {
    pub(crate) queue: Weak<dyn MonitoredQueue>,
    pub(crate) items: &'static str,
    pub(crate) created: &'static Location<'static>,
}

#[derive(Debug)]
struct Member {
    name: String,
    /// The thread that runs it, once it does.
    thread: Option<ThreadId>,
    waiting: Option<Wait>,
    /// It waited when the group would have blocked forever, and has yet to take note.
    told: bool,
    /// Waits for it to leave.
    joiner: Joiner,
}

/// What waits for one participant to leave: at most one thread, that which holds its handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joiner {
    None,
    Participant,
    /// A thread that is no participant.
    External,
}

/// A deadlock check under way: what has yet to be asked, all within one epoch.
pub(crate) struct Check {
    pub(crate) epoch: u64,
    /// To be asked now, with no lock held.
    pub(crate) waits: Vec<(Weak<dyn MonitoredQueue>, Condition)>,
    /// The participants from this number on are still to be asked about; `None` when none is.
    pub(crate) next: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) purpose: WaitTarget,
    pub(crate) caller: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitTarget {
    Queue {
        queue: usize,
        condition: Condition,
    },
    /// The end of that participant.
    Participant {
        number: usize,
    },
    /// The end of all others.
    AllOthers,
}

impl Check {
    /// Whether a participant waits for something that is there: it has been released.
    pub(crate) fn finds_released(&mut self) -> bool {
        let released = |(queue, condition): &(Weak<dyn MonitoredQueue>, Condition)| {
            queue.upgrade().is_some_and(|queue| queue.is_ready(*condition))
        };
        let waits = std::mem::take(&mut self.waits);
        waits.iter().any(released)
    }
}

#[derive(Default)]
pub(crate) struct Registry {
    present: BTreeMap<usize, Member>,
    bound: HashMap<ThreadId, usize>,
    next: usize,
    /// How many of those present wait and have not been told.
    waiting: usize,
    /// How many of these wait for one participant that has left.
    released_joiners: usize,
    /// How many of these wait for all others to leave.
    joiners_of_all: usize,
    /// In a large group, the latest to be released, the last one first.
    recent: VecDeque<usize>,
    /// Those that are about to sleep on a queue but have released its lock for a deadlock check.
    detecting: BTreeSet<usize>,
    pub(crate) externals: usize,
    /// How many who are no participants wait for the end of those who are.
    outsiders_waiting: usize,
    /// Counts every change of who is present and who waits.
    pub(crate) epoch: u64,
    /// By their numbers, from 1.
    queues: BTreeMap<usize, RegisteredQueue>,
    queues_made: usize,
    /// The latest to leave, the last one last.
    departed: VecDeque<Departed>,
    /// How many have left before those.
    departed_earlier: usize,
    /// The names of those that panicked and have not been joined, as far as a scope is to know.
    panicked: BTreeMap<usize, String>,
    pub(crate) report: Option<Report>,
    occurrences: u64,
}

impl Registry {
    /// Ends every change of who is present and who waits, and of the tokens.
    pub(crate) fn changed(&mut self, change: &'static str) {
        self.epoch += 1;
        self.publish(change);
    }

    /// Lets the checkers recognize states of the book, and tell what happens to it; the shipped crate
    /// does nothing here.
    #[allow(clippy::unused_self)]
    fn publish(&self, change: &'static str) {
        publish!(
            change,
            (
                (&self.present, self.waiting, self.epoch, &self.departed),
                (self.released_joiners, self.joiners_of_all, &self.recent, &self.detecting),
                (self.externals, self.outsiders_waiting, &self.panicked, self.occurrences)
            )
        );
    }

    /// A new participant; one without a name is called after its number.
    pub(crate) fn join(&mut self, name: Option<String>) -> usize {
        let number = self.next;
        self.next += 1;
        let name = name.unwrap_or_else(|| format!("thread {number}"));
        let (thread, waiting, told, joiner) = (None, None, false, Joiner::None);
        self.present.insert(number, Member { name, thread, waiting, told, joiner });
        self.changed("registers a participant");
        number
    }

    /// How many take part, how many of them wait, how many tokens there are, and how many wait from
    /// outside for participants to leave.
    pub(crate) fn counts(&self) -> (usize, usize, usize, usize) {
        (self.present.len(), self.waiting, self.externals, self.outsiders_waiting)
    }

    /// Adds a queue, and returns its number.
    pub(crate) fn add_queue(&mut self, queued: RegisteredQueue) -> usize {
        self.queues_made += 1;
        self.queues.insert(self.queues_made, queued);
        self.queues_made
    }

    /// Removes a queue, for the caller to drop once the lock is free.
    pub(crate) fn remove_queue(&mut self, number: usize) -> Option<RegisteredQueue> {
        self.queues.remove(&number)
    }

    #[cfg(test)]
    pub(crate) fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// The queues that still live.
    pub(crate) fn living(&self) -> Vec<(usize, Arc<dyn MonitoredQueue>, &RegisteredQueue)> {
        let queues = self.queues.iter();
        queues.filter_map(|(number, q)| Some((*number, q.queue.upgrade()?, q))).collect()
    }

    /// The participant that the current thread runs.
    pub(crate) fn current(&self) -> Option<usize> {
        self.bound.get(&current_thread()).copied()
    }

    /// Whether the thread was free to run that participant.
    pub(crate) fn bind(&mut self, number: usize, thread: ThreadId) -> bool {
        if self.bound.contains_key(&thread) {
            return false;
        }
        self.bound.insert(thread, number);
        if let Some(member) = self.present.get_mut(&number) {
            member.thread = Some(thread);
        }
        self.publish("runs a participant");
        true
    }

    /// Removes a participant. If a thread waits for it, that one is handed its panic.
    pub(crate) fn leave(&mut self, number: usize, outcome: Outcome, hands_panic: bool) {
        let Some(member) = self.present.remove(&number) else { return };
        if let Some(thread) = member.thread {
            self.bound.remove(&thread);
        }
        match member.joiner {
            Joiner::Participant => self.released_joiners += 1,
            Joiner::None if hands_panic && outcome == Outcome::Panicked => {
                self.panicked.insert(number, member.name.clone());
            }
            Joiner::None | Joiner::External => {}
        }
        self.departed.push_back(Departed { thread: member.name, outcome });
        if self.departed.len() > MAX_DEPARTED {
            self.departed.pop_front();
            self.departed_earlier += 1;
        }
        self.changed("a participant leaves");
    }

    /// The names of those that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.panicked.values().cloned().collect()
    }

    /// The wait for one that has left is granted: with it goes its panic, if it left by one.
    pub(crate) fn hand_panic(&mut self, purpose: WaitTarget) {
        if let WaitTarget::Participant { number } = purpose {
            if self.panicked.remove(&number).is_some() {
                self.publish("a panic is handed out");
            }
        }
    }

    pub(crate) fn begin_wait(&mut self, who: Option<usize>, wait: Wait) {
        if let Some(member) = who.and_then(|number| self.present.get_mut(&number)) {
            member.waiting = Some(wait);
            self.waiting += 1;
            self.begin_join(wait.purpose, Joiner::Participant);
            self.changed("is entered as waiting");
        } else {
            self.outsiders_waiting += 1;
            self.begin_join(wait.purpose, Joiner::External);
            self.publish("waits from outside");
        }
    }

    /// Counts a thread that waits for the end of others. Whom it waits for is present.
    fn begin_join(&mut self, purpose: WaitTarget, joiner: Joiner) {
        match purpose {
            WaitTarget::Queue { .. } => {}
            WaitTarget::Participant { number } => {
                if let Some(target) = self.present.get_mut(&number) {
                    target.joiner = joiner;
                }
            }
            WaitTarget::AllOthers => {
                self.joiners_of_all += usize::from(joiner == Joiner::Participant);
            }
        }
    }

    /// Counts it no longer.
    fn end_join(&mut self, purpose: WaitTarget, joiner: Joiner) {
        let inside = usize::from(joiner == Joiner::Participant);
        match purpose {
            WaitTarget::Queue { .. } => {}
            WaitTarget::Participant { number } => match self.present.get_mut(&number) {
                Some(target) => target.joiner = Joiner::None,
                None => self.released_joiners -= inside,
            },
            WaitTarget::AllOthers => self.joiners_of_all -= inside,
        }
    }

    /// A participant that waits on a queue is about to release its lock, for a deadlock check.
    pub(crate) fn begin_check_of(&mut self, participant: usize) {
        self.detecting.insert(participant);
    }

    /// It has taken the lock again.
    pub(crate) fn end_check_of(&mut self, participant: usize) {
        self.detecting.remove(&participant);
    }

    /// Adds those of them that wait on a queue to a snapshot of it.
    pub(crate) fn add_detecting(&self, number: usize, snapshot: &mut Stats) {
        for participant in &self.detecting {
            let wait = self.present.get(participant).and_then(|member| member.waiting);
            match wait.map(|wait| wait.purpose) {
                Some(WaitTarget::Queue { queue, condition }) if queue == number => {
                    *match condition {
                        Condition::NotEmpty => &mut snapshot.waiting_receivers,
                        Condition::NotFull => &mut snapshot.waiting_senders,
                        Condition::Completed => &mut snapshot.waiting_joiners,
                    } += 1;
                }
                _ => {}
            }
        }
    }

    pub(crate) fn is_deadlocked(&self, who: Option<usize>) -> bool {
        who.and_then(|number| self.present.get(&number)).is_some_and(|member| member.told)
    }

    /// The member runs again; whether because it was told.
    pub(crate) fn end_wait(&mut self, who: Option<usize>, purpose: WaitTarget) -> bool {
        let member = who.and_then(|number| Some((number, self.present.get_mut(&number)?)));
        let Some((number, member)) = member else {
            self.outsiders_waiting -= 1;
            self.end_join(purpose, Joiner::External);
            self.publish("is back, outside");
            return false;
        };
        let told = std::mem::take(&mut member.told);
        if member.waiting.take().is_some() {
            self.waiting -= 1;
            self.end_join(purpose, Joiner::Participant);
            self.note_released(number);
            self.epoch += 1;
        }
        self.end_check_of(number);
        self.publish(if told { "is back, and was told" } else { "is back" });
        told
    }

    /// Remembers who was released last, for the next deadlock check to ask first.
    fn note_released(&mut self, number: usize) {
        if self.present.len() > CHUNK && self.recent.front() != Some(&number) {
            self.recent.retain(|&recent| recent != number);
            self.recent.push_front(number);
            self.recent.truncate(RECENT);
        }
    }

    /// Everybody present waits, and nobody outside can act: worth an examination.
    pub(crate) fn all_blocked(&self) -> bool {
        self.externals == 0 && self.waiting > 0 && self.waiting == self.present.len()
    }

    pub(crate) fn has_ended(&self, purpose: WaitTarget, waiter: Option<usize>) -> bool {
        match purpose {
            WaitTarget::Queue { .. } => false,
            WaitTarget::Participant { number } => !self.present.contains_key(&number),
            WaitTarget::AllOthers => self.present.keys().all(|&number| Some(number) == waiter),
        }
    }

    /// Whether an end has come that somebody waits for. What those outside wait for is not in the
    /// book, so for them it always may have.
    pub(crate) fn an_awaited_end_has_come(&self) -> bool {
        self.outsiders_waiting > 0 || self.has_released_joiner()
    }

    /// Whether a participant waits for the end of others that have left.
    fn has_released_joiner(&self) -> bool {
        self.released_joiners > 0 || (self.joiners_of_all > 0 && self.present.len() == 1)
    }

    /// Begins a deadlock check; `None` if somebody runs, or can run as far as the group itself knows.
    /// In a large group those are asked about first that were released last, and those after them.
    pub(crate) fn begin_check(&self) -> Option<Check> {
        if !self.all_blocked() || self.has_released_joiner() {
            return None;
        }
        let mut check = Check { epoch: self.epoch, waits: Vec::new(), next: Some(0) };
        if self.present.len() <= CHUNK {
            self.continue_check(&mut check);
        } else {
            let likely =
                self.recent.iter().flat_map(|&recent| self.present.range(recent..).take(2));
            check.waits = likely.filter_map(|(_, member)| self.asks_about(member)).collect();
        }
        Some(check)
    }

    /// Moves a check on to the next participants; false if its epoch is over.
    pub(crate) fn continue_check(&self, check: &mut Check) -> bool {
        if self.epoch != check.epoch {
            return false;
        }
        let Some(from) = check.next else { return true };
        let mut rest = self.present.range(from..);
        let waits = rest.by_ref().take(CHUNK).filter_map(|(_, member)| self.asks_about(member));
        check.waits = waits.collect();
        check.next = rest.next().map(|(&number, _)| number);
        true
    }

    /// What to ask about one that waits on a queue.
    fn asks_about(&self, member: &Member) -> Option<(Weak<dyn MonitoredQueue>, Condition)> {
        let WaitTarget::Queue { queue, condition } = member.waiting?.purpose else { return None };
        Some((Weak::clone(&self.queues.get(&queue)?.queue), condition))
    }

    /// Tells everybody who waits, and hands them back their status of running at once. Who waits
    /// for the end of others waits on while somebody else is told: that one will run, and end.
    pub(crate) fn mark_deadlocked(&mut self, queues: Vec<QueueReport>) {
        let waits_on_queue = |member: &Member| {
            member.waiting.is_some_and(|wait| matches!(wait.purpose, WaitTarget::Queue { .. }))
        };
        let only_joins = !self.present.values().any(waits_on_queue);
        self.occurrences += 1;
        self.report = Some(self.new_report(only_joins, queues));
        for member in self.present.values_mut() {
            if only_joins || waits_on_queue(member) {
                member.waiting = None;
                member.told = true;
                self.waiting -= 1;
            }
            // If joins were given up, these were all.
            if only_joins && member.joiner == Joiner::Participant {
                member.joiner = Joiner::None;
            }
        }
        if only_joins {
            self.joiners_of_all = 0;
        }
        self.changed("would block forever: all who wait are told");
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
        for member in self.present.values() {
            let Some(wait) = member.waiting else { continue };
            let operation = self.operation(wait.purpose);
            let blocked = Blocked { thread: member.name.clone(), operation, caller: wait.caller };
            match wait.purpose {
                WaitTarget::Participant { .. } | WaitTarget::AllOthers if !only_joins => {
                    report.blocked_on_join.push(blocked);
                }
                _ => report.blocked.push(blocked),
            }
        }
        report
    }

    fn operation(&self, purpose: WaitTarget) -> Operation {
        match purpose {
            WaitTarget::Queue { queue, condition } => Operation::on(queue, condition),
            WaitTarget::Participant { number } => Operation::JoinThread {
                thread: self.present.get(&number).map(|awaited| awaited.name.clone()),
            },
            WaitTarget::AllOthers => Operation::JoinThread { thread: None },
        }
    }
}
