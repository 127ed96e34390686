//! The runs of programs on one queue.

use super::run::{self, Job, Run, Tier};
use crate::explore::engine::Engine;
use crate::explore::search::Search;
use crate::explore::{Checks, Compared};
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::Recognition::{self, Careful, Off, Trusting};
use sentinel_queue_models::program::{Family, Op};

const QUEUEING: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7"];
/// Without timeouts.
const CALM: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C11"];
/// Without joins.
const TIMEOUTS: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9"];
const ALL: &[&str] = &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9", "C11"];
pub(super) const LITMUS: &[&str] =
    &["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9", "C10", "C11", "C12"];
const AWAITED: &[&str] = &["C1", "C2", "C3", "C5", "C6", "C11", "C12"];

pub(super) const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Close, Op::Sentinel];
const TIMED: &[Op] = &[Op::Send, Op::SendTimeout, Op::Recv, Op::RecvTimeout, Op::Close];
const TIMED_RECEIVES: &[Op] = &[Op::Send, Op::Recv, Op::RecvTimeout, Op::Close];
const TIMED_SENDS: &[Op] = &[Op::Send, Op::SendTimeout, Op::Recv, Op::Close];
const TASKS: &[Op] = &[Op::Send, Op::Task, Op::Join, Op::Recv, Op::CloseNow];
const HANDLES: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::DropSender, Op::DropReceiver];
const BATCHES: &[Op] = &[Op::SendMany(2), Op::RecvMany(2), Op::Recv, Op::Sentinel, Op::Close];
/// Batches of 3 and 4, and of 6: beyond the buffer's first growth.
const SIZES: &[Op] = &[Op::Send, Op::SendMany(3), Op::SendMany(6), Op::RecvMany(4), Op::Recv];
const SIZED: &[Option<usize>] = &[Some(2), Some(4), None];
/// On two queues.
const CLOSING: &[Op] = &[Op::Send, Op::Recv, Op::Close];
/// Enough threads for three notifications of one batch.
const CROWD: &[Op] = &[Op::SendMany(3), Op::Recv, Op::RecvMany(3), Op::Sentinels(2), Op::Close];
const UNBOUNDED: &[Option<usize>] = &[None];
const HELD: &[Op] = &[Op::Send, Op::TakeTask, Op::EndTask, Op::Join, Op::CloseNow];
const CLONES: &[Op] =
    &[Op::Send, Op::Recv, Op::CloneSender, Op::CloneReceiver, Op::DropSender, Op::DropReceiver];
/// The operations that `EVERY` lacks, and a partner for each.
const FURTHER: &[Op] = &[
    Op::Send,
    Op::SendDeadline,
    Op::Sentinels(2),
    Op::RecvDeadline,
    Op::TryRecvMany(2),
    Op::RecvManyTimeout(2),
    Op::TakeTask,
    Op::EndTask,
    Op::CloneSender,
    Op::CloneReceiver,
    Op::DropSender,
    Op::DropReceiver,
];
/// Tasks that are put back, and those who wait for the end of work.
const RETRIES: &[Op] =
    &[Op::Send, Op::PutBack, Op::TakeTasks(2), Op::Join, Op::Flush, Op::FlushTimeout, Op::Close];
const FRONTS: &[Op] =
    &[Op::SentinelsFront(1), Op::Send, Op::Worker, Op::Drain, Op::RecvFull(2), Op::Sentinel];
const ELASTIC: &[Op] = &[
    Op::Leave,
    Op::Recv,
    Op::Send,
    Op::UpgradeSender,
    Op::UpgradeReceiver,
    Op::DropSender,
    Op::DropReceiver,
];
/// The other operations of pools.
const POOLED: &[Op] = &[
    Op::Send,
    Op::TrySendMany(2),
    Op::SendManyTimeout(2),
    Op::TryTask,
    Op::TaskTimeout,
    Op::Recv,
    Op::Close,
];
/// Tasks that await, some of which drop their futures, and threads.
const FUTURES: &[Op] = &[
    Op::Send,
    Op::Recv,
    Op::Sentinel,
    Op::Close,
    Op::SendAsync,
    Op::RecvAsync,
    Op::SendAsyncDrop,
    Op::RecvAsyncDrop,
    Op::JoinAsync,
];
/// The other futures, and what they meet.
const AWAITING: &[Op] = &[
    Op::SendMany(2),
    Op::SendAsync,
    Op::RecvManyAsync(2),
    Op::TaskAsync,
    Op::JoinAsync,
    Op::JoinAsyncDrop,
    Op::RecvAsyncDrop,
    Op::TakeTask,
    Op::CloseNow,
];
/// Enough tasks and threads for a wakeup to go to a wrong one.
const CANCELLED: &[Op] =
    &[Op::Send, Op::Recv, Op::SendAsync, Op::RecvAsync, Op::SendAsyncDrop, Op::RecvAsyncDrop];
