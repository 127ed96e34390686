//! What the explorer knows of a model: the threads in a state, and their actions.

use std::fmt::{Debug, Display};

/// A program of threads around shared state, as a transition system.
///
/// Threads in the same thread state are interchangeable, and stand side by side in a sorted state.
pub trait Model: Clone + Debug + Eq + Display {
    /// The properties that are checked.
    type Properties: Copy;
    /// The global state: everything at one moment.
    type State: Clone;
    /// The state of one thread.
    type ThreadState: Copy + Eq;
    /// What a thread does next.
    type Action: Copy + Debug + Eq;
    /// One thing that happens in a transition.
    type Event: Clone + Debug + Eq;
    /// What may be wrong.
    type Violation: Clone + Debug + Eq + Display;
    /// Memory that every transition reuses, and the record of the last one.
    type Buffers: Default;

    /// Returns the threads: the name of one of them, and how many of them there are.
    fn processes(&self) -> Vec<(&'static str, usize)>;

    /// Returns the initial state.
    fn init_state(&self) -> Self::State;

    /// Returns the state of one thread.
    fn thread_state(state: &Self::State, thread: usize) -> Self::ThreadState;

    /// Sorts the threads and writes the exact key: no two different states share one.
    fn encode(&self, state: &mut Self::State, key: &mut Vec<u8>);

    /// Restores the state of a key.
    fn decode(&self, state: &mut Self::State, key: &[u8]);

    /// Iterates over the actions that a thread can take now.
    fn actions(&self, state: &Self::State, thread: usize) -> impl Iterator<Item = Self::Action>;

    /// Returns whether an action is a spurious wakeup. A state with no other action is terminal.
    fn is_spurious(action: Self::Action) -> bool;

    /// Returns whether an action is known beforehand to change nothing (a stuttering step).
    fn is_stutter(&self, action: Self::Action) -> bool;

    /// Takes an action of a thread.
    ///
    /// # Errors
    ///
    /// The first violation of a checked property; so do the other checks.
    fn next_state(
        &self,
        properties: Self::Properties,
        state: &mut Self::State,
        thread: usize,
        action: Self::Action,
        buffers: &mut Self::Buffers,
    ) -> Result<(), Self::Violation>;

    /// Returns the value of the ranking function. It decreases on every transition that is not
    /// spurious, so every execution ends.
    fn rank(&self, state: &Self::State) -> usize;

    /// Checks what a transition did to the rank.
    #[allow(clippy::missing_errors_doc)] // `next_state` says it
    fn check_transition(
        &self,
        properties: Self::Properties,
        action: Self::Action,
        before: usize,
        after: usize,
    ) -> Result<(), Self::Violation>;

    /// Checks the invariants of a state.
    #[allow(clippy::missing_errors_doc)] // `next_state` says it
    fn check_state(
        &self,
        properties: Self::Properties,
        state: &Self::State,
    ) -> Result<(), Self::Violation>;

    /// Checks a terminal state: one with no action but spurious wakeups.
    #[allow(clippy::missing_errors_doc)] // `next_state` says it
    fn check_terminal(
        &self,
        properties: Self::Properties,
        state: &Self::State,
    ) -> Result<(), Self::Violation>;

    /// Returns what happened in the last transition.
    fn events(buffers: &Self::Buffers) -> &[Self::Event];

    /// Describes a step of a trace; the text follows the name of its thread.
    fn describe(&self, step: &TraceStep<Self>) -> String;

    /// Describes a blocked thread; returns `None` if the thread is not blocked.
    fn describe_blocked(thread_state: Self::ThreadState) -> Option<String>;
}

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep<M: Model> {
    /// The number of the thread in `Counterexample::names`.
    pub thread: usize,
    /// The action that it took.
    pub action: M::Action,
    /// What happened.
    pub events: Vec<M::Event>,
}
