//! The events of a queue: one per linearization point, recorded while the lock is held; and those of
//! the registry of a group.

use std::fmt;

/// The four conditions that threads wait for, each with a condition variable of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// Receivers wait here for an item, a sentinel or the close.
    NotEmpty,
    /// Senders wait here for room or the close.
    NotFull,
    /// `join` waits here for an empty queue without unfinished tasks.
    Completed,
    /// `flush` waits here for the end of the grace period.
    Flushed,
}

impl Condition {
    /// All conditions, in the order in which notifications are sent.
    pub const ALL: [Self; 4] = [Self::NotEmpty, Self::NotFull, Self::Completed, Self::Flushed];
}

/// One step of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The queue is created: empty, open, one sender, one receiver.
    Create {
        /// The number of items that it may hold; `None` is unbounded.
        capacity: Option<usize>,
    },
    /// Items are appended.
    Push {
        /// The number of items.
        items: usize,
    },
    /// `force_send` on a full queue hands the oldest item back; a `Push` follows.
    Evict,
    /// Sentinels are added.
    PushSentinels {
        /// The number of sentinels.
        count: usize,
        /// Whether they stand in front of everything, otherwise behind.
        front: bool,
    },
    /// The oldest items are taken.
    Take {
        /// The number of items.
        items: usize,
        /// Whether each of them is an unfinished task from now on.
        tasks: bool,
    },
    /// The sentinel at the front is taken.
    TakeSentinel,
    /// `recv_full` returns fewer items than its limit, because of what is at the front, which stays,
    /// or because its time is over.
    EndBatch,
    /// An operation ends without effect.
    Refuse {
        /// The condition that it waited for, or would have.
        condition: Condition,
        /// Whether the queue is closed; otherwise the operation does not wait, or its deadline has
        /// passed.
        closed: bool,
    },
    /// The queue is closed; repeats are allowed and change nothing.
    Close,
    /// All items are taken out; after `Close` in the same critical section, the sentinels too.
    Drain {
        /// The number of items.
        items: usize,
        /// The number of sentinels; `None` if they stay, in their order.
        sentinels: Option<usize>,
    },
    /// A sender handle is cloned.
    AddSender,
    /// A sender handle is dropped; the last one closes.
    DropSender,
    /// A receiver handle is cloned.
    AddReceiver,
    /// A receiver handle is dropped; the last one closes and drains.
    DropReceiver,
    /// `leave_if_idle` drops a receiver handle, or returns it.
    Leave {
        /// Whether it drops it.
        granted: bool,
    },
    /// A weak handle is upgraded to a sender, or is not.
    UpgradeSender {
        /// Whether it is.
        granted: bool,
    },
    /// A weak handle is upgraded to a receiver, or is not.
    UpgradeReceiver {
        /// Whether it is.
        granted: bool,
    },
    /// A task ends.
    TaskDone {
        /// The generation of the task: see [`State`](crate::State).
        generation: u64,
    },
    /// A task ends, and its item is appended; it needs no room.
    PutBack {
        /// The generation of the task.
        generation: u64,
    },
    /// `join` returns.
    Joined,
    /// `flush` begins: it waits for what has been accepted until now.
    BeginFlush,
    /// A flush begins a grace period: none is active, or one that began before it and that no thread
    /// waits for.
    BeginGrace,
    /// `flush` returns.
    Flushed,
    /// The thread goes to sleep; the lock is released.
    Wait {
        /// The condition that it waits for.
        condition: Condition,
    },
    /// The thread is back from sleep and holds the lock.
    Wake {
        /// The condition that it waited for.
        condition: Condition,
        /// Whether the deadline ended the wait.
        timed_out: bool,
    },
    /// A future is dropped while it waits: it leaves the wait without a recheck.
    Cancel {
        /// The condition that it waited for.
        condition: Condition,
    },
    /// Waiters are notified.
    Notify {
        /// The condition.
        condition: Condition,
        /// Whether all of them are, or any one.
        all: bool,
    },
    /// The lock is released: the critical section is over.
    Unlock,
}

impl Event {
    /// Those without fields.
    const PLAIN: [Event; 13] = [
        Event::Evict,
        Event::TakeSentinel,
        Event::Close,
        Event::AddSender,
        Event::DropSender,
        Event::AddReceiver,
        Event::DropReceiver,
        Event::EndBatch,
        Event::Joined,
        Event::BeginFlush,
        Event::BeginGrace,
        Event::Flushed,
        Event::Unlock,
    ];

