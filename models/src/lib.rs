//! The specification of the queue, the programs around it that are explored, and the replay of real
//! executions.
//!
//! The parts, in this order:
//!
//! - **One step function**, [`State::step`]. It judges one [`Event`] of one queue and applies it.
//!   The code of the queue records such events while it holds its lock; [`Conformance`] replays
//!   them. A property test can use the same [`State`] as its reference ([`State::run_section`],
//!   [`one_queue::Attempt`]).
//! - **Programs around it**, [`one_queue`]: producers, workers and the threads that end them, in
//!   named [`Protocol`](one_queue::Protocol)s of every small [`Size`](one_queue::Size), and the
//!   seeded bugs ([`Mutant`](one_queue::Mutant)) that the properties must find.
//! - **Client programs as data**, [`program`]: one text for the model, the checkers and real threads.
//! - **An [`explorer`]** that visits every reachable state of such a program, and returns a
//!   shortest counterexample to a violated property. [`suite`] names what is explored,
//!   [`kill_table`] says which claim kills which mutant, [`drawing`] makes pictures.
//! - **Groups of threads and queues**, [`groups`], with deadlock detection: a model of the
//!   detector, action by action, checked against the definition of a deadlock.
//!
//! | claim | checked by |
//! | --- | --- |
//! | C1 conservation | [`Violation::ItemsUnbalanced`](one_queue::Violation::ItemsUnbalanced), [`ItemsLeft`](one_queue::Violation::ItemsLeft); [`Rejection::TookTooMany`], `TookNothing`, `DrainedWrongly`, `EvictWithRoom`, `EvictWithoutPush`, `LastReceiverDidNotDrain` |
//! | C2 sentinels | [`Violation::SentinelsUnbalanced`](one_queue::Violation::SentinelsUnbalanced), [`SecondSentinel`](one_queue::Violation::SecondSentinel); [`Rejection::NoSentinel`], `CrossedSentinel`, `DrainedSentinelsWrongly` |
//! | C3 order | [`Violation::OutOfOrder`](one_queue::Violation::OutOfOrder) |
//! | C4 capacity | [`Violation::SentinelWaited`](one_queue::Violation::SentinelWaited); [`Rejection::OverCapacity`], `SentinelWaited` |
//! | C5 close | [`Rejection::PushOnClosed`], `SentinelOnClosed`, `EvictOnClosed`, `RefusedAsClosed`, `RefusedAsOpen`, `SleptOnClosed`, `DrainWithoutClose`, `LastSenderDidNotClose`, `LastReceiverDidNotClose`, `LostWakeup` on a closed queue |
//! | C6 no lost wakeup | [`Rejection::LostWakeup`], `SleptWhenReady`, `NeedlessNotification`, `ExcessNotification`; [`Violation::BlockedThoughReady`](one_queue::Violation::BlockedThoughReady) |
//! | C7 no hang | [`Violation::Stuck`](one_queue::Violation::Stuck), [`RankNotDecreased`](one_queue::Violation::RankNotDecreased); in groups [`NoHang`](groups::Property::NoHang), [`Termination`](groups::Property::Termination) |
//! | C8 would block forever | [`NoFalseAlarm`](groups::Property::NoFalseAlarm), [`NoMiss`](groups::Property::NoMiss), [`AllReported`](groups::Property::AllReported) |
//! | C9 timeouts | [`Violation::EffectOfTimeout`](one_queue::Violation::EffectOfTimeout); [`Rejection::ReturnedWithoutRecheck`], `GaveUpEarly`, `RefusedWhenReady` |
//! | C11 completion | [`Violation::TaskForgotten`](one_queue::Violation::TaskForgotten); [`Rejection::JoinedEarly`], `NoSuchTask`, and `LostWakeup` and `SleptWhenReady` of [`Condition::Completed`] |
//! | C12 cancellation | [`Rejection::KeptWakeup`], `ActedCancelled` |
//!
//! Every exploration has bounds, which its report names. What holds for any number of threads is
//! proven in `models/proofs`; `models/tla` is a second formulation in TLA+.

mod cell;
mod event;
mod state;
mod rejection;
mod step;
mod conformance;
mod response;
pub mod program;
pub mod explorer;
pub mod one_queue;
pub mod groups;
mod outcomes;
pub mod drawing;
pub mod suite;
pub mod kill_table;

pub use cell::{Cell, Claim, Claims};
pub use conformance::{Conformance, Summary};
pub use event::{Condition, Event, Recorded, RegistryEvent, RegistryRecorded, WaitTarget};
pub use outcomes::outcomes;
pub use rejection::Rejection;
pub use response::{outcome, ItemId, Refusal, Response};
pub use state::{Location, State, UNLIMITED};
pub use step::Effect;
