//! Bugs in deadlock detection: what counts as blocked, when a check runs, what is marked and woken.
//!
//! Most are designs that look right; some were tried by others, in other systems, and shipped.

use super::{bounds, edit, Bounds, Mutant, QUEUE};

const REGISTRY: &str = "registry.rs";
const CHECK: &str = "registry/check.rs";
const GROUP: &str = "group.rs";
const SCOPE: &str = "scope.rs";
const DETECTOR: &str = "detector.rs";

const SIMPLE: Bounds = bounds("send recv sentinel", 2, 2);
/// For bugs that one of the further programs stops.
const LITTLE: Bounds = bounds("recv", 1, 1);
const JOINS: Bounds = bounds("send recv join", 2, 2);
const TIMED: Bounds = Bounds { timeouts: 2, ..bounds("recv recv_timeout sentinel", 2, 2) };

/// The bounds of a bug that begins at a size, with a program that shows it.
const fn beginning(first: &'static str) -> Bounds {
    Bounds { first: Some(first), ..LITTLE }
}

/// The wakeups of a deadlock, in all queues.
const WAKES: &str = "drop(registry); «for queue in queues { queue.notify_all_waiters(); }»";
/// The departure of a participant.
const LEAVES: &str = "outcome: Outcome, hands_panic: bool) { «self.change(|registry| {
    registry.leave(participant, outcome, hands_panic);
    let wakes = registry.any_join_ready();
    if wakes { self.departure.notify_all(); }
    record_in_group!(Leave { participant, wakes, detects: registry.all_blocked() }); });» }";

