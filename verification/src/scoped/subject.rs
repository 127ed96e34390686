//! The builds of the queue once more, now with groups, and with operations that may be told that
//! they would block forever.

use crate::item::Item;
use crate::subject::{Content, Subject};
use sentinel_queue_models::program::Environment;
use sentinel_queue_models::Response;
use std::fmt;

/// What an operation told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    /// As outside of a group.
    pub answer: Response,
    /// That it would block forever.
    pub forever: bool,
}

impl Told {
    /// It would block forever, and this is what it did or hands back nevertheless.
    pub fn forever(answer: Response) -> Self {
        Told { answer, forever: true }
    }
}

impl From<Response> for Told {
    fn from(answer: Response) -> Self {
        Told { answer, forever: false }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.forever {
            return self.answer.fmt(formatter);
        }
        formatter.write_str("for ever")?;
        for id in &self.answer.returned {
            write!(formatter, " kept {id}")?;
        }
        for id in &self.answer.obtained {
            write!(formatter, " got {id}")?;
        }
        Ok(())
    }
}

/// What a blocked thread wants, as a report tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// To receive from the queue of that number, counted from 1.
    Receive(usize),
    /// To send to it.
    Send(usize),
    /// To see its work done.
    Join(usize),
    /// To see all others end.
    Others,
    /// To see one other end.
    Other,
}

/// A queue, as a report tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its number, from 1.
    pub number: usize,
    /// What it holds.
    pub content: Content,
    /// Items that it has ever accepted.
    pub accepted: usize,
}

/// A report, whatever build it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Which one, from 1.
    pub occurrence: u64,
    /// Who is told.
    pub blocked: Vec<(String, Want)>,
    /// Who waits for these.
    pub awaiting: Vec<(String, Want)>,
    /// The queues.
    pub queues: Vec<Picture>,
    /// Who has left, and whether by a panic.
    pub left: Vec<(String, bool)>,
}

/// A thread to be started in a scope: its name, and what it does and returns.
pub type Thread<R> = (String, Box<dyn FnOnce() -> R + Send>);

/// One build of the queue, with groups.
pub trait Grouped: Subject {
    /// `Group`.
    type Group: Clone + Send + Sync + 'static;
    /// `Participant`.
    type Participant: Send + 'static;
    /// `External`.
    type External: Send + 'static;

    /// `Group::new`.
    fn group() -> Self::Group;
    /// `Group::participant`.
    fn participant(group: &Self::Group, name: String) -> Self::Participant;
    /// `Participant::run`.
    fn run(participant: Self::Participant, body: impl FnOnce());
    /// `Group::external`.
    fn external(group: &Self::Group) -> Self::External;
    /// `Group::report`.
    fn report(group: &Self::Group) -> Option<Reported>;
    /// `Group::join`.
    fn await_others(group: &Self::Group) -> Told;
    /// `Group::bounded` or `Group::unbounded`.
    fn create_in(group: &Self::Group, capacity: Option<usize>) -> (Self::Sender, Self::Receiver);

    /// `scope`, in which `prepare` is given what makes queues, and tells the threads to be started
    /// there. The answer is the report.
    fn scope<R: Send + 'static>(
        environment: Environment,
        prepare: impl FnOnce(&dyn Fn(Option<usize>) -> (Self::Sender, Self::Receiver)) -> Vec<Thread<R>>,
    ) -> Option<Reported>;

    /// `send`.
    fn send_in(sender: &Self::Sender, item: Item) -> Told;
    /// `recv`.
    fn recv_in(receiver: &Self::Receiver) -> Told;
    /// `send_many`.
    fn send_many_in(sender: &Self::Sender, items: Vec<Item>) -> Told;
    /// `recv_many`.
    fn recv_many_in(receiver: &Self::Receiver, limit: usize) -> Told;
    /// A loop over `iter`.
    fn worker_in(receiver: &Self::Receiver) -> Told;
    /// `recv_task`, and the end of the task.
    fn task_in(receiver: &Self::Receiver) -> Told;
    /// `Queue::join`.
    fn join_in(queue: &Self::Queue) -> Told;
}
