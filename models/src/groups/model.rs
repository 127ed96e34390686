//! A program in a group, as its explorer sees it.

use super::global_state::{GlobalState, Phase, Thread};
use super::ranking::rank;
use super::transitions::{Buffers, Executor};
use super::{Action, Configuration, GroupEvent, Properties, Violation};
use crate::explorer::{Model, TraceStep};

impl Model for Configuration {
    type Properties = Properties;
    type State = GlobalState;
    type ThreadState = Thread;
    type Action = Action;
    type Event = GroupEvent;
    type Violation = Violation;
    type Buffers = Buffers;

    fn processes(&self) -> Vec<(&'static str, usize)> {
        self.roles.iter().map(|role| (role.name, role.threads)).collect()
    }

    fn init_state(&self) -> GlobalState {
        GlobalState::init(self)
    }

    fn thread_state(global: &GlobalState, thread: usize) -> Thread {
        global.threads[thread]
    }

    fn encode(&self, global: &mut GlobalState, key: &mut Vec<u8>) {
        global.encode(key);
    }

    fn decode(&self, global: &mut GlobalState, key: &[u8]) {
        global.decode(self, key);
    }

    fn actions(&self, global: &GlobalState, thread: usize) -> impl Iterator<Item = Action> {
        global.actions(self, thread).into_iter()
    }

    fn is_spurious(action: Action) -> bool {
        action.is_spurious()
    }

    /// After every wakeup a thread is struck out of the book first.
    fn is_stutter(&self, _: Action) -> bool {
        false
    }

    fn next_state(
        &self,
        properties: Properties,
        global: &mut GlobalState,
        thread: usize,
        action: Action,
        buffers: &mut Buffers,
    ) -> Result<(), Violation> {
        Executor { configuration: self, properties }.execute(global, thread, action, buffers)
    }

    fn rank(&self, global: &GlobalState) -> usize {
        rank(self, global)
    }

    fn check_transition(
        &self,
        properties: Properties,
        action: Action,
        before: usize,
        after: usize,
    ) -> Result<(), Violation> {
        if after < before || action.is_spurious() {
            Ok(())
        } else {
            properties.report(Violation::RankNotDecreased { before, after })
        }
    }

    /// Does the group miss it?
    fn check_state(&self, properties: Properties, global: &GlobalState) -> Result<(), Violation> {
        if !global.detection_pending() && global.is_deadlocked(self) {
            properties.report(Violation::Missed)?;
        }
        Ok(())
    }

    fn check_terminal(
        &self,
        properties: Properties,
        global: &GlobalState,
    ) -> Result<(), Violation> {
        match global.remaining(self) {
            0 => Ok(()),
            participants => properties.report(Violation::Stuck { participants }),
        }
    }

    fn events(buffers: &Buffers) -> &[GroupEvent] {
        &buffers.events
    }

    fn describe(&self, step: &TraceStep<Self>) -> String {
        let queues = self.capacities.len();
        let texts: Vec<String> =
            step.events.iter().filter_map(|event| event.describe(queues)).collect();
        if texts.is_empty() {
            "goes on".to_owned()
        } else {
            texts.join(", ")
        }
    }

    fn describe_blocked(thread: Thread) -> Option<String> {
        matches!(thread.phase, Phase::Asleep { .. }).then(|| "sleeps".to_owned())
    }
}
