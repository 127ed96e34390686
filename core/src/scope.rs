//! Threads that cannot hang: `std::thread::scope` over a [`Group`].

use crate::error::JoinError;
use crate::group::{External, Group};
use crate::receiver::Receiver;
use crate::report::WouldBlockForever;
use crate::sender::Sender;
use crate::sync::scoped;
use std::fmt;
use std::panic::Location;

/// Where threads are started and queues are made in a [`scope`].
///
/// Clone it to take it along into a thread that starts further threads.
#[derive(Clone)]
pub struct Scope<'scope, 'env: 'scope> {
    threads: &'scope scoped::Scope<'scope, 'env>,
    group: Group,
}

/// A thread of a [`scope`].
pub struct ScopedJoinHandle<'scope, T> {
    thread: scoped::ScopedJoinHandle<'scope, T>,
    group: Group,
    number: usize,
}

/// Runs `body`, waits for all threads that it has started, and returns what it returned; no thread
/// in it can hang on its queues.
///
/// It is `std::thread::scope`, whose queues know the threads that use them. When nobody in the scope
/// is left who could wake anyone, whatever was forgotten (a sentinel, a close, a sender that is
/// still alive), then everybody who is blocked is told: their operations return *would block
/// forever*, with their item if they have one, and their loops end. Nothing is lost or consumed, and
/// they may go on. [`Group`] says exactly when this holds, and what it cannot know.
///
/// It is also the way to end what no counting of handles can end: workers that feed their own queue
/// are done when all of them wait for more.
///
/// A scope is one closed world: it knows its own threads and queues. Threads from elsewhere that act
/// on its queues need an [`External`] token, and a scope within a scope is a world of its own.
///
/// # Blocking
///
/// Until all threads of the scope have ended.
///
/// # Errors
///
/// When it came to that: with the report of who waited where (of the last time, if of several) and
/// with what `body` returned.
///
/// # Panics
///
/// When `body` panics, and when a thread panicked and was not joined by hand, as
/// `std::thread::scope` does.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{scope, RecvError};
///
/// let outcome = scope(|s| {
///     let (tasks, queue) = s.unbounded();
///     for name in ["steve", "john", "nancy"] {
///         let (tasks, queue) = (tasks.clone(), queue.clone());
///         s.spawn_named(name, move || {
///             let mut mine = queue.iter();
///             for task in mine.by_ref() {
///                 if task < 4 {
///                     tasks.send(task * 2).unwrap(); // a worker feeds its own queue
///                 }
///             }
///             assert_eq!(mine.end(), Some(RecvError::WouldBlockForever));
///         });
///     }
///     tasks.send(1).unwrap();
/// });
/// let ended = outcome.unwrap_err(); // all three wait for more: the work is done
/// assert_eq!(ended.report().blocked.len(), 3);
/// ```
#[track_caller]
pub fn scope<'env, F, T>(body: F) -> Result<T, WouldBlockForever<T>>
where
    F: for<'scope> FnOnce(&Scope<'scope, 'env>) -> T,
{
    let group = Group::new();
    let me = std::thread::current();
    let main = group.participant(me.name().unwrap_or("the thread of the scope"));
    let value = scoped::scope(|threads| {
        let scope = Scope { threads, group: group.clone() };
        main.run(|| {
            let value = body(&scope);
            // Told or not, the others are to end: whoever was told as well runs, and will.
            while scope.group.join().is_err() {}
            value
        })
    });
    match group.report() {
        None => Ok(value),
        Some(report) => Err(WouldBlockForever { value, report: Box::new(report) }),
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread.
    ///
    /// # Panics
    ///
    /// If the system does not start it.
    ///
    /// # Examples
    ///
    /// ```
    /// let words = ["a", "b"];
    /// let count = sentinel_queue::scope(|s| s.spawn(|| words.len()).join().unwrap());
    /// assert_eq!(count.unwrap(), 2);
    /// ```
    pub fn spawn<T: Send + 'scope>(
        &self,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        self.spawn_named("a thread", body)
    }

    /// Starts a thread with a name, by which reports tell it from the others.
    ///
    /// # Panics
    ///
    /// If the system does not start it, for instance because the name holds a zero byte.
    pub fn spawn_named<T: Send + 'scope>(
        &self,
        name: impl Into<String>,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        let name = name.into();
        let participant = self.group.participant(name.clone());
        let number = participant.number();
        let thread = scoped::spawn(self.threads, name, move || participant.run(body));
        ScopedJoinHandle { thread, group: self.group.clone(), number }
    }

    /// Makes a bounded queue that belongs to the scope: see [`bounded`](crate::bounded).
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn bounded<T: Send + 'static>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        self.group.bounded(capacity)
    }

    /// Makes an unbounded queue that belongs to the scope: see [`unbounded`](crate::unbounded).
    #[track_caller]
    pub fn unbounded<T: Send + 'static>(&self) -> (Sender<T>, Receiver<T>) {
        self.group.unbounded()
    }

    /// A token for someone outside who may still act on the queues of the scope.
    pub fn external(&self) -> External {
        self.group.external()
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to end, and returns what it returned.
    ///
    /// # Blocking
    ///
    /// Until then; it counts as waiting.
    ///
    /// # Errors
    ///
    /// With the payload, when the thread has panicked. With a [`JoinError`](crate::JoinError) for
    /// payload, when all threads of the scope wait for each other to end.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        match self.group.join_one(self.number, Location::caller()) {
            Ok(()) => self.thread.join(),
            Err(JoinError) => Err(Box::new(JoinError)),
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.group).finish()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("number", &self.number).finish_non_exhaustive()
    }
}
