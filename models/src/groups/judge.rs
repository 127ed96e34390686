//! Recorded executions of a group, judged by the protocol: which steps of a thread follow each other,
//! what the registry says at each of them, and what the queues do. The rules of Groups.v, and of
//! flushes and of joins by threads outside, which are not in it, over what the code records. What a
//! check finds out about a flush is not judged.

use super::registry::{is_detection_due, recipients_of};
use crate::{Condition, Event, Recorded, RegistryEvent, RegistryRecorded, State, WaitTarget};
use std::collections::{BTreeMap, BTreeSet};

/// Why a step is not allowed.
type Verdict = Result<(), &'static str>;

/// Returns the reason unless the rule holds.
fn require(holds: bool, reason: &'static str) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(reason)
    }
}

/// The place of a thread between two steps. A check belongs to the wait that it precedes, or to none if
/// it follows the end of a participant or of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Running,
    /// About to check.
    Opening(Option<WaitTarget>),
    /// Asks the queues, within one epoch.
    Asking {
        wait: Option<WaitTarget>,
        is_stale: bool,
        open: BTreeSet<(usize, Condition)>,
    },
    /// Has marked, and wakes the waiters of these queues.
    Notifying {
        wait: Option<WaitTarget>,
        open: BTreeSet<usize>,
    },
    /// Is registered as blocked, and looks again before it sleeps.
    Rechecking(WaitTarget),
    Asleep(WaitTarget),
}

#[derive(Clone, Debug, Default)]
struct Thread {
    participant: Option<usize>,
    place: Place,
}

/// The entry of a participant in the registry.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    blocked_on: Option<WaitTarget>,
    deadlocked: bool,
}

/// Replays the record of a group, with those of its queues.
#[derive(Debug, Default)]
pub struct GroupConformance {
    queues: BTreeMap<usize, State>,
    participants: BTreeMap<usize, Entry>,
    threads: BTreeMap<usize, Thread>,
    tokens: usize,
}

impl GroupConformance {
    /// Replays a whole execution, whose threads have ended. The events of queues are applied, and
    /// judged by [`Conformance`](crate::Conformance).
    ///
    /// # Errors
    ///
    /// Returns the first step that is not allowed, and why.
    pub fn replay(events: &[Recorded], steps: &[RegistryRecorded]) -> Result<(), String> {
        let mut group = Self::default();
        let mut steps = steps.iter().peekable();
        for (position, recorded) in events.iter().enumerate() {
            while let Some(step) = steps.next_if(|step| step.position <= position) {
                group.step(step).map_err(|reason| format!("{step:?}: {reason}"))?;
            }
            group.observe(*recorded).map_err(|reason| format!("{recorded:?}: {reason}"))?;
        }
        for step in steps {
            group.step(step).map_err(|reason| format!("{step:?}: {reason}"))?;
        }
        let threads: Vec<usize> = group.threads.keys().copied().collect();
        let mut ends = threads.into_iter().map(|thread| group.require_running(thread));
        ends.try_for_each(|end| end.map_err(|reason| format!("at the end: {reason}")))
    }

    /// Judges that a thread acts on a queue only while it runs, and sleeps only as it registered.
    fn observe(&mut self, recorded: Recorded) -> Verdict {
        let Recorded { thread, queue, event } = recorded;
        let place = &self.threads.entry(thread).or_default().place;
        match (event, place) {
            (Event::Unlock, _) => {}
            (Event::Wait { condition }, Place::Asleep(target)) => {
                let same = *target == WaitTarget::Queue { queue, condition };
                require(same, "it is registered as blocked on something else")?;
            }
            _ => self.require_running(thread)?,
        }
        let state = match event {
            Event::Create { capacity } => {
                self.queues.entry(queue).or_insert_with(|| State::new(capacity))
            }
            _ => self.queues.get_mut(&queue).ok_or("there is no such queue")?,
        };
        state.apply(thread, event);
        Ok(())
    }

