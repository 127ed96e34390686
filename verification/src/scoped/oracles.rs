//! What must hold of an execution in a group, judged with full knowledge: by the order of all
//! critical sections, by what everybody was told, and by what the reports say.

use super::diary::Entry;
use super::story::{Meaning, Story};
use super::subject::{Picture, Reported, Want};
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{ItemId, Recorded, Response};
use std::collections::BTreeMap;

/// An execution in a group that has come to its end.
pub struct Ended<'a> {
    /// What it was.
    pub program: &'a Program,
    /// What its threads were told.
    pub entries: &'a [Vec<Entry>],
    /// Its events.
    pub record: &'a [Recorded],
    /// The last report.
    pub last: Option<&'a Reported>,
}

/// The name that a thread has in reports, counted from 0.
pub fn name(thread: usize) -> String {
    format!("thread {}", thread + 1)
}

impl<'a> Ended<'a> {
    /// C7 and C8: who stopped was told, whoever was told was blocked for ever, and so was everybody
    /// else.
    ///
    /// # Panics
    ///
    /// When one does not hold.
    pub fn holds(&self) -> Story<'a> {
        self.everybody_ended();
        let mut story = Story::of(self.program);
        let mut judged = 0;
        for recorded in self.record {
            let before = story.clone();
            if let Meaning::Told { thread, place } = story.read(recorded) {
                let report = self.report(thread, place);
                if report.occurrence > judged {
                    self.is_true(report, &before);
                    judged = report.occurrence;
                } else {
                    let named = report.blocked.iter().any(|(who, _)| *who == name(thread));
                    assert!(named, "C8: {} is told, and no report names it", name(thread));
                }
            }
        }
        self.told_by_a_report();
        story
    }

    /// C7: every participant has finished, or was told and stopped.
    fn everybody_ended(&self) {
        for (thread, steps) in self.program.all_threads().enumerate() {
            let entries = &self.entries[thread];
            let stopped = !self.program.resuming && entries.last().is_some_and(|e| e.told.forever);
            let ended = stopped || entries.len() == steps.len();
            assert!(ended, "C7: {} has not ended", name(thread));
            let outside = thread >= self.program.threads.len();
            for (step, entry) in steps.iter().zip(entries).filter(|(_, entry)| entry.told.forever) {
                let may = step.op.may_block_forever() && !outside;
                assert!(may, "C8: {} was told in {step}: {}", name(thread), entry.told);
            }
        }
    }

    /// The report by which an operation was told.
    fn report(&self, thread: usize, place: usize) -> &Reported {
        let entry = self.entries[thread].get(place).filter(|entry| entry.told.forever);
        let entry = entry.expect("C8: an operation without a deadline gives up, and was not told");
        let report = entry.report.as_ref().or(self.last);
        report.expect("C8: somebody was told, and there is no report")
    }

    /// Everybody who was told was named by the report that was the latest then; the occurrences
    /// are counted without a gap, and nobody is reported whom nobody tells.
    fn told_by_a_report(&self) {
        let mut occurrences = BTreeMap::new();
        for (thread, entries) in self.entries.iter().enumerate() {
            for (place, _) in entries.iter().enumerate().filter(|(_, entry)| entry.told.forever) {
                let report = self.report(thread, place);
                let known = occurrences.insert(report.occurrence, report);
                assert!(known.is_none_or(|known| known == report), "C8: one report is two");
                let named = report.blocked.iter().any(|(who, _)| *who == name(thread));
                assert!(named, "C8: {} was told, and not reported", name(thread));
                if self.program.threads[thread][place].op == Op::Await {
                    self.is_circle(report);
                }
            }
        }
        let last = self.last.map_or(0, |report| report.occurrence);
        let numbers: Vec<u64> = occurrences.keys().copied().collect();
        assert!(
            numbers == (1..=last).collect::<Vec<_>>(),
            "C8: {last} reports were made, and somebody was told by {numbers:?}"
        );
        // Ready wins over told, and who was told first may make another one's operation ready.
        let told = self.entries.iter().flatten().filter(|entry| entry.told.forever).count();
        let named: usize = occurrences.values().map(|report| report.blocked.len()).sum();
        let all = told == named || (!self.program.is_comparable() && told < named);
        assert!(all, "C8: reports name {named} operations, and {told} were told");
    }

    /// C8: who waits for the end of others is told only if they all do so, and there are others.
    fn is_circle(&self, report: &Reported) {
        let awaits = report.blocked.iter().all(|(_, want)| *want == Want::Others);
        let everybody = report.blocked.len() + report.left.len() == self.program.threads.len();
        let circle = awaits && everybody && report.awaiting.is_empty() && report.blocked.len() > 1;
        assert!(circle, "C8: somebody waits for others, who run or have ended: {report:?}");
    }

    /// C8: when the report was made, nobody could go on; and it tells what was the case.
    fn is_true(&self, report: &Reported, story: &Story<'_>) {
        for (thread, steps) in self.program.threads.iter().enumerate() {
            self.is_stuck(report, story, thread, steps);
        }
        for thread in self.program.threads.len()..self.entries.len() {
            let at = story.at(thread);
            assert!(at.is_none(), "C8: a report, and somebody outside may still act: {at:?}");
        }
        let everybody = report.blocked.len() + report.awaiting.len() + report.left.len();
        assert!(
            everybody == self.program.threads.len(),
            "C8: not everybody is told of: {report:?}"
        );
        for picture in &report.queues {
            is_like(picture, story);
        }
    }

    fn is_stuck(&self, report: &Reported, story: &Story<'_>, thread: usize, steps: &[Step]) {
        let called = |list: &[(String, Want)]| {
            list.iter().find(|(who, _)| *who == name(thread)).map(|(_, want)| *want)
        };
        let left = report.left.iter().any(|(who, _)| *who == name(thread));
        match (called(&report.blocked), called(&report.awaiting), left, story.at(thread)) {
            (Some(want), None, false, Some((place, op, queue))) => {
                let enabled = story.is_enabled(op, queue);
                assert!(!enabled, "C8: {} could go on with {op}: {report:?}", name(thread));
                assert!(want == wanted(op, queue), "C8: {op} is told as {want:?}");
                let told = self.entries[thread].get(place).is_some_and(|e| e.told.forever);
                // Unless somebody who was told goes on and makes it ready first: ready wins.
                let again = matches!(op, Op::Worker | Op::SendMany(_));
                let may_go_on = self.program.resuming && (!told || again);
                let now = told && self.report(thread, place) == report;
                assert!(now || may_go_on, "C8: {} is reported in {op}, and goes on", name(thread));
            }
            (None, Some(Want::Others), false, _) => {
                let awaits = story.awaits(thread) && !report.blocked.is_empty();
                assert!(awaits, "C8: {} waits for nobody's end: {report:?}", name(thread));
            }
            (None, None, true, None) => {
                let waits = story.awaits(thread) && self.entries[thread].len() < steps.len();
                assert!(!waits, "C8: {} has not left: {report:?}", name(thread));
            }
            _ => panic!("C8: {} is neither blocked nor has it left: {report:?}", name(thread)),
        }
    }
}

