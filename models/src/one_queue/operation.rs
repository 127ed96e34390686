//! The operations of the queue, as sequences of critical sections.
//!
//! An operation makes one attempt per critical section. `Attempt::make` says which events an
//! attempt consists of in a given state, and what the caller learns. It does not judge them: its
//! events go through `State::step` like those of the real code.

use std::fmt;
use std::ops::Range;

use crate::one_queue::Mutant;
use crate::{Cell, Condition, Event, State};

/// An operation of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `send`, `try_send`, `send_timeout`: by the timeout.
    Send,
    /// `send_many`.
    SendMany {
        /// The number of items left to send.
        items: usize,
    },
    /// `force_send`.
    ForceSend,
    /// `send_sentinels`.
    SendSentinels {
        /// The number of sentinels.
        count: usize,
    },
    /// `send_sentinels_front`.
    SendSentinelsFront {
        /// The number of sentinels.
        count: usize,
    },
    /// `recv` or `recv_task` and their forms that try or have a timeout.
    Receive {
        /// Whether the item is a task.
        tasks: bool,
    },
    /// `recv_many` and its forms that try or have a timeout.
    ReceiveMany {
        /// The maximum number of items.
        limit: usize,
    },
    /// `recv_many_tasks`, whose tasks are of one generation.
    ReceiveTasks {
        /// The maximum number of tasks.
        limit: usize,
    },
    /// `recv_full` after its first item.
    ReceiveMore {
        /// The maximum number of further items.
        limit: usize,
    },
    /// `close`.
    Close,
    /// `close_now`.
    CloseNow,
    /// `drain`.
    Drain,
    /// A sender handle is dropped.
    DropSender,
    /// A receiver handle is dropped.
    DropReceiver,
    /// `leave_if_idle`.
    Leave,
    /// `upgrade_sender`.
    UpgradeSender,
    /// `upgrade_receiver`.
    UpgradeReceiver,
    /// The guard of a task is dropped.
    FinishTask {
        /// The generation of the task.
        generation: u64,
    },
    /// `Task::put_back`.
    PutBack {
        /// The generation of the task.
        generation: u64,
    },
    /// `join`.
    Join,
    /// `flush`.
    Flush {
        /// The thread, by the number that it has in the state.
        thread: usize,
    },
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Operation::Send => "send",
            Operation::SendMany { .. } => "send a batch",
            Operation::ForceSend => "force a send",
            Operation::SendSentinels { .. } => "send a sentinel",
            Operation::SendSentinelsFront { .. } => "send sentinels in front",
            Operation::Receive { tasks: false } => "receive",
            Operation::Receive { tasks: true } => "receive a task",
            Operation::ReceiveMany { .. } => "receive a batch",
            Operation::ReceiveTasks { .. } => "receive tasks",
            Operation::ReceiveMore { .. } => "receive the rest of a batch",
            Operation::Close => "close",
            Operation::CloseNow => "close now",
            Operation::Drain => "drain",
            Operation::DropSender => "drop a sender",
            Operation::DropReceiver => "drop a receiver",
            Operation::Leave => "leave",
            Operation::UpgradeSender => "upgrade to a sender",
            Operation::UpgradeReceiver => "upgrade to a receiver",
            Operation::FinishTask { .. } => "finish a task",
            Operation::PutBack { .. } => "put a task back",
            Operation::Join => "join",
            Operation::Flush { .. } => "flush",
        })
    }
}

/// How long an operation waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timeout {
    /// It does not wait.
    Immediate,
    /// It waits until a deadline, which may pass at any moment.
    Deadline,
    /// It waits until it can proceed.
    None,
    /// It is a future that may be dropped at any moment after its first poll.
    Dropped,
}

/// What the caller learns at the end of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AttemptResult {
    /// Nothing yet: it sleeps, and will recheck its condition.
    #[default]
    Waits,
    /// It is done.
    Done,
    /// The receive took a sentinel.
    Sentinel,
    /// The queue is closed.
    Closed,
    /// The operation does not wait, or its deadline has passed.
    GaveUp,
    /// The handle was not given, or not given up.
    Denied,
    /// Nothing, and it does not sleep either (only a mutant does that).
    Again,
}

