//! One execution of a client program, from the first handle to the last oracle: the same lines on
//! every engine, alone and in groups.
//!
//! Alone, main waits for a quiescent state, in which every thread has finished or is blocked. There
//! it checks that the blocked ones have nothing to wake up for; closes the queues, which must end
//! all but those that wait for work to be done; and takes out what is left, which must end them too.
//! Real threads have no quiescent states: there the close comes at any moment. In a group main does
//! nothing but wait for the end of all threads, and the kernel reports a deadlock if one stays
//! blocked: that is C7. In the end the responses of all threads are added up.

use crate::client::observations::{Handle, Observations, Progress};
use crate::client::spawn::{run_in_scope, start_alone, start_in_group};
use crate::client::subject::{Report, Subject};
use crate::client::Shared;
use crate::explore::{Checks, Compared};
use crate::oracles::deadlocks::Deadlocks;
use crate::oracles::history::{ending, History};
use crate::oracles::linearize::conforms;
use crate::oracles::{
    assert_closed_by_last_handle, assert_no_lost_wakeup, assert_waiters_counted,
    assert_within_capacity, Ended,
};
use sentinel_queue_kernel::harness;
use sentinel_queue_models::groups::GroupConformance;
use sentinel_queue_models::program::{Environment, Op, Program, Step};
use sentinel_queue_models::{outcome, Recorded};
use std::sync::Arc;

/// One execution of the program.
///
/// # Panics
///
/// When a claim does not hold in it.
pub fn run<S: Subject>(program: &Arc<Program>, checks: &Checks) {
    sentinel_queue_mutants::select(checks.mutant);
    if checks.record {
        harness::compare_notifications();
    }
    let shared = Arc::new(Shared::<S>::new(program, checks.reentrant));
    let execution = Execution { program, checks, observations: &shared.observations };
    match program.environment {
        Environment::Alone => {
            start_alone(&shared, checks.mutant);
            harness::all_spawned();
            if matches!(checks.compared, Compared::WithoutGroup { .. }) {
                return execution.end_unjudged();
            }
            execution.end_alone();
        }
        Environment::Group | Environment::Late => {
            start_in_group(&shared, checks.mutant);
            harness::all_spawned();
            harness::finish();
            let report = shared.group.as_ref().and_then(S::report);
            execution.end_in_group(report.as_ref());
        }
        Environment::Scope | Environment::Nested | Environment::Joined => {
            harness::all_spawned();
            let report = run_in_scope(&shared);
            harness::finish();
            execution.end_in_group(report.as_ref());
        }
    }
}

/// An execution whose threads have started.
struct Execution<'a, S: Subject> {
    program: &'a Program,
    checks: &'a Checks,
    observations: &'a Observations<S>,
}

