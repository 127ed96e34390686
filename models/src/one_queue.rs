//! Programs around the queue: who sends, who receives, who ends it, and what may be wrong with it.

mod configuration;
mod violation;
mod ranking;
mod mutant;
mod operation;
mod protocol;
mod section;
mod model;
mod threads;
mod simulate;
mod check;
mod global_state;

pub use configuration::{Configuration, Guarantee, Handle, Program, Role};
pub use global_state::{GlobalState, ProgramCounter, Thread};
pub(crate) use model::describe;
pub use mutant::Mutant;
pub use operation::{Attempt, AttemptMode, AttemptResult, Operation, Timeout};
pub use protocol::{Protocol, Size};
pub use section::Action;
pub use simulate::{simulate, RandomWalk};
pub use violation::Violation;

pub use crate::cell::Claims;