    /// Reads an event as `Debug` writes it, such as `Take { items: 1, tasks: false }`.
    pub fn from_debug(text: &str) -> Option<Event> {
        let (name, fields) = text.split_once(" {").unwrap_or((text, ""));
        let field = |name: &str| {
            let fields = fields.trim_end_matches('}').split(", ");
            fields.filter_map(|field| field.trim().split_once(": ")).find(|(n, _)| *n == name)
        };
        let number = |name: &str| field(name)?.1.trim().parse::<usize>().ok();
        let generation = || field("generation")?.1.trim().parse().ok();
        let optional = |name: &str| {
            let text = field(name)?.1.trim();
            Some(
                text.strip_prefix("Some(").and_then(|text| text.trim_end_matches(')').parse().ok()),
            )
        };
        let flag = |name: &str| field(name)?.1.trim().parse::<bool>().ok();
        let condition = || {
            let text = field("condition")?.1.trim();
            Condition::ALL.into_iter().find(|condition| format!("{condition:?}") == text)
        };
        Some(match name {
            "Create" => Event::Create { capacity: optional("capacity")? },
            "Push" => Event::Push { items: number("items")? },
            "PushSentinels" => {
                Event::PushSentinels { count: number("count")?, front: flag("front")? }
            }
            "Take" => Event::Take { items: number("items")?, tasks: flag("tasks")? },
            "Refuse" => Event::Refuse { condition: condition()?, closed: flag("closed")? },
            "Drain" => Event::Drain { items: number("items")?, sentinels: optional("sentinels")? },
            "Leave" => Event::Leave { granted: flag("granted")? },
            "UpgradeSender" => Event::UpgradeSender { granted: flag("granted")? },
            "UpgradeReceiver" => Event::UpgradeReceiver { granted: flag("granted")? },
            "TaskDone" => Event::TaskDone { generation: generation()? },
            "PutBack" => Event::PutBack { generation: generation()? },
            "Wait" => Event::Wait { condition: condition()? },
            "Wake" => Event::Wake { condition: condition()?, timed_out: flag("timed_out")? },
            "Cancel" => Event::Cancel { condition: condition()? },
            "Notify" => Event::Notify { condition: condition()?, all: flag("all")? },
            plain => *Self::PLAIN.iter().find(|event| format!("{event:?}") == plain)?,
        })
    }

    /// Returns whether what the caller asked for was granted, if the event says so.
    pub fn granted(self) -> Option<bool> {
        match self {
            Event::Leave { granted }
            | Event::UpgradeSender { granted }
            | Event::UpgradeReceiver { granted } => Some(granted),
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    #[allow(clippy::too_many_lines)] // a line for each event
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match *self {
            Event::Create { capacity: None } => "creates the queue".to_owned(),
            Event::Create { capacity: Some(capacity) } => {
                format!("creates the queue for {capacity}")
            }
            Event::Push { items: 1 } => "sends an item".to_owned(),
            Event::Push { items } => format!("sends {items} items"),
            Event::Evict => "evicts the oldest item".to_owned(),
            Event::PushSentinels { count: 1, front: false } => "sends a sentinel".to_owned(),
            Event::PushSentinels { count, front: false } => format!("sends {count} sentinels"),
            Event::PushSentinels { count, front: true } => {
                format!("sends {count} sentinels in front")
            }
            Event::Take { items: 1, tasks: false } => "takes an item".to_owned(),
            Event::Take { items, tasks: false } => format!("takes {items} items"),
            Event::Take { items, tasks: true } => format!("takes {items} as tasks"),
            Event::TakeSentinel => "takes a sentinel".to_owned(),
            Event::EndBatch => "ends its batch".to_owned(),
            Event::Refuse { condition, closed: true } => {
                format!("wants {}, is refused: the queue is closed", describe_condition(condition))
            }
            Event::Refuse { condition, closed: false } => {
                format!("wants {}, gives up", describe_condition(condition))
            }
            Event::Close => "closes".to_owned(),
            Event::Drain { items, sentinels: Some(sentinels) } => {
                format!("takes out all {items} items and {sentinels} sentinels")
            }
            Event::Drain { items, sentinels: None } => format!("takes out all {items} items"),
            Event::AddSender => "clones a sender".to_owned(),
            Event::DropSender => "drops its sender".to_owned(),
            Event::AddReceiver => "clones a receiver".to_owned(),
            Event::DropReceiver => "drops its receiver".to_owned(),
            Event::Leave { granted: true } => "leaves: there is nothing to do".to_owned(),
            Event::Leave { granted: false } => "does not leave".to_owned(),
            Event::UpgradeSender { granted: true } => "gets a sender".to_owned(),
            Event::UpgradeSender { granted: false } => "gets no sender".to_owned(),
            Event::UpgradeReceiver { granted: true } => "gets a receiver".to_owned(),
            Event::UpgradeReceiver { granted: false } => "gets no receiver".to_owned(),
            Event::TaskDone { .. } => "finishes its task".to_owned(),
            Event::PutBack { .. } => "puts its task back".to_owned(),
            Event::Joined => "has joined".to_owned(),
            Event::BeginFlush => "begins to flush".to_owned(),
            Event::BeginGrace => "begins a grace period".to_owned(),
            Event::Flushed => "has flushed".to_owned(),
            Event::Wait { condition } => format!("waits for {}", describe_condition(condition)),
            Event::Wake { timed_out: true, .. } => "times out".to_owned(),
            Event::Wake { timed_out: false, .. } => "wakes up".to_owned(),
            Event::Cancel { .. } => "drops its future".to_owned(),
            Event::Notify { condition, all: true } => {
                format!("notifies all waiters for {}", describe_condition(condition))
            }
            Event::Notify { condition, all: false } => {
                format!("notifies one waiter for {}", describe_condition(condition))
            }
            Event::Unlock => "unlocks".to_owned(),
        };
        formatter.write_str(&text)
    }
}

/// Describes what the waiters of a condition wait for.
pub(crate) const fn describe_condition(condition: Condition) -> &'static str {
    match condition {
        Condition::NotEmpty => "something to receive",
        Condition::NotFull => "room to send",
        Condition::Completed => "everything to be done",
        Condition::Flushed => "everything old to be done",
    }
}

