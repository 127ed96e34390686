//! Builds the steps of a schedule from the events of its critical sections.

use super::data::{Queue, Step};
use sentinel_queue_models::{Cell, Condition, Event, State};

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
    queues: Vec<State>,
    asleep: Vec<Option<(usize, Condition)>>,
    pending: Vec<Pending>,
    /// The thread whose critical section is open.
    open: Option<usize>,
}

impl Builder {
    /// Creates a builder for so many threads and these existing queues.
    pub(super) fn new(threads: usize, capacities: &[Option<usize>]) -> Self {
        Builder {
            queues: capacities.iter().map(|&capacity| State::new(capacity)).collect(),
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
        self.apply(thread, queue, event);
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
            _ => {}
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
            step.queues = self.queues.iter().map(shown).collect();
            step.asleep = asleep;
        }
    }

    fn apply(&mut self, thread: usize, queue: usize, event: Event) {
        while self.queues.len() <= queue {
            self.queues.push(State::new(None));
        }
        if let Event::Create { capacity } = event {
            self.queues[queue] = State::new(capacity);
        }
        self.queues[queue].apply(thread, event);
    }

    fn wake(&mut self, thread: usize, (queue, condition): (usize, Condition), timed_out: bool) {
        self.asleep[thread] = None;
        let fits = |p: &Pending| {
            (p.queue, p.condition) == (queue, condition) && p.thread.is_none_or(|to| to == thread)
        };
        let own = self.pending.iter().position(|p| fits(p) && p.thread == Some(thread));
        let place = own.or_else(|| self.pending.iter().position(fits));
        if let Some(place) = place.filter(|_| !timed_out) {
            let step = self.pending.remove(place).step;
            self.step(thread).woken_by = Some(step);
        }
    }

    fn notify(&mut self, queue: usize, condition: Condition, all: bool) {
        let waiting = self.asleep.iter().filter(|a| **a == Some((queue, condition))).count();
        let count = if all { waiting } else { waiting.min(1) };
        let step = self.steps.len() - 1;
        let pending = || Pending { queue, condition, step, thread: None };
        self.pending.extend((0..count).map(|_| pending()));
    }
}

/// Returns what is shown of a queue. Its items are numbered from 1, in the order of their push.
fn shown(queue: &State) -> Queue {
    let mut items = queue.items();
    let cells = queue.cells().map(|cell| match cell {
        Cell::Item => items.next().map(|item| item + 1),
        Cell::Sentinel => None,
    });
    Queue {
        capacity: queue.capacity(),
        cells: cells.collect(),
        closed: queue.is_closed(),
        unfinished: queue.unfinished(),
        notified: Condition::ALL.map(|condition| queue.notified(condition)),
    }
}

fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::NotEmpty => "not empty",
        Condition::NotFull => "not full",
        Condition::Completed => "all done",
        Condition::Flushed => "flushed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eviction_takes_the_oldest_item_and_no_sentinel_before_it() {
        let mut builder = Builder::new(1, &[Some(1)]);
        for event in [
            Event::PushSentinels { count: 1, front: false },
            Event::Push { items: 1 },
            Event::Evict,
            Event::Push { items: 1 },
        ] {
            builder.event(0, 0, event);
        }
        let steps = builder.build();
        assert_eq!(steps.last().unwrap().queues[0].cells, [None, Some(2)]);
    }
}
