//! What is run of programs in groups, in which tier, and which claims it speaks for.

use super::program::{on_one_queue, on_two_queues, GroupProgram};
use super::search::{Explorer, Search, Work};
use crate::generate::Family;
use crate::plan::{Run, Tier, Work as Any};
use crate::program::Op;
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use std::fmt::Write;

/// Something to run.
#[allow(clippy::large_enum_variant)] // there are a few dozen of them
#[derive(Clone, Debug)]
pub enum GroupWork {
    /// All these programs.
    Search(Kin, Search),
    /// All seeded bugs of groups.
    Mutants,
}

/// Which programs.
#[derive(Clone, Copy, Debug)]
pub struct Kin {
    /// What participants do.
    pub family: Family,
    /// At most so many operations in all.
    pub most: usize,
    /// On so many queues: one, or both of two.
    pub queues: usize,
    /// Threads own their handles.
    pub owning: bool,
    /// Who is told goes on.
    pub resuming: bool,
    /// Somebody outside does one of these, with a token.
    pub outside: &'static [Op],
    /// Further programs, by their text.
    pub others: &'static [&'static str],
}

impl Kin {
    const fn of(name: &'static str, alphabet: &'static [Op], threads: usize) -> Kin {
        let family = Family { name, alphabet, threads, operations: 2, capacities: ONE };
        let most = if threads == 2 { 4 } else { 3 };
        Kin { family, most, queues: 1, owning: false, resuming: false, outside: &[], others: &[] }
    }

    /// All of them.
    ///
    /// # Panics
    ///
    /// When one of the others is no program.
    pub fn programs(&self) -> Vec<GroupProgram> {
        let programs = match self.queues {
            1 => on_one_queue(&self.family),
            _ => on_two_queues(&self.family),
        };
        let others = self.others.iter().map(|text| match text.parse() {
            Ok(program) => program,
            Err(error) => panic!("{error}"),
        });
        let few = programs.into_iter().filter(|program| program.size() <= self.most);
        let own = |program: GroupProgram| if self.owning { program.owning() } else { program };
        let go_on =
            |program: GroupProgram| if self.resuming { program.resuming() } else { program };
        let programs = few.chain(others).map(own).map(go_on);
        if self.outside.is_empty() {
            return programs.collect();
        }
        let outside: Vec<GroupProgram> = programs.collect();
        let with = |op: &Op| {
            let step = super::program::Step::On { op: *op, queue: 0 };
            outside.iter().map(move |program| program.clone().with_outsider(vec![step]))
        };
        self.outside.iter().flat_map(with).collect()
    }

    /// Its bounds in words.
    pub fn bounds(&self) -> String {
        let mut bounds = self.family.bounds();
        if self.most < self.family.threads * self.family.operations {
            let _ = write!(bounds, ", <= {} operations in all", self.most);
        }
        let outside: Vec<_> = self.outside.iter().map(ToString::to_string).collect();
        let words = [
            (self.queues == 2, ", on both of two queues".to_owned()),
            (self.owning, ", handles end with their threads".to_owned()),
            (self.resuming, ", who is told goes on".to_owned()),
            (!outside.is_empty(), format!(", a token outside and {}", outside.join(" or "))),
            (!self.others.is_empty(), format!(", and {}", self.others.join(", "))),
        ];
        bounds.extend(words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word));
        bounds
    }
}

const ONE: &[Option<usize>] = &[Some(1)];
const BOTH: &[&str] = &["C7", "C8"];

const BASIC: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel];
const TIMED: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::RecvTimeout];
const CLOSED: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::Close, Op::Worker];
const TASKS: &[Op] = &[Op::Send, Op::Task, Op::Join];
const MINIMAL: &[Op] = &[Op::Send, Op::Recv];
const BATCHES: &[Op] = &[Op::SendMany, Op::RecvMany, Op::Sentinel];
const WAITING: &[Op] =
    &[Op::Send, Op::Recv, Op::Sentinel, Op::Close, Op::Worker, Op::Task, Op::Join];
const EVERY: &[Op] = &[
    Op::Send,
    Op::TrySend,
    Op::SendTimeout,
    Op::ForceSend,
    Op::SendMany,
    Op::Sentinel,
    Op::Recv,
    Op::TryRecv,
    Op::RecvTimeout,
    Op::RecvMany,
    Op::Worker,
    Op::Task,
    Op::Join,
    Op::JoinTimeout,
    Op::Close,
    Op::CloseNow,
];

/// Who waits for the end of all others, as the end of a scope does.
const AWAITING: &[&str] =
    &["1: await | recv", "1: await | sentinel", "1: await | send send", "1: await | await"];

/// Everything of a tier.
pub fn runs(tier: Tier) -> Vec<Run> {
    let mut runs = loom(tier);
    runs.extend(compared(tier));
    runs.extend(judged(tier));
    runs.extend(bounded(tier));
    runs.push(Run {
        name: "mutants: groups".to_owned(),
        layer: "mutants",
        claims: BOTH,
        work: Any::Groups(Box::new(GroupWork::Mutants)),
    });
    runs
}

fn search(explorer: Explorer, work: Work, spurious: u32, timeouts: u32) -> Search {
    let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts };
    // Two orders of effects are two endings: a search that wants them all recognizes nothing.
    let stateful = explorer == Explorer::Shuttle && work != Work::Compare { effects: true };
    Search::of(explorer, work, Limits { hostility, stateful, ..Limits::default() })
}