    /// Judges a step of the registry and applies it.
    fn step(&mut self, step: &RegistryRecorded) -> Verdict {
        let (me, queue) = (step.thread, step.queue);
        match &step.event {
            RegistryEvent::Register { participant } => self.register(*participant),
            RegistryEvent::Bind { participant } => self.bind(me, *participant),
            RegistryEvent::Leave { participant, wakes, detects } => {
                self.leave(me, *participant)?;
                require(*wakes || !self.is_join_granted(), "a joiner is not woken")?;
                self.then_detect(me, None, *detects)
            }
            RegistryEvent::Acquire => self.change_tokens(me, self.tokens.checked_add(1)),
            RegistryEvent::Release { detects } => {
                self.change_tokens(me, self.tokens.checked_sub(1))?;
                self.then_detect(me, None, *detects)
            }
            RegistryEvent::Block { target, detects } => {
                self.block(me, *target, queue)?;
                self.then_detect(me, Some(*target), *detects)
            }
            RegistryEvent::Recheck { deadlocked } => self.recheck(me, *deadlocked),
            RegistryEvent::Resume { deadlocked } => self.resume(me, *deadlocked),
            RegistryEvent::Open { begins } => self.open(me, *begins),
            RegistryEvent::Ask { condition, ready } => {
                self.ask(me, queue.ok_or("its lock is not held")?, *condition, *ready)
            }
            RegistryEvent::Stale => self.end_stale(me),
            RegistryEvent::Mark { participants } => self.mark(me, participants),
            RegistryEvent::NotifyAll => match self.place(me) {
                Place::Notifying { open, .. } => {
                    open.remove(&queue.ok_or("its lock is not held")?);
                    Ok(())
                }
                _ => Err("it has marked no participant"),
            },
        }
    }

    fn place(&mut self, thread: usize) -> &mut Place {
        &mut self.threads.entry(thread).or_default().place
    }

    /// Ends a check that has woken all waiters, and judges that the thread runs then.
    fn require_running(&mut self, thread: usize) -> Verdict {
        self.end_notifying(thread)?;
        require(*self.place(thread) == Place::Running, "it acts, and is blocked or owes a check")
    }

    fn end_notifying(&mut self, thread: usize) -> Verdict {
        if let Place::Notifying { wait, open } = self.place(thread) {
            require(open.is_empty(), "marked waiters of a queue are not woken")?;
            let wait = *wait;
            *self.place(thread) = after_check(wait);
        }
        Ok(())
    }

    /// Every change of participants, of what they are blocked on, and of the tokens begins an epoch.
    fn begin_epoch(&mut self) {
        for thread in self.threads.values_mut() {
            if let Place::Asking { is_stale, .. } = &mut thread.place {
                *is_stale = true;
            }
        }
    }

    // ----- what the registry computes ----------------------------------------------------------

    fn all_blocked(&self) -> bool {
        is_detection_due(self.tokens, self.participants.values().map(|e| e.blocked_on.is_some()))
    }

    fn has_left(&self, target: WaitTarget, waiter: Option<usize>) -> bool {
        match target {
            WaitTarget::Queue { .. } => false,
            WaitTarget::Participant { number } => !self.participants.contains_key(&number),
            WaitTarget::AllOthers => self.participants.keys().all(|&other| Some(other) == waiter),
        }
    }

    /// Returns whether a participant is blocked on a join that is granted.
    fn is_participants_join_granted(&self) -> bool {
        self.participants.iter().any(|(&number, entry)| {
            entry.blocked_on.is_some_and(|target| self.has_left(target, Some(number)))
        })
    }

    /// Returns the same, or of a thread that is no participant.
    fn is_join_granted(&self) -> bool {
        let outside = |thread: &Thread| match thread.place {
            Place::Asleep(target) => thread.participant.is_none() && self.has_left(target, None),
            _ => false,
        };
        self.is_participants_join_granted() || self.threads.values().any(outside)
    }

