//! One execution of a client program, in a group or without one.
//!
//! In a group, main does nothing but wait for the end of all threads: it sends nothing, closes
//! nothing, holds no token. If anybody sleeps then, the kernel says *deadlock*: that is C7. Without
//! a group the same program may end so; main writes down who sleeps, then closes the queues, and
//! the two ways to end are compared.

use super::client::{clients, Client, World};
use super::diary::{Diary, Entry};
use super::oracles::{conserves, name, Ended};
use super::story::{Held, Meaning, Story};
use super::subject::{Grouped, Reported, Want};
use crate::checks::{Checks, Compared};
use crate::desk::Desk;
use crate::item::Ledger;
use crate::subject::Content;
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::program::{Environment, Op, Program, Step};
use sentinel_queue_models::Recorded;
use std::fmt::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// One execution of the program.
///
/// # Panics
///
/// When a claim does not hold in it.
pub fn run<S: Grouped>(program: &Program, checks: &Checks) {
    sentinel_queue_mutants::select(checks.mutant);
    let grouped = program.environment != Environment::Alone;
    let external = !program.external.is_empty();
    let world = Arc::new(World::<S> {
        group: (program.environment == Environment::Group).then(S::group),
        desks: program.capacities.iter().map(|_| Desk::new(0)).collect(),
        diary: Diary::new(program.all_threads().count(), grouped && external),
        ledger: Ledger::default(),
        reads: program.resuming || program.has(|op| op == Op::Await),
    });
    if program.environment.is_scope() {
        S::Backend::all_spawned();
        let last = in_scope(program, &world);
        S::Backend::finish();
        end_in_group(program, &world, checks, last.as_ref());
        return world.desks.iter().for_each(Desk::clear);
    }
    start(program, &world, checks.mutant);
    S::Backend::all_spawned();
    if grouped {
        S::Backend::finish();
        let last = world.group.as_ref().and_then(S::report);
        end_in_group(program, &world, checks, last.as_ref());
    } else {
        S::Backend::quiesce();
        end_without_group(program, &world, checks);
    }
    world.desks.iter().for_each(Desk::clear);
}

fn start<S: Grouped>(program: &Program, world: &Arc<World<S>>, mutant: Option<usize>) {
    let participants: Vec<_> = (0..program.threads.len())
        .map(|thread| world.group.as_ref().map(|group| S::participant(group, name(thread))))
        .collect();
    let mut token = None;
    if !program.external.is_empty() {
        token = world.group.as_ref().map(S::external);
    }
    let create = |capacity| match &world.group {
        Some(group) => S::create_in(group, capacity),
        None => S::create(capacity),
    };
    let mut clients = clients(program, world, create).into_iter();
    for (participant, steps) in participants.into_iter().zip(&program.threads) {
        let client = clients.next().expect("one client per thread");
        let (steps, resuming) = (steps.clone(), program.resuming);
        S::Backend::spawn(move || {
            sentinel_queue_mutants::select(mutant);
            take_part(client, participant, &steps, resuming);
        });
    }
    if let Some(client) = clients.next() {
        let (steps, world) = (program.external.clone(), Arc::clone(world));
        S::Backend::spawn(move || {
            sentinel_queue_mutants::select(mutant);
            drop(client.run(&steps, false));
            world.diary.lets_go();
            drop(token);
            S::Backend::operation_finished(0);
        });
    }
}

fn take_part<S: Grouped>(
    client: Client<S>,
    participant: Option<S::Participant>,
    steps: &[Step],
    resuming: bool,
) {
    let dies = steps.iter().any(|step| step.op == Op::Die);
    let body = || match participant {
        Some(participant) => S::run(participant, || drop(client.run(steps, resuming))),
        None => drop(client.run(steps, resuming)),
    };
    if dies && !S::Backend::QUIESCES {
        // On real threads it dies by a panic, which leaves the group like any other end.
        let death = catch_unwind(AssertUnwindSafe(body));
        assert!(death.is_err(), "who dies does not return");
    } else {
        body();
    }
    S::Backend::operation_finished(0);
}

