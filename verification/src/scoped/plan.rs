//! What is run of programs in groups, in which tier, and which claims it speaks for.

use super::program::{on_one_queue, on_two_queues, GroupProgram, Home};
use super::run::{Mode, Work};
use crate::engine::Engine;
use crate::generate::Family;
use crate::plan::{Run, Tier, Work as Any};
use crate::program::Op;
use crate::search::Search;
use sentinel_queue_kernel::shuttle::Sampler;
use sentinel_queue_kernel::{Hostility, Limits, Waiters};
use std::fmt::Write;

/// Which programs.
#[derive(Clone, Copy, Debug)]
pub struct Kin {
    /// Who starts the threads.
    pub home: Home,
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
        Kin {
            home: Home::Group,
            family,
            most,
            queues: 1,
            owning: false,
            resuming: false,
            outside: &[],
            others: &[],
        }
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
        let programs = few.chain(others).map(own).map(go_on).map(|program| program.at(self.home));
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
            (self.home == Home::Scope, ", in a scope that drops all join handles".to_owned()),
            (self.home == Home::Nested, ", in a scope whose threads start each other".to_owned()),
            (self.home == Home::Joined, ", in a scope that joins the first thread".to_owned()),
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
const JOINING: &[Op] = &[Op::Send, Op::Recv, Op::Sentinel, Op::Join];
const MINIMAL: &[Op] = &[Op::Send, Op::Recv];
const BATCHES: &[Op] = &[Op::SendMany, Op::RecvMany, Op::Sentinel];
const WAITING: &[Op] =
    &[Op::Send, Op::Recv, Op::Sentinel, Op::Close, Op::Worker, Op::Task, Op::Join];
/// Without those that give up handles.
const EVERY: &[Op] = crate::plan::EVERY.split_at(16).0;

/// Who waits for the end of all others, as the end of a scope does.
const AWAITING: &[&str] = &[
    "1: await | recv",
    "1: await | sentinel",
    "1: await | send send",
    "1: await | await",
    "resuming 1: await await | await",
    "1: recv | sentinel | outside await",
];

/// One of every other kind.
const SMALL: &[&str] = &[
    "1: recv | recv",
    "1: recv_timeout",
    "1: recv | outside sentinel",
    "1: recv | outside try_recv",
    "1: await | recv",
    "1: await | await",
    "1 1: recv | recv@2",
    "resuming 1: recv recv",
    "owning 1: send | recv",
];

/// Everything of a tier.
pub fn runs(tier: Tier) -> Vec<Run> {
    let mut runs = loom(tier);
    runs.extend(compared(tier));
    runs.extend(judged(tier));
    runs.extend(inside(tier));
    runs.extend(bounded(tier));
    let mutants =
        |name: &str, work| Run { name: name.to_owned(), layer: "mutants", claims: BOTH, work };
    runs.push(mutants("mutants: groups", Any::MutantsOfGroups));
    let kin = agreement(tier);
    let name = format!("loom and shuttle agree on every mutant of groups, {}", kin.family.name);
    runs.push(mutants(&name, Any::AgreementInGroups(kin)));
    runs
}

/// What loom and shuttle must agree on.
fn agreement(tier: Tier) -> Kin {
    match tier {
        Tier::Quick => Kin { most: 1, others: SMALL, ..two("basic", BASIC) },
        _ => Kin { most: 2, others: SMALL, ..two("joining", JOINING) },
    }
}

fn search(engine: Engine, work: Work, spurious: u32, timeouts: u32) -> Search<GroupProgram> {
    let hostility = Hostility { waiters: Waiters::Any, spurious, timeouts };
    // Two orders of effects are two endings: a search that wants them all recognizes nothing.
    let stateful = engine == Engine::Shuttle && work != Work::Compare { effects: true };
    let mode = Mode { work, ..Mode::GROUPED };
    Search::of(engine, mode, Limits { hostility, stateful, ..Limits::default() })
}

fn run(layer: &'static str, what: &str, kin: Kin, search: Search<GroupProgram>) -> Run {
    let Hostility { spurious, timeouts, .. } = search.limits.hostility;
    let Family { name, threads, .. } = kin.family;
    let most = kin.most;
    let name = format!("{layer}: {what}: {name}, {threads} threads {most}+{spurious}+{timeouts}");
    Run { name, layer, claims: BOTH, work: Any::Kin(kin, search) }
}

fn two(name: &'static str, alphabet: &'static [Op]) -> Kin {
    Kin::of(name, alphabet, 2)
}

fn loom(tier: Tier) -> Vec<Run> {
    let run = |kin: Kin| {
        let timeouts = if kin.family.alphabet == EVERY { 2 } else { 0 };
        run("loom", "groups", kin, search(Engine::Loom, Work::Judge, 0, timeouts))
    };
    let mut runs = vec![run(Kin { most: 2, ..two("basic", BASIC) })];
    if tier >= Tier::Default {
        runs.push(run(Kin { most: 2, ..two("waiting", WAITING) }));
        runs.push(run(Kin { most: 1, others: AWAITING, ..two("waiting for others", MINIMAL) }));
        runs.push(run(Kin { most: 3, ..two("minimal", MINIMAL) }));
    }
    if tier == Tier::Full {
        runs.push(run(Kin { most: 3, ..two("basic", BASIC) }));
        runs.push(run(Kin { most: 2, ..two("every operation", EVERY) }));
    }
    runs
}

/// Programs run with and without a group; in the group they are judged, too.
fn compared(tier: Tier) -> Vec<Run> {
    let compare = |timeouts| search(Engine::Shuttle, Work::Compare { effects: false }, 0, timeouts);
    let run = |kin: Kin, search: Search<_>| run("shuttle", "groups, with and without", kin, search);
    let orders = |kin: Kin| {
        let search = search(Engine::Shuttle, Work::Compare { effects: true }, 0, 0);
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
        runs.push(run(Kin { most: 4, ..Kin::of("basic", BASIC, 3) }, compare(0)));
        runs.push(orders(two("basic", BASIC)));
    }
    if tier == Tier::Full {
        runs.push(run(Kin { queues: 2, ..two("two queues", BASIC) }, compare(0)));
    }
    runs
}

/// Programs that are something else without a group, or need spurious wakeups.
fn judged(tier: Tier) -> Vec<Run> {
    let judge = |spurious, timeouts| search(Engine::Shuttle, Work::Judge, spurious, timeouts);
    let run = |kin: Kin, search: Search<_>| run("shuttle", "groups", kin, search);
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
        runs.push(run(Kin::of("waiting", WAITING, 3), judge(0, 0)));
    }
    runs
}

