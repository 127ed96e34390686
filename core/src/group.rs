//! A group of threads and queues, for programs that own their threads.

use crate::detector::{Detector, Membership};
use crate::error::JoinError;
use crate::queue::Queue;
use crate::receiver::Receiver;
use crate::registry::{RegisteredQueue, WaitTarget};
use crate::report::{Outcome, Report};
use crate::sender::{channel, check_capacity, Sender};
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Weak};

/// Threads and queues of which it is known when none of them could go on.
///
/// [`scope`](crate::scope()) makes one and is the way to use it. This is for programs that own
/// their threads: make the queues here, a [`Participant`] for each thread, and an [`External`] for
/// everyone else who may still act.
///
/// An operation without a deadline, on a queue of the group, in a participant, then never blocks
/// for ever: when nobody is left who could wake anyone, everybody who is blocked is told. Their
/// operations return an error that says so, with their item, unless another one that was told has
/// given them what they waited for, or closed the queue, before they look again. Nothing is lost or
/// consumed; the program may go on, and a later occurrence is reported anew.
///
/// # What it cannot know
///
/// - Register **all** participants before any of them is started, or hold an [`External`]
///   meanwhile: those who run already do not know that others are to come.
/// - What a thread still owns after [`Participant::run`], in its closure's surroundings, in
///   thread-locals or in what a panic carries, counts for nothing. So move everything into the
///   closure that it runs.
/// - A participant that waits with a deadline, or for something else than a queue or a thread of the
///   group, counts as running: it might come back. So does one that is kept and never run, and a
///   token that is leaked: then nothing is ever reported.
/// - Someone who is no participant and holds no [`External`] counts as absent. If he acts on a queue
///   of the group after all, a report may have been wrong about him, or be missed because he took
///   what a participant was woken for.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{Group, RecvError};
///
/// let group = Group::new();
/// let (tx, rx) = group.unbounded::<u32>();
/// let participants = ["steve", "john"].map(|name| group.participant(name)); // all, then
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
#[derive(Clone)]
pub struct Group {
    detector: Arc<Detector>,
}

/// A thread of a [`Group`], registered before any of them is started so that the group never looks
/// smaller than it is.
///
/// The thread itself calls [`run`](Self::run). It leaves the group at the end of that, by a panic
/// too, or when this is dropped without.
#[must_use = "a participant that is dropped leaves its group"]
pub struct Participant {
    group: Group,
    number: usize,
    /// How it leaves, if that is now.
    outcome: Outcome,
    /// Whether a panic of it is handed on by other means than its own unwinding.
    hands_panic: bool,
}

/// Someone outside of a [`Group`] who may still act on its queues: a thread that waits for signals,
/// say, or any that is no participant. While it lives the group never reports that it would block
/// forever.
///
/// It must outlive all that the outsider acts on. Give it his handles: what is in it is reached
/// through it, and dropped before it counts no longer. What can still be got wrong is to take
/// something out of it that lives longer: a clone of the handle itself, or a
/// [`Task`](crate::Task) received through it.
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
#[must_use = "a token that is dropped holds nobody back"]
pub struct External<H = ()> {
    // Dropped in this order.
    handle: H,
    token: Token,
}

/// Counts as long as it lives.
struct Token {
    group: Group,
}

impl Default for Group {
    fn default() -> Self {
        Self::new()
    }
}

impl Group {
    /// A group without participants and queues.
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
        self.supervise(Some(check_capacity(capacity)))
    }

    /// Makes an unbounded queue that belongs to the group: see [`unbounded`](crate::unbounded).
    #[track_caller]
    pub fn unbounded<T: Send + 'static>(&self) -> (Sender<T>, Receiver<T>) {
        self.supervise(None)
    }

    #[track_caller]
    fn supervise<T: Send + 'static>(&self, capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
        let created = Location::caller();
        let items = std::any::type_name::<T>();
        let queue = Arc::new_cyclic(|queue: &Weak<Queue<T>>| {
            let queue: Weak<Queue<T>> = Weak::clone(queue);
            let queue = self.detector.add_queue(RegisteredQueue { queue, items, created });
            let membership = Membership { detector: Arc::clone(&self.detector), queue };
            Queue::new(capacity, Some(membership))
        });
        channel(queue)
    }

    /// Registers a thread, to be called before any of them is started. The name is for the report.
    pub fn participant(&self, name: impl Into<String>) -> Participant {
        self.register(Some(name.into()))
    }

    pub(crate) fn register(&self, name: Option<String>) -> Participant {
        let number = self.detector.join(name);
        let (outcome, hands_panic) = (Outcome::NeverRan, false);
        Participant { group: self.clone(), number, outcome, hands_panic }
    }

    /// Holds the report back while someone outside of the group may still act.
    pub fn external(&self) -> External {
        External { handle: (), token: Token::of(self) }
    }

    /// What was reported last; `None` if it never came to that.
    pub fn report(&self) -> Option<Report> {
        self.detector.report()
    }

    /// Waits until all other participants have left the group.
    ///
    /// # Blocking
    ///
    /// Until then. In a participant it counts as waiting, unlike the joining of a thread by other
    /// means.
    ///
    /// # Errors
    ///
    /// When all participants that are left wait for others to leave.
    #[track_caller]
    pub fn join(&self) -> Result<(), JoinError> {
        self.join_others(Location::caller())
    }

    pub(crate) fn join_others(&self, caller: &'static Location<'static>) -> Result<(), JoinError> {
        self.detector.await_end(WaitTarget::AllOthers, caller)
    }

    /// The names of the threads that panicked and have not been joined.
    pub(crate) fn panicked(&self) -> Vec<String> {
        self.detector.panicked()
    }

    /// Waits likewise until one participant has left.
    pub(crate) fn join_one(
        &self,
        number: usize,
        caller: &'static Location<'static>,
    ) -> Result<(), JoinError> {
        self.detector.await_end(WaitTarget::Participant { number }, caller)
    }
}

impl Participant {
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Runs `body` in the current thread as this participant, which leaves the group at the end.
    ///
    /// # Panics
    ///
    /// If the current thread already runs a participant of the same group, and when `body` panics.
    ///
    /// # Blocking
    ///
    /// As long as `body` runs.
    pub fn run<R>(mut self, body: impl FnOnce() -> R) -> R {
        self.bind();
        let result = body();
        self.outcome = Outcome::Returned;
        result
    }

    /// The current thread runs this participant from now on.
    pub(crate) fn bind(&mut self) {
        let free = self.group.detector.bind(self.number);
        assert!(free, "this thread already runs a participant of the group");
        self.outcome = Outcome::Panicked; // unless it comes to its end
    }

    /// Leaves the group; says how it came to that.
    pub(crate) fn leave(mut self, outcome: Outcome) {
        (self.outcome, self.hands_panic) = (outcome, true);
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.group.detector.leave(self.number, self.outcome, self.hands_panic);
    }
}

impl Token {
    fn of(group: &Group) -> Self {
        group.detector.add_external();
        Token { group: group.clone() }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.group.detector.drop_external();
    }
}

impl External {
    /// The token with a handle in it, or with several as a tuple, which are reached through it from
    /// then on. Dropping it drops them first.
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
        External { handle, token: self.token }
    }
}

impl<H> Deref for External<H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.handle
    }
}

/// Another token, with a clone of what is in this one.
impl<H: Clone> Clone for External<H> {
    fn clone(&self) -> Self {
        // The token first: if cloning the handle panics, it goes again.
        let token = Token::of(&self.token.group);
        External { handle: self.handle.clone(), token }
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
