//! Threads that cannot hang: `std::thread::scope` over a [`Group`].

use crate::group::{External, Group};
use crate::receiver::Receiver;
use crate::report::{Outcome, Report, WouldBlockForever};
use crate::sender::Sender;
use crate::sync::{publish, scoped, Mutex};
use std::fmt;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe, Location};
use std::sync::Arc;
use std::thread;

/// Where threads are started and queues are made in a [`scope`].
///
/// Clone it to take it along into a thread that starts further threads.
#[derive(Clone)]
pub struct Scope<'scope, 'env: 'scope> {
    threads: &'scope scoped::Scope<'scope, 'env>,
    handles: scoped::HandlesRef<'scope>,
    group: Group,
}

/// A thread of a [`scope`].
///
/// Dropping the handle detaches the thread. Its result is dropped by the thread before it leaves the
/// scope, or here if it has already finished. As that of `std::thread::scope` it stays inside its
/// scope, and so in no queue, whose items are `'static`:
///
/// ```compile_fail
/// use sentinel_queue::{scope, ScopedJoinHandle};
///
/// let _escaped: ScopedJoinHandle<()> = scope(|s| s.spawn(|| ())).unwrap();
/// ```
pub struct ScopedJoinHandle<'scope, T> {
    slot: Arc<Mutex<Slot<T>>>,
    group: Group,
    number: usize,
    handles: scoped::HandlesRef<'scope>,
}

/// Starts a thread of a [`scope`] with a name or a stack size, and returns an error if the system
/// does not start it; made by [`Scope::builder`].
///
/// # Examples
///
/// ```
/// let length = sentinel_queue::scope(|s| {
///     let worker = s.builder().name("worker").stack_size(64 * 1024).spawn(|| 2)?;
///     Ok::<usize, std::io::Error>(worker.join().unwrap())
/// });
/// assert_eq!(length.unwrap().unwrap(), 2);
/// ```
#[derive(Debug)]
#[must_use = "a builder starts no thread before `spawn`"]
pub struct ScopedThreadBuilder<'a, 'scope, 'env: 'scope> {
    scope: &'a Scope<'scope, 'env>,
    name: Option<String>,
    stack_size: Option<usize>,
}

/// Where a thread puts what it has returned, or its panic, before it leaves the group. If nobody
/// wants that any more, the thread drops it itself, before it leaves as well: whatever a result
/// holds, a sender for instance, is dropped by the thread or by who has the handle, and by nobody of
/// whom the group does not know.
struct Slot<T> {
    wanted: bool,
    result: Option<thread::Result<T>>,
}

/// Runs `body`, waits for all threads that it has started, and returns what it returned; no
/// operation in it blocks for ever.
///
/// It is `std::thread::scope`, whose queues know the threads that use them. When nobody in the scope
/// is left who could wake anyone, whatever was forgotten (a sentinel, a close, a sender that is
/// still alive), then everybody who is blocked is told: their operations return *would block
/// forever*, with their item if they have one, and their loops end, unless another one who was told
/// has given them what they waited for by then. Nothing is lost or consumed, and they may go on.
///
/// It is also the way to end what no counting of handles can end: workers that feed their own queue
/// are done when all of them wait for more. The scope says so by its `Err`, which is no failure
/// then, and holds what `body` returned.
///
/// A scope is one closed world: it knows its own threads and queues, and items are `'static`, as a
/// queue may be taken out of it. Threads from elsewhere that act on its queues need an [`External`]
/// token; a scope within a scope is a world of its own. [`Group`] says exactly what it cannot know.
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
/// When `body` panics, and when a thread panicked and was not joined by hand within the scope, as
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
    let caller = Location::caller();
    let group = Group::new();
    let me = thread::current();
    let main = group.participant(me.name().unwrap_or("the thread of the scope"));
    let value = scoped::scope(|threads| {
        let handles = scoped::Handles::default();
        let scope = Scope { threads, handles: handles.share(), group: group.clone() };
        main.run(|| {
            let value = body(&scope);
            // Told or not, the others are to end: whoever was told as well runs, and will.
            while scope.group.join_others(caller).is_err() {}
            value
        })
    });
    let (panicked, report) = (group.panicked(), group.report());
    assert!(panicked.is_empty(), "{}", Panicked { threads: &panicked, report: report.as_ref() });
    match report {
        None => Ok(value),
        Some(report) => Err(WouldBlockForever { value, report: Box::new(report) }),
    }
}

/// What a scope panics with when threads have panicked: which, and the report if there was one.
struct Panicked<'a> {
    threads: &'a [String],
    report: Option<&'a Report>,
}

