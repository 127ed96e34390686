//! What is run of programs in groups, in which tier, and which claims it speaks for.

use super::queues::{self, TOO_MANY_FOR_LOOM};
use super::run::{self, Job, Run, Tier};
use crate::explore::engine::Engine;
use crate::explore::search::Search;
use crate::explore::Compared;
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::Recognition;
use sentinel_queue_models::program::{Environment, Family, Op};

/// The programs of these operations in a group, around one queue of capacity 1, each thread of at
/// most two operations.
const fn of(name: &'static str, alphabet: &'static [Op], threads: usize) -> Family {
    Family {
        environment: Environment::Group,
        capacities: ONE,
        total: if threads == 2 { 4 } else { 3 },
        ..Family::of(name, alphabet, threads, 2)
    }
}

const OUTCOMES: Compared = Compared::WithoutGroup { effects: false };
const ORDERS: Compared = Compared::WithoutGroup { effects: true };
const ONE: &[Option<usize>] = &[Some(1)];
const BOTH: &[&str] = &["C7", "C8"];

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel];
const TIMED: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::RecvTimeout];
const CLOSED: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::Close, Op::Worker];
const TASKS: &[Op] = &[Op::Send, Op::Task, Op::Join];
const JOINING: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::Join];
const MINIMAL: &[Op] = &[Op::Send, Op::Recv];
/// Futures that are dropped, each of which counts as running until then, and threads that block.
const FUTURES: &[Op] =
    &[Op::Send, Op::Recv, Op::Sentinel, Op::SendAsyncDrop, Op::RecvAsyncDrop, Op::JoinAsyncDrop];
const BATCHES: &[Op] = &[Op::SendMany(2), Op::RecvMany(2), Op::Sentinel];
/// Tasks that are held across operations, and threads that die with them.
const HELD: &[Op] = &[Op::Send, Op::TakeTask, Op::EndTask, Op::Join, Op::Die];
const HANDLES: &[Op] =
    &[Op::Send, Op::Recv, Op::CloneSender, Op::CloneReceiver, Op::DropSender, Op::DropReceiver];
/// The operations of worker pools.
const POOLED: &[Op] = &[
    Op::Send,
    Op::TakeTask,
    Op::PutBack,
    Op::SentinelsFront(1),
    Op::Drain,
    Op::Leave,
    Op::Flush,
    Op::Recv,
];
const WAITING: &[Op] =
    &[Op::Send, Op::Recv, Op::Sentinel, Op::Close, Op::Worker, Op::Task, Op::Join];
/// Without those that give up handles.
const EVERY: &[Op] = queues::EVERY.split_at(16).0;

/// Threads that wait for the end of all others, as the end of a scope does.
const AWAITING: &[&str] = &[
    "group 1: await | recv",
    "group 1: await | sentinel",
    "group 1: await | send send",
    "group 1: await | await",
    "group resuming 1: await await | await",
    "group 1: recv | sentinel | external await",
];

/// Pairs of threads that have few schedules though they wake for no reason.
const PAIRS: &[&str] = &[
    "group 1: sentinel | recv",
    "group 1: send | recv",
    "group 1: send | send",
    "group 1: recv | external sentinel",
];

/// Four participants: all of them blocked, on four queues; and the last of them released by another.
const CROWD: &[&str] = &[
    "group 1 1 1 1: recv@4 | recv | recv@2 | recv@3",
    "group 1 1: recv | recv | sentinel@2 recv | recv@2",
];

/// One of every other kind.
const SMALL: &[&str] = &[
    "group 1: recv | recv",
    "group 1: recv_timeout",
    "group 1: recv | external sentinel",
    "group 1: recv | external try_recv",
    "group 1: await | recv",
    "group 1: await | await",
    "group 1 1: recv | recv@2",
    "group resuming 1: recv recv",
    "group owning 1: send | recv",
];

/// Everything of a tier.
pub(super) fn runs(tier: Tier) -> Vec<Run> {
    let mut runs = loom(tier);
    runs.extend(compared(tier));
    runs.extend(judged(tier));
    runs.extend(inside(tier));
    runs.extend(bounded(tier));
    runs.push(Run::of("mutants: groups", "mutants", BOTH, super::mutants(tier, true)));
    let family = agreement(tier);
    let name = format!("loom and shuttle agree on every mutant of groups: {}", family.name);
    runs.push(Run::of(name, "mutants", BOTH, Job::AgreementInGroups(family)));
    runs
}

