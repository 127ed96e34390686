//! Builds the steps of a schedule from the events of its critical sections.

use super::data::{Queue, Step};
use sentinel_queue_models::{Condition, Event};

/// A pending notification: issued, but no wait has ended by it yet.
#[derive(Debug)]
struct Pending {
    queue: usize,
    condition: Condition,
    step: usize,
    /// The notified thread, where it is known.
    thread: Option<usize>,
}

/// A builder of schedules. Events are not checked here: those of a broken queue may be anything.
#[derive(Debug, Default)]
pub(super) struct Builder {
    steps: Vec<Step>,
    queues: Vec<Queue>,
    sent: Vec<u64>,
    asleep: Vec<Option<(usize, Condition)>>,
    pending: Vec<Pending>,
    /// The thread whose critical section is open.
    open: Option<usize>,
}

impl Builder {
    /// Creates a builder for so many threads and these existing queues.
    pub(super) fn new(threads: usize, capacities: &[Option<usize>]) -> Self {
        let queue = |&capacity: &Option<usize>| Queue { capacity, ..Queue::default() };
        Builder {
            queues: capacities.iter().map(queue).collect(),
            asleep: vec![None; threads],
            ..Builder::default()
        }
    }

    /// Begins a step of a thread.
    pub(super) fn begin(&mut self, thread: usize) {
        self.reach(thread);
        self.seal();
        self.steps.push(Step { thread, ..Step::default() });
        self.open = Some(thread);
    }

    /// Ends the open step, and drops it if it is empty.
    pub(super) fn end_unless_empty(&mut self) {
        let is_empty = self.steps.last().is_some_and(|step| step.lines.is_empty());
        if self.open.take().is_some() && is_empty {
            self.steps.pop();
        }
    }

    /// Ends the open step.
    pub(super) fn end(&mut self) {
        self.open = None;
    }

    /// Replaces the description of the last step.
    pub(super) fn describe_last(&mut self, text: String) {
        if let Some(step) = self.steps.last_mut() {
            step.lines = vec![text];
        }
    }

    /// Adds the end of a wait, wherever the thread sleeps.
    pub(super) fn wake_anywhere(&mut self, thread: usize, timed_out: bool) {
        if let Some((queue, condition)) = self.asleep[thread] {
            self.event(thread, queue, Event::Wake { condition, timed_out });
        }
    }

    /// Adds a line to the open step of this thread, or begins one.
    pub(super) fn line(&mut self, thread: usize, text: impl Into<String>) {
        self.step(thread).lines.push(text.into());
    }

    /// Adds a step in which a thread prints a line.
    pub(super) fn print(&mut self, thread: usize, text: String) {
        self.begin(thread);
        let step = self.step(thread);
        step.lines.push("prints".to_owned());
        step.printed = Some(text);
        self.end();
    }

    /// Marks the thread as done.
    pub(super) fn finish(&mut self, thread: usize) {
        self.step(thread).finished = true;
        self.end();
    }

    /// Adds an event, in words and in its effect.
    pub(super) fn event(&mut self, thread: usize, queue: usize, event: Event) {
        if event == Event::Unlock {
            return self.end();
        }
        self.line(thread, event.to_string());
        self.queue(queue);
        match event {
            Event::Wait { condition } => {
                self.asleep[thread] = Some((queue, condition));
                self.end();
            }
            Event::Cancel { condition } => self.wake(thread, (queue, condition), true),
            Event::Wake { condition, timed_out } => {
                self.wake(thread, (queue, condition), timed_out);
            }
            Event::Notify { condition, all } => self.notify(queue, condition, all),
            other => self.change(queue, other),
        }
    }

    /// Sets the threads that the notifications of the open step went to.
    pub(super) fn notified(&mut self, threads: &[usize]) {
        let step = self.steps.len().saturating_sub(1);
        for &thread in threads {
            let there = self.asleep.get(thread).copied().flatten();
            if let Some((queue, condition)) = there {
                self.pending
                    .retain(|p| p.step != step || p.thread.is_some() || p.condition != condition);
                self.pending.push(Pending { queue, condition, step, thread: Some(thread) });
            }
        }
    }

