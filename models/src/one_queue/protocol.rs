//! The protocols that are explored, by name: how producers, workers and others use one queue, and
//! what ends the workers.

use crate::one_queue::{Configuration, Guarantee, Handle, Operation, Program, Role, Timeout};
use crate::Claim;

/// A way to use the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// A coordinator joins the producers and sends one sentinel per worker.
    Sentinels,
    /// The same, and a thread closes the queue at any moment.
    SentinelsRacingClose,
    /// One sentinel more than there are workers, in one call.
    SurplusSentinel,
    /// The sentinels are sent while the producers still produce.
    EarlySentinels,
    /// A coordinator joins the producers and closes.
    Close,
    /// A thread closes and takes everything out, at any moment.
    RacingCloseNow,
    /// Every producer drops its sender and every worker its receiver.
    Handles,
    /// The same, and every worker may die at any moment.
    HandlesAndDeaths,
    /// Producers send with a deadline.
    TimedProducers,
    /// Workers receive with a deadline.
    TimedWorkers,
    /// Producers and workers try, and never wait.
    Impatient,
    /// `send_many` and `recv_many` of at most two, ended by sentinels.
    Batches,
    /// The same, and the sentinels are sent while the producers still produce.
    EarlyBatches,
    /// `force_send`, sentinels sent while the producers still produce, and close.
    Forced,
    /// Tasks, `join`, then close; one worker may die if there are more.
    Tasks,
    /// Tasks and a `join` with a deadline, ended by sentinels that overlap with it.
    TasksAndSentinels,
    /// The same as `Close`, and another thread receives as a future that may be dropped.
    DroppedReceives,
    /// The same as `Close`, and another thread sends as a future that may be dropped.
    DroppedSends,
    /// Nothing ends the workers.
    NoEnd,
}

