//! One execution of a client program, in a group or without one.
//!
//! In a group, main does nothing but wait for the end of all threads: it sends nothing, closes
//! nothing, holds no token. If anybody sleeps then, the kernel says *deadlock*: that is C7. Without
//! a group the same program may end so; main writes down who sleeps, then closes the queues, and
//! the two ways to end are compared.

use super::client::{clients, Client, World};
use super::diary::{Diary, Entry};
use super::oracles::{conserves, name, Ended};
use super::program::{GroupProgram, Home, Step};
use super::story::{Held, Meaning, Story};
use super::subject::{Grouped, Reported, Want};
use crate::desk::Desk;
use crate::item::Ledger;
use crate::program::Op;
use crate::subject::Content;
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::Recorded;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

/// The ways in which the executions of a search have ended.
#[derive(Clone, Debug, Default)]
pub struct Endings(Arc<Mutex<BTreeSet<String>>>);

impl Endings {
    /// All of them.
    pub fn seen(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn insert(&self, ending: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ending);
    }
}

/// What is done with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is run in a group, and judged.
    Judge,
    /// It is run in a group and without one, and every ending of the one must be an ending of the
    /// other, told for ever being the same as asleep for ever.
    Compare {
        /// An ending is the order of all effects too, and not only what everybody was told and
        /// what is left.
        effects: bool,
    },
}

/// How a program is run.
#[derive(Clone, Debug)]
pub struct Mode {
    /// What is done with it.
    pub work: Work,
    /// In a group.
    pub grouped: bool,
    /// With all oracles. A mutant whose endings are compared is not judged, so that the comparison
    /// is seen to stop it by itself.
    pub judged: bool,
    /// The mutant to run, in the builds that have any.
    pub mutant: Option<usize>,
    /// Where endings are collected.
    pub endings: Option<Endings>,
    /// The digest of the ending that is a failure.
    pub unwanted: Option<u64>,
}

impl Mode {
    /// In a group, with all oracles.
    pub const GROUPED: Mode = Mode {
        work: Work::Judge,
        grouped: true,
        judged: true,
        mutant: None,
        endings: None,
        unwanted: None,
    };
}

/// The digest of an ending.
pub fn digest(ending: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    ending.hash(&mut hasher);
    hasher.finish()
}

/// One execution of the program.
///
/// # Panics
///
/// When a claim does not hold in it.
pub fn run<S: Grouped>(program: &GroupProgram, mode: &Mode) {
    sentinel_queue_mutants::select(mode.mutant);
    let outside = !program.outside.is_empty();
    let world = Arc::new(World::<S> {
        group: (mode.grouped && program.home == Home::Group).then(S::group),
        desks: program.capacities.iter().map(|_| Desk::new(0)).collect(),
        diary: Diary::new(program.all_threads().count(), mode.grouped && outside),
        ledger: Ledger::default(),
        reads: program.resuming || program.threads.iter().flatten().any(|s| *s == Step::Await),
    });
    if mode.grouped && program.home != Home::Group {
        S::Backend::all_spawned();
        let last = in_scope(program, &world);
        S::Backend::finish();
        end_in_group(program, &world, mode, last.as_ref());
        return world.desks.iter().for_each(Desk::clear);
    }
    start(program, &world, mode.mutant);
    S::Backend::all_spawned();
    if mode.grouped {
        S::Backend::finish();
        let last = world.group.as_ref().and_then(S::report);
        end_in_group(program, &world, mode, last.as_ref());
    } else {
        S::Backend::quiesce();
        end_without_group(program, &world, mode);
    }
    world.desks.iter().for_each(Desk::clear);
}

fn start<S: Grouped>(program: &GroupProgram, world: &Arc<World<S>>, mutant: Option<usize>) {
    let participants: Vec<_> = (0..program.threads.len())
        .map(|thread| world.group.as_ref().map(|group| S::participant(group, name(thread))))
        .collect();
    let mut token = None;
    if !program.outside.is_empty() {
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
        let (steps, world) = (program.outside.clone(), Arc::clone(world));
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
    let dies = steps.iter().any(|step| matches!(step, Step::On { op: Op::Die, .. }));
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
fn in_scope<S: Grouped>(program: &GroupProgram, world: &Arc<World<S>>) -> Option<Reported> {
    assert!(S::Backend::NAME == "shuttle", "only shuttle has threads of a scope");
    assert!(program.outside.is_empty() && !world.reads, "this is not for programs in a scope");
    let resuming = program.resuming;
    let report = S::scope(program.home, |create| {
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
    report.map(|report| without_body(report, program.home == Home::Joined))
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
    program: &GroupProgram,
    world: &World<S>,
    mode: &Mode,
    last: Option<&Reported>,
) {
    let record = S::Backend::take_record();
    let entries = world.diary.entries();
    if S::Backend::QUIESCES && mode.judged {
        let ended = Ended { program, entries: &entries, record: &record, last };
        let story = ended.holds();
        for (queue, desk) in world.desks.iter().enumerate() {
            if let Some(handle) = desk.handle() {
                is_what_the_record_says(&S::content(handle.queue()), story.queue(queue));
            }
        }
    }
    collect(program, &entries, &record, mode);
    let handles = world.desks.iter().filter_map(Desk::handle);
    let rest: Vec<_> = handles.map(|handle| S::close_now(handle.queue())).collect();
    world.desks.iter().for_each(Desk::clear);
    let dies = program.threads.iter().flatten().any(|s| matches!(s, Step::On { op: Op::Die, .. }));
    if !dies && mode.judged {
        conserves(&entries, &rest, &world.ledger.dropped());
    }
}

fn is_what_the_record_says(content: &Content, held: &Held) {
    let is = (content.items, content.sentinels, content.closed, content.unfinished);
    let told = (held.items, held.sentinels, held.closed, held.unfinished);
    assert!(is == told, "the queue is {content:?}, and by the record {held:?}");
}

/// Writes down how it ended, and lets the sleepers go.
fn end_without_group<S: Grouped>(program: &GroupProgram, world: &World<S>, mode: &Mode) {
    collect(program, &world.diary.entries(), &S::Backend::take_record(), mode);
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
fn collect(program: &GroupProgram, entries: &[Vec<Entry>], record: &[Recorded], mode: &Mode) {
    if mode.endings.is_none() && mode.unwanted.is_none() {
        return;
    }
    let with_effects = mode.work == Work::Compare { effects: true };
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
            let _ = write!(ending, " {} for ever", steps[told.len()]);
        }
        ending.push_str(" | ");
    }
    for queue in 0..program.capacities.len() {
        let _ = write!(ending, "{:?} ", story.queue(queue));
    }
    let only = if mode.grouped { "in a group" } else { "without a group" };
    let wanted = mode.unwanted != Some(digest(&ending));
    assert!(wanted, "C8: it ends like this only {only}: {ending}");
    if let Some(endings) = &mode.endings {
        endings.insert(ending);
    }
}