    /// Returns the conditions that participants are blocked on.
    fn blocked_on_queues(&self) -> impl Iterator<Item = (usize, Condition)> + '_ {
        self.participants.values().filter_map(|entry| match entry.blocked_on {
            Some(WaitTarget::Queue { queue, condition }) => Some((queue, condition)),
            _ => None,
        })
    }

    /// Judges whether a check is due after a change, and lets it begin.
    fn then_detect(&mut self, me: usize, wait: Option<WaitTarget>, detects: bool) -> Verdict {
        *self.place(me) = if detects { Place::Opening(wait) } else { after_check(wait) };
        require(detects == self.all_blocked(), "whether a check is due is wrong")
    }

    // ----- participants and tokens -------------------------------------------------------------

    fn register(&mut self, participant: usize) -> Verdict {
        let previous = self.participants.insert(participant, Entry::default());
        self.begin_epoch();
        require(previous.is_none(), "the participant is registered already")
    }

    fn change_tokens(&mut self, me: usize, tokens: Option<usize>) -> Verdict {
        self.require_running(me)?;
        self.tokens = tokens.ok_or("there is no token")?;
        self.begin_epoch();
        Ok(())
    }

    fn bind(&mut self, me: usize, participant: usize) -> Verdict {
        require(self.participants.contains_key(&participant), "there is no such participant")?;
        let is_bound = self.threads.values().any(|thread| thread.participant == Some(participant));
        let previous = self.threads.entry(me).or_default().participant.replace(participant);
        require(!is_bound && previous.is_none(), "a thread runs two, or two threads run one")
    }

    fn leave(&mut self, me: usize, participant: usize) -> Verdict {
        self.require_running(me)?;
        let entry = self.participants.remove(&participant).ok_or("there is no such participant")?;
        require(entry.blocked_on.is_none(), "a participant leaves that is blocked")?;
        let mut runs = self.threads.iter_mut().filter(|(_, t)| t.participant == Some(participant));
        if let Some((&thread, runner)) = runs.next() {
            runner.participant = None;
            require(thread == me, "another thread runs it")?;
        }
        self.begin_epoch();
        Ok(())
    }

    // ----- waits -------------------------------------------------------------------------------

    fn block(&mut self, me: usize, target: WaitTarget, held: Option<usize>) -> Verdict {
        self.require_running(me)?;
        let participant = self.threads[&me].participant;
        if let WaitTarget::Queue { queue, condition } = target {
            require(held == Some(queue), "the lock of the queue is not held")?;
            let is_ready = self.is_ready(me, queue, condition)?;
            require(participant.is_some() && !is_ready, "it blocks though its queue is ready")?;
        }
        require(!self.has_left(target, participant), "it joins what has left")?;
        if let Some(entry) = participant.and_then(|number| self.participants.get_mut(&number)) {
            require(entry.blocked_on.is_none() && !entry.deadlocked, "it is blocked already")?;
            entry.blocked_on = Some(target);
            self.begin_epoch();
        }
        Ok(())
    }

    /// Returns whether what a thread is blocked on is there.
    fn is_ready(
        &self,
        thread: usize,
        queue: usize,
        condition: Condition,
    ) -> Result<bool, &'static str> {
        let state = self.queues.get(&queue).ok_or("there is no such queue")?;
        Ok(match condition {
            // Where no grace period is active a flush that is not served goes on, too, to begin one.
            Condition::Flushed => {
                state.ready(condition) > 0 || state.is_flushed(thread) == Some(true)
            }
            _ => state.ready(condition) > 0,
        })
    }

    fn entry(&mut self, thread: usize) -> Option<&mut Entry> {
        let participant = self.threads.get(&thread)?.participant?;
        self.participants.get_mut(&participant)
    }

    fn recheck(&mut self, me: usize, deadlocked: bool) -> Verdict {
        self.end_notifying(me)?;
        let Place::Rechecking(target) = *self.place(me) else {
            return Err("it is not registered as blocked");
        };
        let is_marked = self.entry(me).is_some_and(|entry| entry.deadlocked);
        if !deadlocked {
            *self.place(me) = Place::Asleep(target);
        }
        require(deadlocked == is_marked, "whether it was marked is wrong")
    }

    fn resume(&mut self, me: usize, deadlocked: bool) -> Verdict {
        self.end_notifying(me)?;
        let participant = self.threads.entry(me).or_default().participant;
        match *self.place(me) {
            Place::Asleep(_) => {}
            Place::Rechecking(WaitTarget::Queue { queue, condition }) => {
                let is_ready = self.is_ready(me, queue, condition)?;
                require(deadlocked || is_ready, "it resumes, and neither slept nor is it ready")?;
            }
            Place::Rechecking(target) => {
                let granted = self.has_left(target, participant);
                require(deadlocked || granted, "it resumes, and neither slept nor is it granted")?;
            }
            _ => return Err("it is not blocked"),
        }
        *self.place(me) = Place::Running;
        let Some(entry) = self.entry(me) else { return Ok(()) };
        let is_marked = std::mem::take(&mut entry.deadlocked);
        if entry.blocked_on.take().is_some() {
            self.begin_epoch();
        }
        require(deadlocked == is_marked, "whether it was marked is wrong")
    }

    // ----- checks ------------------------------------------------------------------------------

    fn open(&mut self, me: usize, begins: bool) -> Verdict {
        let Place::Opening(wait) = *self.place(me) else { return Err("no check is due") };
        let open = self.blocked_on_queues().collect();
        let asks = Place::Asking { wait, is_stale: false, open };
        *self.place(me) = if begins { asks } else { after_check(wait) };
        let appears_deadlocked = self.all_blocked() && !self.is_participants_join_granted();
        require(begins == appears_deadlocked, "whether there may be a deadlock is wrong")
    }

    fn ask(&mut self, me: usize, queue: usize, condition: Condition, ready: bool) -> Verdict {
        // Of several flushes it is not known which one is asked about.
        let is_ready = self.is_ready(me, queue, condition)?;
        require(condition == Condition::Flushed || ready == is_ready, "the answer is wrong")?;
        let Place::Asking { wait, open, .. } = self.place(me) else {
            return Err("it does not check");
        };
        open.remove(&(queue, condition));
        let wait = *wait;
        if ready {
            *self.place(me) = after_check(wait);
        }
        Ok(())
    }

    fn end_stale(&mut self, me: usize) -> Verdict {
        let Place::Asking { wait, is_stale, .. } = *self.place(me) else {
            return Err("it does not check");
        };
        *self.place(me) = after_check(wait);
        require(is_stale, "the epoch is not over")
    }

    fn mark(&mut self, me: usize, marked: &[usize]) -> Verdict {
        let Place::Asking { wait, is_stale, open } = self.place(me).clone() else {
            return Err("it does not check");
        };
        require(!is_stale, "the epoch is over")?;
        require(open.is_empty(), "a condition was not asked about")?;
        let blocked = self.participants.iter().filter(|(_, entry)| entry.blocked_on.is_some());
        let at_queue = |number: usize| {
            matches!(self.participants[&number].blocked_on, Some(WaitTarget::Queue { .. }))
        };
        let recipients = recipients_of(blocked.map(|(&number, _)| number), at_queue);
        require(recipients == marked, "others are marked than all that are blocked on queues")?;
        let open = self.blocked_on_queues().map(|(queue, _)| queue).collect();
        for number in recipients {
            let marked = Entry { blocked_on: None, deadlocked: true };
            self.participants.insert(number, marked);
        }
        self.begin_epoch();
        *self.place(me) = Place::Notifying { wait, open };
        Ok(())
    }
}