/// The size of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size {
    /// The number of threads that send.
    pub producers: usize,
    /// The number of threads that receive.
    pub workers: usize,
    /// The number of items that each producer sends.
    pub items: usize,
    /// The capacity of the queue; `None` is unbounded.
    pub capacity: Option<usize>,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 19] = [
        Self::Sentinels,
        Self::SentinelsRacingClose,
        Self::SurplusSentinel,
        Self::EarlySentinels,
        Self::Close,
        Self::RacingCloseNow,
        Self::Handles,
        Self::HandlesAndDeaths,
        Self::TimedProducers,
        Self::TimedWorkers,
        Self::Impatient,
        Self::Batches,
        Self::EarlyBatches,
        Self::Forced,
        Self::Tasks,
        Self::TasksAndSentinels,
        Self::DroppedReceives,
        Self::DroppedSends,
        Self::NoEnd,
    ];

    /// Returns the name, as in reports and in `counts.txt`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sentinels => "sentinels",
            Self::SentinelsRacingClose => "sentinels_racing_close",
            Self::SurplusSentinel => "surplus_sentinel",
            Self::EarlySentinels => "early_sentinels",
            Self::Close => "close",
            Self::RacingCloseNow => "racing_close_now",
            Self::Handles => "handles",
            Self::HandlesAndDeaths => "handles_and_deaths",
            Self::TimedProducers => "timed_producers",
            Self::TimedWorkers => "timed_workers",
            Self::Impatient => "impatient",
            Self::Batches => "batches",
            Self::EarlyBatches => "early_batches",
            Self::Forced => "forced",
            Self::Tasks => "tasks",
            Self::TasksAndSentinels => "tasks_and_sentinels",
            Self::DroppedReceives => "dropped_receives",
            Self::DroppedSends => "dropped_sends",
            Self::NoEnd => "no_end",
        }
    }

    /// Returns the claims that it tests. All are checked in every protocol, but without a close,
    /// `C5` holds trivially.
    pub fn claims(self) -> Vec<Claim> {
        let further: &[Claim] = match self {
            Self::Sentinels
            | Self::SurplusSentinel
            | Self::EarlySentinels
            | Self::Batches
            | Self::EarlyBatches => &[Claim::C2],
            Self::SentinelsRacingClose | Self::RacingCloseNow | Self::Forced => {
                &[Claim::C2, Claim::C5]
            }
            Self::Close | Self::Handles | Self::HandlesAndDeaths => &[Claim::C5],
            Self::TimedProducers => &[Claim::C2, Claim::C9],
            Self::TimedWorkers | Self::Impatient => &[Claim::C5, Claim::C9],
            Self::Tasks => &[Claim::C5, Claim::C11],
            Self::TasksAndSentinels => &[Claim::C2, Claim::C9, Claim::C11],
            Self::DroppedReceives | Self::DroppedSends => &[Claim::C5, Claim::C12],
            Self::NoEnd => &[],
        };
        let mut claims = vec![Claim::C1, Claim::C3, Claim::C4, Claim::C6, Claim::C7];
        claims.extend(further);
        claims.sort_unstable();
        claims
    }

    /// Returns the protocol of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// Returns the protocol in one size.
    pub fn configuration(self, size: Size) -> Configuration {
        let mut roles = vec![self.producers(size), self.workers(size)];
        roles.extend(self.others(size));
        let deaths = match self {
            Self::HandlesAndDeaths => size.workers,
            Self::Tasks => size.workers.saturating_sub(1).min(1),
            _ => 0,
        };
        let guarantee = match self {
            Self::NoEnd => Guarantee::None,
            Self::EarlySentinels | Self::EarlyBatches | Self::TimedWorkers => Guarantee::Workers,
            Self::Impatient | Self::Forced => Guarantee::AllThreads,
            _ => Guarantee::Delivery,
        };
        let (protocol, capacity) = (self.name(), size.capacity);
        Configuration { protocol, capacity, roles, deaths, guarantee, mutant: None }
    }

    fn producers(self, size: Size) -> Role {
        let by = match self {
            Self::Batches | Self::EarlyBatches => Operation::SendMany { items: size.items },
            Self::Forced => Operation::ForceSend,
            _ => Operation::Send,
        };
        Role {
            name: "producer",
            threads: size.producers,
            program: Program::Produce { items: size.items, by },
            timeout: match self {
                Self::TimedProducers => Timeout::Deadline,
                Self::Impatient => Timeout::Immediate,
                _ => Timeout::None,
            },
            handle: self.owns(Handle::Sender),
        }
    }

    fn workers(self, size: Size) -> Role {
        let by = match self {
            Self::Batches | Self::EarlyBatches => Operation::ReceiveMany { limit: 2 },
            Self::Tasks | Self::TasksAndSentinels => Operation::Receive { tasks: true },
            _ => Operation::Receive { tasks: false },
        };
        Role {
            name: "worker",
            threads: size.workers,
            program: Program::Work { by },
            timeout: match self {
                Self::TimedWorkers => Timeout::Deadline,
                Self::Impatient => Timeout::Immediate,
                _ => Timeout::None,
            },
            handle: self.owns(Handle::Receiver),
        }
    }

    fn owns(self, handle: Handle) -> Option<Handle> {
        matches!(self, Self::Handles | Self::HandlesAndDeaths).then_some(handle)
    }

    /// Returns the roles that are neither producer nor worker.
    fn others(self, size: Size) -> Vec<Role> {
        let sentinels = || vec![Operation::SendSentinels { count: 1 }; size.workers];
        let close = || vec![Operation::Close];
        match self {
            Self::Sentinels | Self::TimedProducers | Self::Batches => {
                vec![coordinator(sentinels())]
            }
            Self::SentinelsRacingClose => {
                vec![coordinator(sentinels()), bystander("closer", close())]
            }
            Self::SurplusSentinel => {
                vec![coordinator(vec![Operation::SendSentinels { count: size.workers + 1 }])]
            }
            Self::EarlySentinels | Self::EarlyBatches => vec![bystander("ender", sentinels())],
            Self::Close | Self::TimedWorkers | Self::Impatient => vec![coordinator(close())],
            Self::RacingCloseNow => {
                let early = Operation::SendSentinels { count: 1 };
                vec![
                    bystander("ender", vec![early]),
                    bystander("closer", vec![Operation::CloseNow]),
                ]
            }
            Self::Forced => vec![bystander("ender", sentinels()), coordinator(close())],
            Self::Tasks => vec![coordinator(vec![Operation::Join, Operation::Close])],
            Self::TasksAndSentinels => {
                let mut joiner = bystander("joiner", vec![Operation::Join]);
                joiner.timeout = Timeout::Deadline;
                let mut operations = sentinels();
                operations.push(Operation::Join);
                vec![joiner, coordinator(operations)]
            }
            Self::DroppedReceives => {
                vec![coordinator(close()), task(Operation::Receive { tasks: false })]
            }
            Self::DroppedSends => vec![coordinator(close()), task(Operation::Send)],
            Self::Handles | Self::HandlesAndDeaths | Self::NoEnd => Vec::new(),
        }
    }
}

/// Makes a thread that acts when the producers have ended.
fn coordinator(operations: Vec<Operation>) -> Role {
    sequence("coordinator", true, operations)
}

/// Makes a thread that acts at any moment.
fn bystander(name: &'static str, operations: Vec<Operation>) -> Role {
    sequence(name, false, operations)
}

/// Makes a thread that performs an operation as a future, which it may drop.
fn task(operation: Operation) -> Role {
    Role { timeout: Timeout::Dropped, ..bystander("task", vec![operation]) }
}

fn sequence(name: &'static str, after_producers: bool, operations: Vec<Operation>) -> Role {
    let program = Program::Sequence { after_producers, operations };
    Role { name, threads: 1, program, timeout: Timeout::None, handle: None }
}
