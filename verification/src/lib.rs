//! The evidence for the claims of sentinel-queue, made by running its own source.
//!
//! A *program* of client operations runs on an *engine*, which explores its schedules; *oracles*
//! judge every execution; whole families of programs, litmus tests and seeded bugs make up the
//! *plan*; what it finds is a table of *claims*. The modules below are in the order in
//! which they build on each other: each imports only from those above it.

pub mod client;
pub mod oracles;
pub mod explore;
pub mod litmus;
pub mod layers;
pub mod report;
pub mod plan;
pub mod command;
