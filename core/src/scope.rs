//! `std::thread::scope` over a [`Group`]: threads whose deadlocks are detected.

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

/// A handle that starts the threads and creates the queues of a [`scope`].
///
/// Clone it for a thread that starts further threads.
///
/// # Examples
///
/// A thread that starts further threads owns a clone of the scope:
///
/// ```
/// let sum = sentinel_queue::scope(|s| {
///     let inner = s.clone();
///     s.spawn(move || 1 + inner.spawn(|| 2).join().unwrap()).join().unwrap()
/// });
/// assert_eq!(sum.unwrap(), 3);
/// ```
///
/// But `s` itself is a reference, which the thread may outlive. Without the clone the compiler says
/// *lifetime may not live long enough*, and of `s`: *has type `&'1 Scope<'_, '_>` … argument requires
/// that `'1` must outlive `'2`*.
///
/// ```compile_fail
/// let sum = sentinel_queue::scope(|s| {
///     s.spawn(move || 1 + s.spawn(|| 2).join().unwrap()).join().unwrap()
/// });
/// ```
#[derive(Clone)]
pub struct Scope<'scope, 'env: 'scope> {
    threads: &'scope scoped::Scope<'scope, 'env>,
    handles: scoped::HandlesRef<'scope>,
    group: Group,
}

/// A handle that joins a thread of a [`scope`].
///
/// Dropping the handle detaches the thread, but the scope still waits for it. The result is dropped by
/// the thread before it leaves the scope, or by the drop of the handle if the thread has already
/// finished. Like the handle of `std::thread::scope`, it cannot leave its scope. It cannot be an item of
/// a queue of the scope either, because these items are `'static`.
///
/// ```compile_fail
/// use sentinel_queue::{scope, ScopedJoinHandle};
///
/// let _escaped: ScopedJoinHandle<()> = scope(|s| s.spawn(|| ())).unwrap();
/// ```
pub struct ScopedJoinHandle<'scope, T> {
    slot: Arc<Mutex<ResultSlot<T>>>,
    group: Group,
    number: usize,
    handles: scoped::HandlesRef<'scope>,
}

/// A builder of a thread of a [`scope`], with a name and a stack size; returned by [`Scope::builder`].
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

/// The place where a thread stores what it has returned, or its panic, before it leaves the group. If
/// the handle is gone, the thread drops the result itself, also before it leaves: whatever a result
/// holds, for instance a sender, is dropped by the thread or by the owner of the handle, and by no
/// thread that the group does not know.
struct ResultSlot<T> {
    detached: bool,
    result: Option<thread::Result<T>>,
}

