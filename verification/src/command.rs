//! The command: its options, its session, and its summary.

pub mod options;
pub mod summary;
pub mod session;
