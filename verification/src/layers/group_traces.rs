//! Recorded executions of groups as files for Coq: the steps of the registry, and what they are
//! interleaved with in the queues, replayed by a semantics that is proved to be the model's.
//!
//! Each must be accepted; the same one with a wrong answer of the registry must be refused.

use crate::explore::{Checks, GroupTrace, Records};
use crate::layers::traces::{self, spell_condition, write_files};
use sentinel_queue_models::{Condition, Conformance, Event, Recorded};
use sentinel_queue_models::{RegistryEvent, RegistryRecorded, WaitTarget};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Programs that together take every step of a registry. No thread that is no participant joins, and
/// none flushes: neither is in the model of groups.
pub(crate) const PROGRAMS: &[&str] = &[
    "group 1: recv | recv",
    "group 1: send send | recv recv recv",
    "group 1: recv | recv | send",
    "group 1 1: recv | send recv@2 | sentinel",
    "group 1 1: recv@2 | sentinel@2 recv",
    "group 1: send join | send join | task",
    "group 1: recv | send | external sentinel",
    "group 1: recv recv | external try_recv send",
    "group 1: recv_timeout recv | send_timeout send",
    "group 1: await | recv | sentinel",
    "group 1: await | await",
    "group resuming 1: await await | await",
    "group resuming 1: recv recv | recv sentinel",
    "group owning 1: send | recv recv",
    "late 1: send send | recv",
    "nested owning 1: send | recv recv",
    "joined owning 1: send | recv recv",
];

/// Records executions of queues and of groups, and writes them into a folder. Returns the numbers of
/// those to be accepted, and of tampered ones to be refused, of each.
///
/// # Errors
///
/// When an execution fails, or the folder cannot be written to.
pub fn record_and_write(from_each: usize, folder: &Path) -> Result<[(usize, usize); 2], String> {
    let (queues, groups) = (traces::record(from_each)?, record(from_each)?);
    let counts = traces::write(&queues, folder).and_then(|of_queues| {
        let of_groups = write(&groups, folder)?;
        Ok([of_queues, of_groups])
    });
    counts.map_err(|error| error.to_string())
}

/// Records that many executions with shuttle, and as many again with real threads, which have no
/// scopes.
///
/// # Errors
///
/// When an execution fails; the other layers then report it in more detail.
pub fn record(from_each: usize) -> Result<Vec<GroupTrace>, String> {
    let records = Records::default();
    let checks = Checks { group_records: Some(records.clone()), ..Checks::RECORD };
    traces::run(PROGRAMS, from_each, &checks)?;
    Ok(records.take())
}

/// Writes records to be accepted, and tampered copies to be refused, into a folder. Returns the number
/// of each.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn write(traces: &[GroupTrace], folder: &Path) -> io::Result<(usize, usize)> {
    let tampered = traces.iter().enumerate().filter_map(|(kind, trace)| tamper(trace, kind));
    let tampered: Vec<_> = tampered.map(|trace| spell(&trace)).collect();
    let recorded: Vec<_> = traces.iter().map(spell).collect();
    write_files("GroupReplay", &recorded, &tampered, folder)
}

/// Returns a record in Coq's syntax.
fn spell((events, steps): &GroupTrace) -> String {
    let mut speller = Speller::default();
    let mut steps = steps.iter().peekable();
    for (position, recorded) in events.iter().enumerate() {
        while let Some(step) = steps.next_if(|step| step.position <= position) {
            speller.step(step);
        }
        speller.event(*recorded);
    }
    steps.for_each(|step| speller.step(step));
    speller.lines.join("; ")
}

#[derive(Default)]
struct Speller {
    lines: Vec<String>,
    queues: Conformance,
    threads: BTreeMap<usize, Thread>,
    /// The notifications of the critical section of each queue, if it has done anything.
    sections: BTreeMap<usize, Vec<String>>,
}

#[derive(Default)]
struct Thread {
    participates: bool,
    blocked_on: Option<WaitTarget>,
    /// Its sleep is in the record of the registry.
    is_monitored: bool,
}

impl Speller {
    fn line(&mut self, thread: usize, event: &str) {
        self.lines.push(format!("E {thread} {event}"));
    }

    /// A section ends where its thread sleeps or releases the lock.
    fn event(&mut self, recorded: Recorded) {
        let Recorded { thread, queue, event } = recorded;
        // The queue's own record is judged elsewhere.
        let _ = self.queues.observe(recorded);
        match event {
            Event::Wake { .. } => {}
            Event::Unlock => self.end_section(thread, queue),
            Event::Wait { condition } => {
                self.end_section(thread, queue);
                let monitored = self.threads.entry(thread).or_default();
                if !std::mem::take(&mut monitored.is_monitored) {
                    self.line(thread, &format!("(Sleep {queue} {})", spell_condition(condition)));
                }
            }
            Event::Notify { condition, all } => {
                let notified = format!("({}, {all})", spell_condition(condition));
                self.sections.entry(queue).or_default().push(notified);
            }
            _ => _ = self.sections.entry(queue).or_default(),
        }
    }

