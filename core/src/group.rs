//! A group of threads and queues, for programs that own their threads.

use crate::detector::{Detector, Membership};
use crate::error::JoinError;
use crate::queue::Queue;
use crate::receiver::Receiver;
use crate::registry::RegisteredQueue;
use crate::report::{Outcome, Report};
use crate::sender::{channel, check_capacity, Sender};
use crate::sync::WaitTarget;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Weak};

/// A group of threads and queues that detects deadlocks.
///
/// A [`scope`](crate::scope()) creates its own. Create one directly if the threads are not started by a
/// scope: create the queues with [`bounded`](Self::bounded) and [`unbounded`](Self::unbounded), a
/// [`Participant`] for each thread, and an [`External`] token for every other thread that uses the queues.
///
/// When all participants are blocked in operations without a deadline and none can be woken, the group
/// detects the deadlock: each operation blocked on a queue returns an error, a send with its item. It
/// returns normally instead if another thread, after its own return from the deadlock, has provided what
/// it waits for or has closed the queue. A join of threads stays blocked, and returns an error only if
/// all participants are blocked in such joins. Nothing is lost or consumed. The threads may continue,
/// and a later deadlock is reported anew.
///
/// # Limits of detection
///
/// - Register **all** participants before any of them is started, or hold an [`External`] meanwhile:
///   otherwise a deadlock may be reported that an unregistered participant would have resolved.
/// - A handle that a thread still owns after [`Participant::run`] (captured outside the closure, in a
///   thread-local, in a panic payload) counts for its queue, but its thread has left the group: a deadlock
///   may be reported that its drop would have resolved. So move all handles into the closure.
/// - A participant that waits with a deadline, or for something else than a queue or a thread of the
///   group, counts as running. So does one that is kept and never run.
/// - While a token lives, no deadlock is detected; [`External`] describes how to use one.
/// - A thread that is neither a participant nor holds an [`External`] takes no part in detection. If it
///   uses a queue of the group, a deadlock may be reported that it would have resolved, or missed because
///   it took the item a participant was woken for.
///
/// # Cost
///
/// Creating or dropping a queue, and registering or leaving as a participant, take the lock of the group
/// once, for O(log n) where n is the number of queues or participants. An operation that need not wait
/// costs the same as outside a group. One that blocks takes that lock a few times. When a participant
/// blocks or leaves, or a token is dropped, and no participant runs any more, that thread checks for a
/// deadlock: it examines the blocked participants until it finds one that has been notified. It examines
/// at most 16 in a group of up to 16; in a larger one a few, if the same threads are notified again and
/// again or one after the other, and at worst all. A deadlock itself costs O(participants + queues).
///
/// # Examples
///
/// ```
/// use sentinel_queue::{Group, RecvError};
///
/// let group = Group::new();
/// let (tx, rx) = group.unbounded::<u32>();
/// let participants = ["steve", "john"].map(|name| group.participant(name)); // all, before any starts
/// let workers = participants.map(|participant| {
///     let (forgotten, rx) = (tx.clone(), rx.clone());
///     std::thread::spawn(move || {
///         participant.run(move || {
///             let _forgotten = forgotten; // neither closed nor dropped, nor a sentinel sent
///             rx.recv()
///         })
///     })
/// });
/// for worker in workers {
///     assert_eq!(worker.join().unwrap(), Err(RecvError::WouldBlockForever));
/// }
/// assert_eq!(group.report().unwrap().blocked.len(), 2);
/// ```
#[doc(alias = "deadlock")]
#[derive(Clone)]
pub struct Group {
    detector: Arc<Detector>,
}

/// A thread of a [`Group`]. All of them are registered before any is started, so that no deadlock is
/// reported before the group is complete.
///
/// The thread itself calls [`run`](Self::run), and leaves the group when that returns or panics. A
/// participant that is dropped without `run` leaves the group as well; reports list it as never run.
#[must_use = "a participant that is dropped leaves its group"]
pub struct Participant {
    group: Group,
    number: usize,
    /// How it leaves, if it leaves now.
    outcome: Outcome,
    /// Whether its panic goes to a joiner or to the scope, and not on by unwinding.
    hands_panic: bool,
}

/// A token for a thread outside of a [`Group`] that may still act on its queues, for instance one that
/// waits for signals. While it lives, no deadlock of the group is detected.
///
/// The token must outlive the handles of that thread. Move them into it with [`with`](Self::with): they
/// are accessed through the token, and dropped before it is released. A clone of such a handle, or a
/// [`Task`](crate::Task) received through it, must not outlive the token either.
///
/// **Move the token into the thread outside, keep no clone, and let that thread never wait for the group
/// without a deadline.** A token that is leaked, kept by a participant that blocks, queued in a queue of
/// the group, or returned by the body of a [`scope`](crate::scope()) disables detection: the program then
/// hangs on a deadlock, as it would without a group.
///
/// # Examples
///
/// ```
/// use sentinel_queue::scope;
/// use std::thread;
///
/// let outcome = scope(|s| {
///     let (tx, rx) = s.unbounded();
///     let tx = s.external().with(tx);
///     let outsider = thread::spawn(move || tx.send(1));
///     assert_eq!(rx.recv(), Ok(1));
///     outsider.join().unwrap().unwrap();
/// });
/// assert!(outcome.is_ok());
/// ```
#[must_use = "a token that is dropped hides no deadlock"]
pub struct External<H = ()> {
    // Dropped in this order.
    handle: H,
    guard: ExternalGuard,
}

/// Counts as a token as long as it lives.
struct ExternalGuard {
    group: Group,
}

impl Default for Group {
    fn default() -> Self {
        Self::new()
    }
}

