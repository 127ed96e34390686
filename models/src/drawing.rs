//! Drawings, for people who would rather look: what a configuration can reach, as a graph, and what
//! happened in a trace or a counterexample, as a space-time diagram.

mod graph;
mod space_time;

pub use graph::state_graph;
pub use space_time::SpaceTime;