/// What loom and shuttle must agree on.
fn agreement(tier: Tier) -> Family {
    match tier {
        Tier::Quick => Family { total: 1, extra: SMALL, ..two("basic", BASIC) },
        _ => Family { total: 2, extra: SMALL, ..two("joining", JOINING) },
    }
}

fn search(engine: Engine, compared: Compared, spurious: u32, timeouts: u32) -> Search {
    let mut search = run::search(engine, compared, spurious, timeouts);
    // Two orders of effects are two endings: a search that wants them all recognizes nothing.
    if engine == Engine::Shuttle && compared != ORDERS {
        search.limits.recognition = Recognition::Careful;
    }
    search
}

fn run(layer: &'static str, what: &str, family: Family, search: Search) -> Run {
    let size = format!("{} threads {}", family.threads, family.total);
    Run::of_family(&format!("{layer}: {what}"), layer, BOTH, (family, &size), search)
}

fn two(name: &'static str, alphabet: &'static [Op]) -> Family {
    of(name, alphabet, 2)
}

fn loom(tier: Tier) -> Vec<Run> {
    let run = |family: Family| {
        let timeouts = if family.alphabet == EVERY { 2 } else { 0 };
        run("loom", "groups", family, search(Engine::Loom, Compared::WithModel, 0, timeouts))
    };
    let mut runs = vec![run(Family { total: 2, ..two("basic", BASIC) })];
    if tier >= Tier::Default {
        runs.push(run(Family { total: 2, ..two("waiting", WAITING) }));
        runs.push(run(Family { total: 1, extra: AWAITING, ..two("waiting for others", MINIMAL) }));
        runs.push(run(Family { total: 3, ..two("minimal", MINIMAL) }));
    }
    if tier == Tier::Full {
        runs.push(run(Family { total: 3, ..two("basic", BASIC) }));
        let without = &TOO_MANY_FOR_LOOM[1..];
        runs.push(run(Family { total: 2, without, ..two("every operation", EVERY) }));
    }
    runs
}

/// Programs run with and without a group; in the group they are judged, too.
fn compared(tier: Tier) -> Vec<Run> {
    let compare = |timeouts| search(Engine::Shuttle, OUTCOMES, 0, timeouts);
    let run =
        |family: Family, search: Search| run("shuttle", "groups, with and without", family, search);
    let orders = |family: Family| {
        let search = search(Engine::Shuttle, ORDERS, 0, 0);
        self::run("shuttle", "groups, with and without, in order", family, search)
    };
    let mut runs = vec![
        run(two("timed", TIMED), compare(2)),
        run(Family { total: 3, ..two("closed", CLOSED) }, compare(0)),
        run(two("tasks", TASKS), compare(0)),
        run(Family { total: 3, ..two("held tasks", HELD) }, compare(0)),
        run(Family { total: 3, ..two("handles", HANDLES) }, compare(0)),
        run(Family { total: 3, ..two("pooled", POOLED) }, compare(0)),
        run(Family { owning: true, ..two("owning", BASIC) }, compare(0)),
        run(Family { queues: 2, ..two("two queues", MINIMAL) }, compare(0)),
        run(of("basic", BASIC, 3), compare(0)),
        orders(Family { total: 3, ..two("minimal", MINIMAL) }),
        orders(Family { total: 2, ..two("futures", FUTURES) }),
        run(Family { queues: 3, operations: 1, ..of("three queues", MINIMAL, 3) }, compare(0)),
        self::run("shuttle", "groups, late, with and without", late(3), compare(0)),
        recognized(Family { threads: 1, external: EXTERNAL, ..two("a token", BASIC) }),
    ];
    if tier >= Tier::Default {
        runs.push(run(two("closed", CLOSED), compare(0)));
        runs.push(run(two("batches", BATCHES), compare(0)));
        runs.push(run(Family { total: 4, ..of("basic", BASIC, 3) }, compare(0)));
        runs.push(orders(two("basic", BASIC)));
        runs.push(orders(Family { total: 3, ..two("futures", FUTURES) }));
        runs.push(self::run("shuttle", "groups, late, with and without", late(4), compare(0)));
        runs.push(recognized(Family { total: 3, ..two("basic", BASIC) }));
    }
    if tier == Tier::Full {
        runs.push(run(Family { queues: 2, ..two("two queues and sentinels", BASIC) }, compare(0)));
    }
    runs
}

/// Programs run by the search that recognizes states, and by the one that does not.
fn recognized(family: Family) -> Run {
    let search = search(Engine::Shuttle, Compared::WithoutRecognition, 0, 0);
    run("shuttle", "groups, states or not", family, search)
}

