//! Programs around the queue: who sends, who receives, who ends it, and what may be wrong with it.

mod configuration;
mod fault;
mod mutation;
mod operation;
mod protocol;
pub(crate) mod section;
mod threads;
mod weigh;
mod world;

pub use configuration::{Configuration, Group, Handle, Program, Promise};
pub use fault::Fault;
pub use mutation::Mutation;
pub use operation::{Answer, Attempt, Manner, Operation, Patience};
pub use protocol::{Protocol, Size};
pub use section::Step;
pub use world::{Stage, Thread, World};

pub use crate::cell::Claims;
