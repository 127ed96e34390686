//! What must hold of an execution in a group (C7 and C8), judged with full knowledge: by the order
//! of all critical sections, by what every thread was returned, and by what the reports say.

use crate::client::observations::Progress;
use crate::client::spawn::name;
use crate::client::subject::{Report, Snapshot, WaitTarget};
use crate::oracles::history::{EventKind, History};
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::Recorded;
use std::collections::BTreeMap;

/// The deadlock reports of an execution that has come to its end.
pub struct Deadlocks<'a> {
    /// What it was.
    pub program: &'a Program,
    /// Its threads, main first.
    pub threads: &'a [Progress],
    /// Its events.
    pub record: &'a [Recorded],
    /// The last report.
    pub last_report: Option<&'a Report>,
}

impl<'a> Deadlocks<'a> {
    /// C7 and C8: every thread that stopped early was reported as deadlocked, every reported one was
    /// blocked forever, and so were all others.
    ///
    /// # Panics
    ///
    /// When one does not hold.
    pub fn check(&self) -> History<'a> {
        self.check_ends();
        let mut history = History::of(self.program);
        let mut judged = 0;
        for recorded in self.record {
            let before = history.clone();
            if let EventKind::Deadlocked { thread, place } = history.read(recorded) {
                let report = self.report(thread, place);
                if report.occurrence > judged {
                    self.check_report(report, &before);
                    judged = report.occurrence;
                } else {
                    let named = report.blocked.iter().any(|(other, _)| *other == name(thread));
                    assert!(named, "C8: {} is deadlocked, and no report names it", name(thread));
                }
            }
        }
        self.check_occurrences();
        history
    }

    /// A thread, counted from 0.
    fn thread(&self, thread: usize) -> &'a Progress {
        &self.threads[thread + 1]
    }

    fn is_deadlocked(&self, thread: usize, place: usize) -> bool {
        self.thread(thread).responses.get(place).is_some_and(|response| response.deadlocked)
    }

    /// C7: every participant has finished, or was reported as deadlocked and stopped.
    fn check_ends(&self) {
        for (thread, steps) in self.program.all_threads().enumerate() {
            let responses = &self.thread(thread).responses;
            let stopped = !self.program.resuming && responses.last().is_some_and(|r| r.deadlocked);
            let ended = stopped || responses.len() == steps.len();
            assert!(ended, "C7: {} has not ended", name(thread));
            let external = thread >= self.program.threads.len();
            for (step, response) in steps.iter().zip(responses).filter(|(_, r)| r.deadlocked) {
                let may = step.op.may_block_forever() && !external;
                assert!(may, "C8: {} is deadlocked in {step}: {response}", name(thread));
            }
        }
    }

    /// The report of a deadlocked operation.
    fn report(&self, thread: usize, place: usize) -> &Report {
        let deadlocked = self.is_deadlocked(thread, place);
        assert!(deadlocked, "C8: an operation without a deadline gives up, and is not deadlocked");
        let mut reports = self.thread(thread).reports.iter();
        let own = reports.find(|(of, _)| *of == place).map(|(_, report)| report);
        let report = own.or(self.last_report);
        report.expect("C8: an operation is deadlocked, and there is no report")
    }

    /// Every deadlocked operation was named by the report that was the latest then; the occurrences
    /// are counted without a gap, and every reported operation is one of them.
    fn check_occurrences(&self) {
        let mut occurrences = BTreeMap::new();
        let mut deadlocked = 0;
        for (thread, steps) in self.program.all_threads().enumerate() {
            for (place, step) in steps.iter().enumerate() {
                if !self.is_deadlocked(thread, place) {
                    continue;
                }
                deadlocked += 1;
                let report = self.report(thread, place);
                let known = occurrences.insert(report.occurrence, report);
                assert!(known.is_none_or(|known| known == report), "C8: one report is two");
                let named = report.blocked.iter().any(|(other, _)| *other == name(thread));
                assert!(named, "C8: {} is deadlocked, and not reported", name(thread));
                if step.op == Op::Await {
                    self.check_circle(report);
                }
            }
        }
        let last = self.last_report.map_or(0, |report| report.occurrence);
        let numbers: Vec<u64> = occurrences.keys().copied().collect();
        assert!(
            numbers == (1..=last).collect::<Vec<_>>(),
            "C8: {last} reports were made, and operations are deadlocked by {numbers:?}"
        );
        // Ready wins over deadlocked, and a thread that resumes may make another operation ready.
        let named: usize = occurrences.values().map(|report| report.blocked.len()).sum();
        let all = deadlocked == named || (!self.program.is_comparable() && deadlocked < named);
        assert!(all, "C8: reports name {named} operations, and {deadlocked} are deadlocked");
    }

    /// C8: a wait for the end of the others is deadlocked only if all threads wait so, and there are
    /// others.
    fn check_circle(&self, report: &Report) {
        let awaits = report.blocked.iter().all(|(_, target)| *target == WaitTarget::AllOthers);
        let all = report.blocked.len() + report.departed.len() == self.program.threads.len();
        let circle = awaits && all && report.blocked_on_join.is_empty() && report.blocked.len() > 1;
        assert!(circle, "C8: a wait for others that run or have ended is deadlocked: {report:?}");
    }

    /// C8: when the report was made, no thread could go on; and it says what was the case.
    fn check_report(&self, report: &Report, history: &History<'_>) {
        for (thread, steps) in self.program.threads.iter().enumerate() {
            self.check_blocked(report, history, thread, steps);
        }
        for thread in self.program.threads.len()..self.program.all_threads().count() {
            let current = history.current_op(thread);
            let ended = current.is_none();
            assert!(ended, "C8: a report, and an external thread may still act: {current:?}");
        }
        let all = report.blocked.len() + report.blocked_on_join.len() + report.departed.len();
        let complete = all == self.program.threads.len();
        assert!(complete, "C8: not every participant is in the report: {report:?}");
        for (number, snapshot) in &report.queues {
            check_queue(*number, snapshot, history);
        }
    }

    fn check_blocked(&self, report: &Report, history: &History<'_>, thread: usize, steps: &[Step]) {
        let name = name(thread);
        let find = |list: &[(String, WaitTarget)]| {
            list.iter().find(|(other, _)| *other == name).map(|(_, target)| *target)
        };
        let departed = report.departed.iter().any(|(other, _)| *other == name);
        let (blocked, joins) = (find(&report.blocked), find(&report.blocked_on_join));
        match (blocked, joins, departed, history.current_op(thread)) {
            (Some(target), None, false, Some((place, op, queue))) => {
                let enabled = history.is_enabled(op, queue);
                assert!(!enabled, "C8: {name} could go on with {op}: {report:?}");
                assert!(target == expected(op, queue), "C8: {op} is reported as {target:?}");
                let deadlocked = self.is_deadlocked(thread, place);
                // Unless a thread that resumes makes it ready first: ready wins.
                let again = matches!(op, Op::Worker | Op::SendMany(_));
                let may_go_on = self.program.resuming && (!deadlocked || again);
                let now = deadlocked && self.report(thread, place) == report;
                assert!(now || may_go_on, "C8: {name} is reported in {op}, and goes on");
            }
            (None, Some(WaitTarget::AllOthers), false, _) => {
                let awaits = history.awaits(thread) && !report.blocked.is_empty();
                assert!(awaits, "C8: {name} waits for the end of no thread: {report:?}");
            }
            (None, None, true, None) => {
                let finished = self.thread(thread).responses.len() == steps.len();
                let waits = history.awaits(thread) && !finished;
                assert!(!waits, "C8: {name} has not left: {report:?}");
            }
            _ => panic!("C8: {name} is neither blocked nor has it left: {report:?}"),
        }
    }
}

fn expected(op: Op, queue: usize) -> WaitTarget {
    let queue = queue + 1;
    match op {
        Op::Join => WaitTarget::Join(queue),
        Op::Flush => WaitTarget::Flush(queue),
        op if op.sends() => WaitTarget::Send(queue),
        _ => WaitTarget::Receive(queue),
    }
}

/// A queue in a report is as it was.
fn check_queue(number: usize, reported: &Snapshot, history: &History<'_>) {
    let recorded = history.queue(number - 1);
    let same = reported.contents() == recorded.contents();
    assert!(same, "C8: the report says {reported:?}, and the queue was {recorded:?}");
}
