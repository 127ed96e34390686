//! What the threads of a program owe to its group: waits for others, and reports of deadlocks.

use crate::one_queue::{Operation, Timeout};
use crate::outcomes::global_state::GlobalState;
use crate::outcomes::thread::Next;
use crate::program::{Environment, Program};

impl GlobalState {
    /// Returns the participants that have not left.
    fn present<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = usize> + 'a {
        let participants = 0..program.threads.len();
        participants.filter(|&number| !self.has_left(program, number))
    }

    fn has_left(&self, program: &Program, number: usize) -> bool {
        self.threads[number].next == Next::Ended || self.has_returned(program, number)
    }

    /// Returns whether the handles that are left to a thread are in its result, which the body of the
    /// scope drops. It joins the first thread before.
    fn has_returned(&self, program: &Program, number: usize) -> bool {
        let thread = &self.threads[number];
        let drops = Next::Attempt(Operation::DropSender, Timeout::Immediate) == thread.next
            || Next::Attempt(Operation::DropReceiver, Timeout::Immediate) == thread.next;
        program.environment == Environment::Joined && thread.is_leaving() && drops
    }

    /// Returns whether the body has not come to the result of a thread: it joins the first thread,
    /// and drops the results in the order of the threads.
    pub(super) fn keeps_result(&self, program: &Program, number: usize) -> bool {
        let before = (0..number).any(|earlier| self.has_returned(program, earlier));
        self.has_returned(program, number) && (before || !self.has_left(program, 0))
    }

    /// Returns the state after a thread has returned from its wait for the others, if it can.
    pub(super) fn after_await(&self, program: &Program, number: usize) -> Option<Self> {
        let granted = self.is_last(program, number);
        if !granted && !self.threads[number].reported {
            return None;
        }
        let mut global = self.clone();
        global.thread(number).end_await(granted);
        global.thread(number).settle(program);
        Some(global)
    }

    fn is_last(&self, program: &Program, number: usize) -> bool {
        self.present(program).all(|other| other == number)
    }

    /// Returns the state after the report of a deadlock, if there is one: no token is held, and every
    /// participant waits without a deadline for what is not there.
    pub(super) fn after_report(&self, program: &Program) -> Option<Self> {
        let alone = program.environment == Environment::Alone;
        let token = self.threads.iter().skip(program.threads.len());
        let token = token.clone().any(|thread| thread.next != Next::Ended);
        let body = (0..self.threads.len()).any(|number| {
            self.has_returned(program, number) && !self.keeps_result(program, number)
        });
        let present: Vec<_> = self.present(program).collect();
        let blocked = |number: &usize| self.is_blocked(program, *number);
        if alone || token || body || present.is_empty() || !present.iter().all(blocked) {
            return None;
        }
        let mut global = self.clone();
        let only_joins = present.iter().all(|&number| self.threads[number].next == Next::Await);
        for number in present {
            let thread = global.thread(number);
            thread.reported = only_joins || thread.next != Next::Await;
        }
        Some(global)
    }

    fn is_blocked(&self, program: &Program, number: usize) -> bool {
        let thread = &self.threads[number];
        let queue = &self.queues[thread.queue];
        let waits = match thread.next {
            Next::Await => !self.is_last(program, number),
            Next::Attempt(_, Timeout::None) => {
                let asleep = queue.asleep(number + 1);
                asleep.is_some_and(|condition| queue.state.ready(condition) == 0)
            }
            _ => false,
        };
        waits && !thread.reported
    }
}
