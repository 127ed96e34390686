//! Groups: threads and queues with deadlock detection.
//!
//! The model of the detector, at its own granularity: each acquisition of a lock is an action, and
//! every interleaving that the locks permit is explored. A participant registers as blocked before
//! it sleeps, and unregisters after. The last one to stop running starts a detection: it checks the
//! queues, one by one, within one epoch of the registry; then it reports the deadlock to all
//! blocked participants, and notifies them, queue by queue. The queues are the same
//! [`State`](crate::State) as everywhere.
//!
//! An epoch is a number that changes with the registry. Here it is one bit of each detection:
//! whether the registry is unchanged. No other question is asked of the number, and so the state
//! space stays finite. A detection may check the queues in any order; the code uses one of these.
//!
//! The checked properties have names: [`Property`]. Whether there is a deadlock (*would block
//! forever*) is decided from the global state, not from the registry.

mod violation;
mod mutant;
mod program;
mod protocol;
mod family;
mod global_state;
mod ranking;
mod action;
mod registry;
mod judge;
mod deadlock;
mod event;
mod transitions;
mod model;

pub use action::Action;
pub use event::GroupEvent;
pub use family::Family;
pub use judge::GroupConformance;
pub use mutant::Mutant;
pub use program::{Configuration, Fanout, Instruction, Membership, Role};
pub use protocol::Protocol;
pub use violation::{Properties, Property, Violation};
