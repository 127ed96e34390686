//! Recorded executions as files for Coq, where a semantics that is proved equal to the model's
//! replays them: the link between the proof and the code.
//!
//! Each recorded trace must be accepted, item by item as observed by the clients; the same trace with
//! one event or one item changed must be refused.

use crate::explore::engine::{execute, Engine};
use crate::explore::{Checks, Records, Trace};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use sentinel_queue_models::program::Program;
use sentinel_queue_models::{Condition, Event, ItemId, Recorded};
use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

/// Programs that together use every operation.
pub(crate) const PROGRAMS: &[&str] = &[
    "1: send send sentinel | send sentinel | worker | worker",
    "2: send_many 2 send close | send_timeout try_send | recv_many 2 recv | worker",
    "1: force_send force_send sentinel | send close_now | recv_timeout try_recv | worker",
    "2: send send join | send_many 2 | task task | task recv",
    "1: send drop_sender | send_many 2 drop_sender | worker | recv recv_timeout",
    "2: send send | send_many 2 drop_sender | recv drop_receiver | recv drop_receiver",
    "2: send send | send join_timeout | die | worker | close",
    "1: send_many 2 sentinels_front 1 | take_task put_back join | worker | drain force_send",
    "2: send send upgrade_sender close drop_sender | clone_receiver leave recv leave | upgrade_receiver worker drop_receiver",
    "1: send send sentinel | send_async_drop send | recv_async_drop worker | task_async | join_async",
    "1: send_async recv_async_drop | recv_async send_async_drop | send recv",
    "2: send send_async join_async | task_async recv_many_async 2 | recv_async_drop recv",
    "2: send send flush | take_task put_back flush_timeout | task task recv",
    "1: send flush send flush | task take_task end_task task | send flush_timeout",
];

/// The number of traces in a file.
const TO_A_FILE: usize = 100;

/// Records that many traces with shuttle and as many again with real threads.
///
/// # Errors
///
/// When an execution fails; the other layers then report it in more detail.
pub fn record(from_each: usize) -> Result<Vec<Trace>, String> {
    let records = Records::default();
    let checks = Checks { records: Some(records.clone()), ..Checks::RECORD };
    run(PROGRAMS, from_each, &checks)?;
    Ok(records.take())
}

/// Runs each of the programs with shuttle and with real threads, which have no scopes.
pub(crate) fn run(programs: &[&str], from_each: usize, checks: &Checks) -> Result<(), String> {
    let hostility = Hostility { waiters: Waiters::Any, spurious: 1, timeouts: 1 };
    let limits = Limits { hostility, ..Limits::default() };
    let schedules = from_each.div_ceil(programs.len());
    for (seed, text) in (1..).zip(programs) {
        let program: Program = text.parse().map_err(|error| format!("{text}: {error:?}"))?;
        let sampled = Engine::Sample { sampler: Sampler::Random, seed, schedules };
        let threads = Engine::Threads { executions: schedules as u64 };
        let engines = [sampled, threads].into_iter();
        for engine in engines.take(if program.environment.is_scope() { 1 } else { 2 }) {
            if let Some(failure) = execute(engine, &program, checks, &limits).failure {
                return Err(format!("{text}: {}", failure.message));
            }
        }
    }
    Ok(())
}

/// Writes traces to be accepted, and tampered copies to be refused, into a folder. Returns the number
/// of each.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn write(traces: &[Trace], folder: &Path) -> io::Result<(usize, usize)> {
    let tampered = traces.iter().enumerate().filter_map(|(kind, trace)| tamper(trace, kind));
    let tampered: Vec<_> = tampered.map(|trace| spell_trace(&trace)).collect();
    let recorded: Vec<_> = traces.iter().map(|trace| spell_trace(trace)).collect();
    write_files("Replay", &recorded, &tampered, folder)
}

/// Writes files which state that a Coq module accepts all of the first traces, and refuses all of the
/// others. Returns the number of each.
pub(crate) fn write_files(
    module: &str,
    recorded: &[String],
    tampered: &[String],
    folder: &Path,
) -> io::Result<(usize, usize)> {
    let all = [("recorded", recorded, "[]"), ("tampered", tampered, "seq 0 (length traces)")];
    for (name, traces, refused) in all {
        for (number, part) in traces.chunks(TO_A_FILE).enumerate() {
            let text = format!(
                "From Coq Require Import List.\nImport ListNotations.\n\
                 From SentinelQueue Require Import {module}.\n\
                 Definition traces : list (list recorded) := [\n[{}]\n].\n\
                 Goal refused traces = {refused}.\nProof. vm_compute. reflexivity. Qed.\n",
                part.join("];\n[")
            );
            fs::write(folder.join(format!("{module}_{name}_{number}.v")), text)?;
        }
    }
    Ok((recorded.len(), tampered.len()))
}

/// Returns a trace in Coq's syntax.
fn spell_trace(trace: &[(Recorded, Vec<ItemId>)]) -> String {
    let mut numbers = HashMap::new();
    let events: Vec<_> = trace.iter().map(|moment| spell(moment, &mut numbers)).collect();
    events.join("; ")
}

