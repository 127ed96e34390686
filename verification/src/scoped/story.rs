//! The record of an execution, read again: how far every thread had come and what every queue held
//! at each moment. This is the full knowledge that nobody inside of the execution has.

use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{Event, Recorded};

/// What a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Items queued.
    pub items: usize,
    /// Sentinels queued.
    pub sentinels: usize,
    /// How many items fit.
    pub capacity: Option<usize>,
    /// Whether it is closed.
    pub closed: bool,
    /// Tasks that have not ended.
    pub unfinished: usize,
    /// Items ever accepted.
    pub accepted: usize,
}

/// What an event means to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Somebody waits, wakes, or is notified; a handle comes or goes.
    Nothing,
    /// An operation has an effect, or ends without.
    Effect,
    /// An operation that waits without a deadline has given up: it was told.
    Told {
        /// Whose, counted from 0.
        thread: usize,
        /// Which, counted from 0.
        place: usize,
    },
}

/// The execution, as far as it has been read.
#[derive(Clone, Debug)]
pub struct Story<'a> {
    threads: Vec<&'a [Step]>,
    resuming: bool,
    /// The next step of each thread. Waiting for others and dying leave no event, so it may lag
    /// behind by that.
    places: Vec<usize>,
    /// How much of a batch each thread has sent.
    sent: Vec<usize>,
    queues: Vec<Held>,
}

impl<'a> Story<'a> {
    /// Before the first event.
    pub fn of(program: &'a Program) -> Self {
        let threads: Vec<_> = program.all_threads().collect();
        let held = |&capacity: &Option<usize>| Held { capacity, ..Held::default() };
        let queues = program.capacities.iter().map(held).collect();
        let (places, sent) = (vec![0; threads.len()], vec![0; threads.len()]);
        Story { threads, resuming: program.resuming, places, sent, queues }
    }

    /// What a queue holds, counted from 0.
    pub fn queue(&self, queue: usize) -> &Held {
        &self.queues[queue]
    }

    /// The operation on a queue that a thread is in or before, if it has not finished.
    pub fn at(&self, thread: usize) -> Option<(usize, Op, usize)> {
        let steps = self.threads[thread].iter().enumerate().skip(self.places[thread]);
        steps.into_iter().find_map(|(place, step)| match *step {
            Step { op: Op::Await | Op::Die, .. } => None,
            Step { op, queue } => Some((place, op, queue)),
        })
    }

    /// Whether a thread is, or may be, in a wait for others.
    pub fn awaits(&self, thread: usize) -> bool {
        self.threads[thread].get(self.places[thread]).is_some_and(|step| step.op == Op::Await)
    }

    /// Whether a thread can go on with what it is in.
    pub fn is_enabled(&self, op: Op, queue: usize) -> bool {
        let held = &self.queues[queue];
        match op {
            Op::Send | Op::SendMany(_) => {
                held.closed || held.capacity.is_none_or(|capacity| held.items < capacity)
            }
            Op::Recv | Op::RecvMany(_) | Op::Worker | Op::Task => {
                held.closed || held.items + held.sentinels > 0
            }
            Op::Join => held.items == 0 && held.unfinished == 0,
            _ => true,
        }
    }

    /// Reads one event.
    pub fn read(&mut self, recorded: &Recorded) -> Meaning {
        let Recorded { thread, queue, event } = *recorded;
        self.change(queue, event);
        let Some(thread) = thread.checked_sub(1) else { return Meaning::Nothing };
        let ends = match event {
            Event::Push { .. }
            | Event::PushSentinels { .. }
            | Event::Take { .. }
            | Event::TakeSentinel
            | Event::Joined
            | Event::Refuse { .. }
            | Event::Close => self.at(thread),
            Event::Drain { .. } | Event::Evict | Event::TaskDone => return Meaning::Effect,
            _ => return Meaning::Nothing,
        };
        let Some((place, op, _)) = ends else { return Meaning::Effect };
        // The last handle closes, too, but that is the end of no operation.
        let by_handle = event == Event::Close && !matches!(op, Op::Close | Op::CloseNow);
        if by_handle || self.goes_on(thread, op, event) {
            return Meaning::Effect;
        }
        self.places[thread] = place + 1;
        let gave_up = matches!(event, Event::Refuse { closed: false, .. });
        if !gave_up || !self.threads[thread][place].op.may_block_forever() {
            return Meaning::Effect;
        }
        if !self.resuming {
            self.places[thread] = self.threads[thread].len();
        }
        Meaning::Told { thread, place }
    }

    /// Whether the operation is not over with this event: of a loop, or of a batch.
    fn goes_on(&mut self, thread: usize, op: Op, event: Event) -> bool {
        match (op, event) {
            (Op::Worker, Event::Take { .. }) => true,
            (Op::SendMany(_), Event::Push { items }) => {
                let sent = self.sent[thread] + items;
                self.sent[thread] = sent % op.items();
                sent < op.items()
            }
            _ => {
                self.sent[thread] = 0;
                false
            }
        }
    }

    fn change(&mut self, queue: usize, event: Event) {
        let held = &mut self.queues[queue];
        match event {
            Event::Push { items } => {
                held.items += items;
                held.accepted += items;
            }
            Event::Evict => held.items -= 1,
            Event::PushSentinels { count } => held.sentinels += count,
            Event::Take { items, tasks } => {
                held.items -= items;
                held.unfinished += usize::from(tasks) * items;
            }
            Event::TakeSentinel => held.sentinels -= 1,
            Event::Close => held.closed = true,
            Event::Drain { .. } => (held.items, held.sentinels) = (0, 0),
            Event::TaskDone => held.unfinished -= 1,
            _ => {}
        }
    }
}
