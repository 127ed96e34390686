//! A counterexample: a trace that says which thread did what in each step.
//!
//! The search forgets which of several interchangeable threads is which. The trace is replayed here
//! with names: each step is taken by a thread in the same thread state.

use std::fmt;

use super::search::{Edge, Failure, Search};
use super::{Model, TraceStep};

/// A shortest trace from the initial state to a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<M: Model> {
    /// The program, and the seeded bug in it.
    pub configuration: M,
    /// The names of the threads.
    pub names: Vec<String>,
    /// What happened.
    pub steps: Vec<TraceStep<M>>,
    /// The threads that are blocked at the end, each described.
    pub blocked: Vec<(usize, String)>,
    /// What is wrong.
    pub violation: M::Violation,
}

impl<M: Model> Search<'_, M> {
    /// Returns the counterexample of a failure.
    pub(super) fn counterexample(&self, failure: Failure<M>) -> Counterexample<M> {
        let mut path = vec![failure.state];
        while let Some(&state) = path.last().filter(|&&state| state != 0) {
            path.push(self.store.parent(state));
        }
        path.reverse();
        let mut trace = Trace::new(self.model);
        for pair in path.windows(2) {
            let mut edges = self.edges(pair[0]).into_iter();
            let edge = edges.find(|edge| edge.target == pair[1]);
            trace.append(&self.state(pair[0]), &edge.expect("the state was found from there"));
        }
        if let Some((thread, action)) = failure.action {
            let state = self.state(failure.state);
            let (mut next, mut buffers) = (state.clone(), M::Buffers::default());
            // The violating step itself: the trace shows what happened before it was rejected.
            let _violation =
                self.model.next_state(self.properties, &mut next, thread, action, &mut buffers);
            let target = failure.state;
            trace.append(&state, &Edge { thread, action, next, buffers, target });
        }
        Counterexample {
            configuration: self.model.clone(),
            blocked: trace.blocked(),
            names: trace.names,
            steps: trace.steps,
            violation: failure.violation,
        }
    }
}

/// A trace under construction: the threads by name, each in its thread state.
struct Trace<M: Model> {
    names: Vec<String>,
    thread_states: Vec<M::ThreadState>,
    steps: Vec<TraceStep<M>>,
}

impl<M: Model> Trace<M> {
    fn new(model: &M) -> Self {
        let mut names = Vec::new();
        for (name, threads) in model.processes() {
            let numbered = |number| match threads {
                1 => name.to_owned(),
                _ => format!("{name} {number}"),
            };
            names.extend((1..=threads).map(numbered));
        }
        let state = model.init_state();
        let thread_states =
            (0..names.len()).map(|thread| M::thread_state(&state, thread)).collect();
        Self { names, thread_states, steps: Vec::new() }
    }

    /// Appends a step. It may change more threads than the one that takes it.
    fn append(&mut self, state: &M::State, edge: &Edge<M>) {
        let mut numbers: Vec<usize> = Vec::new();
        for thread in 0..self.names.len() {
            let wanted = M::thread_state(state, thread);
            let same =
                |named: &usize| !numbers.contains(named) && self.thread_states[*named] == wanted;
            let named = (0..self.names.len()).find(same);
            numbers.push(named.expect("the same step was possible when the state was found"));
        }
        for (thread, &named) in numbers.iter().enumerate() {
            self.thread_states[named] = M::thread_state(&edge.next, thread);
        }
        let (thread, events) = (numbers[edge.thread], M::events(&edge.buffers).to_vec());
        self.steps.push(TraceStep { thread, action: edge.action, events });
    }

    fn blocked(&self) -> Vec<(usize, String)> {
        let describe = |(thread, state): (usize, &M::ThreadState)| {
            Some((thread, M::describe_blocked(*state)?))
        };
        self.thread_states.iter().enumerate().filter_map(describe).collect()
    }
}

impl<M: Model> fmt::Display for Counterexample<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.configuration)?;
        for (step, number) in self.steps.iter().zip(1..) {
            let (name, text) = (&self.names[step.thread], self.configuration.describe(step));
            writeln!(formatter, "{number:>4}. {name} {text}")?;
        }
        for (thread, text) in &self.blocked {
            writeln!(formatter, "      {} {text}", self.names[*thread])?;
        }
        write!(formatter, "  =>  {}", self.violation)
    }
}
