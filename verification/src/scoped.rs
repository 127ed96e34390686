//! C7 and C8: client programs whose threads and queues belong to a group, so that none of them can
//! hang, whatever they forget.
//!
//! The flow is that of the whole package, in small: programs, builds of the queue, one execution,
//! oracles, families, seeded bugs. `scope` is a thin layer over `Group` and over threads of the
//! operating system, which the checkers do not have; so what is explored here is `Group`, run by
//! hand as `scope` runs it: participants are registered by main before they start.

pub mod program;
pub mod subject;
pub mod subjects;
pub mod diary;
pub mod client;
pub mod story;
pub mod oracles;
pub mod run;
pub mod search;
pub mod hunt;
pub mod plan;
pub mod rows;