/// Programs whose threads make themselves participants.
fn late(total: usize) -> Family {
    Family { environment: Environment::Late, total, ..two("basic", BASIC) }
}

/// Programs that are something else without a group, or need spurious wakeups: compared with the
/// model alone.
fn judged(tier: Tier) -> Vec<Run> {
    let judge =
        |spurious, timeouts| search(Engine::Shuttle, Compared::WithModel, spurious, timeouts);
    let run = |family: Family, search: Search| run("shuttle", "groups", family, search);
    let every = Family { total: 2, ..two("every operation", EVERY) };
    let awaiting = Family { total: 1, extra: AWAITING, ..two("waiting for others", MINIMAL) };
    let mut runs = vec![
        run(every, judge(0, 2)),
        run(Family { total: 1, extra: PAIRS, ..two("pairs", MINIMAL) }, judge(1, 0)),
        run(Family { resuming: true, ..two("resuming", BASIC) }, judge(0, 0)),
        run(Family { total: 2, external: EXTERNAL, ..two("a token", BASIC) }, judge(0, 0)),
        run(awaiting, judge(0, 0)),
    ];
    if tier >= Tier::Default {
        runs.push(run(every, judge(1, 2)));
        runs.push(run(awaiting, judge(1, 0)));
        runs.push(run(two("basic", BASIC), judge(1, 0)));
    }
    if tier == Tier::Full {
        runs.push(run(of("waiting", WAITING, 3), judge(0, 0)));
    }
    runs
}

/// Programs whose threads are started by `scope`, on shuttle's own scoped threads; those whose
/// handles are not joined end like the same programs without a scope.
fn inside(tier: Tier) -> Vec<Run> {
    let owning =
        |family: Family| Family { owning: true, environment: Environment::Scope, ..family };
    let sharing = |family: Family| Family { environment: Environment::Scope, ..family };
    let nested =
        |family: Family| Family { owning: true, environment: Environment::Nested, ..family };
    let joined =
        |family: Family| Family { owning: true, environment: Environment::Joined, ..family };
    let compare = |what, family: Family| {
        run("shuttle", what, family, search(Engine::Shuttle, OUTCOMES, 0, 0))
    };
    let judge = |family: Family| {
        run("shuttle", "joined", family, search(Engine::Shuttle, Compared::WithModel, 0, 0))
    };
    let basic = |total| Family { total, ..two("basic", BASIC) };
    let mut runs = vec![
        compare("scope, owning", owning(basic(3))),
        compare("scope, sharing", sharing(basic(3))),
        compare("scope, nested", nested(basic(2))),
        judge(joined(basic(2))),
    ];
    if tier >= Tier::Default {
        runs.push(compare("scope, owning", owning(basic(4))));
        runs.push(compare("scope, nested", nested(basic(3))));
        runs.push(compare("scope, owning", owning(Family { total: 2, ..two("waiting", WAITING) })));
        runs.push(judge(joined(basic(3))));
    }
    if tier == Tier::Full {
        runs.push(compare("scope, sharing", sharing(basic(4))));
        runs.push(compare("scope, owning", owning(of("basic", BASIC, 3))));
    }
    runs
}

/// Where all schedules are too many.
fn bounded(tier: Tier) -> Vec<Run> {
    let all = Family { total: 6, ..of("basic", BASIC, 3) };
    let run = |what, family: Family, search: Search| run("shuttle", what, family, search);
    let (schedules, sampled) = match tier {
        Tier::Quick => (50, "groups, 50 schedules"),
        _ => (1000, "groups, 1000 schedules"),
    };
    let random = Engine::Sample { sampler: Sampler::Random, seed: 2026, schedules };
    let sample = search(random, Compared::WithModel, 1, 0);
    let mut runs = vec![run(sampled, all, sample)];
    let (preemptions, what) = match tier {
        Tier::Quick => (1, "groups, 1 preemption"),
        Tier::Default => (2, "groups, 2 preemptions"),
        Tier::Full => (3, "groups, 3 preemptions"),
    };
    let mut few = search(Engine::Shuttle, Compared::WithModel, 0, 0);
    few.limits.preemptions = Some(preemptions);
    runs.push(run(what, all, few.clone()));
    let name = format!("shuttle: {what}: four participants");
    runs.push(Run::of(name, "shuttle", BOTH, Job::Programs(CROWD, few)));
    runs
}

const EXTERNAL: &[Op] = &[Op::Sentinel, Op::Close, Op::TrySend, Op::TryRecv];