pub(crate) const MUTANTS: &[Mutant] = &[
    // ----- what counts -----------------------------------------------------------------------
    Mutant {
        name: "blocked threads are counted, no queue is asked",
        claim: "C8",
        edits: &[edit(DETECTOR, "if «check.finds_released()» { return; }", "false")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "only the first waiter is asked about",
        claim: "C8",
        edits: &[edit(
            CHECK,
            "std::mem::take(&mut self.waits); «waits.iter()».any(released)",
            "waits[..waits.len().min(1)].iter()",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a deadlocked participant stays counted until it runs",
        claim: "C8",
        edits: &[
            edit(CHECK, "waits_on_queue(entry) { «entry.blocked_on = None;» entry.deadlocked", ""),
            edit(CHECK, "entry.deadlocked = true; «self.blocked_count -= 1;» }", ""),
        ],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a participant that resumes stays counted",
        claim: "C7",
        edits: &[edit(
            REGISTRY,
            "if entry.blocked_on.take().is_some() { «self.blocked_count -= 1;» self.end_join(",
            "",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a wait with a deadline counts as blocked forever",
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
        bounds: TIMED,
    },
    Mutant {
        name: "a token is ignored",
        claim: "C8",
        edits: &[edit(
            REGISTRY,
            "«self.externals == 0 && self.blocked_count > 0 && self.blocked_count == self.participants.len()»",
            "self.blocked_count > 0 && self.blocked_count == self.participants.len()",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a joiner counts as blocked though its join is granted",
        claim: "C8",
        edits: &[edit(CHECK, "if «!self.all_blocked() || self.any_participant_join_ready()» {", "!self.all_blocked()")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "only the first participants of a large group are asked about",
        claim: "C8",
        edits: &[edit(CHECK, "check.next = «rest.next().map(|(&number, _)| number)»;", "None")],
        bounds: beginning("group 1 1: send recv@2 | recv@2 | recv"),
    },
    Mutant {
        name: "a check of a large group goes on in a later epoch",
        claim: "C8",
        edits: &[edit(CHECK, "«if self.epoch != check.epoch { record_in_group!(Stale); return false; }»", "check.epoch = self.epoch;")],
        bounds: beginning("group 1 1: send recv@2 | recv@2 | recv send@2 recv"),
    },
    Mutant {
        name: "a large group asks only about those that were released last",
        claim: "C8",
        edits: &[edit(CHECK, "waits: Vec::new(), next: «Some(0)» };", "None")],
        bounds: bounds("send recv", 3, 1),
    },
    // ----- when a check runs -------------------------------------------------------------------
    Mutant {
        name: "no check when a participant leaves",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            LEAVES,
            "let mut registry = self.registry.lock();
             registry.leave(participant, outcome, hands_panic);
             self.departure.notify_all();
             record_in_group!(Leave { participant, wakes: true, detects: false });",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a participant that panics stays in the group",
        claim: "C7",
        edits: &[edit(
            GROUP,
            "«self.group.detector.leave(self.number, self.outcome, self.hands_panic);»",
            "if self.outcome != Outcome::Panicked {
                 self.group.detector.leave(self.number, self.outcome, self.hands_panic);
             }",
        )],
        bounds: bounds("send recv die", 2, 2),
    },
    Mutant {
        name: "no check when a token is released",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            "«self.change(|registry| { registry.externals -= 1;
             registry.bump_epoch(\"token released\");
             record_in_group!(Release { detects: registry.all_blocked() }); });»",
            "let mut registry = self.registry.lock();
             registry.externals -= 1;
             registry.bump_epoch(\"token released\");
             record_in_group!(Release { detects: false });",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "no check before a join blocks",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            "if «registry.all_blocked()» { drop(registry); self.detect();",
            "false",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "the check comes before the registration",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            "registry.begin_wait(Some(participant), BlockedOn { target, caller });
             let all_blocked = «registry.all_blocked()»;",
            "false",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "the epoch is not compared",
        claim: "C8",
        edits: &[edit(
            DETECTOR,
            "«if registry.epoch != check.epoch { record_in_group!(Stale); return; }» registry.mark_deadlocked(snapshots);",
            "",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a participant that resumes begins no epoch",
        claim: "C8",
        edits: &[edit(
            REGISTRY,
            "self.note_released(number); «self.epoch += 1;» }",
            "",
        )],
        bounds: SIMPLE,
    },
    // ----- what is marked ----------------------------------------------------------------------
    Mutant {
        name: "a participant sleeps though it is marked as deadlocked",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "if «state.ready(condition) > 0 || group.is_deadlocked(participant)» {",
            "state.ready(condition) > 0",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a participant sleeps after the check though its queue is ready",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "if «state.ready(condition) > 0 || group.is_deadlocked(participant)» {",
            "group.is_deadlocked(participant)",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a joiner sleeps though it is marked as deadlocked",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            "if «!registry.has_left(target, me) && !registry.is_deadlocked(me)» {",
            "!registry.has_left(target, me)",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "only one participant is marked as deadlocked",
        claim: "C7",
        edits: &[edit(
            CHECK,
            "if «only_joins || waits_on_queue(entry)» {",
            "(only_joins || waits_on_queue(entry)) && self.report.as_ref().is_some_and(
                 |report| report.blocked[0].thread == entry.name)",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "joiners are marked with those blocked on queues",
        claim: "C8",
        edits: &[edit(CHECK, "if «only_joins || waits_on_queue(entry)» {", "true")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "deadlocked once is deadlocked forever",
        claim: "C8",
        edits: &[edit(REGISTRY, "let deadlocked = «std::mem::take(&mut entry.deadlocked)»;", "entry.deadlocked")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "no waiter of the queues is woken",
        claim: "C7",
        edits: &[edit(DETECTOR, WAKES, "drop(queues);")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "only the waiters of the first queue are woken",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            WAKES,
            "if let Some(queue) = queues.first() { queue.notify_all_waiters(); }",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "only the waiters of the first two queues are woken",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            WAKES,
            "for queue in queues.into_iter().take(2) { queue.notify_all_waiters(); }",
        )],
        bounds: beginning("group 1 1 1: recv@3 | recv | recv@2"),
    },
    Mutant {
        name: "only the first two waiters are asked about",
        claim: "C8",
        edits: &[
            edit(CHECK, "if self.participants.len() <= «PARTICIPANTS» {", "16"),
            edit(CHECK, "rest.by_ref().take(«PARTICIPANTS»)", "16"),
            edit(
                CHECK,
                "std::mem::take(&mut self.waits); «waits.iter()».any(released)",
                "waits[..waits.len().min(2)].iter()",
            ),
        ],
        bounds: beginning("group 1 1: recv | sentinel@2 recv | recv@2"),
    },
    Mutant {
        name: "only the waiters of the first three queues are woken",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            WAKES,
            "for queue in queues.into_iter().take(3) { queue.notify_all_waiters(); }",
        )],
        bounds: beginning("group 1 1 1 1: recv@4 | recv | recv@2 | recv@3"),
    },
    Mutant {
        name: "only the first three waiters are asked about",
        claim: "C8",
        edits: &[
            edit(CHECK, "if self.participants.len() <= «PARTICIPANTS» {", "16"),
            edit(CHECK, "rest.by_ref().take(«PARTICIPANTS»)", "16"),
            edit(
                CHECK,
                "std::mem::take(&mut self.waits); «waits.iter()».any(released)",
                "waits[..waits.len().min(3)].iter()",
            ),
        ],
        bounds: beginning("group 1 1: recv | recv | sentinel@2 recv | recv@2"),
    },
    Mutant {
        name: "receivers are not woken from a deadlock",
        claim: "C7",
        edits: &[edit(QUEUE, "record_in_group!(NotifyAll); «self.not_empty.notify_all();»", "")],
        bounds: SIMPLE,
    },
    Mutant {
        name: "senders are not woken from a deadlock",
        claim: "C7",
        edits: &[edit(
            QUEUE,
            "self.not_empty.notify_all(); «self.not_full.notify_all();» \
             self.completed.notify_all();",
            "",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "joiners of work are not woken from a deadlock",
        claim: "C7",
        edits: &[edit(QUEUE, "self.not_full.notify_all(); «self.completed.notify_all();»", "")],
        bounds: JOINS,
    },
    Mutant {
        name: "a join fails after a report though the others have left",
        claim: "C8",
        edits: &[edit(
            DETECTOR,
            "if «registry.end_wait(me, target) && !registry.has_left(target, me)» {",
            "registry.end_wait(me, target)",
        )],
        bounds: LITTLE,
    },
    Mutant {
        name: "joiners are not woken when a participant leaves",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            LEAVES,
            "self.change(|registry| {
                 registry.leave(participant, outcome, hands_panic);
                 let wakes = registry.any_join_ready();
                 record_in_group!(Leave { participant, wakes, detects: registry.all_blocked() });
             });",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "joiners are not woken from a deadlock",
        claim: "C7",
        edits: &[edit(
            DETECTOR,
            "registry.mark_deadlocked(snapshots); «self.departure.notify_all();» drop(registry);",
            "",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a join of all others is never granted",
        claim: "C7",
        edits: &[edit(
            REGISTRY,
            "(self.joiners_of_all > 0 && self.participants.len() == «1»)",
            "0",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "external joiners are not woken when a participant leaves",
        claim: "C7",
        edits: &[edit(
            REGISTRY,
            "{ «self.external_joiners > 0 || self.any_participant_join_ready()» }",
            "self.any_participant_join_ready()",
        )],
        bounds: SIMPLE,
    },
    // ----- the scope around it -----------------------------------------------------------------
    Mutant {
        name: "the body of a scope is no participant",
        claim: "C7",
        edits: &[edit(
            SCOPE,
            "«main.run(|| {
                let value = body(&scope);
                while scope.group.join_others(caller).is_err() {}
                value
            })»",
            "let value = body(&scope);
             while scope.group.join_others(caller).is_err() {}
             drop(main);
             value",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a thread leaves before its result is there",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "«drop(with_slot(&results, |slot| slot.store(result))); participant.leave(outcome);»",
            "participant.leave(outcome);
             drop(with_slot(&results, |slot| slot.store(result)));",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a thread leaves before its unwanted result is dropped",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "«drop(with_slot(&results, |slot| slot.store(result))); participant.leave(outcome);»",
            "let unwanted = with_slot(&results, |slot| slot.store(result));
             participant.leave(outcome);
             drop(unwanted);",
        )],
        bounds: SIMPLE,
    },
    Mutant {
        name: "a result is wanted though its handle is gone",
        claim: "C8",
        edits: &[edit(
            SCOPE,
            "fn drop(&mut self) { «drop(with_slot(&self.slot, ResultSlot::detach_or_take));» self.handles",
            "",
        )],
        bounds: SIMPLE,
    },
];
