//! A missing notification, at every place where the queue sends some.

use super::{edit, hunt, Mutant, BASIC, BATCHES, DRAINS, EVICTS, HANDLES, QUEUE, TASKS};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "send notifies nobody",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "state.push(item); record!(Push { items: 1 }); «self.notify(&mut state);» Ok(()) }",
            "",
        )],
        hunt: BASIC,
    },
    Mutant {
        name: "force_send notifies nobody",
        claim: "C6",
        edits: &[edit(QUEUE, "«self.notify(&mut state);» unlock(state); Ok(evicted)", "")],
        hunt: EVICTS,
    },
    Mutant {
        name: "send_many notifies nobody",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "«self.notify(&mut state);» } Room::Closed => {
                record!(Refuse { condition: Condition::NotFull.into(), closed: true });
                return Err(SendFailure::Closed(()))",
            "",
        )],
        hunt: BATCHES,
    },
    Mutant {
        name: "a sentinel notifies nobody",
        claim: "C2",
        edits: &[edit(QUEUE, "«self.notify(&mut state);» drop(state); assert!(counted,", "")],
        hunt: BASIC,
    },
    Mutant {
        name: "recv notifies nobody",
        claim: "C6",
        edits: &[edit(QUEUE, "record_receive(&front, 1, as_task); «self.notify(&mut state);»", "")],
        hunt: BASIC,
    },
    Mutant {
        name: "recv_many notifies nobody",
        claim: "C6",
        edits: &[edit(
            QUEUE,
            "record_receive(&front, count, false); «self.notify(&mut state);»",
            "",
        )],
        hunt: hunt("send recv_many 2 close", 3, 2),
    },
    Mutant {
        name: "the end of a task notifies nobody",
        claim: "C11",
        edits: &[edit(QUEUE, "record!(TaskDone); «self.notify(&mut state);»", "")],
        hunt: TASKS,
    },
    Mutant {
        name: "the last sender notifies nobody",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.notify(&mut state);» } } pub(crate) fn add_receiver", "")],
        hunt: HANDLES,
    },
    Mutant {
        name: "the last receiver notifies nobody",
        claim: "C5",
        edits: &[edit(
            QUEUE,
            "«self.notify(&mut state);» drop(state); drop_all(undelivered.items);",
            "",
        )],
        hunt: HANDLES,
    },
    Mutant {
        name: "close notifies nobody",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.notify(&mut state);» was_open }", "")],
        hunt: BASIC,
    },
    Mutant {
        name: "close_now notifies nobody",
        claim: "C5",
        edits: &[edit(QUEUE, "«self.notify(&mut state);» drop(state); let sentinels", "")],
        hunt: DRAINS,
    },
];
