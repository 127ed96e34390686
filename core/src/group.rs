//! A group of threads and queues, for programs that own their threads.

use crate::error::JoinError;
use crate::members::{Purpose, Queued};
use crate::queue::Queue;
use crate::receiver::Receiver;
use crate::report::Report;
use crate::sender::{handles, Sender};
use crate::supervisor::{Supervision, Supervisor};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Weak};

/// Threads and queues of which it is known when none of them could go on.
///
/// [`scope`](crate::scope()) makes one and is the way to use it. This is for programs that own
/// their threads: make the queues here, a [`Participant`] for each thread before it is started, and
/// an [`External`] for everyone else who may still act.
///
/// An operation without a deadline, on a queue of the group, in a participant, then never blocks
/// for ever: when nobody is left who could wake anyone, everybody who is blocked is told, and their
/// operations return an error that says so, with their item. Nothing is lost or consumed; the
/// program may go on, and a later occurrence is reported anew.
///
/// # What it cannot know
///
/// A participant that waits with a deadline, or for something else than a queue or a thread of the
/// group, counts as running: it might come back. Someone who is no participant and holds no
/// [`External`] counts as absent: if he acts on a queue after all, the report was wrong about him.
///
/// # Examples
///
/// ```
/// use sentinel_queue::{Group, RecvError};
///
/// let group = Group::new();
/// let (tx, rx) = group.unbounded::<u32>();
/// let participant = group.participant("steve");
/// let worker = std::thread::spawn(move || {
///     participant.run(|| {
///         let _forgotten = tx; // neither closed, nor dropped, nor a sentinel sent
///         rx.recv()
///     })
/// });
/// assert_eq!(worker.join().unwrap(), Err(RecvError::WouldBlockForever));
/// assert_eq!(group.report().unwrap().blocked[0].thread, "steve");
/// ```
#[derive(Clone)]
pub struct Group {
    supervisor: Arc<Supervisor>,
}

/// A thread of a [`Group`], registered before it is started so that the group never looks smaller
/// than it is.
///
/// The thread itself calls [`run`](Self::run). It leaves the group at the end of that, by a panic
/// too, or when this is dropped without.
#[must_use = "a participant that is dropped leaves its group"]
pub struct Participant {
    group: Group,
    number: usize,
}

/// Someone outside of a [`Group`] who may still act on its queues: a signal handler, a thread that
/// is no participant. While it lives the group never reports that it would block forever.
#[must_use = "a token that is dropped holds nobody back"]
pub struct External {
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
        Group { supervisor: Arc::new(Supervisor::new()) }
    }

    /// Makes a bounded queue that belongs to the group: see [`bounded`](crate::bounded).
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    #[track_caller]
    pub fn bounded<T: Send + 'static>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        assert!(capacity > 0, "a bounded queue needs a capacity of at least 1, and got 0");
        self.supervise(Some(capacity))
    }

    /// Makes an unbounded queue that belongs to the group: see [`unbounded`](crate::unbounded).
    #[track_caller]
    pub fn unbounded<T: Send + 'static>(&self) -> (Sender<T>, Receiver<T>) {
        self.supervise(None)
    }

    #[track_caller]
    fn supervise<T: Send + 'static>(&self, capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
        let created = Location::caller();
        let number = self.supervisor.number_queue();
        let supervision = Supervision { supervisor: Arc::clone(&self.supervisor), queue: number };
        let queue = Arc::new(Queue::new(capacity, Some(supervision)));
        let watched: Weak<Queue<T>> = Arc::downgrade(&queue);
        let items = std::any::type_name::<T>();
        self.supervisor.add_queue(number, Queued { queue: watched, items, created });
        handles(queue)
    }

    /// Registers a thread, to be called before it is started. The name is for the report.
    pub fn participant(&self, name: impl Into<String>) -> Participant {
        let number = self.supervisor.join(name.into());
        Participant { group: self.clone(), number }
    }

    /// Holds the report back while someone outside of the group may still act.
    pub fn external(&self) -> External {
        self.supervisor.add_external();
        External { group: self.clone() }
    }

    /// What was reported last; `None` if it never came to that.
    pub fn report(&self) -> Option<Report> {
        self.supervisor.report()
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
        self.supervisor.await_end(Purpose::EndOfOthers, Location::caller())
    }

    /// Waits likewise until one participant has left.
    pub(crate) fn join_one(
        &self,
        number: usize,
        caller: &'static Location<'static>,
    ) -> Result<(), JoinError> {
        self.supervisor.await_end(Purpose::End { number }, caller)
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
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R {
        let free = self.group.supervisor.bind(self.number);
        assert!(free, "this thread already runs a participant of the group");
        body()
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.group.supervisor.leave(self.number);
    }
}

impl Clone for External {
    fn clone(&self) -> Self {
        self.group.external()
    }
}

impl Drop for External {
    fn drop(&mut self) {
        self.group.supervisor.drop_external();
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (participants, waiting, externals) = self.supervisor.counts();
        f.debug_struct("Group")
            .field("participants", &participants)
            .field("waiting", &waiting)
            .field("externals", &externals)
            .finish()
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Participant").field("number", &self.number).finish_non_exhaustive()
    }
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External").finish_non_exhaustive()
    }
}