const WORKERS: &[Op] = &[Op::Send, Op::ForceSend, Op::Sentinel, Op::Worker, Op::CloseNow, Op::Die];
/// Those that give up handles come last.
pub(super) const EVERY: &[Op] = &[
    Op::Send,
    Op::TrySend,
    Op::SendTimeout,
    Op::ForceSend,
    Op::SendMany(2),
    Op::Sentinel,
    Op::Recv,
    Op::TryRecv,
    Op::RecvTimeout,
    Op::RecvMany(2),
    Op::Worker,
    Op::Task,
    Op::Join,
    Op::JoinTimeout,
    Op::Close,
    Op::CloseNow,
    Op::DropSender,
    Op::DropReceiver,
    Op::Die,
];

/// Two producers and two workers, ended in every way.
const POOLS: &[&str] = &[
    "1: send | send | worker | worker",
    "1: send | send close | worker | worker",
    "1: send drop_sender | send drop_sender | worker | worker",
    "1: send sentinel | send sentinel | worker | worker",
    "2: send sentinel | send sentinel | worker | worker",
];

/// Eight threads.
const CROWDS: &[&str] = &[
    "2: send send sentinel | send send sentinel | send send sentinel | send_many 2 sentinel | \
     worker | worker | worker | worker",
    "1: send drop_sender | send send drop_sender | send_many 2 drop_sender | \
     send_timeout drop_sender | worker | worker | recv recv_timeout recv | recv_many 2 recv_many 2",
    "2: send send join | send_many 2 join | send_timeout send | force_send send | task task | \
     task recv task | die | worker",
    "1: send_async send_async | send send_async_drop | send_many 2 | send_async join_async | \
     recv_async recv_async | recv_async_drop recv | task_async recv_many_async 2 | worker",
];

/// Returns all of them of a tier.
pub(super) fn runs(tier: Tier) -> Vec<Run> {
    [loom(tier), shuttle(tier), samples(tier), conformance(tier)].concat()
}

fn search(engine: Engine, spurious: u32, timeouts: u32, recognition: Recognition) -> Search {
    // The programs whose schedules are sampled are too large for the model.
    let compared = if engine.is_search() { Compared::WithModel } else { Compared::Nothing };
    let mut search = run::search(engine, compared, spurious, timeouts);
    search.limits.recognition = recognition;
    search
}

fn of_family(
    layer: &'static str,
    claims: &'static [&'static str],
    family: Family,
    search: Search,
) -> Run {
    let recognition = match search.limits.recognition {
        Off => "",
        Careful => " stateful",
        Trusting => " trusting",
    };
    let engine =
        if layer == "conformance" { format!(" {}", search.engine.name()) } else { String::new() };
    let size = format!("{}x{}", family.threads, family.operations);
    Run::of_family(&format!("{layer}{engine}{recognition}"), layer, claims, (family, &size), search)
}

fn loom(tier: Tier) -> Vec<Run> {
    let plain = search(Engine::Loom, 0, 0, Off);
    let hostile = search(Engine::Loom, 1, 1, Off);
    let timed = search(Engine::Loom, 0, 1, Off);
    let spurious = search(Engine::Loom, 1, 0, Off);
    let run = |claims, family, search: &Search| of_family("loom", claims, family, search.clone());
    let mut runs = vec![
        run(ALL, Family::of("every operation", EVERY, 2, 1), &hostile),
        run(QUEUEING, Family::of("basic", BASIC, 2, 2), &hostile),
        run(&["C6", "C9"], Family::of("timed", TIMED, 2, 2), &timed),
        run(&["C6", "C11"], Family::of("tasks", TASKS, 2, 2), &plain),
        run(&["C1", "C3", "C6"], sized(1), &hostile),
        run(TIMEOUTS, Family::of("further operations", FURTHER, 2, 1), &hostile),
        run(&["C1", "C4", "C6", "C11"], Family::of("retries", RETRIES, 2, 1), &hostile),
        run(&["C1", "C2", "C3", "C6"], Family::of("fronts", FRONTS, 2, 1), &hostile),
        run(&["C1", "C5"], Family::of("elastic", ELASTIC, 2, 1), &hostile),
        run(&["C1", "C6", "C9"], Family::of("pooled", POOLED, 2, 1), &hostile),
        run(AWAITED, Family::of("futures", FUTURES, 2, 1), &spurious),
        run(
            &["C1", "C3", "C5", "C6", "C11", "C12"],
            Family::of("awaiting", AWAITING, 2, 1),
            &spurious,
        ),
        Run::of("loom: litmus tests", "loom", LITMUS, Job::Litmus(Engine::Loom)),
    ];
    if tier >= Tier::Default {
        runs.push(run(QUEUEING, Family::of("basic", BASIC, 3, 2), &plain));
    }
    if tier == Tier::Full {
        runs.push(run(&["C6", "C9"], Family::of("timed", TIMED, 2, 2), &hostile));
        let without = &TOO_MANY_FOR_LOOM[..1];
        let family = Family { without, ..Family::of("every operation", EVERY, 3, 1) };
        runs.push(run(ALL, family, &hostile));
        runs.push(run(&["C1", "C5", "C6"], Family::of("handles", HANDLES, 3, 2), &plain));
        let mut few = hostile;
        few.limits.preemptions = Some(3);
        let name = "loom: 3 preemptions: what has too many schedules for loom";
        runs.push(Run::of(name, "loom", &["C6", "C7"], Job::Programs(TOO_MANY_FOR_LOOM, few)));
    }
    runs
}

