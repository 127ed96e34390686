//! Programs around one queue: which threads send, receive and end it, and the seeded bugs.

mod mutant;
mod operation;
mod configuration;
mod violation;
mod protocol;
mod global_state;
mod ranking;
mod section;
mod threads;
mod check;
mod model;
mod simulate;

pub use configuration::{Configuration, Guarantee, Handle, Program, Role};
pub use global_state::{GlobalState, ProgramCounter, Thread};
pub use mutant::Mutant;
pub use operation::{Attempt, AttemptMode, AttemptResult, Operation, Timeout};
pub use protocol::{Protocol, Size};
pub use section::Action;
pub use simulate::{simulate, RandomWalk};
pub use violation::Violation;

pub use crate::cell::Claims;