/// Runs it inside of `scope`, and gives its report, without what it says of the body.
fn in_scope<S: Grouped>(program: &Program, world: &Arc<World<S>>) -> Option<Reported> {
    assert!(S::Backend::NAME == "shuttle", "only shuttle has threads of a scope");
    assert!(program.external.is_empty() && !world.reads, "this is not for programs in a scope");
    let resuming = program.resuming;
    let report = S::scope(program.environment, |create| {
        let clients = clients(program, world, create).into_iter().zip(&program.threads);
        let thread = |(number, (client, steps)): (usize, (Client<S>, &Vec<Step>))| {
            let steps = steps.clone();
            let body = move || {
                let rest = client.run(&steps, resuming);
                S::Backend::operation_finished(0);
                rest
            };
            (name(number), Box::new(body) as Box<dyn FnOnce() -> Client<S> + Send>)
        };
        clients.enumerate().map(thread).collect()
    });
    report.map(|report| without_body(report, program.environment == Environment::Joined))
}

/// The body waits for its threads meanwhile: for the first one, or for all.
fn without_body(mut report: Reported, joins: bool) -> Reported {
    let body = |(who, _): &(String, Want)| !who.starts_with("thread ");
    let waits: Vec<_> = report.awaiting.iter().filter(|entry| body(entry)).collect();
    let fits = |want: &Want| *want == Want::Others || (joins && *want == Want::Other);
    let told_of = matches!(waits.as_slice(), [(_, want)] if fits(want));
    assert!(told_of, "C8: the body of the scope waits for its threads: {report:?}");
    report.awaiting.retain(|entry| !body(entry));
    report
}

fn end_in_group<S: Grouped>(
    program: &Program,
    world: &World<S>,
    checks: &Checks,
    last: Option<&Reported>,
) {
    let record = S::Backend::take_record();
    let entries = world.diary.entries();
    if S::Backend::QUIESCES && checks.clients {
        let ended = Ended { program, entries: &entries, record: &record, last };
        let story = ended.holds();
        for (queue, desk) in world.desks.iter().enumerate() {
            if let Some(handle) = desk.handle() {
                is_what_the_record_says(&S::content(handle.queue()), story.queue(queue));
            }
        }
    }
    collect(program, &entries, &record, checks);
    let handles = world.desks.iter().filter_map(Desk::handle);
    let rest: Vec<_> = handles.map(|handle| S::close_now(handle.queue())).collect();
    world.desks.iter().for_each(Desk::clear);
    let dies = program.has(|op| op == Op::Die);
    if !dies && checks.clients {
        conserves(&entries, &rest, &world.ledger.dropped());
    }
}

fn is_what_the_record_says(content: &Content, held: &Held) {
    let is = (content.items, content.sentinels, content.closed, content.unfinished);
    let told = (held.items, held.sentinels, held.closed, held.unfinished);
    assert!(is == told, "the queue is {content:?}, and by the record {held:?}");
}

/// Writes down how it ended, and lets the sleepers go.
fn end_without_group<S: Grouped>(program: &Program, world: &World<S>, checks: &Checks) {
    collect(program, &world.diary.entries(), &S::Backend::take_record(), checks);
    // Whoever is let go may wait again, for room or for the end of work.
    for _ in 0..2 {
        for handle in world.desks.iter().filter_map(Desk::handle) {
            S::close_now(handle.queue());
        }
        S::Backend::quiesce();
    }
    S::Backend::finish();
}

/// How it ended: what everybody was told and what is left; who sleeps for ever is written down like
/// who was told so.
fn collect(program: &Program, entries: &[Vec<Entry>], record: &[Recorded], checks: &Checks) {
    if checks.outcomes.is_some() || checks.unwanted.is_some() {
        let outcome = outcome(program, entries, record, checks.compared);
        checks.collect(&outcome, || outcome.clone());
    }
}

fn outcome(
    program: &Program,
    entries: &[Vec<Entry>],
    record: &[Recorded],
    compared: Compared,
) -> String {
    let with_effects = compared == Compared::WithoutGroup { effects: true };
    let mut ending = String::new();
    let mut story = Story::of(program);
    for recorded in record {
        let meaning = story.read(recorded);
        if with_effects && meaning == Meaning::Effect {
            let Recorded { thread, queue, event } = recorded;
            let _ = write!(ending, "{thread}@{} {event:?}; ", queue + 1);
        }
    }
    for (thread, steps) in program.all_threads().enumerate() {
        let _ = write!(ending, "{}:", thread + 1);
        let told = entries[thread].iter().filter(|entry| !entry.told.forever);
        let told: Vec<_> = told.map(|entry| &entry.told.answer).collect();
        for answer in &told {
            let _ = write!(ending, " {answer},");
        }
        if told.len() < steps.len() {
            let _ = write!(ending, " {} forever", steps[told.len()]);
        }
        ending.push_str(" | ");
    }
    for queue in 0..program.capacities.len() {
        let _ = write!(ending, "{:?} ", story.queue(queue));
    }
    ending
}
