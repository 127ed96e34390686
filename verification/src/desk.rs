//! What an execution keeps outside of the explored world: what every thread is doing and was told,
//! and how main reaches the queue without owning a handle.

use crate::subject::Subject;
use sentinel_queue_models::program::Op;
use sentinel_queue_models::Response;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// One thread, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The operation it is in.
    pub doing: Option<Op>,
    /// What it was told, in order.
    pub answers: Vec<Response>,
}

/// A handle of either kind.
pub enum Handle<S: Subject> {
    /// A sender.
    Sender(Arc<S::Sender>),
    /// A receiver.
    Receiver(Arc<S::Receiver>),
}

impl<S: Subject> Handle<S> {
    /// The queue.
    pub fn queue(&self) -> &S::Queue {
        match self {
            Handle::Sender(sender) => S::behind_sender(sender),
            Handle::Receiver(receiver) => S::behind_receiver(receiver),
        }
    }
}

/// The desk of one execution. Engines do not see it, so nothing a thread does may depend on what
/// another one left here; main looks when everybody has finished or sleeps.
pub struct Desk<S: Subject> {
    threads: Vec<Mutex<Progress>>,
    senders: Mutex<Vec<Weak<S::Sender>>>,
    receivers: Mutex<Vec<Weak<S::Receiver>>>,
    /// Handles that nobody dropped in the program live until its end.
    kept: Mutex<Vec<Handle<S>>>,
}

impl<S: Subject> Desk<S> {
    /// A desk for so many threads.
    pub fn new(threads: usize) -> Self {
        Desk {
            threads: (0..threads).map(|_| Mutex::default()).collect(),
            senders: Mutex::default(),
            receivers: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Makes main able to reach the queue through this handle as long as it lives.
    pub fn knows(&self, handle: &Handle<S>) {
        match handle {
            Handle::Sender(sender) => lock(&self.senders).push(Arc::downgrade(sender)),
            Handle::Receiver(receiver) => lock(&self.receivers).push(Arc::downgrade(receiver)),
        }
    }

    /// Keeps a handle until the end of the execution.
    pub fn keeps(&self, handle: Handle<S>) {
        lock(&self.kept).push(handle);
    }

    /// Any handle that is still alive.
    pub fn handle(&self) -> Option<Handle<S>> {
        let sender = lock(&self.senders).iter().find_map(Weak::upgrade);
        sender
            .map(Handle::Sender)
            .or_else(|| lock(&self.receivers).iter().find_map(Weak::upgrade).map(Handle::Receiver))
    }

    /// A thread begins an operation.
    pub fn begins(&self, thread: usize, op: Op) {
        lock(&self.threads[thread]).doing = Some(op);
    }

    /// A thread has been told something; its operation is over.
    pub fn ends(&self, thread: usize, answer: Response) {
        let mut progress = lock(&self.threads[thread]);
        progress.doing = None;
        progress.answers.push(answer);
    }

    /// How far the threads have come; main is the first.
    pub fn progress(&self) -> Vec<Progress> {
        self.threads.iter().map(|progress| lock(progress).clone()).collect()
    }

    /// What threads are in the middle of.
    pub fn doing(&self, thread: usize) -> Option<Op> {
        lock(&self.threads[thread]).doing
    }

    /// Drops the handles that were kept.
    pub fn clear(&self) {
        let kept = std::mem::take(&mut *lock(&self.kept));
        drop(kept);
    }
}

/// A failed execution may have left it poisoned; it is about to be thrown away then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
