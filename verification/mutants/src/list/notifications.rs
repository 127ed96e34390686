//! A missing notification, at every place where the queue sends some.

use super::{bounds, edit, Mutant, BASIC, BATCHES, DRAINS, EVICTS, HANDLES, QUEUE, TASKS};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "send notifies no thread",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "state.push(item); record!(Push { items: 1 }); «self.finish(state);» Ok(()) }",
            "",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "force_send notifies no thread",
        claim: "C6",
        edits: &[edit(QUEUE, "«self.finish_and_free(state);» Ok(evicted)", "")],
        bounds: EVICTS,
    },
    Mutant {
        name: "send_many notifies no thread",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "«self.finish(state);» } Room::Closed => {
                record!(Refuse { condition: Condition::NotFull.into(), closed: true });
                return Err(SendFailure::Closed(()))",
            "",
        )],
        bounds: BATCHES,
    },
    Mutant {
        name: "a sentinel notifies no thread",
        claim: "C2",
        edits: &[edit(QUEUE, "«self.finish(state);» assert!(counted,", "")],
        bounds: BASIC,
    },
    Mutant {
        name: "recv notifies no thread",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "record_receive(&taken.0, 1, as_task); «self.finish_and_free(state);»",
            "",
        )],
        bounds: BASIC,
    },
    Mutant {
        name: "recv_many notifies no thread",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "record_receive(&front, count, as_tasks); «self.finish_and_free(state);»",
            "",
        )],
        bounds: bounds("send recv_many 2 close", 3, 2),
    },
    Mutant {
        name: "the end of a task notifies no thread",
        claim: "C11",
        edits: &[edit(QUEUE, "record!(TaskDone { generation }); «self.finish(state);»", "")],
        bounds: TASKS,
    },
    Mutant {
        name: "the last sender notifies no thread",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.finish(state);» } } pub(crate) fn add_receiver", "")],
        bounds: HANDLES,
    },
    Mutant {
        name: "the last receiver notifies no thread",
        claim: "C5",
        edits: &[edit(
            QUEUE,
            "«self.finish(state); drop_all(undelivered.items);»",
            "drop(state); drop_all(undelivered.items);",
        )],
        bounds: HANDLES,
    },
    Mutant {
        name: "close notifies no thread",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.finish(state);» was_open }", "")],
        bounds: BASIC,
    },
    Mutant {
        name: "close_now notifies no thread",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.finish(state);» let sentinels", "")],
        bounds: DRAINS,
    },
];
