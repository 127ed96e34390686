//! One execution of a client program, from the first handle to the last oracle: the same lines on
//! every engine.
//!
//! Main starts the threads and waits for a quiescent state, in which everybody has finished or
//! sleeps. There it asks whether the sleepers may sleep; closes the queue, which must end everybody
//! but those who wait for work to be done; takes out what is left, which must end them too; and then
//! adds up what everybody was told. Real threads have no quiescent states: there the close comes at
//! any moment.

use crate::answer::Answer;
use crate::client::{clients, Client};
use crate::desk::{Desk, Handle};
use crate::item::{Id, Ledger};
use crate::linearize::conforms;
use crate::oracles::{ended_by_the_last_handle, entitled_to_sleep, within_capacity, Ended};
use crate::program::{Op, Program};
use crate::subject::Subject;
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::Recorded;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The outcomes that a search has seen.
#[derive(Clone, Debug, Default)]
pub struct Outcomes(Arc<Mutex<BTreeSet<String>>>);

impl Outcomes {
    /// All of them.
    pub fn seen(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn insert(&self, outcome: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    }
}

/// The record of an execution: its events, each with the items that it moved.
pub type Trace = Vec<(Recorded, Vec<Id>)>;

/// The records of executions.
#[derive(Clone, Debug, Default)]
pub struct Records(Arc<Mutex<Vec<Trace>>>);

impl Records {
    /// All of them, in the order in which the executions ended.
    pub fn take(&self) -> Vec<Trace> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, record: Trace) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

/// What is asked of an execution.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The oracles that ask the clients.
    pub clients: bool,
    /// The replay of the record through the model.
    pub record: bool,
    /// Items and iterators use the queue while they are dropped and advanced.
    pub reentrant: bool,
    /// The mutant to run, in the builds that have any.
    pub mutant: Option<usize>,
    /// Where outcomes are collected.
    pub outcomes: Option<Outcomes>,
    /// Where the records are kept.
    pub records: Option<Records>,
}

impl Checks {
    /// The clients' oracles and the replay.
    pub const ALL: Checks = Checks {
        clients: true,
        record: true,
        reentrant: false,
        mutant: None,
        outcomes: None,
        records: None,
    };
    /// The clients' oracles alone.
    pub const CLIENTS: Checks = Checks { record: false, ..Checks::ALL };
    /// The replay alone.
    pub const RECORD: Checks = Checks { clients: false, ..Checks::ALL };
}

/// One execution of the program.
///
/// # Panics
///
/// When a claim does not hold in it.
pub fn run<S: Subject>(program: &Program, checks: &Checks) {
    sentinel_queue_mutants::select(checks.mutant);
    let desk = Arc::new(Desk::<S>::new(program.threads.len() + 1));
    let ledger = Ledger::default();
    let clients = clients::<S>(program, &desk, &ledger, checks.reentrant);
    for (client, ops) in clients.into_iter().zip(&program.threads) {
        start(client, ops.clone(), checks.mutant);
    }
    S::Backend::all_spawned();
    if S::Backend::QUIESCES {
        end_at_quiescence(program, &desk, checks);
    } else {
        end_at_any_moment(&desk);
    }
    S::Backend::finish();
    if let Some(handle) = desk.handle() {
        let owned = program.owns_senders() || program.owns_receivers();
        if checks.clients && owned {
            ended_by_the_last_handle(&S::content(handle.queue()));
        }
        drain(&desk, &handle);
        drop(handle);
    }
    desk.clear();
    judge::<S>(program, &desk, &ledger, checks);
}

fn start<S: Subject>(client: Client<S>, ops: Vec<Op>, mutant: Option<usize>) {
    S::Backend::spawn(move || {
        sentinel_queue_mutants::select(mutant);
        client.run(&ops);
    });
}

fn end_at_quiescence<S: Subject>(program: &Program, desk: &Arc<Desk<S>>, checks: &Checks) {
    S::Backend::quiesce();
    if nobody_sleeps(program, desk) {
        return;
    }
    let handle = desk.handle().expect("whoever sleeps has a handle");
    look(program, desk, &handle, checks);
    let answer = S::close(handle.queue());
    desk.ends(0, answer);
    S::Backend::quiesce();
    if nobody_sleeps(program, desk) {
        return;
    }
    look(program, desk, &handle, checks);
    drain(desk, &handle);
}

fn nobody_sleeps<S: Subject>(program: &Program, desk: &Desk<S>) -> bool {
    (1..=program.threads.len()).all(|thread| desk.doing(thread).is_none())
}

fn look<S: Subject>(program: &Program, desk: &Desk<S>, handle: &Handle<S>, checks: &Checks) {
    let content = S::content(handle.queue());
    if checks.clients {
        within_capacity(&content);
        ended_by_the_last_handle(&content);
        for thread in 1..=program.threads.len() {
            if let Some(op) = desk.doing(thread) {
                entitled_to_sleep(thread, op, &content);
            }
        }
    }
}

fn end_at_any_moment<S: Subject>(desk: &Arc<Desk<S>>) {
    std::thread::yield_now();
    if let Some(handle) = desk.handle() {
        let answer = S::close(handle.queue());
        desk.ends(0, answer);
        drain(desk, &handle);
    }
}

fn drain<S: Subject>(desk: &Desk<S>, handle: &Handle<S>) {
    let answer: Answer = S::close_now(handle.queue());
    desk.ends(0, answer);
}

fn judge<S: Subject>(program: &Program, desk: &Desk<S>, ledger: &Ledger, checks: &Checks) {
    let threads = desk.progress();
    let dropped = ledger.dropped();
    let ended = Ended { program, threads: &threads, dropped: &dropped };
    if checks.clients {
        ended.holds();
    }
    if checks.record {
        let record = S::Backend::take_record();
        let moved = conforms(&record, &threads, &dropped);
        if let Some(records) = &checks.records {
            records.add(record.into_iter().zip(moved).collect());
        }
    }
    if let Some(outcomes) = &checks.outcomes {
        outcomes.insert(ended.outcome());
    }
}
