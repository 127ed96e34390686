//! The operations of the queue, as sequences of critical sections.
//!
//! An operation makes one attempt per critical section. `Attempt::make` says which events an
//! attempt consists of in a given state, and what the caller learns. It decides nothing about
//! right and wrong: its events go through `State::step` like those of the real code.

use std::ops::Range;

use crate::client::Mutation;
use crate::{Cell, Event, Side, State};

/// What a thread asks of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `send`, `try_send`, `send_timeout`: by patience.
    Send,
    /// `send_many`.
    SendMany {
        /// How many are left to send.
        items: usize,
    },
    /// `force_send`.
    ForceSend,
    /// `send_sentinels`.
    SendSentinels {
        /// How many.
        count: usize,
    },
    /// `recv` or `recv_task` and their impatient forms.
    Receive {
        /// Whether the item is a task.
        tasks: bool,
    },
    /// `recv_many`.
    ReceiveMany {
        /// At most so many.
        limit: usize,
    },
    /// `close`.
    Close,
    /// `close_now`.
    CloseNow,
    /// A sender handle is dropped.
    DropSender,
    /// A receiver handle is dropped.
    DropReceiver,
    /// The guard of a task is dropped.
    FinishTask,
    /// `join`.
    Join,
}

/// How long an operation is ready to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Patience {
    /// Not at all.
    Never,
    /// Until a deadline, which may pass at any moment.
    UntilTimeout,
    /// Until it can go on.
    Forever,
}

/// What the caller learns at the end of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing yet: it sleeps and will look again.
    #[default]
    Waits,
    /// It is done.
    Done,
    /// The receive met a sentinel.
    Sentinel,
    /// The queue is closed.
    Closed,
    /// The operation was not ready to wait, or not any longer.
    GaveUp,
    /// Nothing, and it does not sleep either (only a fault does that).
    Again,
}

/// How an attempt is made.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How long the operation is ready to wait.
    pub patience: Patience,
    /// Whether its wait has just been ended by the clock, so that this is the last attempt.
    pub last: bool,
    /// Whether it has waited at all.
    pub woken: bool,
    /// The fault in the queue, if any.
    pub mutation: Option<Mutation>,
}

/// One attempt of an operation.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// What happens, without the notifications and the release of the lock.
    pub events: Vec<Event>,
    /// What the caller learns.
    pub answer: Answer,
    /// How many items the caller was told are in.
    pub accepted: usize,
    /// The items given to a receiver.
    pub received: Range<u64>,
    /// The items handed back, or dropped with the last receiver.
    pub returned: Range<u64>,
    /// How many sentinels the caller was told are in.
    pub sentinels_in: usize,
    /// How many sentinels were received or counted.
    pub sentinels_out: usize,
}

impl Attempt {
    /// The attempt of an operation in a state, by a queue without fault.
    pub fn of(operation: Operation, state: &State, patience: Patience, last: bool) -> Self {
        let mut attempt = Self::default();
        attempt.make(operation, state, Manner { patience, last, woken: last, mutation: None });
        attempt
    }

