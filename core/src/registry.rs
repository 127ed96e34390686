//! The registry of a group: its participants, what each one is blocked on, and which have been
//! reported as deadlocked.
//!
//! Like the state of a queue it is plain data under a lock: it never waits and never notifies. No
//! change of it scans the participants or the queues; only a deadlock itself does.

mod check;

use crate::report::{Departed, Outcome, Report};
use crate::state::Stats;
use crate::sync::{current_thread, publish, record_in_group, Condition, ThreadId, WaitTarget};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::panic::Location;
use std::sync::{Arc, Weak};

/// The most departed participants that a report names; a group may run for weeks.
const MAX_DEPARTED: usize = 16;
/// What a group needs to know of a queue, whatever the type of its items.
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

#[derive(Debug, Hash)]
struct Entry {
    name: String,
    /// The thread that runs it, if one does yet.
    thread: Option<ThreadId>,
    blocked_on: Option<BlockedOn>,
    /// A deadlock was reported while it was blocked, and it has not run since.
    deadlocked: bool,
    /// The thread that is blocked until this one leaves.
    joiner: Joiner,
}

/// The thread blocked until one participant leaves: at most one, the owner of its join handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Joiner {
    None,
    Participant,
    /// A thread that is no participant.
    External,
}

#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct BlockedOn {
    pub(crate) target: WaitTarget,
    pub(crate) caller: &'static Location<'static>,
}

#[derive(Default)]
pub(crate) struct Registry {
    participants: BTreeMap<usize, Entry>,
    by_thread: HashMap<ThreadId, usize>,
    next_id: usize,
    /// Participants that are blocked, as far as the registry knows, and not reported as deadlocked.
    blocked_count: usize,
    /// How many of these are blocked on one participant that has left.
    released_joiners: usize,
    /// How many of these are blocked until all others leave.
    joiners_of_all: usize,
    /// In a large group, the participants that resumed last, most recent first.
    recent: VecDeque<usize>,
    /// Participants blocked on a queue whose lock they have released for a deadlock check.
    detecting: BTreeSet<usize>,
    pub(crate) externals: usize,
    /// Threads that are no participants and are blocked until participants leave.
    external_joiners: usize,
    /// Counts the changes of the participants, of what they are blocked on, and of the tokens.
    pub(crate) epoch: u64,
    /// The live queues by number, from 1.
    queues: BTreeMap<usize, RegisteredQueue>,
    last_queue_id: usize,
    /// The latest to leave, most recent last.
    departed: VecDeque<Departed>,
    /// How many left before those.
    departed_earlier: usize,
    /// The names of scoped threads that panicked and have not been joined.
    panicked: BTreeMap<usize, String>,
    pub(crate) report: Option<Report>,
    occurrences: u64,
}

impl Registry {
    /// Begins an epoch: called after every change of participants, blocked states and tokens.
    pub(crate) fn bump_epoch(&mut self, change: &'static str) {
        self.epoch += 1;
        self.publish(change);
    }

    /// Publishes the state and the change of it to the checkers; does nothing in the shipped crate.
    #[allow(clippy::unused_self)]
    fn publish(&self, change: &'static str) {
        publish!(change, self.shape());
    }

