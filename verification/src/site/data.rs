//! What the site shows, as data. Every page and every picture is made from it.

use crate::report::Row;
use serde::Serialize;

/// Everything, as `data.json` has it.
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

/// A claim, and what speaks for it besides the rows of the report.
#[derive(Debug, Serialize)]
pub struct Claim {
    /// `C1` to `C11`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it says, exactly.
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
    /// Where it stands in that file.
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
    /// What stops it when it is looked for alone, with the steps of a shortest counterexample.
    pub stopped_by: Vec<(String, usize)>,
    /// The schedule that shows it.
    pub schedule: Option<String>,
}

/// What a schedule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A shortest counterexample of the model with a seeded bug.
    Model,
    /// A failing schedule of the code.
    Code,
    /// An execution of the code that was recorded.
    Recorded,
    /// A program of the blog, run with this queue.
    Blog,
}

/// An interleaving of threads, step by step.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The name of its page.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The heading.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// The command that shows it again.
    pub again: Option<String>,
    /// The claim that it is about.
    pub claim: Option<String>,
    /// The threads by name.
    pub threads: Vec<String>,
    /// The steps in their order: one critical section each, or what happens between two.
    pub steps: Vec<Step>,
    /// Where it goes wrong, by the place of the step, and a sentence why.
    pub wrong: Option<(usize, String)>,
    /// What to show beside it.
    pub beside: Option<Beside>,
}

/// What stands beside a schedule: the same program elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// The program in Python.
    pub program: &'static str,
    /// What it printed under gevent.
    pub gevent: &'static str,
    /// The report of the deadlock, if it ended in one.
    pub report: Option<String>,
}

/// One step of one thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The thread, by its place among the names.
    pub thread: usize,
    /// What happened, line by line.
    pub lines: Vec<String>,
    /// The step whose notification ended the wait that this step comes out of.
    pub woken_by: Option<usize>,
    /// What the thread printed.
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
    /// How many items fit; absent if there is no limit.
    pub capacity: Option<usize>,
    /// What is queued, oldest first: the number of an item, or nothing for a sentinel.
    pub cells: Vec<Option<u64>>,
    /// Whether it is closed.
    pub closed: bool,
    /// Tasks that were taken and have not ended.
    pub unfinished: usize,
    /// Notifications that were issued and not used: to receivers, senders and joiners.
    pub notified: [usize; 3],
}