/// An event, its thread and its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The thread, numbered in the order of its start.
    pub thread: usize,
    /// The queue, numbered in the order of creation.
    pub queue: usize,
    /// The event.
    pub event: Event,
}

/// What a thread is blocked on in a group. Queues are numbered in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitTarget {
    /// A condition of a queue.
    Queue {
        /// The queue.
        queue: usize,
        /// The condition.
        condition: Condition,
    },
    /// A participant leaves.
    Participant {
        /// Its number.
        number: usize,
    },
    /// All others leave.
    AllOthers,
}

/// One step of the registry of a group, recorded under its lock; what is asked of a queue and where
/// its waiters are woken, under that of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryEvent {
    /// A participant is registered.
    Register {
        /// Its number.
        participant: usize,
    },
    /// The thread runs a participant from now on.
    Bind {
        /// Its number.
        participant: usize,
    },
    /// A participant leaves.
    Leave {
        /// Its number.
        participant: usize,
        /// Whether joiners are woken.
        wakes: bool,
        /// Whether a check is due.
        detects: bool,
    },
    /// A token is acquired.
    Acquire,
    /// A token is released.
    Release {
        /// Whether a check is due.
        detects: bool,
    },
    /// The thread registers as blocked; one that is no participant only if it joins.
    Block {
        /// What it is blocked on.
        target: WaitTarget,
        /// Whether a check is due.
        detects: bool,
    },
    /// The thread looks whether it was marked as deadlocked, before it sleeps; if not, it sleeps.
    Recheck {
        /// Whether it was.
        deadlocked: bool,
    },
    /// The thread counts as running again.
    Resume {
        /// Whether it was marked as deadlocked.
        deadlocked: bool,
    },
    /// A check begins, or finds that it need not.
    Open {
        /// Whether all participants are blocked, and no join is granted.
        begins: bool,
    },
    /// The check asks the queue.
    Ask {
        /// The condition.
        condition: Condition,
        /// Whether it is ready.
        ready: bool,
    },
    /// The check ends, since its epoch is over.
    Stale,
    /// The check has found a deadlock.
    Mark {
        /// The participants that are marked.
        participants: Vec<usize>,
    },
    /// The check wakes all waiters of the queue.
    NotifyAll,
}

impl RegistryEvent {
    /// Returns whether it wakes all that wait under its lock: joiners, or the waiters of the queue.
    pub fn wakes_all(&self) -> bool {
        matches!(self, Self::Leave { wakes: true, .. } | Self::Mark { .. } | Self::NotifyAll)
    }
}

/// A step of a registry, its thread, and its place in the record of the queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRecorded {
    /// The number of the events of queues before it.
    pub position: usize,
    /// The thread.
    pub thread: usize,
    /// The queue whose lock it holds, if it holds one.
    pub queue: Option<usize>,
    /// The step.
    pub event: RegistryEvent,
}