/// The mode in which an attempt is made.
#[derive(Clone, Copy, Debug)]
pub struct AttemptMode {
    /// How long the operation waits.
    pub timeout: Timeout,
    /// Whether its deadline has just ended its wait, so that this is the last attempt.
    pub last: bool,
    /// Whether it has waited at all.
    pub woken: bool,
    /// The mutant of the queue, if any.
    pub mutant: Option<Mutant>,
}

/// One attempt of an operation.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// The events, without the notifications and the release of the lock.
    pub events: Vec<Event>,
    /// The result.
    pub result: AttemptResult,
    /// The number of items that the caller learns are in.
    pub accepted: usize,
    /// The items given to a receiver.
    pub received: Range<u64>,
    /// The items handed back, or dropped with the last receiver.
    pub returned: Range<u64>,
    /// The number of sentinels that the caller learns are in.
    pub sentinels_in: usize,
    /// The number of sentinels received or counted.
    pub sentinels_out: usize,
}

impl Attempt {
    /// Makes an attempt of an operation in a state, by a queue without a mutant.
    pub fn of(operation: Operation, state: &State, timeout: Timeout, last: bool) -> Self {
        let mut attempt = Self::default();
        attempt.make(operation, state, AttemptMode { timeout, last, woken: last, mutant: None });
        attempt
    }

