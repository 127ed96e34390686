//! The history of an execution, read again from its record: how far every thread had come and what
//! every queue held at each moment. No thread of the execution knows that much.

use crate::client::observations::Progress;
use crate::client::subject::Snapshot;
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{outcome, Condition, Event, Recorded, State};
use std::fmt::Write;

/// What an event means to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A thread waits, wakes, or is notified; a handle comes or goes.
    Internal,
    /// An operation has an effect, or ends without.
    Effect,
    /// An operation that waits without a deadline has given up: it was reported as deadlocked.
    Deadlocked {
        /// Whose, counted from 0.
        thread: usize,
        /// Which, counted from 0.
        place: usize,
    },
}

/// The history, as far as it has been read.
#[derive(Clone, Debug)]
pub struct History<'a> {
    threads: Vec<&'a [Step]>,
    resuming: bool,
    /// The next step of each thread. Some operations leave no event that ends them, so it may lag
    /// behind by those.
    places: Vec<usize>,
    /// How much of a batch each thread has sent, or received.
    sent: Vec<usize>,
    queues: Vec<State>,
}

/// Whether an operation leaves no event that ends it, or none if there is nothing to do.
fn is_silent(op: Op) -> bool {
    use Op::{
        Await, CloneReceiver, CloneSender, Drain, DropReceiver, DropSender, EndTask, PutBack,
    };
    let handles = matches!(op, CloneSender | CloneReceiver | DropSender | DropReceiver);
    handles || matches!(op, Await | EndTask | PutBack | Drain)
}

impl<'a> History<'a> {
    /// Before the first event.
    pub fn of(program: &'a Program) -> Self {
        let threads: Vec<_> = program.all_threads().collect();
        let queues = program.capacities.iter().map(|&capacity| State::new(capacity)).collect();
        let (places, sent) = (vec![0; threads.len()], vec![0; threads.len()]);
        History { threads, resuming: program.resuming, places, sent, queues }
    }

    /// A queue, counted from 0.
    pub fn queue(&self, queue: usize) -> Snapshot {
        let queue = &self.queues[queue];
        Snapshot {
            items: queue.len(),
            sentinels: queue.sentinels(),
            capacity: queue.capacity(),
            closed: queue.is_closed(),
            unfinished: queue.unfinished(),
            accepted: queue.totals().accepted,
            senders: queue.senders(),
            receivers: queue.receivers(),
            waiting: Condition::ALL.iter().map(|&condition| queue.waiting(condition)).sum(),
        }
    }

    /// The operation on a queue that a thread is in or before, if it has not finished: its place,
    /// the operation, the queue.
    pub fn current_op(&self, thread: usize) -> Option<(usize, Op, usize)> {
        let steps = self.threads[thread].iter().enumerate().skip(self.places[thread]);
        let mut steps = steps.filter(|(_, step)| !is_silent(step.op));
        steps.next().map(|(place, step)| (place, step.op, step.queue))
    }

    /// Whether a thread waits, or may wait, for the end of the others.
    pub fn awaits(&self, thread: usize) -> bool {
        self.threads[thread].get(self.places[thread]).is_some_and(|step| step.op == Op::Await)
    }

    /// Whether a thread can go on with what it is in.
    pub fn is_enabled(&self, op: Op, queue: usize) -> bool {
        let queue = &self.queues[queue];
        match op {
            Op::Join | Op::Flush => queue.is_done(),
            op if !op.may_block_forever() => true,
            op if op.sends() => queue.ready(Condition::NotFull) > 0,
            _ => queue.ready(Condition::NotEmpty) > 0,
        }
    }

    /// Reads one event.
    #[allow(clippy::too_many_lines)] // a line for each event
    pub fn read(&mut self, recorded: &Recorded) -> EventKind {
        let Recorded { thread, queue, event } = *recorded;
        self.queues[queue].apply(thread, event);
        let Some(thread) = thread.checked_sub(1) else { return EventKind::Internal };
        let ends = match event {
            Event::Push { .. }
            | Event::PushSentinels { .. }
            | Event::Take { .. }
            | Event::TakeSentinel
            | Event::EndBatch
            | Event::Leave { .. }
            | Event::UpgradeSender { .. }
            | Event::UpgradeReceiver { .. }
            | Event::Joined
            | Event::Flushed
            | Event::Refuse { .. }
            | Event::Cancel { .. }
            | Event::Close => self.current_op(thread),
            Event::Drain { .. } | Event::Evict | Event::TaskDone { .. } | Event::PutBack { .. } => {
                return EventKind::Effect;
            }
            Event::Create { .. }
            | Event::AddSender
            | Event::DropSender
            | Event::AddReceiver
            | Event::DropReceiver
            | Event::BeginFlush
            | Event::BeginGrace
            | Event::Wait { .. }
            | Event::Wake { .. }
            | Event::Notify { .. }
            | Event::Unlock => return EventKind::Internal,
        };
        let Some((place, op, _)) = ends else { return EventKind::Effect };
        // The last handle closes, too, but that is the end of no operation.
        let by_handle = event == Event::Close && !matches!(op, Op::Close | Op::CloseNow);
        if by_handle || self.goes_on(thread, op, event) {
            return EventKind::Effect;
        }
        self.places[thread] = place + 1;
        let gave_up = matches!(event, Event::Refuse { closed: false, .. });
        if !gave_up || !self.threads[thread][place].op.may_block_forever() {
            return EventKind::Effect;
        }
        if !self.resuming {
            self.places[thread] = self.threads[thread].len();
        }
        EventKind::Deadlocked { thread, place }
    }

    /// Whether the operation is not over with this event: of a loop, or of a batch.
    fn goes_on(&mut self, thread: usize, op: Op, event: Event) -> bool {
        match (op, event) {
            (Op::Worker, Event::Take { .. }) => true,
            (Op::RecvFull(limit), Event::Take { items, .. }) => {
                let received = self.sent[thread] + items;
                self.sent[thread] = received % limit;
                received < limit
            }
            (
                Op::SendMany(_) | Op::TrySendMany(_) | Op::SendManyTimeout(_),
                Event::Push { items },
            ) => {
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
}

/// Says how an execution ended: what the threads were returned and what is left. A thread that is
/// blocked forever reads like one that was reported as deadlocked. With its effects, their order is
/// part of it.
pub fn ending(
    program: &Program,
    threads: &[Progress],
    record: &[Recorded],
    effects: bool,
) -> String {
    let mut text = String::new();
    let mut history = History::of(program);
    for recorded in record {
        let kind = history.read(recorded);
        if effects && kind == EventKind::Effect {
            let Recorded { thread, queue, event } = recorded;
            let _ = write!(text, "{thread}@{} {event:?}; ", queue + 1);
        }
    }
    let ended = |(steps, progress): (&[Step], &Progress)| -> Vec<String> {
        let returned = progress.responses.iter().filter(|response| !response.deadlocked);
        let mut ended: Vec<_> = returned.map(ToString::to_string).collect();
        ended.extend(steps.get(ended.len()).map(|step| format!("{step} forever")));
        ended
    };
    let threads: Vec<_> = program.all_threads().zip(&threads[1..]).map(ended).collect();
    text.push_str(&outcome(&threads));
    for queue in 0..program.capacities.len() {
        let _ = write!(text, "; {:?}", history.queue(queue).contents());
    }
    text
}
