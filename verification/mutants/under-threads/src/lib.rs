//! The queue with all mutants in it; [`sentinel_queue_mutants::select`] activates one at a time.
//! Without one it is the queue as it ships, and what the mutants left unused or awkward is theirs.
#![allow(warnings, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/queue/lib.rs"));