fn shuttle(tier: Tier) -> Vec<Run> {
    let plain = search(Engine::Shuttle, 0, 0, Off);
    let hostile = search(Engine::Shuttle, 1, 1, Off);
    let spurious = search(Engine::Shuttle, 1, 0, Off);
    let run =
        |claims, family, search: &Search| of_family("shuttle", claims, family, search.clone());
    let mut runs = vec![
        run(QUEUEING, Family::of("basic", BASIC, 3, 2), &plain),
        run(ALL, Family::of("every operation", EVERY, 3, 1), &hostile),
        run(&["C6", "C9"], Family::of("timed", TIMED, 2, 2), &hostile),
        run(&["C6", "C11"], Family::of("tasks", TASKS, 2, 2), &hostile),
        run(&["C1", "C5", "C6"], Family::of("handles", HANDLES, 2, 2), &hostile),
        run(&["C1", "C3", "C6"], Family::of("batches", BATCHES, 2, 2), &hostile),
        run(&["C1", "C2", "C7"], Family::of("workers", WORKERS, 2, 2), &hostile),
        run(&["C1", "C3", "C6"], sized(2), &hostile),
        run(&["C1", "C2", "C6"], crowd(), &plain),
        run(&["C6", "C11"], Family::of("held tasks", HELD, 2, 2), &hostile),
        run(&["C1", "C5", "C6"], Family::of("clones", CLONES, 2, 2), &hostile),
        run(QUEUEING, Family::of("further operations", FURTHER, 2, 2), &plain),
        run(&["C1", "C4", "C6", "C11"], Family::of("retries", RETRIES, 2, 2), &plain),
        run(&["C1", "C2", "C3", "C6"], Family::of("fronts", FRONTS, 2, 2), &plain),
        run(&["C1", "C5"], Family::of("elastic", ELASTIC, 2, 2), &plain),
        run(&["C1", "C6", "C9"], Family::of("pooled", POOLED, 2, 1), &hostile),
        run(AWAITED, Family::of("futures", FUTURES, 2, 2), &plain),
        run(
            &["C1", "C3", "C5", "C6", "C11", "C12"],
            Family::of("awaiting", AWAITING, 2, 1),
            &spurious,
        ),
        run(&["C1", "C6", "C12"], Family::of("cancelled", CANCELLED, 3, 1), &plain),
        run(&["C1", "C3", "C4", "C5", "C6", "C7"], on_two_queues(), &spurious),
        Run::of("shuttle: litmus tests", "shuttle", LITMUS, Job::Litmus(Engine::Shuttle)),
    ];
    runs.extend(larger(tier));
    runs
}

/// Returns the runs that take shuttle longer.
fn larger(tier: Tier) -> Vec<Run> {
    let plain = search(Engine::Shuttle, 0, 0, Off);
    let hostile = search(Engine::Shuttle, 1, 1, Off);
    let trusting = search(Engine::Shuttle, 1, 1, Trusting);
    let spurious = search(Engine::Shuttle, 1, 0, Off);
    let run =
        |claims, family, search: &Search| of_family("shuttle", claims, family, search.clone());
    let mut runs = Vec::new();
    if tier >= Tier::Default {
        runs.push(run(QUEUEING, Family::of("basic", BASIC, 3, 2), &hostile));
        runs.extend(large(Trusting));
        runs.push(run(CALM, Family::of("every operation", EVERY, 2, 2), &plain));
        runs.push(run(AWAITED, Family::of("futures", FUTURES, 2, 2), &spurious));
        runs.push(run(&["C1", "C6", "C12"], Family::of("cancelled", CANCELLED, 3, 1), &spurious));
        runs.push(pools("2 producers and 2 workers", plain.clone()));
    }
    if tier == Tier::Full {
        runs.extend(large(Careful));
        runs.push(run(&["C6", "C9"], Family::of("timed", TIMED, 3, 2), &trusting));
        runs.push(run(&["C1", "C5", "C6"], Family::of("handles", HANDLES, 3, 2), &trusting));
        runs.push(run(&["C1", "C3", "C6"], Family::of("batches", BATCHES, 3, 2), &trusting));
        runs.push(run(ALL, Family::of("every operation", EVERY, 2, 2), &hostile));
    }
    runs
}