/// Programs whose threads are started by `scope`, on shuttle's own scoped threads; those whose
/// handles nobody joins end like the same programs without a scope.
fn inside(tier: Tier) -> Vec<Run> {
    let owning = |kin: Kin| Kin { owning: true, home: Home::Scope, ..kin };
    let sharing = |kin: Kin| Kin { home: Home::Scope, ..kin };
    let nested = |kin: Kin| Kin { owning: true, home: Home::Nested, ..kin };
    let joined = |kin: Kin| Kin { owning: true, home: Home::Joined, ..kin };
    let compare = |what, kin: Kin| {
        run("shuttle", what, kin, search(Engine::Shuttle, Work::Compare { effects: false }, 0, 0))
    };
    let judge =
        |kin: Kin| run("shuttle", "joined", kin, search(Engine::Shuttle, Work::Judge, 0, 0));
    let basic = |most| Kin { most, ..two("basic", BASIC) };
    let mut runs = vec![
        compare("scope, owning", owning(basic(3))),
        compare("scope, sharing", sharing(basic(3))),
        compare("scope, nested", nested(basic(2))),
        judge(joined(basic(2))),
    ];
    if tier >= Tier::Default {
        runs.push(compare("scope, owning", owning(basic(4))));
        runs.push(compare("scope, nested", nested(basic(3))));
        runs.push(compare("scope, owning", owning(Kin { most: 2, ..two("waiting", WAITING) })));
        runs.push(judge(joined(basic(3))));
    }
    if tier == Tier::Full {
        runs.push(compare("scope, sharing", sharing(basic(4))));
        runs.push(compare("scope, owning", owning(Kin::of("basic", BASIC, 3))));
    }
    runs
}

/// Where all schedules are too many.
fn bounded(tier: Tier) -> Vec<Run> {
    let all = Kin { most: 6, ..Kin::of("basic", BASIC, 3) };
    let run = |what, kin: Kin, search: Search<_>| run("shuttle", what, kin, search);
    let schedules = if tier == Tier::Quick { 50 } else { 1000 };
    let random = Engine::Sample { sampler: Sampler::Random, seed: 2026, schedules };
    let sample = search(random, Work::Judge, 1, 0);
    let mut runs = vec![run("groups, sampled", all, sample)];
    let (preemptions, what) = match tier {
        Tier::Quick => (1, "groups, 1 preemption"),
        Tier::Default => (2, "groups, 2 preemptions"),
        Tier::Full => (3, "groups, 3 preemptions"),
    };
    let mut few = search(Engine::Shuttle, Work::Judge, 0, 0);
    few.limits.preemptions = Some(preemptions);
    runs.push(run(what, all, few));
    runs
}

const OUTSIDE: &[Op] = &[Op::Sentinel, Op::Close, Op::TrySend, Op::TryRecv];
