//! The state of the queue, the items in it and the threads.

use std::collections::VecDeque;

use crate::one_queue::{Attempt, AttemptResult, Operation, Timeout};
use crate::outcomes::thread::{Next, Thread};
use crate::program::{Environment, Program};
use crate::state::Location;
use crate::{Condition, Effect, Event, ItemId, Recorded, Refusal, Response, State};

/// How far main has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Main {
    /// It has started the threads.
    Started,
    /// It has closed the queue.
    Closed,
    /// It has taken out what was left.
    Drained,
}

/// The global state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GlobalState {
    state: State,
    /// The queued items, oldest first.
    items: VecDeque<ItemId>,
    pub(super) threads: Vec<Thread>,
    pub(super) main: Main,
}

impl GlobalState {
    /// Returns the initial state.
    pub(super) fn init(program: &Program, timeouts: u32) -> Self {
        let alone = program.environment == Environment::Alone && program.capacities.len() == 1;
        assert!(alone, "{program}: the model of outcomes has one queue and no group");
        let threads = 1..=program.all_threads().count();
        let threads = threads.map(|number| Thread::new(program, number, timeouts)).collect();
        let state = State::new(program.capacities[0]);
        let mut global =
            GlobalState { state, items: VecDeque::new(), threads, main: Main::Started };
        let handles = global.threads.iter().map(|thread| (thread.senders, thread.receivers));
        let (senders, receivers) = handles.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        let owned = (program.owns_senders(), program.owns_receivers());
        let added = std::iter::repeat_n(Event::AddSender, if owned.0 { senders } else { 0 });
        let added = added
            .chain(std::iter::repeat_n(Event::AddReceiver, if owned.1 { receivers } else { 0 }));
        added.for_each(|event| global.commit(0, &[event]));
        let first = [(owned.0, Operation::DropSender), (owned.1, Operation::DropReceiver)];
        for (_, operation) in first.into_iter().filter(|(owned, _)| *owned) {
            global.section(0, operation, Timeout::Immediate, false, None);
        }
        global.threads.iter_mut().for_each(|thread| thread.settle(program));
        global
    }

    /// Returns whether every thread has ended.
    pub(super) fn is_over(&self) -> bool {
        self.threads.iter().all(|thread| thread.next == Next::Ended)
    }

    /// Returns every state that an action of a thread leads to.
    pub(super) fn transitions(&self, program: &Program) -> Vec<Self> {
        let mut next = Vec::new();
        for number in 0..self.threads.len() {
            match (self.state.location(number + 1), self.threads[number].next) {
                (_, Next::Ended) => {}
                (Location::Outside, _) => next.push(self.step(program, number, None)),
                (Location::Asleep(condition), _) => {
                    if self.state.notified(condition) > 0 {
                        next.push(self.step(program, number, Some((condition, false))));
                    }
                    if self.threads[number].may_expire() {
                        next.push(self.step(program, number, Some((condition, true))));
                    }
                }
            }
        }
        next
    }

    /// Returns the state after the next action of main: the close, or the drain.
    pub(super) fn after_main(&self) -> Self {
        let mut global = self.clone();
        let (main, operation) = match self.main {
            Main::Started => (Main::Closed, Operation::Close),
            _ => (Main::Drained, Operation::CloseNow),
        };
        global.main = main;
        global.section(0, operation, Timeout::Immediate, false, None);
        global
    }

    /// Returns the state after one critical section of a thread, possibly one that ends a wait; and
    /// whether its deadline did.
    fn step(&self, program: &Program, number: usize, woke: Option<(Condition, bool)>) -> Self {
        let mut global = self.clone();
        match self.threads[number].next {
            Next::Event(event) => {
                global.commit(number + 1, &[event]);
                global.threads[number].done();
            }
            Next::Attempt(operation, timeout) => {
                let last = woke.is_some_and(|(_, timed_out)| timed_out);
                global.threads[number].timeouts -= u32::from(last);
                let result = global.section(number + 1, operation, timeout, last, woke);
                global.threads[number].after(operation, result);
            }
            Next::Ended => {}
        }
        global.threads[number].settle(program);
        global
    }

    /// Makes one attempt and gives its thread, if it is one of the program, what it returns.
    fn section(
        &mut self,
        thread: usize,
        operation: Operation,
        timeout: Timeout,
        last: bool,
        woke: Option<(Condition, bool)>,
    ) -> AttemptResult {
        let was_closed = self.state.is_closed();
        if let Some((condition, timed_out)) = woke {
            self.record(thread, Event::Wake { condition, timed_out });
        }
        let attempt = Attempt::of(operation, &self.state, timeout, last);
        let mut response = Response::default();
        let (wait, events): (Vec<_>, Vec<_>) =
            attempt.events.iter().partition(|event| matches!(event, Event::Wait { .. }));
        for event in events {
            if let Event::Take { items, tasks: true } = event {
                let numbers = self.state.items().take(items);
                let generations = numbers.map(|number| self.state.generation_of(number));
                self.threads[thread - 1].tasks.extend(generations);
            }
            match self.record(thread, event) {
                Effect::Nothing => {}
                Effect::In(range) => {
                    let made = &mut self.threads[thread - 1];
                    let ids: Vec<_> = range.map(|_| made.send_next()).collect();
                    self.items.extend(&ids);
                    response.accepted.extend(ids);
                }
                Effect::Out(range) => {
                    response.obtained.extend(range.filter_map(|_| self.items.pop_front()));
                }
            }
            if let Event::Refuse { condition, closed } = event {
                response.refusal = Some(Refusal { condition, closed });
            }
        }
        response.closed = (operation == Operation::Close).then_some(!was_closed);
        response.joined = operation == Operation::Join && attempt.result == AttemptResult::Done;
        self.finish(thread, &wait);
        if thread > 0 {
            self.threads[thread - 1].receive(operation, &attempt, response);
        }
        attempt.result
    }

    /// Records the events of a critical section.
    fn commit(&mut self, thread: usize, events: &[Event]) {
        for event in events {
            self.record(thread, *event);
        }
        self.finish(thread, &[]);
    }

    /// Records the notifications that the rule requires, the wait if there is one, and the release.
    fn finish(&mut self, thread: usize, wait: &[Event]) {
        for condition in Condition::ALL {
            while self.state.due(condition) > 0 {
                self.record(thread, Event::Notify { condition, all: false });
            }
        }
        for event in wait.iter().chain([&Event::Unlock]) {
            self.record(thread, *event);
        }
    }

    fn record(&mut self, thread: usize, event: Event) -> Effect {
        match self.state.step(Recorded { thread, queue: 0, event }) {
            Ok(effect) => effect,
            Err(rejection) => panic!("the model breaks its own rule: {rejection}"),
        }
    }
}
