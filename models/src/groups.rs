//! Groups: threads and queues of which it is known when nobody is left who could wake anyone.
//!
//! The model of the code that finds it out, at its own granularity: each taking of a lock is a step,
//! and whatever the locks permit may come in between. A participant enters itself in the group's
//! book before it sleeps, and strikes itself out when it is back; the last one to stop running asks
//! the queues, one by one, within one epoch of the book; then it tells everybody who waits, and
//! wakes them, queue by queue. The queues are the same [`State`](crate::State) as everywhere.
//!
//! An epoch is a number that changes with the book. Here it is one bit of each examination, whether
//! the book is still as it was: nothing else is ever asked of the number, and the worlds stay
//! finite. The queues may be asked in any order, of which the code uses one.
//!
//! What is looked at has names: [`Property`]. What *would block forever* means is judged with full
//! knowledge of the world, not from the book.

mod registry;
mod protocol;
mod family;
mod violation;
mod ranking;
mod mutant;
mod transitions;
mod program;
mod action;
mod event;
mod model;
mod deadlock;
mod global_state;

pub use action::Action;
pub use event::GroupEvent;
pub use family::Family;
pub use mutant::Mutant;
pub use program::{Configuration, Fanout, Instruction, Membership, Role};
pub use protocol::Protocol;
pub use violation::{Properties, Property, Violation};
