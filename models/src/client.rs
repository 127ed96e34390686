//! Programs around the queue: who sends, who receives, who ends it, and what may be wrong with it.

mod configuration;
mod fault;
mod measure;
mod mutation;
mod operation;
mod protocol;
mod section;
mod system;
mod threads;
mod walk;
mod weigh;
mod world;

pub use configuration::{Configuration, Group, Handle, Program, Promise};
pub use fault::Fault;
pub use mutation::Mutation;
pub use operation::{Answer, Attempt, Manner, Operation, Patience};
pub use protocol::{Protocol, Size};
pub use section::Step;
pub(crate) use system::tell;
pub use walk::{walk, Walk};
pub use world::{Stage, Thread, World};

pub use crate::cell::Claims;
