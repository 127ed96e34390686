//! The one language of client programs: where the threads live, the queues, and what each thread
//! does. Plain data with one text, the same for the model, the checkers, real threads and replays.
//!
//! `2: send recv | close` is a program of two threads on one queue of capacity 2. In front of the
//! capacities stand the environment (`group`, `late`, `scope`, `nested`, `joined`; alone if there is none)
//! and the words `owning` and `resuming`. An operation on another queue than the first names its
//! number, and its size follows: `group 1 unbounded: send_many@2 3 | await | external close`.

use std::fmt;
use std::str::FromStr;

mod op;
mod family;

pub use family::Family;
pub use op::Op;

/// The environment of the threads of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// In no group: an operation may block forever.
    #[default]
    Alone,
    /// Main starts them as participants of a `Group`.
    Group,
    /// Each makes itself a participant of a `Group` while others run, and holds an `External` until
    /// then.
    Late,
    /// The body of a `scope` starts them and drops each join handle before it starts the next
    /// thread. A thread returns the handles that it has.
    Scope,
    /// They start each other in a `scope`: its body starts the first thread, which starts the second
    /// before it does anything else.
    Nested,
    /// The body of a `scope` starts all of them, joins the first, and then drops the join handles of
    /// the others.
    Joined,
}

impl Environment {
    const WORDS: [(Environment, &'static str); 5] = [
        (Environment::Group, "group"),
        (Environment::Late, "late"),
        (Environment::Scope, "scope"),
        (Environment::Nested, "nested"),
        (Environment::Joined, "joined"),
    ];

    /// Returns whether a `scope` starts the threads.
    pub fn is_scope(self) -> bool {
        matches!(self, Environment::Scope | Environment::Nested | Environment::Joined)
    }

    /// Returns whether main makes a `Group` for the threads.
    pub fn has_group(self) -> bool {
        matches!(self, Environment::Group | Environment::Late)
    }

    /// Returns its word in texts; empty for threads in no group.
    pub fn word(self) -> &'static str {
        let word = Self::WORDS.iter().find(|(environment, _)| *environment == self);
        word.map_or("", |(_, word)| word)
    }
}

/// An operation and its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The operation.
    pub op: Op,
    /// The queue, counted from 0; 0 if the operation has none.
    pub queue: usize,
}

impl From<Op> for Step {
    fn from(op: Op) -> Self {
        Step { op, queue: 0 }
    }
}

/// A client program: what each thread does, with which queues, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Program {
    /// Where the threads live.
    pub environment: Environment,
    /// Each thread has handles of its own, for what it does with them, and drops them at its end;
    /// otherwise all share one pair per queue, which outlives them. For threads that are in no group
    /// the operations decide: see [`owns_senders`](Program::owns_senders).
    pub owning: bool,
    /// A thread whose operation is reported as deadlocked continues with its next operation;
    /// otherwise it stops there, and keeps its handles.
    pub resuming: bool,
    /// The capacity of each queue; `None` is unbounded.
    pub capacities: Vec<Option<usize>>,
    /// What each thread does.
    pub threads: Vec<Vec<Step>>,
    /// What a thread outside of the group does, which holds an `External` meanwhile; there is none
    /// if this is empty.
    pub external: Vec<Step>,
}

impl Program {
    /// Makes a program around one queue, in no group.
    pub fn on_one_queue(capacity: Option<usize>, threads: Vec<Vec<Op>>) -> Self {
        let steps = |ops: Vec<Op>| ops.into_iter().map(Step::from).collect();
        let threads = threads.into_iter().map(steps).collect();
        Program { capacities: vec![capacity], threads, ..Program::default() }
    }

    /// Moves the same program to another environment.
    #[must_use]
    pub fn at(self, environment: Environment) -> Self {
        Program { environment, ..self }
    }

    /// Returns the number of its operations.
    pub fn size(&self) -> usize {
        self.all_threads().map(<[Step]>::len).sum()
    }

    /// Iterates over what the threads do, the external one last.
    pub fn all_threads(&self) -> impl Iterator<Item = &[Step]> {
        let external = Some(self.external.as_slice()).filter(|steps| !steps.is_empty());
        self.threads.iter().map(Vec::as_slice).chain(external)
    }

    /// Returns whether any thread performs such an operation.
    pub fn has(&self, wanted: impl Fn(Op) -> bool) -> bool {
        self.all_threads().flatten().any(|step| wanted(step.op))
    }

    /// Returns whether each sending thread has a sender of its own; otherwise all share one, which
    /// outlives them.
    pub fn owns_senders(&self) -> bool {
        let owned = |op| matches!(op, Op::CloneSender | Op::DropSender | Op::UpgradeSender);
        self.owning || self.has(owned)
    }

    /// Returns whether each receiving thread has a receiver of its own.
    pub fn owns_receivers(&self) -> bool {
        let owned = |op| {
            let leaves = matches!(op, Op::DropReceiver | Op::Leave | Op::Die);
            leaves || matches!(op, Op::CloneReceiver | Op::UpgradeReceiver)
        };
        self.owning || self.has(owned)
    }

    /// Returns which handles of a queue a thread has at first, if it has its own: a sender, a
    /// receiver.
    pub fn first_handles(steps: &[Step], queue: usize) -> (bool, bool) {
        let ops = || steps.iter().filter(|step| step.queue == queue).map(|step| step.op);
        let receives = ops().any(Op::receives);
        (ops().any(|op| op.sends() || (op.controls() && !receives)), receives)
    }

    /// Returns whether the same program is meaningful in no group: no thread continues after a
    /// deadlock, or waits for others to end.
    pub fn is_comparable(&self) -> bool {
        let detached = self.environment != Environment::Joined;
        detached && !self.resuming && !self.has(|op| op == Op::Await)
    }

