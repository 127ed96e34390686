//! Client programs in a group: operations of several threads on one or two queues.
//!
//! The text of a program is `1 2: send recv@2 | await`: the capacities of the queues, then what
//! each thread does; an operation on another queue than the first names its number. Words in front
//! tell the rest: `scope`, `nested` or `joined`, `owning`, `resuming`; and what stands after `outside` is done
//! by somebody who is no participant, and holds a token until it is done.

use crate::generate::Family;
use crate::program::{Op, Program};
use std::fmt;
use std::str::FromStr;

/// What a thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// An operation on a queue, counted from 0.
    On {
        /// The operation.
        op: Op,
        /// The queue.
        queue: usize,
    },
    /// Waits for the end of all others: `Group::join`.
    Await,
}

impl Step {
    /// Whether it waits without a deadline, if it waits: what may be told that it is for ever.
    pub fn may_be_told(self) -> bool {
        match self {
            Step::On { op, .. } => {
                let sends = matches!(op, Op::Send | Op::SendMany);
                sends || matches!(op, Op::Recv | Op::RecvMany | Op::Worker | Op::Task | Op::Join)
            }
            Step::Await => true,
        }
    }
}

/// Who starts the threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Home {
    /// Main, and gives each of them a participant of a `Group`.
    #[default]
    Group,
    /// The body of a `scope`, which drops the handle of each thread that it has started, before it
    /// starts the next one. What a thread returns is the handles that it has.
    Scope,
    /// Each other, in a `scope`: its body starts the first thread, and that one the second, before it
    /// does anything else.
    Nested,
    /// The body of a `scope`, which starts all threads, then joins the first, then drops the handles
    /// of the others.
    Joined,
}

/// A program whose threads and queues belong to a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupProgram {
    /// Who starts the threads.
    pub home: Home,
    /// How many items fit into each queue; `None` is unbounded.
    pub capacities: Vec<Option<usize>>,
    /// What each participant does.
    pub threads: Vec<Vec<Step>>,
    /// What somebody else does, who holds a token meanwhile; if nothing, there is nobody.
    pub outside: Vec<Step>,
    /// Each thread has handles of its own, for what it does with them, and drops them at its end;
    /// otherwise all share one pair per queue, which lives longer than they do.
    pub owning: bool,
    /// Who is told that an operation would block forever goes on with the next one; otherwise it
    /// stops there, and keeps the handles it has.
    pub resuming: bool,
}

impl GroupProgram {
    /// A program of participants alone.
    fn of(capacities: Vec<Option<usize>>, threads: Vec<Vec<Step>>) -> Self {
        GroupProgram {
            home: Home::Group,
            capacities,
            threads,
            outside: Vec::new(),
            owning: false,
            resuming: false,
        }
    }

    /// The same program, elsewhere.
    #[must_use]
    pub fn at(self, home: Home) -> Self {
        GroupProgram { home, ..self }
    }

    /// The same program; who is told goes on.
    #[must_use]
    pub fn resuming(self) -> Self {
        GroupProgram { resuming: true, ..self }
    }

    /// The same program; handles end with their threads.
    #[must_use]
    pub fn owning(self) -> Self {
        GroupProgram { owning: true, ..self }
    }

    /// The same program, and somebody outside.
    #[must_use]
    pub fn with_outsider(self, outside: Vec<Step>) -> Self {
        GroupProgram { outside, ..self }
    }

    /// How many operations it has.
    pub fn size(&self) -> usize {
        self.threads.iter().chain([&self.outside]).map(Vec::len).sum()
    }

    /// Whether it means the same without a group: nobody goes on after being told, or waits for
    /// the end of others.
    pub fn is_comparable(&self) -> bool {
        let alone = !self.resuming && self.home != Home::Joined;
        alone && !self.all_threads().flatten().any(|step| *step == Step::Await)
    }

    /// What all threads do, those outside the group last.
    pub fn all_threads(&self) -> impl Iterator<Item = &[Step]> {
        let outside = Some(self.outside.as_slice()).filter(|steps| !steps.is_empty());
        self.threads.iter().map(Vec::as_slice).chain(outside)
    }
}