fn wanted(op: Op, queue: usize) -> Want {
    match op {
        Op::Send | Op::SendMany(_) => Want::Send(queue + 1),
        Op::Join => Want::Join(queue + 1),
        _ => Want::Receive(queue + 1),
    }
}

/// A queue in a report is as it was.
fn is_like(picture: &Picture, story: &Story<'_>) {
    let held = story.queue(picture.number - 1);
    let content = picture.content;
    let told = (content.items, content.sentinels, content.closed, content.unfinished);
    let is = (held.items, held.sentinels, held.closed, held.unfinished);
    assert!(
        told == is && picture.accepted == held.accepted && content.capacity == held.capacity,
        "C8: the report says {picture:?}, and the queue was {held:?}"
    );
}

/// C1 and C2: items are obtained once, or come back, or were dropped with a queue; sentinels end
/// one loop each. What is left in the queues has been taken out and is among `rest`.
///
/// # Panics
///
/// When one does not hold.
pub fn conserves(entries: &[Vec<Entry>], rest: &[Response], dropped: &[ItemId]) {
    let mut fates: BTreeMap<ItemId, [usize; 3]> = BTreeMap::new();
    let (mut sent, mut taken) = (0, 0);
    let answers = entries.iter().flatten().map(|entry| &entry.told.answer).chain(rest);
    for answer in answers {
        answer.accepted.iter().for_each(|id| fates.entry(*id).or_default()[0] += 1);
        answer.returned.iter().for_each(|id| fates.entry(*id).or_default()[1] += 1);
        answer.obtained.iter().for_each(|id| fates.entry(*id).or_default()[2] += 1);
        sent += answer.sentinels_sent;
        taken += answer.sentinels_taken + answer.sentinels_drained;
    }
    for id in dropped {
        fates.entry(*id).or_default()[2] += 1;
    }
    for (id, [accepted, returned, out]) in fates {
        let once = accepted + returned == 1 && out == accepted;
        assert!(
            once,
            "C1: item {id}: accepted {accepted}, returned {returned}, came out {out} times"
        );
    }
    let may_be_lost = !dropped.is_empty() || rest.is_empty();
    assert!(taken == sent || (may_be_lost && taken < sent), "C2: {sent} sent, {taken} came out");
}