    /// Makes an attempt, into memory that is allocated already.
    #[allow(clippy::too_many_lines)] // a line for each operation
    pub(crate) fn make(&mut self, operation: Operation, state: &State, mode: AttemptMode) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        *self = Self { events, result: AttemptResult::Done, ..Self::default() };
        match operation {
            Operation::Send => self.send(1, state, mode),
            Operation::SendMany { items } => self.send(items, state, mode),
            Operation::ForceSend => self.force_send(state, mode),
            Operation::SendSentinels { count } => self.send_sentinels(count, false, state, mode),
            Operation::SendSentinelsFront { count } => {
                self.send_sentinels(count, true, state, mode);
            }
            Operation::Receive { tasks } => self.receive(1, tasks, state, mode),
            Operation::ReceiveMany { limit } => self.receive(limit, false, state, mode),
            Operation::ReceiveTasks { limit } => self.receive(limit, true, state, mode),
            Operation::ReceiveMore { limit } => self.receive_more(limit, state, mode),
            Operation::Close => self.events.push(Event::Close),
            Operation::CloseNow => self.close_now(state, mode),
            Operation::Drain => self.drain(state),
            Operation::DropSender => self.drop_sender(state, mode),
            Operation::DropReceiver => self.drop_receiver(state, mode),
            Operation::Leave => {
                let idle = state.is_empty() && state.sentinels() == 0;
                let granted = idle && (state.receivers() > 1 || state.is_closed());
                self.grant(granted, Event::Leave { granted });
            }
            Operation::UpgradeSender => {
                let granted = state.senders() > 0;
                self.grant(granted, Event::UpgradeSender { granted });
            }
            Operation::UpgradeReceiver => {
                let granted = state.receivers() > 0;
                self.grant(granted, Event::UpgradeReceiver { granted });
            }
            Operation::FinishTask { generation } => {
                self.events.push(Event::TaskDone { generation });
            }
            Operation::PutBack { .. } if state.is_closed() => {
                self.refuse_closed(Condition::NotFull);
            }
            Operation::PutBack { generation } => {
                self.events.push(Event::PutBack { generation });
                self.accepted = 1;
            }
            Operation::Join => self.join(state, mode),
            Operation::Flush { thread } => self.flush(thread, state, mode),
        }
    }

    /// Makes no attempt: the future that waits for `condition` is dropped. Only a mutant does more.
    pub(crate) fn cancel(&mut self, condition: Condition, state: &State, mutant: Option<Mutant>) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        events.push(Event::Cancel { condition });
        *self = Self { events, result: AttemptResult::GaveUp, ..Self::default() };
        let takes = mutant == Some(Mutant::DroppedFutureTakes) && condition == Condition::NotEmpty;
        if takes && state.front() == Some(Cell::Item) {
            let mode = AttemptMode { timeout: Timeout::Dropped, last: true, woken: true, mutant };
            self.result = AttemptResult::Done;
            self.take(1, false, state, mode);
        }
    }

    /// Waits, or gives up: the condition does not hold, and the queue is not closed.
    fn wait_or_give_up(&mut self, condition: Condition, mode: AttemptMode) {
        if mode.has(Mutant::SpinsInsteadOfWaiting) && condition == Condition::NotFull {
            self.result = AttemptResult::Again;
        } else if mode.timeout == Timeout::Immediate || mode.last || mode.gives_up_early() {
            self.give_up(condition);
        } else {
            self.events.push(Event::Wait { condition });
            self.result = AttemptResult::Waits;
        }
    }

    fn give_up(&mut self, condition: Condition) {
        self.events.push(Event::Refuse { condition, closed: false });
        self.result = AttemptResult::GaveUp;
    }

    fn refuse_closed(&mut self, condition: Condition) {
        self.events.push(Event::Refuse { condition, closed: true });
        self.result = AttemptResult::Closed;
    }

    fn send(&mut self, items: usize, state: &State, mode: AttemptMode) {
        let open = !state.is_closed() || mode.has(Mutant::SendIgnoresClose);
        let sent = mode.room(state).min(items);
        if mode.skips_recheck() {
            self.give_up(Condition::NotFull);
        } else if !open {
            self.refuse_closed(Condition::NotFull);
        } else if sent == 0 && mode.has(Mutant::FullQueueDropsItem) {
            self.accepted = 1;
        } else if sent == 0 {
            self.wait_or_give_up(Condition::NotFull, mode);
        } else {
            // The next section sends the rest of a batch.
            self.events.push(Event::Push { items: sent });
            self.accepted = sent;
        }
    }

    fn force_send(&mut self, state: &State, mode: AttemptMode) {
        if state.is_closed() {
            return self.refuse_closed(Condition::NotFull);
        }
        if state.is_full() {
            self.evict(state, mode);
        }
        self.events.push(Event::Push { items: 1 });
        self.accepted = 1;
    }

    fn evict(&mut self, state: &State, mode: AttemptMode) {
        let queued = state.items();
        if mode.has(Mutant::EvictsSentinel) && state.front() == Some(Cell::Sentinel) {
            self.events.push(Event::TakeSentinel);
            return;
        }
        self.events.push(Event::Evict);
        self.returned = if mode.has(Mutant::EvictsNewest) {
            queued.end - 1..queued.end
        } else {
            queued.start..queued.start + 1
        };
    }

    fn send_sentinels(&mut self, count: usize, front: bool, state: &State, mode: AttemptMode) {
        if state.is_closed() {
            self.refuse_closed(Condition::NotFull);
        } else if mode.has(Mutant::SentinelTakesRoom) && mode.room(state) == 0 {
            self.wait_or_give_up(Condition::NotFull, mode);
        } else {
            self.events.push(Event::PushSentinels { count, front });
            self.sentinels_in = count;
        }
    }

    fn receive(&mut self, limit: usize, tasks: bool, state: &State, mode: AttemptMode) {
        let hasty = mode.has(Mutant::ClosedBeforeDrained) && state.is_closed();
        if mode.skips_recheck() {
            return self.give_up(Condition::NotEmpty);
        }
        match state.front() {
            _ if hasty => self.refuse_closed(Condition::NotEmpty),
            Some(Cell::Sentinel) => {
                self.events.push(Event::TakeSentinel);
                self.sentinels_out = 1;
                self.result = AttemptResult::Sentinel;
            }
            Some(Cell::Item) => self.take(limit, tasks, state, mode),
            None if state.is_closed() => self.refuse_closed(Condition::NotEmpty),
            None => self.wait_or_give_up(Condition::NotEmpty, mode),
        }
    }

    fn take(&mut self, limit: usize, tasks: bool, state: &State, mode: AttemptMode) {
        let within =
            if mode.has(Mutant::BatchCrossesSentinel) { state.len() } else { state.front_items() };
        let queued = state.items();
        let first = state.generation_of(queued.start);
        let alike = queued.clone().take_while(|&number| state.generation_of(number) == first);
        let within = if tasks { within.min(alike.count()) } else { within };
        let items = limit.min(within);
        self.events.push(Event::Take { items, tasks });
        if mode.has(Mutant::TimeoutTakesItem) && mode.last {
            self.result = AttemptResult::GaveUp;
        } else if mode.has(Mutant::NewestFirst) {
            self.received = queued.end - items as u64..queued.end;
        } else {
            self.received = queued.start..queued.start + items as u64;
        }
    }

    /// Takes items as long as they are at the front, and leaves everything else there.
    fn receive_more(&mut self, limit: usize, state: &State, mode: AttemptMode) {
        if state.front() == Some(Cell::Item) {
            self.take(limit, false, state, mode);
        } else if state.front().is_none() && !state.is_closed() && !mode.last {
            self.events.push(Event::Wait { condition: Condition::NotEmpty });
            self.result = AttemptResult::Waits;
        } else {
            self.events.push(Event::EndBatch);
            self.result = AttemptResult::GaveUp;
        }
    }

    fn drain(&mut self, state: &State) {
        self.events.push(Event::Drain { items: state.len(), sentinels: None });
        self.returned = state.items();
    }

    fn grant(&mut self, granted: bool, event: Event) {
        self.events.push(event);
        self.result = if granted { AttemptResult::Done } else { AttemptResult::Denied };
    }

    fn close_now(&mut self, state: &State, mode: AttemptMode) {
        self.events.push(Event::Close);
        self.returned = state.items();
        if mode.has(Mutant::CloseNowKeepsItems) {
            return;
        }
        let forgets = mode.has(Mutant::CloseNowForgetsSentinels);
        self.sentinels_out = if forgets { 0 } else { state.sentinels() };
        let sentinels = Some(self.sentinels_out);
        self.events.push(Event::Drain { items: state.len(), sentinels });
    }

    fn drop_sender(&mut self, state: &State, mode: AttemptMode) {
        self.events.push(Event::DropSender);
        if state.senders() == 1 && !mode.has(Mutant::LastSenderDoesNotClose) {
            self.events.push(Event::Close);
        }
    }

    fn drop_receiver(&mut self, state: &State, mode: AttemptMode) {
        self.events.push(Event::DropReceiver);
        let closes = state.receivers() == 1 && !mode.has(Mutant::LastReceiverDoesNotClose);
        if closes && mode.has(Mutant::LastReceiverDoesNotDrain) {
            self.events.push(Event::Close);
        } else if closes {
            self.close_now(state, mode);
        }
    }

    fn join(&mut self, state: &State, mode: AttemptMode) {
        let tasks = state.unfinished() == 0 || mode.has(Mutant::JoinIgnoresTasks);
        let sentinels = state.sentinels() == 0 || !mode.has(Mutant::JoinCountsSentinels);
        if state.is_empty() && tasks && sentinels {
            self.events.push(Event::Joined);
        } else {
            self.wait_or_give_up(Condition::Completed, mode);
        }
    }

    fn flush(&mut self, thread: usize, state: &State, mode: AttemptMode) {
        let served = state.is_flushed(thread);
        if served.is_none() {
            self.events.push(Event::BeginFlush);
        }
        let begins = served != Some(true) && state.begins_grace_period(thread);
        if begins {
            self.events.push(Event::BeginGrace);
        }
        // A grace period that finds nothing to be old ends at once.
        if served == Some(true) || (begins && state.is_done()) {
            self.events.push(Event::Flushed);
        } else {
            self.wait_or_give_up(Condition::Flushed, mode);
        }
    }
}

impl AttemptMode {
    /// Returns whether the queue has this mutant.
    pub(crate) fn has(self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn gives_up_early(self) -> bool {
        let early = self.woken && self.has(Mutant::GivesUpEarly);
        early && self.timeout == Timeout::Deadline
    }

    fn skips_recheck(self) -> bool {
        self.last && self.has(Mutant::TimeoutWithoutRecheck)
    }

    /// Returns the room that a sender sees.
    fn room(self, state: &State) -> usize {
        if self.has(Mutant::SendIgnoresCapacity) {
            crate::UNLIMITED
        } else if self.has(Mutant::SentinelTakesRoom) {
            state.room().saturating_sub(state.sentinels())
        } else {
            state.room()
        }
    }
}