/// Returns the place after a check, or where there is none.
fn after_check(wait: Option<WaitTarget>) -> Place {
    wait.map_or(Place::Running, Place::Rechecking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug)]
    enum Line {
        Queue(Event),
        Group(RegistryEvent),
    }
    use Condition::NotEmpty;
    use Line::{Group, Queue};

    /// Replays lines around one queue; participants register before.
    fn replay(lines: &[(usize, Line)]) -> Result<(), String> {
        let (mut events, mut steps) = (Vec::new(), Vec::new());
        for (thread, line) in lines.iter().cloned() {
            match line {
                Queue(event) => events.push(Recorded { thread, queue: 0, event }),
                Group(event) => {
                    let (position, queue) = (events.len(), Some(0));
                    steps.push(RegistryRecorded { position, thread, queue, event });
                }
            }
        }
        GroupConformance::replay(&events, &steps)
    }

    /// Two threads receive, and are reported as deadlocked by a check of the second.
    fn deadlock() -> Vec<(usize, Line)> {
        let target = WaitTarget::Queue { queue: 0, condition: NotEmpty };
        let gives_up = Event::Refuse { condition: NotEmpty, closed: false };
        let leave =
            |participant| RegistryEvent::Leave { participant, wakes: false, detects: false };
        vec![
            (0, Queue(Event::Create { capacity: Some(1) })),
            (0, Queue(Event::Unlock)),
            (0, Group(RegistryEvent::Register { participant: 0 })),
            (0, Group(RegistryEvent::Register { participant: 1 })),
            (1, Group(RegistryEvent::Bind { participant: 0 })),
            (2, Group(RegistryEvent::Bind { participant: 1 })),
            (1, Group(RegistryEvent::Block { target, detects: false })),
            (1, Group(RegistryEvent::Recheck { deadlocked: false })),
            (1, Queue(Event::Wait { condition: NotEmpty })),
            (1, Queue(Event::Unlock)),
            (2, Group(RegistryEvent::Block { target, detects: true })),
            (2, Queue(Event::Unlock)),
            (2, Group(RegistryEvent::Open { begins: true })),
            (2, Group(RegistryEvent::Ask { condition: NotEmpty, ready: false })),
            (2, Group(RegistryEvent::Mark { participants: vec![0, 1] })),
            (2, Group(RegistryEvent::NotifyAll)),
            (2, Group(RegistryEvent::Recheck { deadlocked: true })),
            (2, Group(RegistryEvent::Resume { deadlocked: true })),
            (2, Queue(gives_up)),
            (2, Queue(Event::Unlock)),
            (2, Group(leave(1))),
            (1, Group(RegistryEvent::Resume { deadlocked: true })),
            (1, Queue(Event::Wake { condition: NotEmpty, timed_out: true })),
            (1, Queue(gives_up)),
            (1, Queue(Event::Unlock)),
            (1, Group(leave(0))),
        ]
    }

    #[test]
    fn deadlock_of_two_is_accepted() {
        assert_eq!(replay(&deadlock()), Ok(()));
    }

    #[test]
    fn wrong_answer_is_refused() {
        let target = WaitTarget::Queue { queue: 0, condition: NotEmpty };
        for (place, event, reason) in [
            (6, RegistryEvent::Block { target, detects: true }, "whether a check is due"),
            (7, RegistryEvent::Recheck { deadlocked: true }, "whether it was marked"),
            (10, RegistryEvent::Block { target, detects: false }, "whether a check is due"),
            (12, RegistryEvent::Open { begins: false }, "whether there may be a deadlock"),
            (13, RegistryEvent::Ask { condition: NotEmpty, ready: true }, "the answer is wrong"),
            (13, RegistryEvent::Stale, "the epoch is not over"),
            (14, RegistryEvent::Mark { participants: vec![0] }, "others are marked"),
            (16, RegistryEvent::Recheck { deadlocked: false }, "whether it was marked"),
            (21, RegistryEvent::Resume { deadlocked: false }, "whether it was marked"),
        ] {
            let mut lines = deadlock();
            lines[place].1 = Group(event.clone());
            let refused = replay(&lines).expect_err("a wrong answer");
            assert!(refused.contains(reason), "{event:?}: {refused}");
        }
    }

    #[test]
    fn step_left_out_is_refused() {
        for (place, reason) in [
            (6, "it is not registered as blocked"),
            (7, "it acts, and is blocked"),
            (12, "it does not check"),
            (13, "a condition was not asked about"),
            (14, "it has marked no participant"),
            (15, "marked waiters of a queue are not woken"),
            (17, "it acts, and is blocked"),
            (21, "it acts, and is blocked"),
        ] {
            let mut lines = deadlock();
            lines.remove(place);
            let refused = replay(&lines).expect_err("a step is left out");
            assert!(refused.contains(reason), "without {place}: {refused}");
        }
    }

    #[test]
    fn check_that_a_token_has_overtaken_is_refused() {
        let mut lines = deadlock();
        lines.insert(14, (0, Group(RegistryEvent::Acquire)));
        let refused = replay(&lines).expect_err("another epoch");
        assert!(refused.contains("the epoch is over"), "{refused}");
    }
}
