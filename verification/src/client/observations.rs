//! What is observed of an execution outside of the explored world: how far every thread has come,
//! what its operations returned, which items were dropped, and how main reaches the queues without
//! owning a handle.

use crate::client::subject::{DropRegistry, Guard, Report, Subject};
use sentinel_queue_models::program::{Op, Step};
use sentinel_queue_models::Response;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// One thread, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The operation that it is in.
    pub current: Option<Step>,
    /// The operations that have returned, in order.
    pub steps: Vec<Step>,
    /// What each of them returned.
    pub responses: Vec<Response>,
    /// The latest report when an operation was reported as deadlocked, with its place, if more than
    /// one report is possible.
    pub reports: Vec<(usize, Report)>,
}

impl Progress {
    /// Returns what the thread has done on a queue.
    #[must_use]
    pub fn of_queue(&self, queue: usize) -> Self {
        let done = self.on_queue(queue).filter(|(step, _)| step.op != Op::Await);
        let (steps, responses) = done.map(|(step, response)| (step, response.clone())).unzip();
        Progress { steps, responses, ..Progress::default() }
    }

    /// The operations on a queue that have returned, and what they returned.
    pub fn on_queue(&self, queue: usize) -> impl Iterator<Item = (Step, &Response)> {
        let all = self.steps.iter().copied().zip(&self.responses);
        all.filter(move |(step, _)| step.queue == queue)
    }
}

/// A handle of any kind.
pub enum Handle<S: Subject> {
    /// A sender.
    Sender(Arc<S::Sender>),
    /// A receiver.
    Receiver(Arc<S::Receiver>),
    /// One that counts for neither side.
    Weak(S::Weak),
}

impl<S: Subject> Handle<S> {
    /// The queue.
    pub fn queue(&self) -> &S::Queue {
        match self {
            Handle::Sender(sender) => S::behind_sender(sender),
            Handle::Receiver(receiver) => S::behind_receiver(receiver),
            Handle::Weak(weak) => S::behind_weak(weak),
        }
    }

    /// The same queue, without a share in its sides.
    #[must_use]
    pub fn downgrade(&self) -> Self {
        Handle::Weak(match self {
            Handle::Sender(sender) => S::downgrade_sender(sender),
            Handle::Receiver(receiver) => S::downgrade_receiver(receiver),
            Handle::Weak(weak) => weak.clone(),
        })
    }
}

/// The handles of one queue.
struct Tracked<S: Subject> {
    senders: Mutex<Vec<Weak<S::Sender>>>,
    receivers: Mutex<Vec<Weak<S::Receiver>>>,
    /// Handles that live until the end of the execution.
    retained: Mutex<Vec<Handle<S>>>,
}

/// The observations of one execution. Engines do not see them, so nothing that a thread does may
/// depend on what another one left here; main looks when every thread has finished or is blocked.
pub struct Observations<S: Subject> {
    threads: Vec<Mutex<Progress>>,
    queues: Vec<Tracked<S>>,
    /// Tasks of threads that were reported as deadlocked.
    guards: Mutex<Vec<Guard>>,
    /// Whether an external thread holds its token.
    external: AtomicBool,
    /// The items that were dropped inside of a queue.
    pub dropped: DropRegistry,
}

impl<S: Subject> Observations<S> {
    /// Nothing yet, of so many threads, main not counted, and so many queues; and whether an
    /// external thread holds a token.
    pub fn new(threads: usize, queues: usize, external: bool) -> Self {
        let tracked = |_| Tracked {
            senders: Mutex::default(),
            receivers: Mutex::default(),
            retained: Mutex::default(),
        };
        Observations {
            threads: (0..=threads).map(|_| Mutex::default()).collect(),
            queues: (0..queues).map(tracked).collect(),
            guards: Mutex::default(),
            external: AtomicBool::new(external),
            dropped: DropRegistry::default(),
        }
    }

    /// Makes main able to reach the queue through this handle as long as it lives.
    pub fn track_handle(&self, queue: usize, handle: &Handle<S>) {
        let tracked = &self.queues[queue];
        match handle {
            Handle::Sender(sender) => lock(&tracked.senders).push(Arc::downgrade(sender)),
            Handle::Receiver(receiver) => lock(&tracked.receivers).push(Arc::downgrade(receiver)),
            Handle::Weak(_) => {}
        }
    }

    /// Keeps a handle until the end of the execution.
    pub fn retain_handle(&self, queue: usize, handle: Handle<S>) {
        lock(&self.queues[queue].retained).push(handle);
    }

    /// Keeps the tasks of a thread that would be blocked forever.
    pub fn retain_tasks(&self, guards: impl Iterator<Item = Guard>) {
        lock(&self.guards).extend(guards);
    }

    /// Any living handle of a queue.
    pub fn handle(&self, queue: usize) -> Option<Handle<S>> {
        let tracked = &self.queues[queue];
        let sender = lock(&tracked.senders).iter().find_map(Weak::upgrade).map(Handle::Sender);
        sender.or_else(|| {
            lock(&tracked.receivers).iter().find_map(Weak::upgrade).map(Handle::Receiver)
        })
    }

    /// Iterates over the queues that have a living handle, with one.
    pub fn living(&self) -> impl Iterator<Item = (usize, Handle<S>)> + '_ {
        (0..self.queues.len()).filter_map(|queue| Some((queue, self.handle(queue)?)))
    }

    /// A thread begins an operation.
    pub fn begin(&self, thread: usize, step: Step) {
        lock(&self.threads[thread]).current = Some(step);
    }

    /// An operation of a thread has returned.
    ///
    /// # Panics
    ///
    /// When it is reported as deadlocked while an external thread holds a token.
    pub fn finish(&self, thread: usize, step: Step, response: Response, report: Option<Report>) {
        let external = self.external.load(Ordering::SeqCst);
        assert!(!(response.deadlocked && external), "C8: a report, and a token is held");
        let mut progress = lock(&self.threads[thread]);
        let place = progress.responses.len();
        progress.current = None;
        progress.steps.push(step);
        progress.responses.push(response);
        progress.reports.extend(report.map(|report| (place, report)));
    }

    /// The token of the external thread is about to be dropped.
    pub fn release_token(&self) {
        self.external.store(false, Ordering::SeqCst);
    }

    /// How far the threads have come; main is the first.
    pub fn progress(&self) -> Vec<Progress> {
        self.threads.iter().map(|progress| lock(progress).clone()).collect()
    }

    /// The operations that threads are in, with the threads.
    pub fn current(&self) -> Vec<(usize, Step)> {
        let current = |(thread, progress): (usize, &Mutex<Progress>)| {
            lock(progress).current.map(|step| (thread, step))
        };
        self.threads.iter().enumerate().filter_map(current).collect()
    }

    /// Drops what was kept until now.
    pub fn clear(&self) {
        drop(std::mem::take(&mut *lock(&self.guards)));
        for tracked in &self.queues {
            let retained = std::mem::take(&mut *lock(&tracked.retained));
            drop(retained);
        }
    }
}

/// A failed execution may have left it poisoned; it is about to be thrown away then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
