//! Explicit-state exploration: every reachable state of a model, and a shortest counterexample.

use std::time::{Duration, Instant};

use search::Search;

mod model;
mod store;
mod search;
mod counterexample;
mod state_graph;

pub use counterexample::Counterexample;
pub use model::{Model, TraceStep};
pub use search::Limits;
pub use state_graph::StateGraph;
pub(crate) use store::Fold;

/// What a search has found.
#[derive(Clone, Debug)]
pub struct Exploration<M: Model> {
    /// The number of reachable states (of reached states, if the search is not complete).
    pub states: usize,
    /// The number of transitions between them.
    pub transitions: usize,
    /// The number of terminal states.
    pub terminals: usize,
    /// Whether every reachable state was visited.
    pub complete: bool,
    /// The time it took.
    pub time: Duration,
    /// A shortest counterexample, if there is one.
    pub counterexample: Option<Counterexample<M>>,
}

/// Explores every reachable state of a model, and stops at the first violation of these properties.
pub fn explore<M: Model>(model: &M, properties: M::Properties, limits: Limits) -> Exploration<M> {
    let start = Instant::now();
    let mut search = Search::new(model, properties);
    let found = search.run(limits, start);
    let counterexample = found.err().map(|failure| search.counterexample(failure));
    Exploration {
        states: search.store.len(),
        transitions: search.transitions,
        terminals: search.terminals,
        complete: search.visited == search.store.len(),
        time: start.elapsed(),
        counterexample,
    }
}
