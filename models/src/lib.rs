//! The specification of the queue.

mod cell;
mod conformance;
mod event;
mod state;
mod step;
mod violation;

pub use cell::{Cell, Claim};
pub use conformance::{Conformance, Summary};
pub use event::{Event, Recorded, Side};
pub use state::{Place, State, EVERYBODY};
pub use step::Effect;
pub use violation::Violation;
