//! One execution of a client program, from the first handle to the last oracle: the same lines on
//! every engine.
//!
//! Main starts the threads and waits for a quiescent state, in which everybody has finished or
//! sleeps. There it asks whether the sleepers may sleep; closes the queue, which must end everybody
//! but those who wait for work to be done; takes out what is left, which must end them too; and then
//! adds up what everybody was told. Real threads have no quiescent states: there the close comes at
//! any moment.

use crate::checks::Checks;
use crate::client::{clients, Client};
use crate::desk::{Desk, Handle};
use crate::item::Ledger;
use crate::linearize::conforms;
use crate::oracles::{ended_by_the_last_handle, entitled_to_sleep, within_capacity, Ended};
use crate::subject::Subject;
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::outcome;
use sentinel_queue_models::program::{Program, Step};
use sentinel_queue_models::Response;
use std::sync::Arc;

/// One execution of the program.
///
/// # Panics
///
/// When a claim does not hold in it.
pub fn run<S: Subject>(program: &Program, checks: &Checks) {
    assert!(program.capacities.len() == 1, "programs in no group have one queue");
    sentinel_queue_mutants::select(checks.mutant);
    let desk = Arc::new(Desk::<S>::new(program.all_threads().count() + 1));
    let ledger = Ledger::default();
    let clients = clients::<S>(program, &desk, &ledger, checks.reentrant);
    for (client, steps) in clients.into_iter().zip(program.all_threads()) {
        start(client, steps.to_vec(), program.owning, checks.mutant);
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

fn start<S: Subject>(client: Client<S>, steps: Vec<Step>, owning: bool, mutant: Option<usize>) {
    S::Backend::spawn(move || {
        sentinel_queue_mutants::select(mutant);
        client.run(&steps, owning);
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
    (1..=program.all_threads().count()).all(|thread| desk.doing(thread).is_none())
}

fn look<S: Subject>(program: &Program, desk: &Desk<S>, handle: &Handle<S>, checks: &Checks) {
    let content = S::content(handle.queue());
    if checks.clients {
        within_capacity(&content);
        ended_by_the_last_handle(&content);
        for thread in 1..=program.all_threads().count() {
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
    let answer: Response = S::close_now(handle.queue());
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
    let responses: Vec<_> =
        threads.iter().skip(1).map(|thread| thread.answers.as_slice()).collect();
    checks.collect(&responses, || outcome(&responses));
}
