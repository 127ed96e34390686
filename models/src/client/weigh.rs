//! What the callers were told in a critical section, weighed against what it has done; and what is
//! left at the end.

use std::ops::Range;

use crate::client::section::Player;
use crate::client::{Answer, Attempt, Fault, Group, Operation, Promise, Stage, World};
use crate::state::EVERYBODY;
use crate::{Effect, Event, Side};

/// What a section started from, to compare with.
pub(super) struct Before {
    pub(super) items: usize,
    pub(super) sentinels: usize,
    pub(super) oldest: u64,
    pub(super) cells: usize,
    pub(super) room: usize,
}

impl Before {
    pub(super) fn of(world: &World) -> Self {
        let state = &world.state;
        Self {
            items: state.len(),
            sentinels: state.sentinels(),
            oldest: state.items().start,
            cells: state.len() + state.sentinels(),
            room: state.room(),
        }
    }
}

impl Player<'_> {
    /// Order: what callers are given is what the specification says was next.
    pub(super) fn weigh_order(
        self,
        event: Event,
        effect: &Effect,
        attempt: &Attempt,
    ) -> Result<(), Fault> {
        let (Effect::Out(due), Answer::Done | Answer::Waits) = (effect, attempt.answer) else {
            return Ok(());
        };
        let given = match event {
            Event::Take { .. } => &attempt.received,
            _ => &attempt.returned,
        };
        if given == due {
            Ok(())
        } else {
            self.report(Fault::OutOfOrder { given: given.clone(), due: due.clone() })
        }
    }

    /// Conservation, by what the caller was told; and what an answer forbids.
    pub(super) fn weigh(
        self,
        world: &World,
        thread: usize,
        operation: Operation,
        before: &Before,
        attempt: &Attempt,
    ) -> Result<(), Fault> {
        let length =
            |range: &Range<u64>| usize::try_from(range.end - range.start).unwrap_or(EVERYBODY);
        let gone = length(&attempt.received) + length(&attempt.returned);
        let due = (before.items + attempt.accepted).saturating_sub(gone);
        let queued = world.state.len();
        let timed_out = attempt.answer == Answer::GaveUp;
        if timed_out && (queued != before.items || world.state.items().start != before.oldest) {
            self.report(Fault::EffectOfTimeout)?;
        }
        if due != queued {
            self.report(Fault::ItemsUnbalanced { due, queued })?;
        }
        let due = (before.sentinels + attempt.sentinels_in).saturating_sub(attempt.sentinels_out);
        let queued = world.state.sentinels();
        if due != queued {
            self.report(Fault::SentinelsUnbalanced { due, queued })?;
        }
        let sends_sentinel = matches!(operation, Operation::SendSentinels { .. });
        if sends_sentinel && attempt.answer == Answer::Waits {
            self.report(Fault::SentinelWaited)?;
        }
        let again = world.threads[thread].stage == Stage::Again;
        if again && attempt.answer == Answer::Sentinel {
            self.report(Fault::SecondSentinel)?;
        }
        Ok(())
    }

    /// A task ends with its guard: as many are unfinished as there are workers with one in hand.
    pub(super) fn weigh_tasks(self, world: &World) -> Result<(), Fault> {
        let held = |stage| matches!(stage, Stage::Busy | Stage::Unwinding);
        let hands = world.threads.iter().filter(|thread| held(thread.stage)).count();
        if world.state.unfinished() > hands {
            self.report(Fault::TaskForgotten)?;
        }
        Ok(())
    }

    /// A world in which nothing can happen any more, except spurious wakeups.
    pub(super) fn weigh_end(self, world: &World) -> Result<(), Fault> {
        for side in Side::ALL {
            if world.state.waiting(side) > 0 && world.state.ready(side) > 0 {
                self.report(Fault::SleepsForEver { side })?;
            }
        }
        let promised = |group: &Group| match self.configuration.promise {
            Promise::Delivery | Promise::Everybody => true,
            Promise::Workers => group.works(),
            Promise::Nobody => false,
        };
        if !world.have_ended(self.configuration, promised) {
            let hangs = world.threads.iter().filter(|thread| thread.stage != Stage::Ended);
            self.report(Fault::Stuck { threads: hangs.count() })?;
        }
        let items = world.state.len();
        if world.is_over() && self.configuration.promise == Promise::Delivery && items > 0 {
            self.report(Fault::ItemsLeft { items })?;
        }
        Ok(())
    }
}
