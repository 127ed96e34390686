//! The data of the site. Every page and every drawing is generated from it.

use crate::report::Row;
use serde::Serialize;

/// The content of `data.json`.
#[derive(Debug, Default, Serialize)]
pub struct Site {
    /// The rows of the report, as `--json` writes them.
    pub rows: Vec<Row>,
    /// The claims, in their order.
    pub claims: Vec<Claim>,
    /// The seeded bugs of the model.
    pub mutations: Vec<Mutation>,
    /// The schedules.
    pub schedules: Vec<Schedule>,
}

/// A claim, with its evidence besides the rows of the report.
#[derive(Debug, Serialize)]
pub struct Claim {
    /// `C1` to `C12`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The exact statement.
    pub sentence: String,
    /// The theorems named after it.
    pub theorems: Vec<Theorem>,
    /// The tests with real threads: file and names.
    pub tests: Vec<(String, Vec<String>)>,
}

/// A theorem, as the proof's source states it.
#[derive(Debug, Serialize)]
pub struct Theorem {
    /// Its name.
    pub name: String,
    /// The file in `models/proofs` that states it.
    pub file: &'static str,
    /// The line in that file.
    pub line: usize,
    /// The comment before it, and its statement.
    pub text: String,
}

/// A seeded bug of the model.
#[derive(Debug, Serialize)]
pub struct Mutation {
    /// Its name.
    pub name: String,
    /// The claim that it was made to break.
    pub claim: String,
    /// The properties that stop it when checked alone, with the length of a shortest counterexample.
    pub stopped_by: Vec<(String, usize)>,
    /// The schedule that shows it.
    pub schedule: Option<String>,
}

/// The kind of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A shortest counterexample of the model with a seeded bug.
    Model,
    /// A failing schedule of the code.
    Code,
    /// A recorded execution of the code.
    Recorded,
    /// A program of the blog, run with this queue.
    Blog,
}

/// An interleaving of threads, step by step.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The name of its page.
    pub id: String,
    /// The kind.
    pub kind: Kind,
    /// The heading.
    pub title: String,
    /// The source: where the schedule comes from.
    pub source: String,
    /// The command that shows it again.
    pub again: Option<String>,
    /// The claim that it breaks.
    pub claim: Option<String>,
    /// The threads by name.
    pub threads: Vec<String>,
    /// The steps in order: one critical section each, or the actions between two.
    pub steps: Vec<Step>,
    /// The position of the step that fails, and a sentence why.
    pub wrong: Option<(usize, String)>,
    /// The same program elsewhere.
    pub beside: Option<Beside>,
}

/// The same program elsewhere, shown beside a schedule.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// The program in Python.
    pub program: &'static str,
    /// Its output under gevent.
    pub gevent: &'static str,
    /// The report of the deadlock, if it ended in one.
    pub report: Option<String>,
}

/// One step of one thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The thread, by its position among the names.
    pub thread: usize,
    /// The description, line by line.
    pub lines: Vec<String>,
    /// The step whose notification ended the wait before this step.
    pub woken_by: Option<usize>,
    /// The output of the thread.
    pub printed: Option<String>,
    /// Whether the thread is done after this step.
    pub finished: bool,
    /// The queues after this step.
    pub queues: Vec<Queue>,
    /// The condition each thread sleeps on after this step, if it does: queue and condition.
    pub asleep: Vec<Option<(usize, &'static str)>>,
}

/// A queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// The capacity; absent if there is no limit.
    pub capacity: Option<usize>,
    /// The queued cells, oldest first: the number of an item, or nothing for a sentinel.
    pub cells: Vec<Option<u64>>,
    /// Whether it is closed.
    pub closed: bool,
    /// The number of unfinished tasks.
    pub unfinished: usize,
    /// The numbers of pending notifications: to receivers, senders, joiners and flushers.
    pub notified: [usize; 4],
}