    /// Returns whether every operation has what it needs: a queue, a size, a handle that was not
    /// dropped, a task to end, others to wait for.
    pub fn is_possible(&self) -> bool {
        let alone = self.environment == Environment::Alone;
        // Those that are not participants yet are no others to wait for.
        let late = self.environment == Environment::Late;
        let threads = !self.threads.is_empty() && self.threads.iter().all(|ops| !ops.is_empty());
        let queues = !self.capacities.is_empty() && !self.capacities.contains(&Some(0));
        let exist = |step: &Step| {
            step.queue < self.capacities.len()
                && step.op.size() != Some(0)
                && !(alone && step.op == Op::Await)
                && !(late && step.op == Op::Await)
                && (alone || !step.op.is_async())
        };
        let all = threads && queues && self.all_threads().flatten().all(exist);
        all && self.all_threads().all(|steps| self.has_what_it_needs(steps))
    }

    fn has_what_it_needs(&self, steps: &[Step]) -> bool {
        (0..self.capacities.len()).all(|queue| {
            let (sender, receiver) = Self::first_handles(steps, queue);
            let mut senders = usize::from(sender || !self.owns_senders());
            let mut receivers = usize::from(receiver || !self.owns_receivers());
            let mut tasks = 0_usize;
            steps.iter().filter(|step| step.queue == queue).all(|step| {
                let op = step.op;
                let can_send = !op.sends() || senders > 0;
                let can_receive = !op.receives() || receivers > 0;
                let can_control = !op.controls() || senders + receivers > 0;
                let ends = !matches!(op, Op::EndTask | Op::PutBack) || tasks > 0;
                // A thread that waits for its own task would wait forever.
                let joins = !op.joins() || tasks == 0;
                match op {
                    Op::CloneSender => senders += 1,
                    Op::CloneReceiver => receivers += 1,
                    Op::DropSender => senders = senders.saturating_sub(1),
                    // What leaves may be returned, and what is upgraded may be refused.
                    Op::DropReceiver | Op::Leave => receivers = receivers.saturating_sub(1),
                    // Nothing can follow, also if there is a sender left.
                    Op::Die => (senders, receivers) = (0, 0),
                    Op::TakeTask => tasks += 1,
                    Op::TakeTasks(limit) => tasks += limit,
                    Op::EndTask | Op::PutBack => tasks = tasks.saturating_sub(1),
                    _ => {}
                }
                can_send && can_receive && can_control && ends && joins
            }) && Self::dies_last(steps)
        })
    }

    fn dies_last(steps: &[Step]) -> bool {
        steps.iter().rev().skip(1).all(|step| step.op != Op::Die)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.op.name())?;
        if self.queue > 0 {
            write!(formatter, "@{}", self.queue + 1)?;
        }
        self.op.size().map_or(Ok(()), |size| write!(formatter, " {size}"))
    }
}

/// Steps in a row.
struct Steps<'a>(&'a [Step]);

impl fmt::Display for Steps<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(formatter, " {step}"))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [(self.owning, "owning"), (self.resuming, "resuming")];
        let flags = flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
        let environment = Some(self.environment.word().to_owned()).filter(|word| !word.is_empty());
        let capacities = self.capacities.iter().map(|capacity| {
            capacity.map_or("unbounded".to_owned(), |capacity| capacity.to_string())
        });
        let front: Vec<_> = environment.into_iter().chain(flags).chain(capacities).collect();
        write!(formatter, "{}:", front.join(" "))?;
        for (number, steps) in self.threads.iter().enumerate() {
            write!(formatter, "{}{}", if number > 0 { " |" } else { "" }, Steps(steps))?;
        }
        match self.external.as_slice() {
            [] => Ok(()),
            steps => write!(formatter, " | external{}", Steps(steps)),
        }
    }
}

/// Error returned when a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError(String);

impl fmt::Display for ProgramError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a program such as \"2: send recv | close\"", self.0)
    }
}

impl std::error::Error for ProgramError {}

impl FromStr for Program {
    type Err = ProgramError;

    fn from_str(text: &str) -> Result<Self, ProgramError> {
        let program = parse(text).filter(Program::is_possible);
        program.ok_or_else(|| ProgramError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Program> {
    let (front, threads) = text.split_once(':')?;
    let mut program = Program::default();
    for word in front.split_whitespace() {
        let environment = Environment::WORDS.iter().find(|(_, name)| *name == word);
        match (word, environment) {
            (_, Some((environment, _))) => program.environment = *environment,
            ("owning", _) => program.owning = true,
            ("resuming", _) => program.resuming = true,
            ("unbounded", _) => program.capacities.push(None),
            (number, _) => program.capacities.push(Some(number.parse().ok()?)),
        }
    }
    for thread in threads.split('|') {
        let mut words = thread.split_whitespace().peekable();
        let external = words.next_if_eq(&"external").is_some();
        let mut steps = Vec::new();
        while let Some(word) = words.next() {
            let (name, queue) = word.split_once('@').unwrap_or((word, "1"));
            let size = words.peek().and_then(|word| word.parse().ok());
            let op = Op::named(name, size)?;
            if op.size().is_some() {
                words.next();
            }
            steps.push(Step { op, queue: queue.parse::<usize>().ok()?.checked_sub(1)? });
        }
        match (external, program.external.is_empty(), steps.is_empty()) {
            (true, true, false) => program.external = steps,
            (false, true, false) => program.threads.push(steps),
            _ => return None,
        }
    }
    Some(program)
}

#[cfg(test)]
mod tests;
