//! A program around one queue, as a model.

use super::ranking::RankingFunction;
use super::section::{Buffers, Executor};
use super::{Action, Claims, Configuration, GlobalState, Thread, Violation};
use crate::event::describe_condition;
use crate::explorer::{Model, TraceStep};
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
        // The release of the lock ends every step.
        let shown = step.events.iter().filter(|event| **event != Event::Unlock);
        let texts: Vec<String> = shown.map(ToString::to_string).collect();
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