impl Group {
    /// Returns a group without participants and queues.
    pub fn new() -> Self {
        Group { detector: Arc::new(Detector::new()) }
    }

    /// Makes a bounded queue that belongs to the group: see [`bounded`](crate::bounded).
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn bounded<T: Send + 'static>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        self.new_queue(Some(check_capacity(capacity)))
    }

    /// Makes an unbounded queue that belongs to the group: see [`unbounded`](crate::unbounded).
    #[track_caller]
    pub fn unbounded<T: Send + 'static>(&self) -> (Sender<T>, Receiver<T>) {
        self.new_queue(None)
    }

    #[track_caller]
    fn new_queue<T: Send + 'static>(&self, capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
        let created = Location::caller();
        let items = std::any::type_name::<T>();
        let queue = Arc::new_cyclic(|queue: &Weak<Queue<T>>| {
            let queue: Weak<Queue<T>> = Weak::clone(queue);
            let queue = self.detector.register_queue(RegisteredQueue { queue, items, created });
            let membership = Membership { detector: Arc::clone(&self.detector), queue };
            Queue::new(capacity, Some(membership))
        });
        channel(queue)
    }

    /// Registers a participant. Register all of them before any is started. Reports use the name.
    pub fn participant(&self, name: impl Into<String>) -> Participant {
        self.register(Some(name.into()))
    }

    pub(crate) fn register(&self, name: Option<String>) -> Participant {
        let number = self.detector.register(name);
        let (outcome, hands_panic) = (Outcome::NeverRan, false);
        Participant { group: self.clone(), number, outcome, hands_panic }
    }

    /// Returns a token for a thread outside of the group that may still act on its queues.
    pub fn external(&self) -> External {
        External { handle: (), guard: ExternalGuard::of(self) }
    }

    /// Returns the report of the last deadlock; `None` if there was none.
    pub fn report(&self) -> Option<Report> {
        self.detector.report()
    }

    /// Waits until all other participants have left the group; all of them, if the caller is none.
    ///
    /// # Blocking
    ///
    /// Blocks until then. A participant that calls this counts as blocked; one that joins a thread by
    /// other means, such as [`std::thread::JoinHandle::join`], counts as running.
    ///
    /// # Errors
    ///
    /// Returns [`JoinError`] to a participant on a deadlock in which all participants that are left are
    /// blocked in joins of threads. A thread that is no participant never gets an error.
    #[track_caller]
    pub fn join(&self) -> Result<(), JoinError> {
        self.join_others(Location::caller())
    }

    #[cfg_attr(loom, track_caller)]
    pub(crate) fn join_others(&self, caller: &'static Location<'static>) -> Result<(), JoinError> {
        self.detector.join(WaitTarget::AllOthers, caller)
    }

    /// Returns the names of the scoped threads that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.detector.panicked()
    }

    /// Blocks likewise until one participant has left.
    #[cfg_attr(loom, track_caller)]
    pub(crate) fn join_one(
        &self,
        number: usize,
        caller: &'static Location<'static>,
    ) -> Result<(), JoinError> {
        self.detector.join(WaitTarget::Participant { number }, caller)
    }
}

impl Participant {
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Runs `body` in the current thread as this participant, which then leaves the group; returns what
    /// `body` returns.
    ///
    /// # Panics
    ///
    /// Panics if the current thread already runs a participant of the same group, or if `body` panics.
    ///
    /// # Blocking
    ///
    /// Blocks as long as `body` runs.
    pub fn run<R>(mut self, body: impl FnOnce() -> R) -> R {
        self.bind_current_thread();
        let result = body();
        self.outcome = Outcome::Returned;
        result
    }

    /// Makes the current thread run this participant.
    pub(crate) fn bind_current_thread(&mut self) {
        let free = self.group.detector.bind(self.number);
        assert!(free, "this thread already runs a participant of the group");
        self.outcome = Outcome::Panicked; // unless its body returns
    }

    /// Leaves the group, as the thread of a scope.
    pub(crate) fn leave(mut self, outcome: Outcome) {
        (self.outcome, self.hands_panic) = (outcome, true);
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.group.detector.leave(self.number, self.outcome, self.hands_panic);
    }
}

impl ExternalGuard {
    fn of(group: &Group) -> Self {
        group.detector.add_external();
        ExternalGuard { group: group.clone() }
    }
}

impl Drop for ExternalGuard {
    fn drop(&mut self) {
        self.group.detector.drop_external();
    }
}

impl External {
    /// Returns the token with a handle in it, or with several as a tuple, which are accessed through it
    /// from then on. Dropping it drops them first.
    ///
    /// # Examples
    ///
    /// ```
    /// let group = sentinel_queue::Group::new();
    /// let (tx, rx) = group.bounded(1);
    /// let outsider = group.external().with((tx, rx));
    /// outsider.0.send(1).unwrap();
    /// assert_eq!(outsider.1.recv(), Ok(1));
    /// ```
    pub fn with<H>(self, handle: H) -> External<H> {
        External { handle, guard: self.guard }
    }
}

impl<H> Deref for External<H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.handle
    }
}

/// Returns another token, with a clone of what is in this one.
impl<H: Clone> Clone for External<H> {
    fn clone(&self) -> Self {
        // The token first: if cloning the handle panics, it is released again.
        let guard = ExternalGuard::of(&self.guard.group);
        External { handle: self.handle.clone(), guard }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (participants, waiting, externals, external_joiners) = self.detector.counts();
        f.debug_struct("Group")
            .field("participants", &participants)
            .field("waiting", &waiting)
            .field("externals", &externals)
            .field("external_joiners", &external_joiners)
            .finish()
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Participant").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<H: fmt::Debug> fmt::Debug for External<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External").field("handle", &self.handle).finish_non_exhaustive()
    }
}