    /// The same, into memory that is there already.
    pub(crate) fn make(&mut self, operation: Operation, state: &State, manner: Manner) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        *self = Self { events, answer: Answer::Done, ..Self::default() };
        match operation {
            Operation::Send => self.send(1, state, manner),
            Operation::SendMany { items } => self.send(items, state, manner),
            Operation::ForceSend => self.force_send(state, manner),
            Operation::SendSentinels { count } => self.send_sentinels(count, state, manner),
            Operation::Receive { tasks } => self.receive(1, tasks, state, manner),
            Operation::ReceiveMany { limit } => self.receive(limit, false, state, manner),
            Operation::Close => self.events.push(Event::Close),
            Operation::CloseNow => self.close_now(state, manner),
            Operation::DropSender => self.drop_sender(state, manner),
            Operation::DropReceiver => self.drop_receiver(state, manner),
            Operation::FinishTask => self.events.push(Event::TaskDone),
            Operation::Join => self.join(state, manner),
        }
    }

    /// Neither ready nor closed: the operation waits, or has waited enough.
    fn wait_or_give_up(&mut self, side: Side, manner: Manner) {
        if manner.has(Mutation::SpinsInsteadOfWaiting) && side == Side::NotFull {
            self.answer = Answer::Again;
        } else if manner.patience == Patience::Never || manner.last || manner.gives_up_early() {
            self.give_up(side);
        } else {
            self.events.push(Event::Wait { side });
            self.answer = Answer::Waits;
        }
    }

    fn give_up(&mut self, side: Side) {
        self.events.push(Event::Refuse { side, closed: false });
        self.answer = Answer::GaveUp;
    }

    fn refuse_closed(&mut self, side: Side) {
        self.events.push(Event::Refuse { side, closed: true });
        self.answer = Answer::Closed;
    }

    fn send(&mut self, items: usize, state: &State, manner: Manner) {
        let open = !state.is_closed() || manner.has(Mutation::SendIgnoresClose);
        let sent = manner.room(state).min(items);
        if manner.forgets_to_look() {
            self.give_up(Side::NotFull);
        } else if !open {
            self.refuse_closed(Side::NotFull);
        } else if sent == 0 && manner.has(Mutation::FullQueueDropsItem) {
            self.accepted = 1;
        } else if sent == 0 {
            self.wait_or_give_up(Side::NotFull, manner);
        } else {
            // If that is not all of a batch, the next section is about the rest.
            self.events.push(Event::Push { items: sent });
            self.accepted = sent;
        }
    }

    fn force_send(&mut self, state: &State, manner: Manner) {
        if state.is_closed() {
            return self.refuse_closed(Side::NotFull);
        }
        if state.is_full() {
            self.evict(state, manner);
        }
        self.events.push(Event::Push { items: 1 });
        self.accepted = 1;
    }

    fn evict(&mut self, state: &State, manner: Manner) {
        let queued = state.items();
        if manner.has(Mutation::EvictsSentinel) && state.front() == Some(Cell::Sentinel) {
            self.events.push(Event::TakeSentinel);
            return;
        }
        self.events.push(Event::Evict);
        self.returned = if manner.has(Mutation::EvictsNewest) {
            queued.end - 1..queued.end
        } else {
            queued.start..queued.start + 1
        };
    }

    fn send_sentinels(&mut self, count: usize, state: &State, manner: Manner) {
        if state.is_closed() {
            self.refuse_closed(Side::NotFull);
        } else if manner.has(Mutation::SentinelTakesRoom) && manner.room(state) == 0 {
            self.wait_or_give_up(Side::NotFull, manner);
        } else {
            self.events.push(Event::PushSentinels { count });
            self.sentinels_in = count;
        }
    }

    fn receive(&mut self, limit: usize, tasks: bool, state: &State, manner: Manner) {
        let hasty = manner.has(Mutation::ClosedBeforeDrained) && state.is_closed();
        if manner.forgets_to_look() {
            return self.give_up(Side::NotEmpty);
        }
        match state.front() {
            _ if hasty => self.refuse_closed(Side::NotEmpty),
            Some(Cell::Sentinel) => {
                self.events.push(Event::TakeSentinel);
                self.sentinels_out = 1;
                self.answer = Answer::Sentinel;
            }
            Some(Cell::Item) => self.take(limit, tasks, state, manner),
            None if state.is_closed() => self.refuse_closed(Side::NotEmpty),
            None => self.wait_or_give_up(Side::NotEmpty, manner),
        }
    }

    fn take(&mut self, limit: usize, tasks: bool, state: &State, manner: Manner) {
        let within = if manner.has(Mutation::BatchCrossesSentinel) {
            state.len()
        } else {
            state.front_items()
        };
        let items = limit.min(within);
        let queued = state.items();
        self.events.push(Event::Take { items, tasks });
        if manner.has(Mutation::TimeoutTakesItem) && manner.last {
            self.answer = Answer::GaveUp;
        } else if manner.has(Mutation::NewestFirst) {
            self.received = queued.end - items as u64..queued.end;
        } else {
            self.received = queued.start..queued.start + items as u64;
        }
    }

    fn close_now(&mut self, state: &State, manner: Manner) {
        self.events.push(Event::Close);
        self.returned = state.items();
        if manner.has(Mutation::CloseNowKeepsItems) {
            return;
        }
        let forgets = manner.has(Mutation::CloseNowForgetsSentinels);
        self.sentinels_out = if forgets { 0 } else { state.sentinels() };
        self.events.push(Event::Drain { items: state.len(), sentinels: self.sentinels_out });
    }

    fn drop_sender(&mut self, state: &State, manner: Manner) {
        self.events.push(Event::DropSender);
        if state.senders() == 1 && !manner.has(Mutation::LastSenderDoesNotClose) {
            self.events.push(Event::Close);
        }
    }

    fn drop_receiver(&mut self, state: &State, manner: Manner) {
        self.events.push(Event::DropReceiver);
        let closes = state.receivers() == 1 && !manner.has(Mutation::LastReceiverDoesNotClose);
        if closes && manner.has(Mutation::LastReceiverDoesNotDrain) {
            self.events.push(Event::Close);
        } else if closes {
            self.close_now(state, manner);
        }
    }

    fn join(&mut self, state: &State, manner: Manner) {
        let tasks = state.unfinished() == 0 || manner.has(Mutation::JoinIgnoresTasks);
        let sentinels = state.sentinels() == 0 || !manner.has(Mutation::JoinCountsSentinels);
        if state.is_empty() && tasks && sentinels {
            self.events.push(Event::Joined);
        } else {
            self.wait_or_give_up(Side::AllDone, manner);
        }
    }
}

impl Manner {
    /// Whether the queue has this fault.
    pub(crate) fn has(self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn gives_up_early(self) -> bool {
        let early = self.woken && self.has(Mutation::GivesUpEarly);
        early && self.patience == Patience::UntilTimeout
    }

    fn forgets_to_look(self) -> bool {
        self.last && self.has(Mutation::TimeoutWithoutLooking)
    }

    /// The room that a sender sees.
    fn room(self, state: &State) -> usize {
        if self.has(Mutation::SendIgnoresCapacity) {
            crate::EVERYBODY
        } else if self.has(Mutation::SentinelTakesRoom) {
            state.room().saturating_sub(state.sentinels())
        } else {
            state.room()
        }
    }
}
