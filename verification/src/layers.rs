//! The layers beside the search of the source: seeded bugs, and recorded traces for Coq.

pub mod mutation;
pub mod traces;
pub mod group_traces;
