//! Explicit-state exploration: every reachable state of a model, and a shortest counterexample.

mod state_graph;
mod search;
mod store;
mod counterexample;
mod model;

pub use counterexample::{Counterexample, TraceStep};
pub use model::Model;
pub use search::{explore, Exploration, Limits};
pub use state_graph::StateGraph;
pub(crate) use store::Fold;
