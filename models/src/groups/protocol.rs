//! Named programs: those that hang without a group, and those in which a group could be wrong.

use super::{Configuration, Fanout, Instruction, Role};
use crate::one_queue::{Handle, Operation};

/// A program in every small size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// Workers in a loop, producers, and nobody says that it is the end: a sender is forgotten.
    ForgottenSender,
    /// One sentinel fewer than workers.
    FewerSentinels,
    /// The same as the first, and all send to a queue from which another pool receives.
    Pipeline,
    /// Workers that feed their own unbounded queue, and a scope that waits for them.
    SelfFeeding,
    /// Workers that feed their own full queue, two items for each.
    FullPool,
    /// Workers that feed each other over two queues.
    Ring,
    /// Producers whose workers leave after an item, or die.
    DeadWorkers,
    /// `join` of work that nobody does, beside a worker that takes tasks.
    IdleJoin,
    /// Waits with a deadline beside waits without.
    TimedBeside,
    /// Who could have sent leaves or dies last.
    LastLeaves,
    /// Somebody outside sends while holding a token, and drops it last.
    LastToken,
    /// Somebody outside sends without a token: he counts as absent, and may prove a report wrong.
    Absent,
    /// Whoever is told goes on: it sends to the next one, and so there are several occurrences.
    Resuming,
    /// Participants that wait for each other's end.
    MutualJoin,
    /// Handles that end with their threads: close comes by itself, or too late.
    OwnedHandles,
    /// A close at any time.
    RacingClose,
}

