//! The state of the queues and of the threads.

use crate::one_queue::{Attempt, AttemptResult, Operation, Timeout};
use crate::outcomes::queue::Queue;
use crate::outcomes::shared::Shared;
use crate::outcomes::thread::{Next, Task, Thread};
use crate::program::{Environment, Program};
use crate::{Condition, Effect, Event, ItemId, Refusal, Response};

/// How far main has come with a program in no group. The numbers are of the next queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Main {
    /// It closes the queues; before the first one it waits until no thread can proceed.
    Closes(usize),
    /// It takes out what is left; before the first queue it waits likewise.
    Drains(usize),
    /// It does nothing more, or never did: there is a group.
    Idle,
}

/// The global state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GlobalState {
    pub(super) queues: Vec<Queue>,
    /// Most of them are those of the state before.
    pub(super) threads: Vec<Shared<Thread>>,
    main: Main,
}

impl GlobalState {
    /// Returns the initial state.
    pub(super) fn init(program: &Program, timeouts: u32) -> Self {
        let threads = 1..=program.all_threads().count();
        let threads =
            threads.map(|number| Shared::new(Thread::new(program, number, timeouts))).collect();
        let queues = program.capacities.iter().enumerate();
        let queues = queues.map(|(number, &capacity)| Queue::new(number, capacity)).collect();
        let alone = program.environment == Environment::Alone;
        let main = if alone { Main::Closes(0) } else { Main::Idle };
        let mut global = GlobalState { queues, threads, main };
        (0..program.capacities.len()).for_each(|queue| global.hand_out(program, queue));
        (0..global.threads.len()).for_each(|number| global.thread(number).settle(program));
        global
    }

    /// Gives the threads that have handles of their own clones of the first ones, which end then.
    fn hand_out(&mut self, program: &Program, queue: usize) {
        let senders = self.threads.iter().map(|thread| thread.senders[queue]).sum();
        let receivers = self.threads.iter().map(|thread| thread.receivers[queue]).sum();
        let sides = [
            (program.owns_senders(), senders, Event::AddSender, Operation::DropSender),
            (program.owns_receivers(), receivers, Event::AddReceiver, Operation::DropReceiver),
        ];
        let owned = || sides.into_iter().filter(|(owned, ..)| *owned);
        for (_, count, added, _) in owned() {
            (0..count).for_each(|_| self.queues[queue].commit(0, &[added]));
        }
        for (_, _, _, operation) in owned() {
            self.section(0, queue, operation, Timeout::Immediate, None);
        }
    }

    /// Returns a thread, to change it.
    pub(super) fn thread(&mut self, number: usize) -> &mut Thread {
        self.threads[number].change()
    }

    /// Returns whether every thread has ended.
    pub(super) fn is_over(&self) -> bool {
        self.threads.iter().all(|thread| thread.next == Next::Ended)
    }

    /// Returns every state that an action of a thread, of main or of the group leads to.
    pub(super) fn transitions(&self, program: &Program) -> Vec<Self> {
        let mut next = Vec::new();
        for number in 0..self.threads.len() {
            self.steps_of(program, number, &mut next);
        }
        next.extend(self.after_report(program));
        let waits = matches!(self.main, Main::Closes(0) | Main::Drains(0));
        if !waits || (next.is_empty() && !self.is_over()) {
            next.extend(self.after_main());
        }
        next
    }

    fn steps_of(&self, program: &Program, number: usize, next: &mut Vec<Self>) {
        let thread = &self.threads[number];
        let asleep = match thread.next {
            Next::Ended => return,
            Next::Await => return next.extend(self.after_await(program, number)),
            Next::Leave => return next.push(self.step(program, number, None)),
            _ if self.keeps_result(program, number) => return,
            _ => self.queues[thread.queue].asleep(number + 1),
        };
        let Some(condition) = asleep else {
            return next.push(self.step(program, number, None));
        };
        if thread.may_cancel() {
            return next.push(self.cancel(program, number, condition));
        }
        if self.queues[thread.queue].state.notified(condition) > 0 && !thread.reported {
            next.push(self.step(program, number, Some((condition, false))));
        }
        if thread.may_expire() || thread.reported {
            next.push(self.step(program, number, Some((condition, true))));
        }
    }

    /// Returns the state after the next action of main on a queue.
    fn after_main(&self) -> Option<Self> {
        let (operation, queue) = match self.main {
            Main::Closes(queue) => (Operation::Close, queue),
            Main::Drains(queue) => (Operation::CloseNow, queue),
            Main::Idle => return None,
        };
        let mut global = self.clone();
        let is_last = queue + 1 == self.queues.len();
        global.main = match self.main {
            Main::Closes(_) if is_last => Main::Drains(0),
            Main::Closes(_) => Main::Closes(queue + 1),
            _ if is_last => Main::Idle,
            _ => Main::Drains(queue + 1),
        };
        global.section(0, queue, operation, Timeout::Immediate, None);
        Some(global)
    }

