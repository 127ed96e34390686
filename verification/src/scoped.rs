//! C7 and C8: client programs whose threads and queues belong to a group, so that none of them can
//! hang, whatever they forget.
//!
//! The flow is that of the whole package, in small: programs, builds of the queue, one execution,
//! oracles, families, seeded bugs. Most programs run `Group` by hand as `scope` runs it: main
//! registers the participants before they start. Under shuttle, which has threads of its own that
//! borrow, the same programs are run by `scope` itself.

pub mod subject;
pub mod subjects;
pub mod diary;
pub mod client;
pub mod story;
pub mod oracles;
pub mod run;
pub mod hunt;
pub mod plan;