    fn end_section(&mut self, thread: usize, queue: usize) {
        let Some(notified) = self.sections.remove(&queue) else { return };
        let Some(state) = self.queues.state(queue) else { return };
        let conditions = [Condition::NotEmpty, Condition::NotFull, Condition::Completed];
        let ready = conditions.into_iter().filter(|&condition| state.ready(condition) > 0);
        let ready: Vec<_> = ready.map(spell_condition).collect();
        let (ready, notified) = (ready.join("; "), notified.join("; "));
        self.line(thread, &format!("(Section {queue} [{ready}] [{notified}])"));
    }

    fn step(&mut self, step: &RegistryRecorded) {
        let RegistryRecorded { thread, queue, ref event, .. } = *step;
        let entry = self.threads.entry(thread).or_default();
        let queue = queue.unwrap_or_default();
        let text = match event {
            RegistryEvent::Register { participant } => format!("(Register {participant})"),
            RegistryEvent::Bind { participant } => {
                entry.participates = true;
                format!("(Bind {participant})")
            }
            RegistryEvent::Leave { participant, wakes, detects } => {
                entry.participates = false;
                format!("(Leave {participant} {wakes} {detects})")
            }
            RegistryEvent::Acquire => "Acquire".to_owned(),
            RegistryEvent::Release { detects } => format!("(Release {detects})"),
            RegistryEvent::Open { begins: true } => "Open".to_owned(),
            RegistryEvent::Open { begins: false } => "OpenNot".to_owned(),
            RegistryEvent::Ask { condition, ready } => {
                format!("(Asked {queue} {} {ready})", spell_condition(*condition))
            }
            RegistryEvent::Stale => "Stale".to_owned(),
            RegistryEvent::Mark { participants } => {
                let whom: Vec<_> = participants.iter().map(ToString::to_string).collect();
                format!("(Mark [{}])", whom.join("; "))
            }
            RegistryEvent::NotifyAll => format!("(Notified {queue})"),
            wait => match entry.wait(wait) {
                Some(text) => text,
                None => return,
            },
        };
        self.line(thread, &text);
    }
}

impl Thread {
    /// Returns the spelling of a step of a wait, if it has one.
    fn wait(&mut self, event: &RegistryEvent) -> Option<String> {
        if let RegistryEvent::Block { target, .. } = event {
            self.blocked_on = Some(*target);
        }
        let target = self.blocked_on.filter(|_| self.participates)?;
        let at = match target {
            WaitTarget::Queue { queue, condition } => {
                format!("{queue} {}", spell_condition(condition))
            }
            WaitTarget::Participant { number } => format!("(Leaving {number})"),
            WaitTarget::AllOthers => "LeavingOthers".to_owned(),
        };
        let joins = !matches!(target, WaitTarget::Queue { .. });
        Some(match event {
            RegistryEvent::Block { detects, .. } if joins => format!("(Join {at} {detects})"),
            RegistryEvent::Block { detects, .. } => format!("(Block {at} {detects})"),
            RegistryEvent::Recheck { deadlocked: false } if joins => "JoinSleep".to_owned(),
            RegistryEvent::Recheck { deadlocked: false } => {
                self.is_monitored = true;
                format!("(Sleep {at})")
            }
            RegistryEvent::Resume { deadlocked } if joins => format!("(JoinResume {deadlocked})"),
            RegistryEvent::Resume { deadlocked } => format!("(Resume {at} {deadlocked})"),
            _ => return None,
        })
    }
}

/// Returns the record with one wrong answer of the registry or of a queue, if there is such an answer:
/// whether a check is due, whether it begins, whether a queue is ready, who is marked, whether a
/// thread was; or a step left out.
fn tamper((events, steps): &GroupTrace, kind: usize) -> Option<GroupTrace> {
    let mut steps = steps.clone();
    let place = steps.iter_mut().position(|step| change(&mut step.event, kind % 6))?;
    if kind % 6 == LEFT_OUT {
        steps.remove(place);
    }
    Some((events.clone(), steps))
}

/// The kind of change that leaves out the mark.
const LEFT_OUT: usize = 5;

/// Returns whether that kind of change is one of this step, which it changes.
fn change(event: &mut RegistryEvent, kind: usize) -> bool {
    let answer = match (event, kind) {
        (RegistryEvent::Block { detects, .. }, 0) => detects,
        (RegistryEvent::Open { begins }, 1) => begins,
        (RegistryEvent::Ask { ready, .. }, 2) => ready,
        (RegistryEvent::Resume { deadlocked }, 3) => deadlocked,
        (RegistryEvent::Mark { participants }, 4) => return participants.pop().is_some(),
        (RegistryEvent::Mark { .. }, LEFT_OUT) => return true,
        _ => return false,
    };
    *answer = !*answer;
    true
}
