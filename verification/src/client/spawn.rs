//! Starts the threads of a program where its environment says: in no group, as participants of a
//! group, or inside of a scope.

use crate::client::subject::{Report, Subject, WaitTarget};
use crate::client::{clients, Client, Death, Shared};
use sentinel_queue_kernel::harness;
use sentinel_queue_models::program::Environment;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// Returns the name that a thread has in reports, counted from 0.
pub fn name(thread: usize) -> String {
    format!("thread {}", thread + 1)
}

/// Starts the threads of a program in no group.
pub fn start_alone<S: Subject>(shared: &Arc<Shared<S>>, mutant: Option<usize>) {
    let clients = clients(shared, |capacity| S::create(None, capacity));
    for client in clients {
        harness::spawn(move || {
            sentinel_queue_mutants::select(mutant);
            until_death(|| drop(client.run()));
        });
    }
}

/// Starts the threads as participants of the group, and the external one with its token. Main
/// registers all of them before the first one runs; or each registers itself, and holds a token until
/// then.
///
/// # Panics
///
/// When there is no group.
pub fn start_in_group<S: Subject>(shared: &Arc<Shared<S>>, mutant: Option<usize>) {
    let program = &shared.program;
    let group = shared.group.as_ref().expect("main has made the group");
    let entry = |thread| match program.environment {
        Environment::Late => Entry::Token(S::external(group)),
        _ => Entry::Registered(S::participant(group, name(thread))),
    };
    let entries: Vec<Entry<S>> = (0..program.threads.len()).map(entry).collect();
    let token = (!program.external.is_empty()).then(|| S::external(group));
    let mut clients = clients(shared, |capacity| S::create(Some(group), capacity)).into_iter();
    for ((thread, entry), client) in entries.into_iter().enumerate().zip(clients.by_ref()) {
        let shared = Arc::clone(shared);
        harness::spawn(move || {
            sentinel_queue_mutants::select(mutant);
            let participant = entry.register(&shared, thread);
            drop(shared);
            // A panic leaves the group like any other end.
            until_death(|| S::run(participant, || drop(run_in_group(client))));
            harness::operation_finished(&());
        });
    }
    if let Some(client) = clients.next() {
        let shared = Arc::clone(shared);
        harness::spawn(move || {
            sentinel_queue_mutants::select(mutant);
            until_death(|| drop(run_in_group(client)));
            shared.observations.release_token();
            drop(token);
            harness::operation_finished(&());
        });
    }
}

/// What a thread has of its group when it starts.
enum Entry<S: Subject> {
    /// Its place as a participant.
    Registered(S::Participant),
    /// A token, until it is one.
    Token(S::External),
}

impl<S: Subject> Entry<S> {
    fn register(self, shared: &Shared<S>, thread: usize) -> S::Participant {
        match self {
            Entry::Registered(participant) => participant,
            Entry::Token(token) => {
                let group = shared.group.as_ref().expect("main has made the group");
                let participant = S::participant(group, name(thread));
                drop(token);
                harness::operation_finished(&());
                participant
            }
        }
    }
}

/// Runs the program inside of `scope`, and returns its report, without what it says of the body.
///
/// # Panics
///
/// When this is not for programs in a scope.
pub fn run_in_scope<S: Subject>(shared: &Arc<Shared<S>>) -> Option<Report> {
    let program = &shared.program;
    assert!(harness::has_scopes(), "only shuttle has threads of a scope");
    let supported = program.external.is_empty() && !shared.reads_reports;
    assert!(supported, "{program}: this is not for programs in a scope");
    let report = S::scope(program.environment, |create| {
        let clients = clients(shared, create).into_iter();
        let thread = |(number, client): (usize, Client<S>)| {
            let body = move || {
                let rest = run_in_group(client);
                harness::operation_finished(&());
                rest
            };
            (name(number), Box::new(body) as Box<dyn FnOnce() -> Client<S> + Send>)
        };
        clients.enumerate().map(thread).collect()
    });
    report.map(|report| without_body(report, program.environment == Environment::Joined))
}

fn run_in_group<S: Subject>(client: Client<S>) -> Client<S> {
    harness::operation_finished(&());
    client.run()
}

/// A thread that dies ends here; every other panic is a failure. The checkers do not unwind.
fn until_death(body: impl FnOnce()) {
    if harness::quiesces() {
        return body();
    }
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        if !payload.is::<Death>() {
            resume_unwind(payload);
        }
    }
}

/// The body waits for its threads meanwhile: for the first one, or for all.
fn without_body(mut report: Report, joins: bool) -> Report {
    let is_body = |(thread, _): &(String, WaitTarget)| !thread.starts_with("thread ");
    let waits: Vec<_> = report.blocked_on_join.iter().filter(|entry| is_body(entry)).collect();
    let fits = |target: &WaitTarget| {
        *target == WaitTarget::AllOthers || (joins && *target == WaitTarget::Participant)
    };
    let waits = matches!(waits.as_slice(), [(_, target)] if fits(target));
    assert!(waits, "C8: the body of the scope waits for its threads: {report:?}");
    report.blocked_on_join.retain(|entry| !is_body(entry));
    report
}