    /// Returns the state after one critical section of a thread, possibly one that ends a wait; and
    /// whether it may not wait again, because its deadline has passed or a deadlock was reported.
    fn step(&self, program: &Program, number: usize, woke: Option<(Condition, bool)>) -> Self {
        let mut global = self.clone();
        let (thread, queue) = (global.thread(number), self.threads[number].queue);
        match thread.next {
            Next::Event(event) => {
                thread.done();
                global.queues[queue].commit(number + 1, &[event]);
            }
            Next::Attempt(operation, timeout) => {
                let last = woke.is_some_and(|(_, last)| last);
                let reported = std::mem::take(&mut thread.reported);
                thread.timeouts -= u32::from(last && !reported);
                let result = global.section(number + 1, queue, operation, timeout, woke);
                let deadlocked = reported && result == AttemptResult::GaveUp;
                global.thread(number).after(operation, result, deadlocked);
            }
            Next::Leave => thread.leave_group(),
            Next::Await | Next::Ended => {}
        }
        global.thread(number).settle(program);
        global
    }

    /// Returns the state after a thread has dropped the future as which it waits.
    fn cancel(&self, program: &Program, number: usize, condition: Condition) -> Self {
        let mut global = self.clone();
        let queue = self.threads[number].queue;
        global.queues[queue].commit(number + 1, &[Event::Cancel { condition }]);
        global.thread(number).cancel();
        global.thread(number).settle(program);
        global
    }

    /// Makes one attempt and gives its thread, if it is one of the program, what it returns.
    fn section(
        &mut self,
        thread: usize,
        queue: usize,
        operation: Operation,
        timeout: Timeout,
        woke: Option<(Condition, bool)>,
    ) -> AttemptResult {
        let was_closed = self.queues[queue].state.is_closed();
        if let Some((condition, timed_out)) = woke {
            self.queues[queue].record(thread, Event::Wake { condition, timed_out });
        }
        let last = woke.is_some_and(|(_, timed_out)| timed_out);
        let attempt = Attempt::of(operation, &self.queues[queue].state, timeout, last);
        let mut response = Response::default();
        let (wait, events): (Vec<_>, Vec<_>) =
            attempt.events.iter().partition(|event| matches!(event, Event::Wait { .. }));
        for event in events {
            self.act(thread, queue, event, &mut response);
        }
        response.closed = (operation == Operation::Close).then_some(!was_closed);
        self.queues[queue].finish(thread, &wait);
        if thread > 0 {
            self.thread(thread - 1).receive(operation, &attempt, response);
        }
        attempt.result
    }

    /// Records an event of an attempt, moves the items, and adds what that returns.
    fn act(&mut self, thread: usize, number: usize, event: Event, response: &mut Response) {
        let queue = &mut self.queues[number];
        let generation = |item| queue.state.generation_of(item);
        let generations: Vec<_> = match event {
            Event::Take { items, tasks: true } => {
                queue.state.items().take(items).map(generation).collect()
            }
            _ => Vec::new(),
        };
        match (queue.record(thread, event), event) {
            (Effect::Nothing, _) => {}
            (Effect::In(_), Event::PutBack { .. }) => {
                let item = self.threads[thread - 1].held_longest(number).item;
                queue.items.push_back(item);
                response.put_back.push(item);
            }
            (Effect::In(range), _) => {
                let made = self.thread(thread - 1);
                let ids: Vec<_> = range.map(|_| made.send_next()).collect();
                self.queues[number].items.extend(&ids);
                response.accepted.extend(ids);
            }
            (Effect::Out(range), _) => {
                response.obtained.extend(range.filter_map(|_| queue.items.pop_front()));
            }
        }
        let tasks = response.obtained.iter().zip(generations);
        let tasks = tasks.map(|(&item, generation)| Task { queue: number, generation, item });
        tasks.for_each(|task| self.thread(thread - 1).tasks.push_back(task));
        self.respond(thread, number, event, response);
    }

    /// Adds what an event returns. A flush owes what is not done when it begins.
    fn respond(&mut self, thread: usize, queue: usize, event: Event, response: &mut Response) {
        match event {
            Event::Refuse { condition, closed } => {
                response.refusal = Some(Refusal { condition, closed });
            }
            Event::Joined => response.joined = true,
            Event::BeginFlush => {
                self.thread(thread - 1).owed = self.unfinished(queue).collect();
            }
            Event::Flushed => {
                let owed = &self.threads[thread - 1].owed;
                let early = self.unfinished(queue).find(|item| owed.contains(item));
                assert!(early.is_none(), "a flush has returned before {early:?} is done");
                response.flushed = true;
            }
            _ => response.granted = response.granted.or(event.granted()),
        }
    }

    /// Iterates over the items of a queue that are queued, or tasks that have not ended.
    fn unfinished(&self, queue: usize) -> impl Iterator<Item = ItemId> + '_ {
        let tasks = self.threads.iter().flat_map(|thread| &thread.tasks);
        let tasks = tasks.filter(move |task| task.queue == queue).map(|task| task.item);
        self.queues[queue].items.iter().copied().chain(tasks)
    }
}
