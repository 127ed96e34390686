//! Bugs in the book of a group: when is it examined, who counts as waiting, who is told.
//!
//! Most are designs that look right; some were tried by others, in other systems, and shipped.

use super::{edit, hunt, Hunt, Mutant, QUEUE};

const BOOK: &str = "registry.rs";
const GROUP: &str = "group.rs";
const SCOPE: &str = "scope.rs";
const SUPERVISOR: &str = "detector.rs";

const SIMPLE: Hunt = hunt("send recv sentinel", 2, 2);
const JOINS: Hunt = hunt("send recv join", 2, 2);
const TIMED: Hunt = Hunt { timeouts: 2, ..hunt("recv recv_timeout sentinel", 2, 2) };

/// What wakes everybody who was told, in all queues.
const WAKES: &str = "drop(registry); «for queue in queues { queue.notify_all_waiters(); }»";
/// What a leaving participant does.
const LEAVES: &str =
    "pub(crate) fn leave(&self, participant: usize, panicked: bool) { «self.change(|registry| {
    registry.leave(participant, panicked);
    if registry.an_awaited_end_has_come() { self.left.notify_all(); } });» }";

pub(crate) const MUTANTS: &[Mutant] = &[
    // ----- who counts ------------------------------------------------------------------------
    Mutant {
        name: "blocked threads are counted, no queue is asked",
        claim: "C8",
        edits: &[edit(SUPERVISOR, "if «waits.iter().any(released)» { return; }", "false")],
        hunt: SIMPLE,
    },
    Mutant {
        name: "only the first waiter is asked about",
        claim: "C8",
        edits: &[edit(
            SUPERVISOR,
            "if «waits.iter().any(released)» { return; }",
            "waits.iter().take(1).any(released)",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who was told stays counted until it runs",
        claim: "C8",
        edits: &[
            edit(BOOK, "waits_on_queue(member) { «member.waiting = None;» member.told", ""),
            edit(BOOK, "member.told = true; «self.waiting -= 1;» }", ""),
        ],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who is back stays counted",
        claim: "C7",
        edits: &[edit(
            BOOK,
            "if member.waiting.take().is_some() { «self.waiting -= 1;» self.epoch += 1; }",
            "",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "a wait with a deadline counts as a wait for ever",
        claim: "C8",
        edits: &[edit(
            QUEUE,
            ") -> (MutexGuard<'a, State<T>>, bool) { «» \
             if let (Some(group), Deadline::Never(caller)) = (&self.group, deadline) {",
            "if let (Some(group), Deadline::At(_)) = (&self.group, deadline) {
                 let caller = std::panic::Location::caller();
                 if let Some((participant, all_blocked)) = group.begin_wait(condition, caller) {
                     return self.block_monitored(state, condition, deadline, participant, all_blocked);
                 }
             }",
        )],
        hunt: TIMED,
    },
    Mutant {
        name: "a token is ignored",
        claim: "C8",
        edits: &[edit(
            BOOK,
            "«self.externals == 0 && self.waiting > 0 && self.waiting == self.present.len()»",
            "self.waiting > 0 && self.waiting == self.present.len()",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who waits for others counts though they have ended",
        claim: "C8",
        edits: &[edit(
            BOOK,
            "«if self.has_ended(wait.purpose, Some(number)) { return None; }»",
            "",
        )],
        hunt: SIMPLE,
    },
    // ----- when it is examined -----------------------------------------------------------------
    Mutant {
        name: "no examination when a participant leaves",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            LEAVES,
            "let mut registry = self.registry.lock();
             registry.leave(participant, panicked);
             self.left.notify_all();",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who panics stays in the group",
        claim: "C7",
        edits: &[edit(
            GROUP,
            "«self.group.detector.leave(self.number, panicked);»",
            "if !panicked { self.group.detector.leave(self.number, panicked); }",
        )],
        hunt: hunt("recv die", 2, 1),
    },
    Mutant {
        name: "no examination when a token is dropped",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            "«self.change(|registry| { registry.externals -= 1;
             registry.changed(\"a token less\"); });»",
            "let mut registry = self.registry.lock();
             registry.externals -= 1;
             registry.changed(\"a token less\");",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "no examination before a wait for others",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            "if «registry.all_blocked()» { drop(registry); self.detect();",
            "false",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "the examination comes before the entry",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            "«registry.begin_wait(Some(participant), Wait { purpose, caller });
             Some((participant, registry.all_blocked()))»",
            "let all_blocked = registry.all_blocked();
             registry.begin_wait(Some(participant), Wait { purpose, caller });
             Some((participant, all_blocked))",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "the epoch is not compared",
        claim: "C8",
        edits: &[edit(
            SUPERVISOR,
            "«if registry.epoch != epoch { return; }» registry.mark_deadlocked(pictures);",
            "",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who is back begins no epoch",
        claim: "C8",
        edits: &[edit(BOOK, "self.waiting -= 1; «self.epoch += 1;» }", "")],
        hunt: SIMPLE,
    },
    // ----- who is told -------------------------------------------------------------------------
    Mutant {
        name: "told is not looked at again before sleeping",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "if «state.ready(condition) > 0 || group.is_deadlocked(participant)» {",
            "state.ready(condition) > 0",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "ready is not looked at again after the examination",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "if «state.ready(condition) > 0 || group.is_deadlocked(participant)» {",
            "group.is_deadlocked(participant)",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "told is not looked at again before a wait for others",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            "if «!registry.has_ended(purpose, me) && !registry.is_deadlocked(me)» {",
            "!registry.has_ended(purpose, me)",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "only one is told",
        claim: "C7",
        edits: &[edit(
            BOOK,
            "if «only_joins || waits_on_queue(member)» {",
            "(only_joins || waits_on_queue(member)) && self.report.as_ref().is_some_and(
                 |report| report.blocked[0].thread == member.name)",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who waits for others is told with them",
        claim: "C8",
        edits: &[edit(BOOK, "if «only_joins || waits_on_queue(member)» {", "true")],
        hunt: SIMPLE,
    },
    Mutant {
        name: "told once is told for ever",
        claim: "C8",
        edits: &[edit(BOOK, "let told = «std::mem::take(&mut member.told)»;", "member.told")],
        hunt: SIMPLE,
    },
    Mutant {
        name: "nobody in the queues is woken",
        claim: "C7",
        edits: &[edit(SUPERVISOR, WAKES, "drop(queues);")],
        hunt: SIMPLE,
    },
    Mutant {
        name: "only those in the first queue are woken",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            WAKES,
            "if let Some(queue) = queues.first() { queue.notify_all_waiters(); }",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "receivers are forgotten when everybody is woken",
        claim: "C7",
        edits: &[edit(QUEUE, "let _state = self.state.lock(); «self.not_empty.notify_all();»", "")],
        hunt: SIMPLE,
    },
    Mutant {
        name: "senders are forgotten when everybody is woken",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "self.not_empty.notify_all(); «self.not_full.notify_all();» \
             self.completed.notify_all();",
            "",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "joiners are forgotten when everybody is woken",
        claim: "C7",
        edits: &[edit(QUEUE, "self.not_full.notify_all(); «self.completed.notify_all();»", "")],
        hunt: JOINS,
    },
    Mutant {
        name: "who waits for others is not woken when one leaves",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            LEAVES,
            "self.change(|registry| registry.leave(participant, panicked));",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who waits for others is not woken when told",
        claim: "C7",
        edits: &[edit(
            SUPERVISOR,
            "registry.mark_deadlocked(pictures); «self.left.notify_all();» drop(registry);",
            "",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who waits for all others never finds them gone",
        claim: "C7",
        edits: &[edit(
            BOOK,
            "is_some_and(|wait| self.has_ended(wait.purpose, «Some(number)»)) };",
            "None",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "who waits from outside is not woken when one leaves",
        claim: "C7",
        edits: &[edit(
            BOOK,
            "}; «self.outsiders_waiting > 0 || self.present.iter().any(is_over)» }",
            "self.present.iter().any(is_over)",
        )],
        hunt: SIMPLE,
    },
    // ----- the scope around it -----------------------------------------------------------------
    Mutant {
        name: "the body of a scope is no participant",
        claim: "C7",
        edits: &[edit(
            SCOPE,
            "«main.run(|| {
                let value = body(&scope);
                while scope.group.join().is_err() {}
                value
            })»",
            "let value = body(&scope);
             while scope.group.join().is_err() {}
             drop(main);
             value",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "a thread leaves before its result is there",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "«drop(change(&slot, |slot| slot.put(result))); participant.leave(panicked);»",
            "participant.leave(panicked);
             drop(change(&slot, |slot| slot.put(result)));",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "a thread leaves before its unwanted result is dropped",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "«drop(change(&slot, |slot| slot.put(result))); participant.leave(panicked);»",
            "let unwanted = change(&slot, |slot| slot.put(result));
             participant.leave(panicked);
             drop(unwanted);",
        )],
        hunt: SIMPLE,
    },
    Mutant {
        name: "a result is wanted though its handle is gone",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "fn drop(&mut self) { «drop(change(&self.slot, Slot::abandon));» }",
            "",
        )],
        hunt: SIMPLE,
    },
];