impl<S: Subject> Execution<'_, S> {
    /// Main ends a program in no group, and checks it.
    fn end_alone(&self) {
        if harness::quiesces() {
            self.end_at_quiescence();
        } else {
            std::thread::yield_now();
            self.observations.living().for_each(|(queue, handle)| {
                self.close(queue, &handle);
                self.drain(queue, &handle);
            });
        }
        harness::finish();
        let lost = self.drain_living(None);
        let threads = self.check_clients(&lost);
        if self.checks.record {
            self.check_record(&harness::take_record(), &threads);
        }
        self.collect_outcome(&threads);
    }

    fn end_at_quiescence(&self) {
        harness::quiesce();
        if self.observations.current().is_empty() {
            return;
        }
        // Held while the threads go on, and no side ends later for that.
        let weak = |(queue, handle): (usize, Handle<S>)| (queue, handle.downgrade());
        let living: Vec<_> = self.observations.living().map(weak).collect();
        self.check_blocked(&living);
        for (queue, handle) in &living {
            self.close(*queue, handle);
        }
        harness::quiesce();
        if self.observations.current().is_empty() {
            return;
        }
        self.check_blocked(&living);
        for (queue, handle) in &living {
            self.drain(*queue, handle);
        }
    }

    fn check_blocked(&self, living: &[(usize, Handle<S>)]) {
        for (queue, handle) in living {
            let snapshot = S::snapshot(handle.queue());
            if self.checks.clients {
                let back = self.observations.progress();
                let back = back.iter().flat_map(|thread| &thread.responses);
                let back = back.map(|response| response.put_back.len()).sum();
                assert_within_capacity(&snapshot, back);
                assert_closed_by_last_handle(&snapshot);
                let blocked = self.observations.current().into_iter();
                let blocked: Vec<_> = blocked.filter(|(_, step)| step.queue == *queue).collect();
                for (thread, step) in &blocked {
                    assert_no_lost_wakeup(*thread, step.op, &snapshot);
                }
                assert_waiters_counted(&snapshot, blocked.len());
            }
        }
    }

    /// Collects how a program in no group ended, which is compared with its end in a group, and lets
    /// the blocked threads go.
    fn end_unjudged(&self) {
        harness::quiesce();
        self.collect_ending(&harness::take_record());
        // A thread that is let go may wait again, for room or for the end of work.
        for _ in 0..2 {
            self.observations.living().for_each(|(_, handle)| drop(S::close_now(handle.queue())));
            harness::quiesce();
        }
        harness::finish();
        self.observations.clear();
    }

    /// Checks a program in a group, all of whose threads have ended.
    fn end_in_group(&self, last_report: Option<&Report>) {
        let mut record = harness::take_record();
        let threads = self.observations.progress();
        let ended =
            Deadlocks { program: self.program, threads: &threads, record: &record, last_report };
        let history = (harness::quiesces() && self.checks.clients).then(|| ended.check());
        self.collect_ending(&record);
        self.collect_outcome(&threads);
        let lost = self.drain_living(history.as_ref());
        let threads = self.check_clients(&lost);
        if self.checks.record {
            let steps = harness::take_registry_record();
            let refusal = GroupConformance::replay(&record, &steps);
            assert!(refusal.is_ok(), "C8: the record of the group: {refusal:?}");
            if let Some(records) = &self.checks.group_records {
                records.add((record.clone(), steps));
            }
            record.extend(harness::take_record());
            self.check_record(&record, &threads);
        }
    }

    fn collect_ending(&self, record: &[Recorded]) {
        let effects = self.checks.compared == Compared::WithoutGroup { effects: true };
        let threads = || self.observations.progress();
        if !harness::repeats() {
            self.checks.collect_ending(|| ending(self.program, &threads(), record, effects));
        }
    }

    fn collect_outcome(&self, threads: &[Progress]) {
        let responses: Vec<_> =
            threads.iter().skip(1).map(|thread| thread.responses.as_slice()).collect();
        if !harness::repeats() {
            self.checks.collect(&responses, || outcome(&responses));
        }
    }

    /// Takes out what is left in the queues that are still alive, and drops what was kept. Returns
    /// the queues that may have lost sentinels with their last receiver.
    fn drain_living(&self, history: Option<&History<'_>>) -> Vec<bool> {
        let mut lost = vec![self.program.owns_receivers(); self.program.capacities.len()];
        for (queue, handle) in self.observations.living() {
            if self.checks.clients {
                let snapshot = S::snapshot(handle.queue());
                assert_waiters_counted(&snapshot, 0);
                assert_closed_by_last_handle(&snapshot);
                if let Some(history) = history {
                    let recorded = history.queue(queue);
                    let same = recorded == snapshot;
                    assert!(same, "the queue is {snapshot:?}, and by the record {recorded:?}");
                }
                lost[queue] = snapshot.receivers == 0;
            }
            self.drain(queue, &handle);
        }
        self.observations.clear();
        lost
    }

    fn check_clients(&self, lost: &[bool]) -> Vec<Progress> {
        let threads = self.observations.progress();
        if self.checks.clients {
            let dropped = self.observations.dropped.dropped();
            Ended { program: self.program, threads: &threads, dropped: &dropped, lost }.check();
        }
        threads
    }

    /// Replays what happened on each queue by itself.
    fn check_record(&self, record: &[Recorded], threads: &[Progress]) {
        let dropped = self.observations.dropped.dropped();
        for queue in 0..self.program.capacities.len() {
            let record = record.iter().filter(|recorded| recorded.queue == queue).copied();
            let record: Vec<_> = record.collect();
            let threads: Vec<_> = threads.iter().map(|thread| thread.of_queue(queue)).collect();
            let moved = conforms(&record, &threads, &dropped);
            if let Some(records) = &self.checks.records {
                records.add(record.into_iter().zip(moved).collect());
            }
        }
    }

    fn close(&self, queue: usize, handle: &Handle<S>) {
        let response = S::close(handle.queue());
        self.observations.finish(0, Step { op: Op::Close, queue }, response, None);
    }

    fn drain(&self, queue: usize, handle: &Handle<S>) {
        let response = S::close_now(handle.queue());
        self.observations.finish(0, Step { op: Op::CloseNow, queue }, response, None);
    }
}
