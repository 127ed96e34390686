//! Drawings: what a configuration can reach, as a state graph, and a trace or a counterexample, as
//! a space-time diagram.

mod graph;
mod space_time;

pub use graph::state_graph;
pub use space_time::SpaceTime;
