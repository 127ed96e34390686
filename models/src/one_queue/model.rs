//! A program around one queue, as a model.

use super::ranking::RankingFunction;
use super::section::{Buffers, Executor};
use super::{Action, Claims, Configuration, GlobalState, Thread, Violation};
use crate::explorer::{Model, TraceStep};
use crate::rejection::describe_condition;
use crate::state::Location;
use crate::Event;

impl Model for Configuration {
    type Properties = Claims;
    type State = GlobalState;
    type ThreadState = (Thread, Location);
    type Action = Action;
    type Event = Event;
    type Violation = Violation;
    type Buffers = Buffers;

    fn processes(&self) -> Vec<(&'static str, usize)> {
        self.roles.iter().map(|role| (role.name, role.threads)).collect()
    }

    fn init_state(&self) -> GlobalState {
        GlobalState::init(self)
    }

    fn thread_state(global: &GlobalState, thread: usize) -> (Thread, Location) {
        (global.threads[thread], global.state.location(thread))
    }

    fn encode(&self, global: &mut GlobalState, key: &mut Vec<u8>) {
        global.sort();
        global.encode(self, key);
    }

    fn decode(&self, global: &mut GlobalState, key: &[u8]) {
        global.decode(self, key);
    }

    fn actions(&self, global: &GlobalState, thread: usize) -> impl Iterator<Item = Action> {
        Executor { configuration: self, claims: Claims::NONE }.actions(global, thread)
    }

    fn is_spurious(action: Action) -> bool {
        action.is_spurious()
    }

    /// Returns whether it is a spurious wakeup without a mutant, which changes nothing.
    fn is_stutter(&self, action: Action) -> bool {
        self.mutant.is_none() && action.is_spurious()
    }

    fn next_state(
        &self,
        claims: Claims,
        global: &mut GlobalState,
        thread: usize,
        action: Action,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        Executor { configuration: self, claims }.execute(global, thread, action, buffers)
    }

    fn rank(&self, global: &GlobalState) -> usize {
        RankingFunction::of(self).rank(self, global)
    }

    fn check_transition(
        &self,
        claims: Claims,
        action: Action,
        before: usize,
        after: usize,
    ) -> Result<(), Violation> {
        let closer = after < before || action.is_spurious() && after == before;
        // Of a mutant that is explored past its violation, a decreasing rank is required only if
        // that is checked.
        if closer {
            Ok(())
        } else {
            let executor = Executor { configuration: self, claims };
            executor.report(Violation::RankNotDecreased { before, after })
        }
    }

    fn check_state(&self, _: Claims, _: &GlobalState) -> Result<(), Violation> {
        Ok(())
    }

    fn check_terminal(&self, claims: Claims, global: &GlobalState) -> Result<(), Violation> {
        Executor { configuration: self, claims }.check_terminal(global)
    }

    fn events(buffers: &Buffers) -> &[Event] {
        &buffers.events
    }

    fn describe(&self, step: &TraceStep<Self>) -> String {
        let texts: Vec<String> = step.events.iter().filter_map(|&event| describe(event)).collect();
        match (step.action, texts.is_empty()) {
            (Action::Die, _) => "dies".to_owned(),
            (_, true) => "rechecks, and does nothing".to_owned(),
            (_, false) => texts.join(", "),
        }
    }

    fn describe_blocked((_, location): (Thread, Location)) -> Option<String> {
        match location {
            Location::Asleep(condition) => {
                Some(format!("sleeps, waiting for {}", describe_condition(condition)))
            }
            Location::Outside => None,
        }
    }
}

/// Describes an event; returns `None` for the release of the lock, which ends every step.
#[allow(clippy::too_many_lines)] // a line for each event
pub(crate) fn describe(event: Event) -> Option<String> {
    Some(match event {
        Event::Unlock => return None,
        Event::Create { .. } => "creates the queue".to_owned(),
        Event::Push { items: 1 } => "sends an item".to_owned(),
        Event::Push { items } => format!("sends {items} items"),
        Event::Evict => "evicts the oldest item".to_owned(),
        Event::PushSentinels { count: 1, front: false } => "sends a sentinel".to_owned(),
        Event::PushSentinels { count, front: false } => format!("sends {count} sentinels"),
        Event::PushSentinels { count, front: true } => format!("sends {count} sentinels in front"),
        Event::Take { items: 1, tasks: false } => "takes an item".to_owned(),
        Event::Take { items, tasks: false } => format!("takes {items} items"),
        Event::Take { items, tasks: true } => format!("takes {items} as tasks"),
        Event::TakeSentinel => "takes a sentinel".to_owned(),
        Event::EndBatch => "ends its batch".to_owned(),
        Event::Refuse { condition, closed: true } => {
            format!("wants {}, is refused: the queue is closed", describe_condition(condition))
        }
        Event::Refuse { condition, closed: false } => {
            format!("wants {}, gives up", describe_condition(condition))
        }
        Event::Close => "closes".to_owned(),
        Event::Drain { items, sentinels: Some(sentinels) } => {
            format!("takes out all {items} items and {sentinels} sentinels")
        }
        Event::Drain { items, sentinels: None } => format!("takes out all {items} items"),
        Event::AddSender => "clones a sender".to_owned(),
        Event::DropSender => "drops its sender".to_owned(),
        Event::AddReceiver => "clones a receiver".to_owned(),
        Event::DropReceiver => "drops its receiver".to_owned(),
        Event::Leave { granted: true } => "leaves: there is nothing to do".to_owned(),
        Event::Leave { granted: false } => "does not leave".to_owned(),
        Event::UpgradeSender { granted: true } => "gets a sender".to_owned(),
        Event::UpgradeSender { granted: false } => "gets no sender".to_owned(),
        Event::UpgradeReceiver { granted: true } => "gets a receiver".to_owned(),
        Event::UpgradeReceiver { granted: false } => "gets no receiver".to_owned(),
        Event::TaskDone { .. } => "finishes its task".to_owned(),
        Event::PutBack { .. } => "puts its task back".to_owned(),
        Event::Joined => "has joined".to_owned(),
        Event::BeginFlush => "begins to flush".to_owned(),
        Event::BeginGrace => "begins a grace period".to_owned(),
        Event::Flushed => "has flushed".to_owned(),
        Event::Wait { condition } => format!("waits for {}", describe_condition(condition)),
        Event::Wake { timed_out: true, .. } => "times out".to_owned(),
        Event::Wake { timed_out: false, .. } => "wakes up".to_owned(),
        Event::Cancel { .. } => "drops its future".to_owned(),
        Event::Notify { condition, all: true } => {
            format!("notifies all waiters for {}", describe_condition(condition))
        }
        Event::Notify { condition, all: false } => {
            format!("notifies one waiter for {}", describe_condition(condition))
        }
    })
}
