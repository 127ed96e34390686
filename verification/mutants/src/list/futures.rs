//! Bugs of futures: of their wakers, and of their end.

use super::{bounds, edit, Bounds, Mutant, QUEUE, STATE};

const DROPS: Bounds = bounds("send recv recv_async_drop", 3, 1);
const AWAITS: Bounds = bounds("send recv_async close", 2, 2);
const AGAIN: Bounds = Bounds { spurious: 1, ..AWAITS };

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a dropped future passes no wakeup on",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "record!(Cancel { condition: wait.condition.into() }); «self.finish(state);» call_all",
            "drop(state);",
        )],
        bounds: DROPS,
    },
    Mutant {
        name: "a dropped future stays counted",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "let old = «state.end_task_wait(wait.condition, wait.ticket)»; wait.phase",
            "None",
        )],
        bounds: DROPS,
    },
    Mutant {
        name: "a future that has ended leaves its waker",
        claim: "C12",
        edits: &[edit(
            STATE,
            "self.end_wait(condition); «self.waiters(condition).tasks.remove(&ticket?)»",
            "None",
        )],
        bounds: DROPS,
    },
    Mutant {
        name: "a future keeps the waker of its first poll",
        claim: "C12",
        edits: &[edit(QUEUE, "old.take_if(|old| «old.will_wake(context.waker())»)", "true")],
        bounds: AGAIN,
    },
    Mutant {
        name: "a future waits without another look",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "wait.ticket = Some(«state.begin_task_wait(wait.condition, wait.ticket, waker)»);",
            "{ drop(state); state = self.state.lock();
               state.begin_task_wait(wait.condition, wait.ticket, waker) }",
        )],
        bounds: AWAITS,
    },
    Mutant {
        name: "a task is woken before the item is there",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "room = state.room(); } «self.append(state, room, item)» }",
            "let early: Vec<_> = state.take_all_wakers(Condition::NotEmpty).collect();
             drop(state);
             call_all(early, Waker::wake);
             let mut state = self.state.lock();
             let room = state.room();
             if !matches!(room, Room::Free(_)) {
                 return self.append(state, room, item);
             }
             state.push(item);
             record!(Push { items: 1 });
             Ok(())",
        )],
        bounds: Bounds { unbounded: true, ..AWAITS },
    },
    Mutant {
        name: "tasks are woken under the lock",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "«drop(state); drop(surplus);
             call_all(woken.first.into_iter().chain(woken.rest), Waker::wake);»",
            "call_all(woken.first.into_iter().chain(woken.rest), Waker::wake);
             drop(state);
             drop(surplus);",
        )],
        bounds: AWAITS,
    },
    Mutant {
        name: "the waker of a dropped future is dropped under the lock",
        claim: "C12",
        edits: &[edit(
            QUEUE,
            "let old = «state.end_task_wait(wait.condition, wait.ticket)»; wait.phase",
            "drop(state.end_task_wait(wait.condition, wait.ticket)); None",
        )],
        bounds: DROPS,
    },
];
