//! Exploration: programs on an engine, every execution judged, outcomes compared.

pub mod checks;
pub mod run;
pub mod engine;
pub mod replay;
pub mod search;
