//! Checks of a critical section: what the caller learns against what the section did; and checks of
//! a terminal state.

use std::ops::Range;

use crate::one_queue::section::{Executor, PreState};
use crate::one_queue::{
    Attempt, AttemptResult, GlobalState, Guarantee, Operation, ProgramCounter, Role, Violation,
};
use crate::state::UNLIMITED;
use crate::{Condition, Effect, Event};

impl Executor<'_> {
    /// Checks the order: the caller gets the items that the specification says are next.
    pub(super) fn check_order(
        self,
        event: Event,
        effect: &Effect,
        attempt: &Attempt,
    ) -> Result<(), Violation> {
        let (Effect::Out(due), AttemptResult::Done | AttemptResult::Waits) =
            (effect, attempt.result)
        else {
            return Ok(());
        };
        let given = match event {
            Event::Take { .. } => &attempt.received,
            _ => &attempt.returned,
        };
        if given == due {
            Ok(())
        } else {
            self.report(Violation::OutOfOrder { given: given.clone(), due: due.clone() })
        }
    }

    /// Checks conservation against what the caller learns, and what a result forbids.
    pub(super) fn check(
        self,
        global: &GlobalState,
        thread: usize,
        operation: Operation,
        before: &PreState,
        attempt: &Attempt,
    ) -> Result<(), Violation> {
        let length =
            |range: &Range<u64>| usize::try_from(range.end - range.start).unwrap_or(UNLIMITED);
        let gone = length(&attempt.received) + length(&attempt.returned);
        let due = (before.items + attempt.accepted).saturating_sub(gone);
        let queued = global.state.len();
        let timed_out = attempt.result == AttemptResult::GaveUp;
        if timed_out && (queued != before.items || global.state.items().start != before.oldest) {
            self.report(Violation::EffectOfTimeout)?;
        }
        if due != queued {
            self.report(Violation::ItemsUnbalanced { due, queued })?;
        }
        let due = (before.sentinels + attempt.sentinels_in).saturating_sub(attempt.sentinels_out);
        let queued = global.state.sentinels();
        if due != queued {
            self.report(Violation::SentinelsUnbalanced { due, queued })?;
        }
        let sends_sentinel = matches!(operation, Operation::SendSentinels { .. });
        if sends_sentinel && attempt.result == AttemptResult::Waits {
            self.report(Violation::SentinelWaited)?;
        }
        let again = global.threads[thread].pc == ProgramCounter::Again;
        if again && attempt.result == AttemptResult::Sentinel {
            self.report(Violation::SecondSentinel)?;
        }
        Ok(())
    }

    /// Checks that a task ends with its guard: at most as many are unfinished as workers hold one.
    pub(super) fn check_tasks(self, global: &GlobalState) -> Result<(), Violation> {
        let held = |pc| matches!(pc, ProgramCounter::Busy | ProgramCounter::Unwinding);
        let hands = global.threads.iter().filter(|thread| held(thread.pc)).count();
        if global.state.unfinished() > hands {
            self.report(Violation::TaskForgotten)?;
        }
        Ok(())
    }

    /// Checks a terminal state: one with no action but spurious wakeups.
    pub(super) fn check_terminal(self, global: &GlobalState) -> Result<(), Violation> {
        for condition in Condition::ALL {
            if global.state.waiting(condition) > 0 && global.state.ready(condition) > 0 {
                self.report(Violation::BlockedThoughReady { condition })?;
            }
        }
        let guaranteed = |role: &Role| match self.configuration.guarantee {
            Guarantee::Delivery | Guarantee::AllThreads => true,
            Guarantee::Workers => role.works(),
            Guarantee::None => false,
        };
        if !global.have_ended(self.configuration, guaranteed) {
            let hangs = global.threads.iter().filter(|thread| thread.pc != ProgramCounter::Ended);
            self.report(Violation::Stuck { threads: hangs.count() })?;
        }
        let items = global.state.len();
        if global.is_over() && self.configuration.guarantee == Guarantee::Delivery && items > 0 {
            self.report(Violation::ItemsLeft { items })?;
        }
        Ok(())
    }
}