impl From<Program> for GroupProgram {
    fn from(program: Program) -> Self {
        let step = |op| Step::On { op, queue: 0 };
        let threads = program.threads.into_iter().map(|ops| ops.into_iter().map(step).collect());
        GroupProgram::of(vec![program.capacity], threads.collect())
    }
}

/// All programs of a family, on one queue.
pub fn on_one_queue(family: &Family) -> Vec<GroupProgram> {
    family.programs().into_iter().map(GroupProgram::from).collect()
}

/// All programs of a family, on two queues: every assignment of the operations to them, up to the
/// order of queues of the same capacity. Both queues are used.
pub fn on_two_queues(family: &Family) -> Vec<GroupProgram> {
    let mut programs: Vec<GroupProgram> = Vec::new();
    for program in family.programs() {
        let size = program.size();
        for assignment in 1..1_usize << size.saturating_sub(1) {
            let mut place = 0;
            let mut step = |op| {
                place += 1;
                Step::On { op, queue: assignment >> (size - place) & 1 }
            };
            let threads = program.threads.iter();
            let threads = threads.map(|ops| ops.iter().copied().map(&mut step).collect());
            let threads: Vec<_> = threads.collect();
            programs.push(GroupProgram::of(vec![program.capacity; 2], threads));
        }
    }
    programs
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::On { op, queue: 0 } => write!(formatter, "{op}"),
            Step::On { op, queue } => write!(formatter, "{op}@{}", queue + 1),
            Step::Await => formatter.write_str("await"),
        }
    }
}

impl fmt::Display for GroupProgram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = |capacity: &Option<usize>| {
            capacity.map_or("unbounded".to_owned(), |items| items.to_string())
        };
        let capacities: Vec<_> = self.capacities.iter().map(capacity).collect();
        let words = [
            (self.home == Home::Scope, "scope "),
            (self.home == Home::Nested, "nested "),
            (self.home == Home::Joined, "joined "),
            (self.owning, "owning "),
            (self.resuming, "resuming "),
        ];
        for (_, word) in words.into_iter().filter(|(is, _)| *is) {
            formatter.write_str(word)?;
        }
        write!(formatter, "{}: ", capacities.join(" "))?;
        let steps =
            |steps: &Vec<Step>| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let threads: Vec<_> = self.threads.iter().map(steps).collect();
        formatter.write_str(&threads.join(" | "))?;
        if self.outside.is_empty() {
            return Ok(());
        }
        write!(formatter, " | outside {}", steps(&self.outside))
    }
}

impl FromStr for GroupProgram {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            format!("{text:?} is not a program such as \"1 2: send recv@2 | await\"")
        })
    }
}

fn parse(text: &str) -> Option<GroupProgram> {
    let (front, threads) = text.split_once(':')?;
    let mut program = GroupProgram::of(Vec::new(), Vec::new());
    for word in front.split_whitespace() {
        match word {
            "scope" => program.home = Home::Scope,
            "nested" => program.home = Home::Nested,
            "joined" => program.home = Home::Joined,
            "owning" => program.owning = true,
            "resuming" => program.resuming = true,
            "unbounded" => program.capacities.push(None),
            number => {
                let capacity = number.parse().ok().filter(|&capacity: &usize| capacity > 0)?;
                program.capacities.push(Some(capacity));
            }
        }
    }
    for thread in threads.split('|') {
        let mut words = thread.split_whitespace().peekable();
        let outside = words.next_if_eq(&"outside").is_some();
        let steps: Vec<_> =
            words.map(|word| step(word, program.capacities.len())).collect::<Option<_>>()?;
        let usable = !steps.is_empty() && program.outside.is_empty();
        match (usable, outside) {
            (false, _) => return None,
            (true, true) => program.outside = steps,
            (true, false) => program.threads.push(steps),
        }
    }
    Some(program).filter(|program| !program.threads.is_empty())
}

fn step(word: &str, queues: usize) -> Option<Step> {
    if word == "await" {
        return Some(Step::Await);
    }
    let (name, number) = word.split_once('@').unwrap_or((word, "1"));
    let op = Op::ALL.iter().find(|(_, other)| *other == name)?.0;
    let queue = number.parse::<usize>().ok()?.checked_sub(1).filter(|&queue| queue < queues)?;
    Some(Step::On { op, queue })
}
