//! The book of a group: who takes part, who of them waits for what, and what they were told.
//!
//! Like the state of a queue it is plain data under a lock: it never waits and never notifies.

use crate::report::{Blocked, Left, Operation, QueueReport, Report};
use crate::state::{Condition, Stats};
use crate::sync::{current_thread, publish, ThreadId};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::Location;
use std::sync::{Arc, Weak};

/// So many of those who left are told by name; a group may run for weeks.
const LEFT_TOLD: usize = 16;

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

#[derive(Default)]
pub(crate) struct Registry {
    present: BTreeMap<usize, Member>,
    bound: HashMap<ThreadId, usize>,
    next: usize,
    /// How many of those present wait and have not been told.
    waiting: usize,
    pub(crate) externals: usize,
    /// How many who are no participants wait for the end of those who are.
    outsiders_waiting: usize,
    /// Counts every change of who is present and who waits.
    pub(crate) epoch: u64,
    /// By their numbers, from 1.
    queues: BTreeMap<usize, RegisteredQueue>,
    queues_made: usize,
    /// The latest to leave, the last one last.
    left: VecDeque<Left>,
    /// How many have left before those.
    left_earlier: usize,
    /// How many left by a panic that nobody has been handed.
    panics: usize,
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
                (&self.present, self.waiting, self.epoch, &self.left),
                (self.externals, self.outsiders_waiting, self.panics, self.occurrences)
            )
        );
    }

    /// A new participant; one without a name is called after its number.
    pub(crate) fn join(&mut self, name: Option<String>) -> usize {
        let number = self.next;
        self.next += 1;
        let name = name.unwrap_or_else(|| format!("thread {number}"));
        self.present.insert(number, Member { name, thread: None, waiting: None, told: false });
        self.changed("registers a participant");
        number
    }

    /// How many take part, and how many of them wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.present.len(), self.waiting)
    }

    pub(crate) fn number_queue(&mut self) -> usize {
        self.queues_made += 1;
        self.queues_made
    }

    pub(crate) fn add_queue(&mut self, number: usize, queued: RegisteredQueue) {
        self.queues.retain(|_, queued| queued.queue.strong_count() > 0);
        self.queues.insert(number, queued);
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

    /// Removes a participant.
    pub(crate) fn leave(&mut self, number: usize, panicked: bool) {
        let Some(member) = self.present.remove(&number) else { return };
        if let Some(thread) = member.thread {
            self.bound.remove(&thread);
        }
        // One that no thread has ever run has not panicked, even if it is dropped by a panic.
        let panicked = panicked && member.thread.is_some();
        self.panics += usize::from(panicked);
        self.left.push_back(Left { thread: member.name, panicked });
        if self.left.len() > LEFT_TOLD {
            self.left.pop_front();
            self.left_earlier += 1;
        }
        self.changed("a participant leaves");
    }

    pub(crate) fn panics(&self) -> usize {
        self.panics
    }

    /// Somebody has been handed the panic of one that left.
    pub(crate) fn forgive_panic(&mut self) {
        self.panics -= 1;
        self.publish("a panic is handed out");
    }

    pub(crate) fn begin_wait(&mut self, who: Option<usize>, wait: Wait) {
        if let Some(member) = who.and_then(|number| self.present.get_mut(&number)) {
            member.waiting = Some(wait);
            self.waiting += 1;
            self.changed("is entered as waiting");
        } else {
            self.outsiders_waiting += 1;
            self.publish("waits from outside");
        }
    }

    pub(crate) fn is_deadlocked(&self, who: Option<usize>) -> bool {
        who.and_then(|number| self.present.get(&number)).is_some_and(|member| member.told)
    }

    /// The member runs again; whether because it was told.
    pub(crate) fn end_wait(&mut self, who: Option<usize>) -> bool {
        let Some(member) = who.and_then(|number| self.present.get_mut(&number)) else {
            self.outsiders_waiting -= 1;
            self.publish("is back, outside");
            return false;
        };
        let told = std::mem::take(&mut member.told);
        if member.waiting.take().is_some() {
            self.waiting -= 1;
            self.epoch += 1;
        }
        self.publish(if told { "is back, and was told" } else { "is back" });
        told
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
        let is_over = |(&number, member): (&usize, &Member)| {
            member.waiting.is_some_and(|wait| self.has_ended(wait.purpose, Some(number)))
        };
        self.outsiders_waiting > 0 || self.present.iter().any(is_over)
    }

    /// What the waiting wait for in queues; `None` if somebody runs, or can run as far as the group
    /// itself knows.
    pub(crate) fn stuck_on(&self) -> Option<Vec<(Weak<dyn MonitoredQueue>, Condition)>> {
        if !self.all_blocked() {
            return None;
        }
        let mut waits = Vec::new();
        for (&number, member) in &self.present {
            let wait = member.waiting?;
            if self.has_ended(wait.purpose, Some(number)) {
                return None;
            }
            if let WaitTarget::Queue { queue, condition } = wait.purpose {
                waits.push((Weak::clone(&self.queues[&queue].queue), condition));
            }
        }
        Some(waits)
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
        }
        self.changed("would block forever: all who wait are told");
    }

    fn new_report(&self, only_joins: bool, queues: Vec<QueueReport>) -> Report {
        let mut report = Report {
            occurrence: self.occurrences,
            blocked: Vec::new(),
            awaiting: Vec::new(),
            queues,
            left: self.left.iter().cloned().collect(),
            left_earlier: self.left_earlier,
        };
        for member in self.present.values() {
            let Some(wait) = member.waiting else { continue };
            let operation = self.operation(wait.purpose);
            let blocked = Blocked { thread: member.name.clone(), operation, caller: wait.caller };
            match wait.purpose {
                WaitTarget::Participant { .. } | WaitTarget::AllOthers if !only_joins => {
                    report.awaiting.push(blocked);
                }
                _ => report.blocked.push(blocked),
            }
        }
        report
    }

    fn operation(&self, purpose: WaitTarget) -> Operation {
        match purpose {
            WaitTarget::Queue { queue, condition } => Operation::on(queue, condition),
            WaitTarget::Participant { number } => Operation::AwaitThread {
                thread: self.present.get(&number).map(|awaited| awaited.name.clone()),
            },
            WaitTarget::AllOthers => Operation::AwaitThread { thread: None },
        }
    }
}
