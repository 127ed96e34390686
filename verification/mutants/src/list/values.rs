//! Bugs in what goes in and out: items, sentinels, room, tasks, and the close.

use super::{
    bounds, edit, Bounds, Mutant, BASIC, BATCHES, BUFFER, DRAINS, EVICTS, HANDLES, QUEUE, STATE,
    TASKS,
};

const SEQUENTIAL: Bounds = bounds("send recv close sentinel", 1, 4);

pub(crate) const MUTANTS: &[Mutant] = &[
    // ----- room --------------------------------------------------------------------------------
    Mutant {
        name: "room for one too many",
        claim: "C4",
        edits: &[
            edit(
                STATE,
                "self.capacity.map_or(all, |capacity| «capacity.saturating_sub(self.items.len())»)",
                "capacity.saturating_add(1) - self.items.len()",
            ),
            edit(
                STATE,
                "match «self.limit.saturating_sub(self.items.len())» { _ if self.closed",
                "self.limit.saturating_add(1) - self.items.len()",
            ),
        ],
        bounds: BASIC,
    },
    Mutant {
        name: "room for one too few",
        claim: "C6",
        edits: &[edit(
            STATE,
            "self.capacity.map_or(all, |capacity| «capacity.saturating_sub(self.items.len())»)",
            "capacity.saturating_sub(1).saturating_sub(self.items.len())",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "a sentinel takes up room",
        claim: "C4",
        edits: &[
            edit(
                STATE,
                "self.capacity.map_or(all, |capacity| «capacity.saturating_sub(self.items.len())»)",
                "(capacity - self.items.len()).saturating_sub(self.sentinels)",
            ),
            edit(
                STATE,
                "match «self.limit.saturating_sub(self.items.len())» { _ if self.closed",
                "(self.limit - self.items.len()).saturating_sub(self.sentinels)",
            ),
        ],
        bounds: BASIC,
    },
    // ----- sentinels ---------------------------------------------------------------------------
    Mutant {
        name: "a sentinel counts twice",
        claim: "C2",
        edits: &[edit(
            QUEUE,
            "} else { «state.push_sentinels(count)» };",
            "state.push_sentinels(count * 2)",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "a full queue loses a sentinel",
        claim: "C2",
        edits: &[edit(
            QUEUE,
            "} else { «state.push_sentinels(count)» };",
            "matches!(state.room(), Room::Full) || state.push_sentinels(count)",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "recv_many crosses a sentinel",
        claim: "C3",
        edits: &[edit(STATE, ".min(«until_sentinel»);", "usize::MAX")],
        bounds: bounds("send sentinel recv_many 2", 1, 4),
    },
    Mutant {
        name: "recv_many takes more than its limit",
        claim: "C3",
        edits: &[edit(
            STATE,
            "let count = «limit».min(self.items.len())",
            "limit.saturating_add(1)",
        )],
        bounds: bounds("send_many 2 recv_many 2", 1, 4),
    },
    Mutant {
        name: "an eviction removes the sentinel before it",
        claim: "C2",
        edits: &[edit(
            STATE,
            "let item = «self.items.pop()»?; self.head += 1; Some(item)",
            "self.take_sentinel(); self.items.pop()",
        )],
        bounds: EVICTS,
    },
    Mutant {
        name: "an eviction takes the newest",
        claim: "C3",
        edits: &[edit(
            STATE,
            "let item = «self.items.pop()»?; self.head += 1; Some(item)",
            "{ let mut all: Vec<T> = std::iter::from_fn(|| self.items.pop()).collect(); \
             let newest = all.pop(); all.into_iter().for_each(|item| self.items.push(item)); \
             newest }",
        )],
        bounds: EVICTS,
    },
    // ----- items -------------------------------------------------------------------------------
    Mutant {
        name: "last in, first out",
        claim: "C3",
        edits: &[edit(BUFFER, "if tail.len() < tail.capacity() { «tail.push_back(item);» }", "tail.push_front(item);")],
        bounds: SEQUENTIAL,
    },
    Mutant {
        name: "a closed queue accepts",
        claim: "C5",
        edits: &[edit(STATE, "_ if «self.closed» => Room::Closed,", "false")],
        bounds: BASIC,
    },
    Mutant {
        name: "closed wins over ready",
        claim: "C5",
        edits: &[edit(
            STATE,
            "pub(crate) fn take(&mut self, as_task: bool) -> Front<T> {«»",
            "if self.closed { return Front::Closed; }",
        )],
        bounds: SEQUENTIAL,
    },
    Mutant {
        name: "a send to a closed queue drops its item",
        claim: "C1",
        edits: &[edit(
            QUEUE,
            "record!(Refuse { condition: Condition::NotFull.into(), closed: true }); «»
             Err(SendFailure::Closed(item)) } Room::Full =>",
            "drop(item); return Ok(());",
        )],
        bounds: BASIC,
    },
    // ----- the ends ----------------------------------------------------------------------------
    Mutant {
        name: "close_now leaves everything queued",
        claim: "C5",
        edits: &[edit(QUEUE, "let undelivered = «state.drain()»; record_drain(undelivered.items.len(), Some(undelivered.sentinels)); self.finish(state); let", "Default::default()")],
        bounds: DRAINS,
    },
    Mutant {
        name: "the last sender does not close",
        claim: "C5",
        edits: &[edit(STATE, "«self.senders == 0»", "false")],
        bounds: HANDLES,
    },
    Mutant {
        name: "the last receiver does not close",
        claim: "C5",
        edits: &[edit(STATE, "«self.receivers == 0»", "false")],
        bounds: HANDLES,
    },
    Mutant {
        name: "the last receiver closes and keeps the items",
        claim: "C1",
        edits: &[edit(QUEUE, "let undelivered = «state.drain()»; record_drain(undelivered.items.len(), Some(undelivered.sentinels)); self.finish(state); drop_all", "Default::default()")],
        bounds: HANDLES,
    },
    Mutant {
        name: "items are dropped under the lock",
        claim: "C10",
        edits: &[edit(
            QUEUE,
            "«self.finish(state); drop_all(undelivered.items);»",
            "drop_all(undelivered.items); self.finish(state);",
        )],
        bounds: HANDLES,
    },
    Mutant {
        name: "no task is counted",
        claim: "C11",
        edits: &[
            edit(STATE, "«self.unfinished += usize::from(as_task);»", ""),
            edit(STATE, "«self.unfinished -= 1;»", ""),
        ],
        bounds: TASKS,
    },
    Mutant {
        name: "a task never ends",
        claim: "C11",
        edits: &[edit(STATE, "«self.unfinished -= 1;»", "")],
        bounds: TASKS,
    },
    Mutant {
        name: "join ignores what is queued",
        claim: "C11",
        edits: &[edit(
            STATE,
            "Condition::Completed if «self.items.is_empty() && self.unfinished == 0» => all,",
            "self.unfinished == 0",
        )],
        bounds: TASKS,
    },
    Mutant {
        name: "join ignores unfinished tasks",
        claim: "C11",
        edits: &[edit(
            STATE,
            "Condition::Completed if «self.items.is_empty() && self.unfinished == 0» => all,",
            "self.items.is_empty()",
        )],
        bounds: TASKS,
    },
    Mutant {
        name: "a batch is appended beyond the room there is",
        claim: "C4",
        edits: &[edit(
            STATE,
            "let count = «batch.len().min(free)»;",
            "batch.len()",
        )],
        bounds: BATCHES,
    },
    // ----- pools -------------------------------------------------------------------------------
    Mutant {
        name: "a put back leaves the task unfinished",
        claim: "C11",
        edits: &[edit(STATE, "self.put_back += 1;
        «self.end_task();»", "")],
        bounds: bounds("send take_task put_back join recv", 2, 2),
    },
    Mutant {
        name: "sentinels in front stand behind",
        claim: "C3",
        edits: &[edit(QUEUE, "if «front» { state.push_sentinels_front(count) }", "false")],
        bounds: bounds("sentinels_front 1 send recv", 2, 2),
    },
    Mutant {
        name: "drain takes the sentinels, too",
        claim: "C2",
        edits: &[edit(STATE, "self.sentinels = «std::mem::take(&mut undelivered.sentinels)»;", "0")],
        bounds: bounds("send drain sentinel recv", 2, 2),
    },
    Mutant {
        name: "the last receiver leaves an open queue",
        claim: "C5",
        edits: &[edit(STATE, "self.is_idle() && «(self.receivers > 1 || self.closed)»;", "self.receivers > 0")],
        bounds: bounds("leave send recv", 2, 2),
    },
    Mutant {
        name: "a receiver leaves what is queued",
        claim: "C1",
        edits: &[edit(STATE, "let leaves = «self.is_idle()» &&", "true")],
        bounds: bounds("leave recv send", 2, 2),
    },
    Mutant {
        name: "a sender comes back after the last one",
        claim: "C5",
        edits: &[edit(STATE, "self.senders += «usize::from(self.senders > 0)»;", "1")],
        bounds: bounds("drop_sender upgrade_sender send recv", 2, 2),
    },
    Mutant {
        name: "flush ignores unfinished tasks",
        claim: "C11",
        edits: &[edit(STATE, "(self.items.len(), «self.unfinished»);", "0")],
        bounds: bounds("send take_task end_task flush", 2, 2),
    },
    Mutant {
        name: "a task that is put back is no longer waited for",
        claim: "C11",
        edits: &[edit(STATE, "if «self.in_grace» {
            self.grace.put_back(", "false")],
        bounds: bounds("send take_task put_back flush", 2, 2),
    },
    Mutant {
        name: "a full batch takes the sentinel that ends it",
        claim: "C2",
        edits: &[edit(QUEUE, "if «state.has_item_first()» {", "true")],
        bounds: bounds("send sentinel recv_full 2 recv", 2, 2),
    },
    // ----- chunks ------------------------------------------------------------------------------
    Mutant {
        name: "the last chunk overtakes those before it",
        claim: "C3",
        edits: &[edit(
            BUFFER,
            "let next = «self.middle.pop_first()».map(|(_, chunk)| chunk);",
            "if self.back.is_empty() { self.middle.pop_first() } else { None }",
        )],
        bounds: bounds("send_many 2 recv_many 2", 1, 5),
    },
    Mutant {
        name: "a batch takes a whole chunk beyond its limit",
        claim: "C3",
        edits: &[edit(BUFFER, "if is_last && !Self::IS_LARGE || «self.front.len() > left» {", "false")],
        bounds: bounds("send_many 2 recv recv_many 2", 1, 5),
    },
    Mutant {
        name: "the end of a batch stands before its chunks",
        claim: "C3",
        edits: &[edit(BUFFER, "«self.items[start..].rotate_left(self.singly);»", "")],
        bounds: bounds("send_many 2 recv recv_many 2", 1, 4),
    },
];
