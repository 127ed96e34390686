//! Bugs in the waiting loop and in the arithmetic of wakeups.

use super::{edit, Bounds, Mutant, BASIC, BATCHES, QUEUE, SPURIOUS, STATE};
use super::{TASKS, TIMED, TIMED_SENDS};

pub(crate) const MUTANTS: &[Mutant] = &[
    // ----- waiting ---------------------------------------------------------------------------
    Mutant {
        name: "if for while",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "while state.ready(condition) == 0 && !out_of_time {
            (state, out_of_time) = self.block(state, condition, deadline);«»",
            "return state;",
        )],
        bounds: SPURIOUS,
    },
    Mutant {
        name: "no second look after a timeout of recv",
        claim: "C9",
        edits: &[
            edit(
                QUEUE,
                "record!(Wake { condition: condition.into(), timed_out });«» (state, timed_out)",
                "::sentinel_queue_mutants::gave_up(timed_out);",
            ),
            edit(
                QUEUE,
                "«taken = take(&mut state, as_task);» } self.end_receive(",
                "if !::sentinel_queue_mutants::has_given_up() { taken = take(&mut state, as_task); }",
            ),
        ],
        bounds: TIMED,
    },
    Mutant {
        name: "no second look after a timeout of send",
        claim: "C9",
        edits: &[
            edit(
                QUEUE,
                "record!(Wake { condition: condition.into(), timed_out });«» (state, timed_out)",
                "::sentinel_queue_mutants::gave_up(timed_out);",
            ),
            edit(
                QUEUE,
                "«room = state.room();» } self.append(state, room, item)",
                "if !::sentinel_queue_mutants::has_given_up() { room = state.room(); }",
            ),
        ],
        bounds: TIMED_SENDS,
    },
    Mutant {
        name: "a waiter is not counted",
        claim: "C6",
        edits: &[
            edit(STATE, "«self.waiters(condition).waiting += 1;»", ""),
            edit(STATE, "«waiters.waiting -= 1;»", ""),
        ],
        bounds: BASIC,
    },
    Mutant {
        name: "a return from a wait consumes no pending notification",
        claim: "C6",
        edits: &[
            edit(STATE, "«waiters.pending = waiters.pending.saturating_sub(1);»", ""),
            edit(STATE, "let asleep = «waiting - pending»;", "waiting.saturating_sub(pending)"),
        ],
        bounds: BASIC,
    },
    Mutant {
        name: "a notification is not counted as pending",
        claim: "C6",
        edits: &[edit(STATE, "«self.waiters(condition).pending += count;»", "")],
        bounds: BASIC,
    },
    // ----- number of wakeups -------------------------------------------------------------------
    Mutant {
        name: "notify_all becomes notify_one",
        claim: "C5",
        edits: &[edit(
            QUEUE,
            "record!(Notify { condition: condition.into(), all: true });
             «self.condvar(condition).notify_all();»",
            "self.condvar(condition).notify_one();",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "a batch wakes one",
        claim: "C6",
        edits: &[edit(QUEUE, "for _ in «0..count» {", "0..count.min(1)")],
        bounds: Bounds { threads: 4, operations: 1, ..BATCHES },
    },
    Mutant {
        name: "at most one notification is owed",
        claim: "C6",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "asleep.min(self.ready(condition).saturating_sub(pending)).min(1)",
        )],
        bounds: BATCHES,
    },
    Mutant {
        name: "a pending notification serves for all",
        claim: "C6",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "if pending > 0 { 0 } else { asleep.min(self.ready(condition)).min(1) }",
        )],
        bounds: BATCHES,
    },
    Mutant {
        name: "pending notifications are sent again",
        claim: "C6",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "asleep.min(self.ready(condition))",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "senders sleep on the receivers' condition",
        claim: "C6",
        edits: &[edit(QUEUE, "Condition::NotFull => «&self.not_full»,", "&self.not_empty")],
        bounds: BASIC,
    },
    // The textbook's buffer with one condition variable. With waiters served in the order of their
    // arrival, small programs do not show it: tests/tools.rs.
    Mutant {
        name: "one condition for all, and each change notifies one",
        claim: "C6",
        edits: &[
            edit(QUEUE, "Condition::NotFull => «&self.not_full»,", "&self.not_empty"),
            edit(
                QUEUE,
                "let mut woken = Woken::default(); «» for condition in Condition::ALL {",
                "self.not_empty.notify_one(); return;",
            ),
        ],
        bounds: BASIC,
    },
    Mutant {
        name: "joiners sleep on the receivers' condition",
        claim: "C11",
        edits: &[edit(QUEUE, "Condition::Completed => «&self.completed»,", "&self.not_empty")],
        bounds: TASKS,
    },
    Mutant {
        name: "receivers are never notified",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "for condition in «Condition::ALL» {
                match state.take_wakeups(condition)",
            "[Condition::NotFull, Condition::NotFull, Condition::Completed, Condition::ALL[3]]",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "senders are never notified",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "for condition in «Condition::ALL» {
                match state.take_wakeups(condition)",
            "[Condition::NotEmpty, Condition::NotEmpty, Condition::Completed, Condition::ALL[3]]",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "joiners are never notified",
        claim: "C11",
        edits: &[edit(
            QUEUE,
            "for condition in «Condition::ALL» {
                match state.take_wakeups(condition)",
            "[Condition::NotEmpty, Condition::NotFull, Condition::NotFull, Condition::ALL[3]]",
        )],
        bounds: TASKS,
    },
    Mutant {
        name: "sentinels make no receiver ready",
        claim: "C2",
        edits: &[edit(
            STATE,
            "Condition::NotEmpty => «self.items.len().saturating_add(self.sentinels)»,",
            "self.items.len()",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "a close does not wake senders",
        claim: "C5",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "if self.closed && condition == Condition::NotFull { 0 } \
             else { asleep.min(self.ready(condition).saturating_sub(pending)) }",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "a close does not wake receivers",
        claim: "C5",
        edits: &[edit(
            STATE,
            "let count = «asleep.min(self.ready(condition).saturating_sub(pending))»;",
            "if self.closed && condition == Condition::NotEmpty { 0 } \
             else { asleep.min(self.ready(condition).saturating_sub(pending)) }",
        )],
        bounds: BASIC,
    },
];