    /// Returns the steps.
    pub(super) fn build(mut self) -> Vec<Step> {
        self.seal();
        let threads = self.asleep.len();
        for step in &mut self.steps {
            step.asleep.resize(threads, None);
        }
        self.steps
    }

    fn step(&mut self, thread: usize) -> &mut Step {
        if self.open != Some(thread) {
            self.begin(thread);
        }
        self.steps.last_mut().expect("a step is open")
    }

    fn reach(&mut self, thread: usize) {
        if self.asleep.len() <= thread {
            self.asleep.resize(thread + 1, None);
        }
    }

    /// Stores the state after the last step.
    fn seal(&mut self) {
        let asleep = self
            .asleep
            .iter()
            .map(|a| a.map(|(queue, condition)| (queue, condition_name(condition))));
        let asleep = asleep.collect();
        if let Some(step) = self.steps.last_mut() {
            step.queues.clone_from(&self.queues);
            step.asleep = asleep;
        }
    }

    fn queue(&mut self, queue: usize) -> &mut Queue {
        if self.queues.len() <= queue {
            self.queues.resize(queue + 1, Queue::default());
        }
        if self.sent.len() <= queue {
            self.sent.resize(queue + 1, 0);
        }
        &mut self.queues[queue]
    }

    fn wake(&mut self, thread: usize, (queue, condition): (usize, Condition), timed_out: bool) {
        self.asleep[thread] = None;
        let fits = |p: &Pending| {
            (p.queue, p.condition) == (queue, condition) && p.thread.is_none_or(|to| to == thread)
        };
        let own = self.pending.iter().position(|p| fits(p) && p.thread == Some(thread));
        let place = own.or_else(|| self.pending.iter().position(fits));
        let left = &mut self.queue(queue).notified[condition as usize];
        *left = left.saturating_sub(1);
        if let Some(place) = place.filter(|_| !timed_out) {
            let step = self.pending.remove(place).step;
            self.step(thread).woken_by = Some(step);
        }
    }

    fn notify(&mut self, queue: usize, condition: Condition, all: bool) {
        let waiting = self.asleep.iter().filter(|a| **a == Some((queue, condition))).count();
        let count = if all { waiting } else { waiting.min(1) };
        let step = self.steps.len() - 1;
        let notified = &mut self.queues[queue].notified[condition as usize];
        *notified = (*notified + count).min(waiting);
        let pending = || Pending { queue, condition, step, thread: None };
        self.pending.extend((0..count).map(|_| pending()));
    }

    fn change(&mut self, number: usize, event: Event) {
        let first = self.sent[number];
        let mut sent = first;
        let queue = &mut self.queues[number];
        match event {
            Event::Create { capacity } => *queue = Queue { capacity, ..Queue::default() },
            Event::Push { items } => {
                sent += items as u64;
                queue.cells.extend((first..sent).map(|item| Some(item + 1)));
            }
            Event::PushSentinels { count, front: true } => {
                (0..count).for_each(|_| queue.cells.insert(0, None));
            }
            Event::PushSentinels { count, front: false } => queue.cells.extend(vec![None; count]),
            Event::Evict | Event::TakeSentinel => take(queue, 1),
            Event::Take { items, tasks } => {
                take(queue, items);
                queue.unfinished += if tasks { items } else { 0 };
            }
            Event::TaskDone { .. } => queue.unfinished = queue.unfinished.saturating_sub(1),
            Event::PutBack { .. } => {
                queue.unfinished = queue.unfinished.saturating_sub(1);
                sent += 1;
                queue.cells.push(Some(sent));
            }
            Event::Close => queue.closed = true,
            Event::Drain { sentinels: None, .. } => queue.cells.retain(Option::is_none),
            Event::Drain { items, sentinels: Some(sentinels) } => take(queue, items + sentinels),
            _ => {}
        }
        self.sent[number] = sent;
    }
}

fn take(queue: &mut Queue, count: usize) {
    queue.cells.drain(..count.min(queue.cells.len()));
}

fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::NotEmpty => "not empty",
        Condition::NotFull => "not full",
        Condition::Completed => "all done",
        Condition::Flushed => "flushed",
    }
}