/// Runs `body` and its threads, and detects deadlocks on the queues made with its
/// [`bounded`](Scope::bounded) and [`unbounded`](Scope::unbounded).
///
/// It is `std::thread::scope` with deadlock detection. If all threads of the scope are blocked and none
/// can be woken (a sentinel, a `close` or the drop of a sender was forgotten), each operation blocked on
/// a queue returns an error, a send with its item, and worker loops end. An operation succeeds instead
/// if another thread, after its own return from the deadlock, has provided what it waits for. A join of a
/// thread stays blocked until that thread ends; only if all threads are blocked in such joins do they
/// return errors. Nothing is lost or consumed, and the threads may continue.
///
/// Detection covers only the threads, queues and tokens of the scope:
///
/// - **Make the queues with `s.bounded` and `s.unbounded`.** A wait on a queue made outside, by
///   [`bounded`](crate::bounded) or [`unbounded`](crate::unbounded), counts as running, as do waits with a
///   deadline and for anything else; items are `'static`, as a queue may be taken out of the scope.
/// - A thread from elsewhere that acts on its queues needs an [`External`] token, moved into that thread
///   with no clone kept. While a token lives no deadlock is detected: one that is kept by a thread of the
///   scope that blocks, returned by the body, or held by a thread outside that waits for the scope without
///   a deadline, makes the scope hang as `std::thread::scope` would.
/// - A scope within a scope detects only its own deadlocks: a thread that is blocked in the inner one counts
///   as running in the outer one. The limits and the cost of detection are listed at [`Group`].
///
/// A scope also ends workers that feed their own queue, each of which holds a sender and so keeps the queue
/// open: when all of them wait for items, the work is done. `Err` is the expected result then.
///
/// # Blocking
///
/// Blocks until all threads of the scope have ended, but not until their thread-locals are dropped;
/// [`join`](ScopedJoinHandle::join) waits for these too.
///
/// # Errors
///
/// Returns [`WouldBlockForever`] if there was a deadlock. It contains what `body` returned, and the report
/// of the last deadlock.
///
/// # Panics
///
/// Panics if `body` panics, with its payload; the report, if there was a deadlock, is in the
/// [group](Scope::group). Panics, like `std::thread::scope`, if a thread panicked and was not joined: the
/// message names the threads and contains the report. Panics in a loom model.
///
/// # Examples
///
/// The sender that the body keeps is forgotten, so the queue never closes. With `std::thread::scope` and
/// a channel the worker waits forever, and the program hangs in silence:
///
/// ```no_run
/// let (tx, rx) = std::sync::mpsc::channel::<u32>();
/// std::thread::scope(|s| {
///     s.spawn(move || rx.iter().sum::<u32>());
///     tx.send(1).unwrap();
/// }); // hangs: `tx` is alive
/// ```
///
/// Here the loop ends, and the scope returns a report:
///
/// ```
/// use sentinel_queue::{scope, RecvError};
///
/// let outcome = scope(|s| {
///     let (tx, rx) = s.unbounded::<u32>();
///     let worker = s.spawn_named("worker", move || {
///         let mut items = rx.iter();
///         (items.by_ref().sum::<u32>(), items.end())
///     });
///     tx.send(1).unwrap();
///     worker.join().unwrap()
/// });
/// let deadlock = outcome.unwrap_err();
/// assert_eq!(deadlock.report().blocked[0].thread, "worker");
/// assert_eq!(deadlock.report().queues[0].stats.senders, 1); // the one that was forgotten
/// assert_eq!(deadlock.into_inner(), (1, Some(RecvError::WouldBlockForever)));
/// ```
///
/// Workers that feed their own queue end when the work is done:
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
#[doc(alias("deadlock", "LoopExit", "hang"))]
#[track_caller]
pub fn scope<'env, F, T>(body: F) -> Result<T, WouldBlockForever<T>>
where
    F: for<'scope> FnOnce(&Scope<'scope, 'env>) -> T,
{
    let caller = Location::caller();
    let group = Group::new();
    let me = thread::current();
    let main = group.participant(me.name().unwrap_or("scope body"));
    let value = scoped::scope(|threads| {
        let handles = scoped::Handles::default();
        let scope = Scope { threads, handles: handles.share(), group: group.clone() };
        main.run(|| {
            let value = body(&scope);
            // The others will end even after a deadlock, since each of them was marked as well.
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
    /// Starts a thread without a name, which reports call `thread N`.
    ///
    /// # Panics
    ///
    /// Panics if the system does not start it; [`builder`](Self::builder) returns an error instead.
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

    /// Starts a thread with a name, which reports use.
    ///
    /// # Panics
    ///
    /// Panics if the system does not start it, or the name contains a NUL byte. [`builder`](Self::builder)
    /// returns an error instead.
    pub fn spawn_named<T: Send + 'scope>(
        &self,
        name: impl Into<String>,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        self.builder().name(name).spawn(body).expect("the system starts a thread")
    }

    /// Returns a builder that sets the name and the stack size of a thread, and returns an error if the
    /// system does not start it.
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
    /// use sentinel_queue::report::Operation;
    /// use sentinel_queue::{scope, Group};
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

    /// Returns a token for a thread outside that may still act on the queues of the scope. Move the
    /// handles into it with [`External::with`], move it into that thread, and keep no clone.
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
    /// Returns the error of the system if it does not start the thread; reports then list the thread
    /// as never run. Returns `InvalidInput` if the name contains a NUL byte; reports then do not list
    /// it. `body` is dropped in both cases.
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
        let slot = Arc::new(Mutex::new(ResultSlot { detached: false, result: None }));
        let results = Arc::clone(&slot);
        let thread = scoped::spawn(scope.threads, name, stack_size, move || {
            participant.bind_current_thread();
            let result = catch_unwind(AssertUnwindSafe(body));
            let outcome = if result.is_ok() { Outcome::Returned } else { Outcome::Panicked };
            drop(with_slot(&results, |slot| slot.store(result)));
            participant.leave(outcome);
        })?;
        scope.handles.add(number, thread);
        let (group, handles) = (scope.group.clone(), scope.handles.clone());
        Ok(ScopedJoinHandle { slot, group, number, handles })
    }
}

impl<T> ResultSlot<T> {
    /// Stores the result; hands it back if the handle is gone.
    fn store(&mut self, result: thread::Result<T>) -> Option<thread::Result<T>> {
        if !self.detached {
            self.result = Some(result);
            return None;
        }
        Some(result)
    }

    /// Takes the result if it is there; else the thread drops it.
    fn detach_or_take(&mut self) -> Option<thread::Result<T>> {
        self.detached = true;
        self.result.take()
    }
}

/// Changes a slot under its lock. What comes out belongs to the user, and is dropped by the caller.
fn with_slot<T, R>(slot: &Mutex<ResultSlot<T>>, change: impl FnOnce(&mut ResultSlot<T>) -> R) -> R {
    let mut slot = slot.lock();
    let out = change(&mut slot);
    publish!("changes the slot of a result", (slot.detached, slot.result.is_some()));
    out
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread to end and returns what it returned.
    ///
    /// # Blocking
    ///
    /// Blocks until the thread has ended and its thread-locals are dropped. The caller counts as blocked
    /// until the body of the thread has ended, and as running while the thread-locals are dropped: a
    /// deadlock in their destructors is not detected.
    ///
    /// # Errors
    ///
    /// Returns the payload if the thread panicked. Returns a [`JoinError`](crate::JoinError) as payload
    /// on a deadlock in which all threads of the scope are blocked in joins of threads; the thread is
    /// then detached, as if this handle had been dropped.
    #[track_caller]
    pub fn join(self) -> thread::Result<T> {
        if let Err(error) = self.group.join_one(self.number, Location::caller()) {
            return Err(Box::new(error));
        }
        self.handles.join(self.number); // it has left the group, and now drops its thread-locals
        let Some(result) = with_slot(&self.slot, ResultSlot::detach_or_take) else {
            unreachable!("a thread stores its result before it leaves the group");
        };
        result
    }
}

impl<T> Drop for ScopedJoinHandle<'_, T> {
    fn drop(&mut self) {
        drop(with_slot(&self.slot, ResultSlot::detach_or_take));
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