    /// Returns the state, for the checkers, which recognize it by this. It names every field, so that
    /// none is forgotten; `by_thread` follows from the participants.
    pub(crate) fn shape(&self) -> impl Hash + '_ {
        #[rustfmt::skip]
        let Registry {
            participants, by_thread: _, next_id, blocked_count, released_joiners, joiners_of_all, recent,
            detecting, externals, external_joiners, epoch, queues, last_queue_id, departed,
            departed_earlier, panicked, report, occurrences,
        } = self;
        let queues: Vec<_> = queues.keys().collect();
        let report = report.as_ref().map(|report| format!("{report:?}"));
        (
            (participants, next_id, blocked_count, epoch, departed, departed_earlier),
            (released_joiners, joiners_of_all, recent, detecting, queues, last_queue_id),
            (externals, external_joiners, panicked, report, occurrences),
        )
    }

    /// Adds a participant and returns its number, after which one without a name is called.
    pub(crate) fn register(&mut self, name: Option<String>) -> usize {
        let number = self.next_id;
        self.next_id += 1;
        let name = name.unwrap_or_else(|| format!("thread {number}"));
        let (thread, blocked_on, deadlocked, joiner) = (None, None, false, Joiner::None);
        self.participants.insert(number, Entry { name, thread, blocked_on, deadlocked, joiner });
        self.bump_epoch("registers a participant");
        record_in_group!(Register { participant: number });
        number
    }

    /// Returns the numbers of participants, of blocked ones, of tokens and of external joiners.
    pub(crate) fn counts(&self) -> (usize, usize, usize, usize) {
        (self.participants.len(), self.blocked_count, self.externals, self.external_joiners)
    }

    /// Adds a queue and returns its number.
    pub(crate) fn register_queue(&mut self, queued: RegisteredQueue) -> usize {
        self.last_queue_id += 1;
        self.queues.insert(self.last_queue_id, queued);
        self.last_queue_id
    }

    /// Removes a queue and returns it, to be dropped once the lock is free.
    pub(crate) fn remove_queue(&mut self, number: usize) -> Option<RegisteredQueue> {
        self.queues.remove(&number)
    }

    #[cfg(test)]
    pub(crate) fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// Returns the queues that have a handle.
    pub(crate) fn live_queues(&self) -> Vec<(usize, Arc<dyn MonitoredQueue>, &RegisteredQueue)> {
        let queues = self.queues.iter();
        queues.filter_map(|(number, q)| Some((*number, q.queue.upgrade()?, q))).collect()
    }

    /// Returns the participant that the current thread runs.
    pub(crate) fn current(&self) -> Option<usize> {
        self.by_thread.get(&current_thread()).copied()
    }

    /// Binds the thread to a participant, and returns false if it already runs one.
    pub(crate) fn bind(&mut self, number: usize, thread: ThreadId) -> bool {
        if self.by_thread.contains_key(&thread) {
            return false;
        }
        self.by_thread.insert(thread, number);
        if let Some(entry) = self.participants.get_mut(&number) {
            entry.thread = Some(thread);
        }
        self.publish("runs a participant");
        record_in_group!(Bind { participant: number });
        true
    }

    /// Removes a participant. Its panic goes to the joiner that is blocked on it, if there is one.
    pub(crate) fn leave(&mut self, number: usize, outcome: Outcome, hands_panic: bool) {
        let Some(entry) = self.participants.remove(&number) else { return };
        if let Some(thread) = entry.thread {
            self.by_thread.remove(&thread);
        }
        match entry.joiner {
            Joiner::Participant => self.released_joiners += 1,
            Joiner::None if hands_panic && outcome == Outcome::Panicked => {
                self.panicked.insert(number, entry.name.clone());
            }
            Joiner::None | Joiner::External => {}
        }
        self.departed.push_back(Departed { thread: entry.name, outcome });
        if self.departed.len() > MAX_DEPARTED {
            self.departed.pop_front();
            self.departed_earlier += 1;
        }
        self.bump_epoch("a participant leaves");
    }

    /// Returns the names of the scoped threads that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.panicked.values().cloned().collect()
    }

    /// Hands the panic of a participant that has left, if it left by one, to the thread that joins it.
    pub(crate) fn hand_panic(&mut self, target: WaitTarget) {
        if let WaitTarget::Participant { number } = target {
            if self.panicked.remove(&number).is_some() {
                self.publish("a panic is propagated");
            }
        }
    }

    /// Marks a participant as blocked, or counts a thread that is none.
    pub(crate) fn begin_wait(&mut self, participant: Option<usize>, wait: BlockedOn) {
        if let Some(entry) = participant.and_then(|number| self.participants.get_mut(&number)) {
            entry.blocked_on = Some(wait);
            self.blocked_count += 1;
            self.begin_join(wait.target, Joiner::Participant);
            self.bump_epoch("blocks");
        } else {
            self.external_joiners += 1;
            self.begin_join(wait.target, Joiner::External);
            self.publish("joins from outside");
        }
        record_in_group!(Block { target: wait.target.into(), detects: self.all_blocked() });
    }

    /// Counts a joiner. The participant that it joins has not left.
    fn begin_join(&mut self, target: WaitTarget, joiner: Joiner) {
        match target {
            WaitTarget::Queue { .. } => {}
            WaitTarget::Participant { number } => {
                if let Some(target) = self.participants.get_mut(&number) {
                    target.joiner = joiner;
                }
            }
            WaitTarget::AllOthers => {
                self.joiners_of_all += usize::from(joiner == Joiner::Participant);
            }
        }
    }

    /// Uncounts a joiner.
    fn end_join(&mut self, target: WaitTarget, joiner: Joiner) {
        let inside = usize::from(joiner == Joiner::Participant);
        match target {
            WaitTarget::Queue { .. } => {}
            WaitTarget::Participant { number } => match self.participants.get_mut(&number) {
                Some(target) => target.joiner = Joiner::None,
                None => self.released_joiners -= inside,
            },
            WaitTarget::AllOthers => self.joiners_of_all -= inside,
        }
    }

    pub(crate) fn is_deadlocked(&self, participant: Option<usize>) -> bool {
        participant
            .and_then(|number| self.participants.get(&number))
            .is_some_and(|entry| entry.deadlocked)
    }

    /// Marks a participant as running, and returns whether it was reported as deadlocked.
    pub(crate) fn end_wait(&mut self, participant: Option<usize>, target: WaitTarget) -> bool {
        let entry =
            participant.and_then(|number| Some((number, self.participants.get_mut(&number)?)));
        let Some((number, entry)) = entry else {
            self.external_joiners -= 1;
            self.end_join(target, Joiner::External);
            self.publish("resumes outside");
            record_in_group!(Resume { deadlocked: false });
            return false;
        };
        let deadlocked = std::mem::take(&mut entry.deadlocked);
        if entry.blocked_on.take().is_some() {
            self.blocked_count -= 1;
            self.end_join(target, Joiner::Participant);
            self.note_released(number);
            self.epoch += 1;
        }
        self.end_check_of(number);
        self.publish(if deadlocked { "resumes, deadlocked" } else { "resumes" });
        record_in_group!(Resume { deadlocked });
        deadlocked
    }

    /// Returns whether all participants are marked as blocked and no token is held: whether a deadlock
    /// check is due.
    pub(crate) fn all_blocked(&self) -> bool {
        self.externals == 0
            && self.blocked_count > 0
            && self.blocked_count == self.participants.len()
    }

    /// Returns whether a join of `target` by `waiter` is granted.
    pub(crate) fn has_left(&self, target: WaitTarget, waiter: Option<usize>) -> bool {
        match target {
            WaitTarget::Queue { .. } => false,
            WaitTarget::Participant { number } => !self.participants.contains_key(&number),
            WaitTarget::AllOthers => self.participants.keys().all(|&number| Some(number) == waiter),
        }
    }

    /// Returns whether a join may have been granted; of external joiners the target is not known.
    pub(crate) fn any_join_ready(&self) -> bool {
        self.external_joiners > 0 || self.any_participant_join_ready()
    }

    /// Returns whether a participant is blocked on a join that is granted.
    fn any_participant_join_ready(&self) -> bool {
        self.released_joiners > 0 || (self.joiners_of_all > 0 && self.participants.len() == 1)
    }
}
