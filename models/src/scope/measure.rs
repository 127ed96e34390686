//! A number that decreases on every step but a spurious wakeup, so that every execution with
//! finitely many of those ends, whatever the scheduler does.
//!
//! What is left of the program weighs most: whatever ends an operation may cause anything else.
//! Then comes that the group may tell (until those who were told are back, it does not tell again), that
//! somebody was told, each wakeup that is on its way, and last how far each thread is with its wait
//! and its examination.

use super::world::{Phase, Thread, World, GONE};
use super::{Configuration, Deed};
use crate::client::Operation;
use crate::Side;

/// A queued item: whoever takes it may hold a task then.
const QUEUED: usize = 2;
/// An item not yet sent.
const UNSENT: usize = QUEUED + 2;
/// One of the items that worker loops may send.
const BUDGET: usize = UNSENT + 1;
/// A queued sentinel.
const SENTINEL: usize = 1;
/// More than the phases of a thread can weigh.
const WAKEUP: usize = 64;
/// An examination that is not part of a wait is followed by more of the program.
const PASSING: usize = 24;

/// The weight of a world.
pub(super) fn weigh(configuration: &Configuration, world: &World) -> usize {
    let (threads, queues) = (world.threads.len(), world.queues.len());
    let telling = WAKEUP * (3 * threads + (queues + 1) * (threads + 1));
    let act = 2 * telling + WAKEUP * (4 * threads + 2);
    let left: usize = world.threads.iter().map(|thread| program(configuration, *thread)).sum();
    let stored: usize =
        world.queues.iter().map(|state| state.len() * QUEUED + state.sentinels() * SENTINEL).sum();
    let may_tell = !world.threads.iter().any(|thread| is_ended_by_telling(configuration, *thread));
    let told = world.threads.iter().filter(|thread| thread.told).count();
    act * (left + stored + usize::from(world.budget) * BUDGET)
        + telling * usize::from(may_tell)
        + WAKEUP * (told + wakeups(world, threads, queues))
        + world.threads.iter().map(|thread| phase(*thread)).sum::<usize>()
}

/// Whether a thread was told and has yet to do something else therefore.
fn is_ended_by_telling(configuration: &Configuration, thread: Thread) -> bool {
    let deeds = &configuration.roles[usize::from(thread.role)].deeds;
    let deed = deeds.get(usize::from(thread.position));
    let told = thread.told || thread.phase == Phase::Struck { last: true };
    told && deed != Some(&Deed::Await { again: true })
}

fn wakeups(world: &World, threads: usize, queues: usize) -> usize {
    let notified = |state: &crate::State| Side::ALL.map(|side| state.notified(side));
    let notified: usize = world.queues.iter().flat_map(notified).sum();
    let roused = |thread: &&Thread| thread.phase == Phase::Asleep { roused: true };
    let to_come = |thread: &Thread| match thread.phase {
        Phase::Waking { next } => (queues - usize::from(next)) * (threads + 1),
        _ => 0,
    };
    notified
        + world.threads.iter().filter(roused).count()
        + world.threads.iter().map(to_come).sum::<usize>()
}

/// What a thread has yet to do.
fn program(configuration: &Configuration, thread: Thread) -> usize {
    if thread.position == GONE {
        return 0;
    }
    let role = &configuration.roles[usize::from(thread.role)];
    let position = usize::from(thread.position);
    let deeds = role.deeds.get(position..).unwrap_or_default();
    let done = if thread.busy { deeds.first().map_or(0, weight) } else { 0 };
    let handles = role.deeds.len() + role.owns.len() - position.max(role.deeds.len());
    let left: usize = deeds.iter().map(weight).sum();
    left - done + usize::from(thread.busy) + usize::from(thread.owes) * UNSENT + handles + 1
}

fn weight(deed: &Deed) -> usize {
    match deed {
        Deed::Do { operation: Operation::Send | Operation::ForceSend, .. } => UNSENT,
        Deed::Do { operation: Operation::SendSentinels { count }, .. } => 1 + count * SENTINEL,
        _ => 1,
    }
}

/// How far it is; a wait begins at the top, and ends asleep.
fn phase(thread: Thread) -> usize {
    let rank = match thread.phase {
        Phase::Asleep { .. } | Phase::Ended => 0,
        Phase::Entered | Phase::Back => 1,
        Phase::Waking { .. } => 2,
        Phase::Asking { fresh: false, .. } => 3,
        Phase::Asking { asked, .. } => 10 - asked.count_ones() as usize,
        Phase::Opening => 11,
        Phase::Late => 12,
        Phase::Awake => 13,
        Phase::Struck { .. } => 14,
    };
    rank + if thread.passing { PASSING } else { 0 }
}