/// Returns an event in Coq's syntax. Items are numbered in the order of their first occurrence.
fn spell(
    (recorded, moved): &(Recorded, Vec<ItemId>),
    numbers: &mut HashMap<ItemId, usize>,
) -> String {
    let thread = recorded.thread;
    if let Some(event) = spell_of_flush(recorded.event) {
        return format!("F {thread} {event}");
    }
    let event = spell_of_queue(recorded.event);
    let ids = moved.iter().map(|&id| {
        let next = numbers.len();
        numbers.entry(id).or_insert(next).to_string()
    });
    let ids = ids.collect::<Vec<_>>().join("; ");
    match recorded.event {
        Event::TaskDone { generation } => format!("T {thread} {event} [] {generation}"),
        Event::PutBack { generation } => format!("T {thread} {event} [{ids}] {generation}"),
        moving if moves_items(&moving) => format!("V {thread} {event} [{ids}]"),
        _ => format!("R {thread} {event}"),
    }
}

fn spell_of_queue(event: Event) -> String {
    match event {
        Event::Create { capacity: None } => "(Create None)".to_owned(),
        Event::Create { capacity: Some(capacity) } => format!("(Create (Some {capacity}))"),
        Event::Push { items } => format!("(Push {items})"),
        Event::PushSentinels { count, front: false } => format!("(PushSentinels {count})"),
        Event::PushSentinels { count, front: true } => format!("(PushSentinelsFront {count})"),
        Event::Take { items, tasks } => format!("(Take {items} {tasks})"),
        Event::Refuse { condition, closed } => {
            format!("(Refuse {} {closed})", spell_condition(condition))
        }
        Event::Drain { items, sentinels: Some(sentinels) } => {
            format!("(Drain {items} {sentinels})")
        }
        Event::Drain { items, sentinels: None } => format!("(DrainItems {items})"),
        Event::Leave { granted } => format!("(Leave {granted})"),
        Event::UpgradeSender { granted } => format!("(UpgradeSender {granted})"),
        Event::UpgradeReceiver { granted } => format!("(UpgradeReceiver {granted})"),
        Event::PutBack { .. } => "PutBack".to_owned(),
        Event::Wait { condition } => format!("(Wait {})", spell_condition(condition)),
        Event::Wake { condition, timed_out } => {
            format!("(Wake {} {timed_out})", spell_condition(condition))
        }
        Event::Cancel { condition } => format!("(Cancel {})", spell_condition(condition)),
        Event::Notify { condition, all } => {
            format!("(Notify {} {all})", spell_condition(condition))
        }
        Event::TaskDone { .. } => "TaskDone".to_owned(),
        plain => format!("{plain:?}"),
    }
}

/// The same of an event of a flush; `None` if it is one of the queue.
fn spell_of_flush(event: Event) -> Option<String> {
    Some(match event {
        Event::BeginFlush | Event::BeginGrace | Event::Flushed => format!("{event:?}"),
        Event::Refuse { condition: Condition::Flushed, .. } => "GiveUpFlush".to_owned(),
        Event::Wait { condition: Condition::Flushed } => "WaitFlush".to_owned(),
        Event::Wake { condition: Condition::Flushed, timed_out } => {
            format!("(WakeFlush {timed_out})")
        }
        Event::Notify { condition: Condition::Flushed, all } => format!("(NotifyFlush {all})"),
        _ => return None,
    })
}

fn moves_items(event: &Event) -> bool {
    matches!(event, Event::Push { .. } | Event::Take { .. } | Event::Evict | Event::Drain { .. })
}

pub(crate) fn spell_condition(condition: Condition) -> &'static str {
    match condition {
        Condition::NotEmpty => "NotEmpty",
        Condition::NotFull => "NotFull",
        Condition::Completed => "AllDone",
        Condition::Flushed => "Flushed",
    }
}

/// Returns the trace with one impossible change: an item received twice, a send removed, a
/// notification too many, another item received, two items out of order, or flushes not notified.
fn tamper(trace: &[(Recorded, Vec<ItemId>)], kind: usize) -> Option<Trace> {
    let mut trace = trace.to_vec();
    let has_taken = |event: &Event| matches!(event, Event::Take { items: 1.., .. });
    let pushed = |event: &Event| matches!(event, Event::Push { .. });
    let mut places = (0..trace.len()).filter(|&place| has_taken(&trace[place].0.event));
    let push = trace.iter().position(|(recorded, _)| pushed(&recorded.event));
    match kind % 6 {
        0 => {
            let place = places.next()?;
            trace.insert(place, trace[place].clone());
        }
        1 => {
            trace.remove(push?);
        }
        2 => {
            let event = Event::Notify { condition: Condition::Completed, all: false };
            let recorded = trace[push?].0;
            trace.insert(push? + 1, (Recorded { event, ..recorded }, Vec::new()));
        }
        3 => {
            let place = places.next()?;
            trace[place].1[0] = ItemId { thread: usize::MAX, number: 0 };
        }
        4 => {
            let notified = |event: &Event| {
                matches!(event, Event::Notify { condition: Condition::Flushed, .. })
            };
            trace.remove(trace.iter().position(|(recorded, _)| notified(&recorded.event))?);
        }
        _ => {
            let one = places.next()?;
            let other = places.find(|&place| trace[place].1[0] != trace[one].1[0])?;
            let id = trace[one].1[0];
            trace[one].1[0] = std::mem::replace(&mut trace[other].1[0], id);
        }
    }
    Some(trace)
}