impl fmt::Display for Panicked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.threads {
            [thread] => write!(f, "a scoped thread panicked: {thread}")?,
            threads => {
                write!(f, "{} scoped threads panicked: {}", threads.len(), threads.join(", "))?;
            }
        }
        match self.report {
            None => Ok(()),
            Some(report) => write!(f, "\n{report}"),
        }
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
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
        self.builder().spawn(body).expect("the system starts a thread")
    }

    /// Starts a thread with a name, by which reports tell it from the others.
    ///
    /// # Panics
    ///
    /// If the system does not start it, or the name holds a zero byte. [`builder`](Self::builder)
    /// returns an error instead.
    pub fn spawn_named<T: Send + 'scope>(
        &self,
        name: impl Into<String>,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        self.builder().name(name).spawn(body).expect("the system starts a thread")
    }

    /// Returns a builder that starts a thread with a name, a stack size, or an error.
    pub fn builder<'a>(&'a self) -> ScopedThreadBuilder<'a, 'scope, 'env> {
        ScopedThreadBuilder { scope: self, name: None, stack_size: None }
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

    /// Returns the group behind the scope, for instance to read its [report](Group::report) after the
    /// body has panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// use sentinel_queue::{scope, Group, Operation};
    /// use std::panic::{catch_unwind, AssertUnwindSafe};
    ///
    /// let mut group = Group::new();
    /// let panic = catch_unwind(AssertUnwindSafe(|| {
    ///     scope(|s| {
    ///         group = s.group().clone();
    ///         let (_tx, rx) = s.unbounded::<u8>();
    ///         rx.recv().unwrap()
    ///     })
    /// }));
    /// assert!(panic.is_err());
    /// let report = group.report().unwrap();
    /// assert_eq!(report.blocked[0].operation, Operation::Receive { queue: 1 });
    /// ```
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// A token for someone outside who may still act on the queues of the scope; with the handles
    /// that he acts on in it, see [`External::with`].
    pub fn external(&self) -> External {
        self.group.external()
    }
}

impl<'scope> ScopedThreadBuilder<'_, 'scope, '_> {
    /// Sets the name of the thread, by which reports tell it from the others.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the size of the thread's stack, in bytes, as [`std::thread::Builder::stack_size`] does.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system does not start it, or when the name holds a zero byte. `body` is dropped then,
    /// and reports say of the thread that it never ran.
    pub fn spawn<T: Send + 'scope>(
        self,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedJoinHandle<'scope, T>> {
        let ScopedThreadBuilder { scope, name, stack_size } = self;
        if name.as_ref().is_some_and(|name| name.contains('\0')) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a thread name with a zero byte",
            ));
        }
        let mut participant = scope.group.register(name.clone());
        let number = participant.number();
        let slot = Arc::new(Mutex::new(Slot { wanted: true, result: None }));
        let results = Arc::clone(&slot);
        let thread = scoped::spawn(scope.threads, name, stack_size, move || {
            participant.bind();
            let result = catch_unwind(AssertUnwindSafe(body));
            let outcome = if result.is_ok() { Outcome::Returned } else { Outcome::Panicked };
            drop(change(&results, |slot| slot.put(result)));
            participant.leave(outcome);
        })?;
        scope.handles.add(number, thread);
        let (group, handles) = (scope.group.clone(), scope.handles.clone());
        Ok(ScopedJoinHandle { slot, group, number, handles })
    }
}

impl<T> Slot<T> {
    /// Hands the result back if nobody wants it.
    fn put(&mut self, result: thread::Result<T>) -> Option<thread::Result<T>> {
        if self.wanted {
            self.result = Some(result);
            return None;
        }
        Some(result)
    }

    /// Nobody will want what comes later.
    fn abandon(&mut self) -> Option<thread::Result<T>> {
        self.wanted = false;
        self.result.take()
    }
}

/// Changes a slot under its lock. What comes out is the user's, and is dropped by the caller.
fn change<T, R>(slot: &Mutex<Slot<T>>, change: impl FnOnce(&mut Slot<T>) -> R) -> R {
    let mut slot = slot.lock();
    let out = change(&mut slot);
    publish!("changes the slot of a result", (slot.wanted, slot.result.is_some()));
    out
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to end, its thread-locals included, and returns what it returned.
    ///
    /// # Blocking
    ///
    /// Until then; it counts as waiting.
    ///
    /// # Errors
    ///
    /// With the payload, when the thread has panicked. With a [`JoinError`](crate::JoinError) for
    /// payload, when all threads of the scope wait for each other to end; what the thread returns
    /// later is dropped then, as if this handle had been.
    #[track_caller]
    pub fn join(self) -> thread::Result<T> {
        if let Err(error) = self.group.join_one(self.number, Location::caller()) {
            return Err(Box::new(error));
        }
        self.handles.join(self.number); // it has left the group, and now drops its thread-locals
        let Some(result) = change(&self.slot, Slot::abandon) else {
            unreachable!("a thread leaves its result before it leaves the group");
        };
        result
    }
}

impl<T> Drop for ScopedJoinHandle<'_, T> {
    fn drop(&mut self) {
        drop(change(&self.slot, Slot::abandon));
        self.handles.detach(self.number);
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
