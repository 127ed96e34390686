//! The ranking function: it decreases on every transition but a spurious wakeup, so every execution
//! with finitely many of those ends under every scheduler.
//!
//! What remains of the program weighs most, because the end of an operation may cause anything
//! else. Next come: that a deadlock may be reported (it is not reported again before its recipients
//! have resumed), each received report, each pending wakeup, and last how far each thread is in its
//! wait and its detection.

use super::global_state::{GlobalState, Phase, Thread, GONE};
use super::{Configuration, Instruction};
use crate::one_queue::Operation;
use crate::Condition;

/// A queued item: the thread that takes it may hold a task then.
const QUEUED: usize = 2;
/// An item not yet sent.
const UNSENT: usize = QUEUED + 2;
/// One of the items that worker loops may send.
const BUDGET: usize = UNSENT + 1;
/// A queued sentinel.
const SENTINEL: usize = 1;
/// More than the phases of a thread weigh.
const WAKEUP: usize = 64;
/// A detection that is not part of a wait is followed by more of the program.
const WITHOUT_WAIT: usize = 24;

/// Returns the rank of a state.
pub(super) fn rank(configuration: &Configuration, global: &GlobalState) -> usize {
    let (threads, queues) = (global.threads.len(), global.queues.len());
    let reporting = WAKEUP * (3 * threads + (queues + 1) * (threads + 1));
    let act = 2 * reporting + WAKEUP * (4 * threads + 2);
    let left: usize = global.threads.iter().map(|thread| program(configuration, *thread)).sum();
    let stored: usize =
        global.queues.iter().map(|state| state.len() * QUEUED + state.sentinels() * SENTINEL).sum();
    let may_report =
        !global.threads.iter().any(|thread| is_ended_by_reporting(configuration, *thread));
    let reported = global.threads.iter().filter(|thread| thread.reported).count();
    act * (left + stored + usize::from(global.budget) * BUDGET)
        + reporting * usize::from(may_report)
        + WAKEUP * (reported + wakeups(global, threads, queues))
        + global.threads.iter().map(|thread| phase(*thread)).sum::<usize>()
}

/// Returns whether a report to a thread is still to end an operation.
fn is_ended_by_reporting(configuration: &Configuration, thread: Thread) -> bool {
    let instructions = &configuration.roles[usize::from(thread.role)].instructions;
    let instruction = instructions.get(usize::from(thread.position));
    let reported = thread.reported || thread.phase == Phase::Resumed { last: true };
    reported && instruction != Some(&Instruction::JoinAll { again: true })
}

fn wakeups(global: &GlobalState, threads: usize, queues: usize) -> usize {
    let notified = |state: &crate::State| Condition::ALL.map(|condition| state.notified(condition));
    let notified: usize = global.queues.iter().flat_map(notified).sum();
    let woken = |thread: &&Thread| thread.phase == Phase::Asleep { woken: true };
    let to_come = |thread: &Thread| match thread.phase {
        Phase::Notifying { next } => (queues - usize::from(next)) * (threads + 1),
        _ => 0,
    };
    notified
        + global.threads.iter().filter(woken).count()
        + global.threads.iter().map(to_come).sum::<usize>()
}

/// Returns the weight of what a thread has yet to do.
fn program(configuration: &Configuration, thread: Thread) -> usize {
    if thread.position == GONE {
        return 0;
    }
    let role = &configuration.roles[usize::from(thread.role)];
    let position = usize::from(thread.position);
    let instructions = role.instructions.get(position..).unwrap_or_default();
    let done = if thread.busy { instructions.first().map_or(0, weight) } else { 0 };
    let handles = role.instructions.len() + role.owns.len() - position.max(role.instructions.len());
    let left: usize = instructions.iter().map(weight).sum();
    left - done + usize::from(thread.busy) + usize::from(thread.unsent) * UNSENT + handles + 1
}

fn weight(instruction: &Instruction) -> usize {
    match instruction {
        Instruction::Do { operation: Operation::Send | Operation::ForceSend, .. } => UNSENT,
        Instruction::Do { operation: Operation::SendSentinels { count }, .. } => {
            1 + count * SENTINEL
        }
        _ => 1,
    }
}

/// Returns the weight of a phase; a wait begins at the top, and ends asleep.
fn phase(thread: Thread) -> usize {
    let rank = match thread.phase {
        Phase::Asleep { .. } | Phase::Ended => 0,
        Phase::Registered | Phase::Recheck => 1,
        Phase::Notifying { .. } => 2,
        Phase::Detecting { same_epoch: false, .. } => 3,
        Phase::Detecting { checked, .. } => 10 - checked.count_ones() as usize,
        Phase::StartingDetection => 11,
        Phase::LateUnregister => 12,
        Phase::Awake => 13,
        Phase::Resumed { .. } => 14,
    };
    rank + if thread.without_wait { WITHOUT_WAIT } else { 0 }
}