fn run(layer: &'static str, what: &str, kin: Kin, search: Search) -> Run {
    let Hostility { spurious, timeouts, .. } = search.limits.hostility;
    let Family { name, threads, .. } = kin.family;
    let most = kin.most;
    let name = format!("{layer}: {what}: {name}, {threads} threads {most}+{spurious}+{timeouts}");
    let work = Any::Groups(Box::new(GroupWork::Search(kin, search)));
    Run { name, layer, claims: BOTH, work }
}

fn two(name: &'static str, alphabet: &'static [Op]) -> Kin {
    Kin::of(name, alphabet, 2)
}

fn loom(tier: Tier) -> Vec<Run> {
    let run = |kin: Kin| {
        let timeouts = if kin.family.alphabet == EVERY { 2 } else { 0 };
        run("loom", "groups", kin, search(Explorer::Loom, Work::Judge, 0, timeouts))
    };
    let mut runs = vec![run(Kin { most: 2, ..two("basic", BASIC) })];
    if tier >= Tier::Default {
        runs.push(run(Kin { most: 2, ..two("waiting", WAITING) }));
        runs.push(run(Kin { most: 1, others: AWAITING, ..two("waiting for others", MINIMAL) }));
        runs.push(run(Kin { most: 3, ..two("minimal", MINIMAL) }));
    }
    if tier == Tier::Full {
        runs.push(run(two("basic", BASIC)));
        runs.push(run(Kin::of("minimal", MINIMAL, 3)));
        runs.push(run(Kin { most: 2, ..two("every operation", EVERY) }));
    }
    runs
}

/// Programs run with and without a group; in the group they are judged, too.
fn compared(tier: Tier) -> Vec<Run> {
    let compare =
        |timeouts| search(Explorer::Shuttle, Work::Compare { effects: false }, 0, timeouts);
    let run = |kin: Kin, search: Search| run("shuttle", "groups, with and without", kin, search);
    let orders = |kin: Kin| {
        let search = search(Explorer::Shuttle, Work::Compare { effects: true }, 0, 0);
        self::run("shuttle", "groups, with and without, in order", kin, search)
    };
    let mut runs = vec![
        run(two("timed", TIMED), compare(2)),
        run(Kin { most: 3, ..two("closed", CLOSED) }, compare(0)),
        run(two("tasks", TASKS), compare(0)),
        run(Kin { owning: true, ..two("owning", BASIC) }, compare(0)),
        run(Kin { queues: 2, ..two("two queues", MINIMAL) }, compare(0)),
        run(Kin::of("basic", BASIC, 3), compare(0)),
        orders(Kin { most: 3, ..two("minimal", MINIMAL) }),
    ];
    if tier >= Tier::Default {
        runs.push(run(two("closed", CLOSED), compare(0)));
        runs.push(run(two("batches", BATCHES), compare(0)));
        runs.push(orders(two("basic", BASIC)));
    }
    if tier == Tier::Full {
        runs.push(run(Kin { queues: 2, ..two("two queues", BASIC) }, compare(0)));
    }
    runs
}

/// Programs that are something else without a group, or need spurious wakeups.
fn judged(tier: Tier) -> Vec<Run> {
    let judge = |spurious, timeouts| search(Explorer::Shuttle, Work::Judge, spurious, timeouts);
    let run = |kin: Kin, search: Search| run("shuttle", "groups", kin, search);
    let every = Kin { most: 2, ..two("every operation", EVERY) };
    let awaiting = Kin { most: 1, others: AWAITING, ..two("waiting for others", MINIMAL) };
    let mut runs = vec![
        run(every, judge(0, 2)),
        run(Kin { resuming: true, ..two("resuming", BASIC) }, judge(0, 0)),
        run(Kin { most: 2, outside: OUTSIDE, ..two("a token", BASIC) }, judge(0, 0)),
        run(awaiting, judge(0, 0)),
    ];
    if tier >= Tier::Default {
        runs.push(run(every, judge(1, 2)));
        runs.push(run(awaiting, judge(1, 0)));
        runs.push(run(two("basic", BASIC), judge(1, 0)));
    }
    if tier == Tier::Full {
        runs.push(run(Kin { most: 4, ..Kin::of("basic", BASIC, 3) }, judge(0, 0)));
        runs.push(run(Kin::of("every operation", EVERY, 3), judge(0, 2)));
    }
    runs
}

/// Where all schedules are too many.
fn bounded(tier: Tier) -> Vec<Run> {
    let all = Kin { most: 6, ..Kin::of("basic", BASIC, 3) };
    let run = |what, kin: Kin, search: Search| run("shuttle", what, kin, search);
    let schedules = if tier == Tier::Quick { 50 } else { 1000 };
    let sample = search(Explorer::Sample { seed: 2026, schedules }, Work::Judge, 1, 0);
    let mut runs = vec![run("groups, sampled", all, sample)];
    let (preemptions, what) = match tier {
        Tier::Quick => (1, "groups, 1 preemption"),
        Tier::Default => (2, "groups, 2 preemptions"),
        Tier::Full => (3, "groups, 3 preemptions"),
    };
    let mut few = search(Explorer::Shuttle, Work::Judge, 0, 0);
    few.limits.preemptions = Some(preemptions);
    runs.push(run(what, all, few));
    runs
}

const OUTSIDE: &[Op] = &[Op::Sentinel, Op::Close, Op::TrySend, Op::TryRecv];
