//! The reachable states of a small model, state by state.

use std::time::Instant;

use super::search::{Limits, Search};
use super::Model;

/// The state graph of a model: all reachable states and the transitions between them.
pub struct StateGraph<'a, M: Model> {
    search: Search<'a, M>,
}

impl<'a, M: Model> StateGraph<'a, M> {
    /// Explores a model for these properties. The graph ends at the first violation.
    pub fn of(model: &'a M, properties: M::Properties) -> Self {
        let mut search = Search::new(model, properties);
        // The reached states matter here, not the violation.
        let _found = search.run(Limits::default(), Instant::now());
        Self { search }
    }

    /// Returns the number of states. They are numbered from 0, the initial state.
    #[allow(clippy::len_without_is_empty)] // There is always the initial state.
    pub fn len(&self) -> usize {
        self.search.store.len()
    }

    /// Returns the state of a number.
    pub fn state(&self, number: usize) -> M::State {
        self.search.state(number)
    }

    /// Returns the transitions out of a state: the thread, its action and the next state.
    pub fn transitions(&self, number: usize) -> Vec<(usize, M::Action, usize)> {
        let edges = self.search.edges(number).into_iter();
        edges.map(|edge| (edge.thread, edge.action, edge.target)).collect()
    }
}
