//! The evidence for the claims of sentinel-queue, made by running its own source.
//!
//! A *program* of client operations runs on an *engine*, which explores its schedules; *oracles*
//! judge every execution; whole families of programs, litmus tests and seeded bugs make up the
//! *plan*; what it finds is a table of *claims*. The files below are in the order of that flow.

pub mod checks;
pub mod item;
pub mod subject;
pub mod subjects;
pub mod observations;
pub mod client;
pub mod spawn;
pub mod history;
pub mod oracles;
pub mod linearize;
pub mod run;
pub mod engine;
pub mod replay;
pub mod search;
pub mod litmus;
pub mod mutation;
pub mod claims;
pub mod report;
pub mod rows;
pub mod table;
pub mod progress;
pub mod plan;
pub mod kills;
pub mod runner;
pub mod traces;
pub mod group_traces;
pub mod external;
pub mod execute;
pub mod processes;
pub mod counts;
pub mod documents;
pub mod site;
pub mod options;
pub mod summary;
pub mod session;
