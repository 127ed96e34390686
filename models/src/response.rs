//! What an operation returns to its client, in one shape for all operations, so that oracles can
//! add up whole executions.

use crate::Condition;
use std::fmt;

/// The identity of an item: its producer, and how many items that thread had made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// The producer, numbered from 1.
    pub thread: usize,
    /// The number of items that the producer had made before.
    pub number: usize,
}

impl fmt::Display for ItemId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.thread, self.number)
    }
}

/// Why an operation ended without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal {
    /// The condition that it waited for, or would have.
    pub condition: Condition,
    /// Whether the queue was closed; otherwise the operation does not wait, or its deadline has
    /// passed.
    pub closed: bool,
}

impl Refusal {
    fn word(self) -> &'static str {
        match (self.closed, self.condition) {
            (true, _) => "closed",
            (false, Condition::NotFull) => "full",
            (false, Condition::NotEmpty) => "empty",
            (false, Condition::Completed) => "not done",
            (false, Condition::Flushed) => "not flushed",
        }
    }
}

/// The response of an operation.
#[allow(clippy::struct_excessive_bools)] // an operation sets the fields that it is about
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Response {
    /// Items the queue accepted, in order.
    pub accepted: Vec<ItemId>,
    /// Items that came back with an error.
    pub returned: Vec<ItemId>,
    /// Items that came out: received, evicted or drained, in order.
    pub obtained: Vec<ItemId>,
    /// Items of tasks that were put back.
    pub put_back: Vec<ItemId>,
    /// Sentinels accepted.
    pub sentinels_sent: usize,
    /// Sentinels received.
    pub sentinels_taken: usize,
    /// Sentinels that `close_now` counted.
    pub sentinels_drained: usize,
    /// Why it ended.
    pub refusal: Option<Refusal>,
    /// What `close` returned: whether this call closed the queue.
    pub closed: Option<bool>,
    /// Whether `join` returned.
    pub joined: bool,
    /// Whether `flush` returned.
    pub flushed: bool,
    /// Whether a handle was given or given up, if that was asked for.
    pub granted: Option<bool>,
    /// It was a future that was dropped while it waited.
    pub dropped: bool,
    /// It was reported as deadlocked: it would block forever.
    pub deadlocked: bool,
}

impl Response {
    /// Returns a response without effect.
    pub fn refused(condition: Condition, closed: bool) -> Self {
        Response { refusal: Some(Refusal { condition, closed }), ..Response::default() }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let lists = [
            ("sent", &self.accepted),
            ("kept", &self.returned),
            ("got", &self.obtained),
            ("put back", &self.put_back),
        ];
        for (name, ids) in lists {
            if !ids.is_empty() {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                parts.push(format!("{name} {}", ids.join("+")));
            }
        }
        let counts = [
            ("sentinel sent", self.sentinels_sent),
            ("sentinel", self.sentinels_taken),
            ("sentinels drained", self.sentinels_drained),
        ];
        for (name, count) in counts {
            match count {
                0 => {}
                1 => parts.push(name.to_owned()),
                more => parts.push(format!("{name} x{more}")),
            }
        }
        parts.extend(self.refusal.map(|refusal| refusal.word().to_owned()));
        let ends = [
            (self.closed == Some(true), "closed it"),
            (self.closed == Some(false), "was closed"),
            (self.joined, "joined"),
            (self.flushed, "flushed"),
            (self.granted == Some(true), "granted"),
            (self.granted == Some(false), "denied"),
            (self.dropped, "dropped"),
            (self.deadlocked, "would block forever"),
        ];
        parts.extend(ends.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()));
        formatter.write_str(if parts.is_empty() { "done" } else { "" })?;
        formatter.write_str(&parts.join(" "))
    }
}

/// Returns the outcome of an execution in words: the responses of its threads.
pub fn outcome<R: fmt::Display>(threads: &[impl AsRef<[R]>]) -> String {
    let listed = |responses: &[R]| {
        let responses: Vec<_> = responses.iter().map(ToString::to_string).collect();
        responses.join(", ")
    };
    let threads: Vec<_> = threads.iter().map(|thread| listed(thread.as_ref())).collect();
    threads.join(" | ")
}