/// Returns the runs of three threads that are affordable if states are recognized.
fn large(recognition: Recognition) -> Vec<Run> {
    let calm = search(Engine::Shuttle, 0, 0, recognition);
    let hostile = search(Engine::Shuttle, 1, 1, recognition);
    let run =
        |claims, family, search: &Search| of_family("shuttle", claims, family, search.clone());
    vec![
        run(&["C6", "C9"], Family::of("timed receives", TIMED_RECEIVES, 3, 2), &hostile),
        run(&["C6", "C9"], Family::of("timed sends", TIMED_SENDS, 3, 2), &hostile),
        run(QUEUEING, Family::of("basic", BASIC, 3, 3), &calm),
        run(&["C6", "C11"], Family::of("tasks", TASKS, 3, 2), &calm),
    ]
}

/// Programs that loom did not end in 34 and in 15 minutes of processor time, and shuttle ends: batches
/// that go through a queue of capacity 1 to a worker.
pub(super) const TOO_MANY_FOR_LOOM: &[&str] =
    &["1: send_many 2 | send_many 2 | worker", "group 1: send_many 2 | worker"];

/// Returns programs with batches of several sizes, also around larger queues.
fn sized(operations: usize) -> Family {
    Family { capacities: SIZED, ..Family::of("sizes", SIZES, 2, operations) }
}

/// Returns programs around two queues.
fn on_two_queues() -> Family {
    let one = &[Some(1)];
    Family { capacities: one, queues: 2, ..Family::of("two queues", CLOSING, 2, 2) }
}

/// Returns programs of four threads with one operation each.
fn crowd() -> Family {
    Family { capacities: UNBOUNDED, ..Family::of("four threads", CROWD, 4, 1) }
}

fn pools(name: &str, search: Search) -> Run {
    let claims = &["C1", "C2", "C5", "C6", "C7"];
    Run::of(format!("shuttle: {name}"), "shuttle", claims, Job::Programs(POOLS, search))
}

fn samples(tier: Tier) -> Vec<Run> {
    let schedules = match tier {
        Tier::Quick => 1_000,
        Tier::Default => 15_000,
        Tier::Full => 200_000,
    };
    let samplers = [Sampler::Random, Sampler::UniformWalk, Sampler::Pct { depth: 5 }];
    samplers
        .into_iter()
        .map(|sampler| {
            let engine = Engine::Sample { sampler, seed: 2026, schedules };
            let job = Job::Programs(CROWDS, search(engine, 1, 1, Off));
            let name = format!("{}: 8 threads, {schedules} schedules", engine.name());
            Run::of(name, "shuttle", ALL, job)
        })
        .collect()
}

fn conformance(tier: Tier) -> Vec<Run> {
    let record = |engine, spurious, timeouts| Search {
        checks: Checks::RECORD,
        ..search(engine, spurious, timeouts, Off)
    };
    let executions = if tier == Tier::Quick { 30 } else { 300 };
    let threads = record(Engine::Threads { executions }, 0, 0);
    let run = |family, search| of_family("conformance", ALL, family, search);
    let futures = || Family::of("futures", FUTURES, 2, 1);
    let awaited = |search| of_family("conformance", AWAITED, futures(), search);
    let mut runs = vec![
        run(Family::of("every operation", EVERY, 2, 1), record(Engine::Loom, 1, 1)),
        run(Family::of("every operation", EVERY, 2, 1), record(Engine::Shuttle, 1, 1)),
        run(Family::of("every operation", EVERY, 2, 1), threads.clone()),
        awaited(record(Engine::Loom, 1, 0)),
        awaited(record(Engine::Shuttle, 1, 0)),
        awaited(threads),
    ];
    if tier >= Tier::Default {
        runs.push(run(Family::of("every operation", EVERY, 2, 2), record(Engine::Shuttle, 0, 1)));
    }
    runs
}
