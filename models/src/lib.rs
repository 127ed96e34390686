//! The specification of the queue: what it may do, which programs around it were explored, and how
//! real executions are held to it.
//!
//! Five things, in this order:
//!
//! - **One step function**, [`State::step`]. It judges one [`Event`] of one queue and says what it
//!   changes. The code of the queue records such events while it holds its lock; [`Conformance`]
//!   replays them. A property test can use the same [`State`] as its reference
//!   ([`State::perform`], [`client::Attempt`]).
//! - **Programs around it**, [`client`]: producers, workers and those who end them, in named
//!   [`Protocol`](client::Protocol)s of every small [`Size`](client::Size), and the faults
//!   ([`Mutation`](client::Mutation)) that the properties are tried on.
//! - **Client programs as data**, [`program`]: one text for the model, the checkers and real threads.
//! - **An [`explorer`]** that looks at every situation such a program can reach, and tells a shortest
//!   story of whatever is wrong. [`suite`] names what is explored, [`kills`] which fault each claim
//!   stops, [`drawing`] makes pictures.
//! - **Groups of threads and queues**, [`scope`], of which it is known when nobody is left who could
//!   wake anyone: how that is found out, step by step, and that it is found out rightly.
//!
//! | claim | judged by |
//! | --- | --- |
//! | C1 conservation | [`Fault::ItemsUnbalanced`](client::Fault::ItemsUnbalanced), [`ItemsLeft`](client::Fault::ItemsLeft); [`Violation::TookTooMany`], `TookNothing`, `DrainedWrongly`, `EvictWithRoom`, `EvictWithoutPush`, `LastReceiverDidNotDrain` |
//! | C2 sentinels | [`Fault::SentinelsUnbalanced`](client::Fault::SentinelsUnbalanced), [`SecondSentinel`](client::Fault::SecondSentinel); [`Violation::NoSentinel`], `CrossedSentinel`, `DrainedSentinelsWrongly` |
//! | C3 order | [`Fault::OutOfOrder`](client::Fault::OutOfOrder) |
//! | C4 capacity | [`Fault::SentinelWaited`](client::Fault::SentinelWaited); [`Violation::OverCapacity`], `SentinelWaited` |
//! | C5 close | [`Violation::PushOnClosed`], `SentinelOnClosed`, `EvictOnClosed`, `RefusedAsClosed`, `RefusedAsOpen`, `SleptOnClosed`, `DrainWithoutClose`, `LastSenderDidNotClose`, `LastReceiverDidNotClose`, `LostWakeup` on a closed queue |
//! | C6 no lost wakeup | [`Violation::LostWakeup`], `SleptWhenReady`, `NotifiedNobody`, `NotifiedTooMany`; [`Fault::SleepsForEver`](client::Fault::SleepsForEver) |
//! | C7 no hang | [`Fault::Stuck`](client::Fault::Stuck), [`NoCloser`](client::Fault::NoCloser); in groups [`NoHang`](scope::Property::NoHang), [`Termination`](scope::Property::Termination) |
//! | C8 would block forever | [`NoFalseAlarm`](scope::Property::NoFalseAlarm), [`NoMiss`](scope::Property::NoMiss), [`EverybodyTold`](scope::Property::EverybodyTold) |
//! | C9 timeouts | [`Fault::EffectOfTimeout`](client::Fault::EffectOfTimeout); [`Violation::LeftWithoutLooking`], `GaveUpEarly`, `RefusedWhenReady` |
//! | C11 completion | [`Fault::TaskForgotten`](client::Fault::TaskForgotten); [`Violation::JoinedEarly`], `NoSuchTask`, and `LostWakeup` and `SleptWhenReady` of [`Side::AllDone`] |
//!
//! What is explored has bounds, which every report names; what holds for any number of threads is
//! proven in `models/proofs`, and `models/tla` is a second formulation for readers.

mod cell;
pub mod client;
mod conformance;
pub mod drawing;
mod event;
pub mod explorer;
pub mod kills;
mod outcomes;
pub mod program;
mod response;
pub mod scope;
mod state;
mod step;
pub mod suite;
mod violation;

pub use cell::{Cell, Claim, Claims};
pub use conformance::{Conformance, Summary};
pub use event::{Event, Recorded, Side};
pub use outcomes::outcomes;
pub use response::{outcome, ItemId, Refusal, Response};
pub use state::{Place, State, EVERYBODY};
pub use step::Effect;
pub use violation::Violation;