/// How large a program is.
#[derive(Clone, Copy)]
struct Extent {
    threads: usize,
    items: u8,
    capacity: Option<usize>,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::ForgottenSender,
        Self::FewerSentinels,
        Self::Pipeline,
        Self::SelfFeeding,
        Self::FullPool,
        Self::Ring,
        Self::DeadWorkers,
        Self::IdleJoin,
        Self::TimedBeside,
        Self::LastLeaves,
        Self::LastToken,
        Self::Absent,
        Self::Resuming,
        Self::MutualJoin,
        Self::OwnedHandles,
        Self::RacingClose,
    ];

    /// As in `counts.txt`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForgottenSender => "forgotten_sender",
            Self::FewerSentinels => "fewer_sentinels",
            Self::Pipeline => "pipeline",
            Self::SelfFeeding => "self_feeding",
            Self::FullPool => "full_pool",
            Self::Ring => "ring",
            Self::DeadWorkers => "dead_workers",
            Self::IdleJoin => "idle_join",
            Self::TimedBeside => "timed_beside",
            Self::LastLeaves => "last_leaves",
            Self::LastToken => "last_token",
            Self::Absent => "absent",
            Self::Resuming => "resuming",
            Self::MutualJoin => "mutual_join",
            Self::OwnedHandles => "owned_handles",
            Self::RacingClose => "racing_close",
        }
    }

    /// The program with at most so many threads of each role, items of each producer, and capacity;
    /// unbounded as well.
    pub fn up_to(self, threads: usize, items: u8, capacity: usize) -> Vec<Configuration> {
        let capacities: Vec<_> = (1..=capacity).map(Some).chain([None]).collect();
        let mut all = Vec::new();
        for threads in 1..=threads {
            for items in 1..=items {
                for &capacity in &capacities {
                    let extent = Extent { threads, items, capacity };
                    let program = self.program(extent);
                    if !all.contains(&program) {
                        all.push(program);
                    }
                }
            }
        }
        all
    }

    fn program(self, extent: Extent) -> Configuration {
        let Extent { threads, items, capacity } = extent;
        let one = |roles| Configuration::new(self.name(), vec![capacity], roles);
        let two = |roles| Configuration::new(self.name(), vec![capacity; 2], roles);
        match self {
            Self::ForgottenSender => {
                one(vec![workers(0, threads), producer(0, items), scope_end()])
            }
            Self::FewerSentinels => {
                let sentinels = Operation::SendSentinels { count: threads - 1 };
                let mut coordinator = producer(0, items);
                coordinator.instructions.push(Instruction::on(0, sentinels));
                one(vec![workers(0, threads), coordinator])
            }
            Self::Pipeline => {
                let fanout = Some(Fanout { queue: 1, count: 1 });
                let first = Instruction::Work { queue: 0, fanout };
                let first = Role::new("first worker", vec![first]).times(threads);
                feeding(items, two(vec![first, workers(1, 1), producer(0, items)]))
            }
            Self::SelfFeeding => feeding(
                items,
                Configuration::new(
                    self.name(),
                    vec![None],
                    vec![feeders(0, 0, 1, threads), producer(0, 1), scope_end()],
                ),
            ),
            Self::FullPool => {
                feeding(2 * items, one(vec![feeders(0, 0, 2, threads), producer(0, items)]))
            }
            Self::Ring => {
                let roles = vec![
                    feeders(0, 1, 2, threads),
                    Role { name: "other worker", ..feeders(1, 0, 1, 1) },
                    producer(0, items),
                ];
                feeding(2 * items, two(roles))
            }
            _ => self.program_about_leaving(extent),
        }
    }

    fn program_about_leaving(self, extent: Extent) -> Configuration {
        let Extent { threads, items, capacity } = extent;
        let one = |roles| Configuration::new(self.name(), vec![capacity], roles);
        let receivers = || Role::new("receiver", vec![Instruction::receive(0)]).times(threads);
        match self {
            Self::DeadWorkers => {
                let worker = Role::new("worker", vec![Instruction::receive(0)]).times(threads);
                Configuration { deaths: 1, ..one(vec![worker, producer(0, items + 1)]) }
            }
            Self::IdleJoin => {
                let task = Instruction::on(0, Operation::Receive { tasks: true });
                let worker = Role::new("worker", vec![task]).times(threads);
                let mut joiner = producer(0, items);
                joiner.instructions.push(Instruction::on(0, Operation::Join));
                one(vec![worker, Role { name: "joiner", ..joiner }])
            }
            Self::TimedBeside => {
                let timed = vec![Instruction::receive(0).timed(), Instruction::send(0).timed()];
                let timed = Role::new("timed", timed).times(threads);
                one(vec![timed, receivers(), producer(0, items)])
            }
            Self::LastLeaves => {
                let last = Role::new("last", vec![Instruction::send(0)]);
                let silent = Role::new("silent", Vec::new());
                Configuration { deaths: 1, ..one(vec![receivers(), last, silent]) }
            }
            Self::LastToken | Self::Absent => {
                let sends = vec![Instruction::send(0).timed(); usize::from(items)];
                let external = Role::new("outsider", sends).external(self == Self::LastToken);
                one(vec![receivers(), external])
            }
            _ => self.program_about_ends(extent),
        }
    }

    fn program_about_ends(self, extent: Extent) -> Configuration {
        let Extent { threads, items, capacity } = extent;
        let one = |roles| Configuration::new(self.name(), vec![capacity], roles);
        let two = |roles| Configuration::new(self.name(), vec![capacity; 2], roles);
        match self {
            Self::Resuming => {
                let (receive, send) = (Instruction::receive(0), Instruction::send(1));
                let instructions = vec![receive, send, Instruction::receive(1)];
                let program =
                    two(vec![Role::new("talker", instructions).times(threads), workers(1, 1)]);
                Configuration { resuming: true, ..program }
            }
            Self::MutualJoin => {
                let one_for_other = Role::new("one", vec![Instruction::JoinRole(1)]);
                let other = vec![Instruction::send(0); usize::from(items)];
                let other = [other, vec![Instruction::JoinRole(0)]].concat();
                let other = Role::new("other", other).times(threads);
                one(vec![one_for_other, other, scope_end()])
            }
            Self::OwnedHandles => {
                let receivers = workers(0, threads).owning(0, Handle::Receiver);
                let mut producer = producer(0, items).owning(0, Handle::Sender);
                producer.instructions.push(Instruction::receive(1));
                let other =
                    Role::new("other", vec![Instruction::receive(0)]).owning(1, Handle::Sender);
                two(vec![receivers, producer, other])
            }
            _ => {
                let closer = Role::new("closer", vec![Instruction::on(0, Operation::CloseNow)]);
                one(vec![workers(0, threads), producer(0, items), closer, scope_end()])
            }
        }
    }
}

fn workers(queue: u8, threads: usize) -> Role {
    Role::new("worker", vec![Instruction::Work { queue, fanout: None }]).times(threads)
}

fn feeders(queue: u8, to: u8, count: u8, threads: usize) -> Role {
    let fanout = Some(Fanout { queue: to, count });
    Role::new("worker", vec![Instruction::Work { queue, fanout }]).times(threads)
}

fn producer(queue: u8, items: u8) -> Role {
    Role::new("producer", vec![Instruction::send(queue); usize::from(items)])
}

fn scope_end() -> Role {
    Role::new("scope", vec![Instruction::JoinAll { again: true }])
}

fn feeding(budget: u8, program: Configuration) -> Configuration {
    Configuration { budget, ..program }
}
