//! Tests of the queue's promises with real threads: one file per promise.
//!
//! What several of them use comes first, then the claims (C1 to C12 of the README), then misuse, then
//! the queue compared with a sequential one, then whole programs and the repository itself.

mod operations;
mod process;
mod reference;
mod subject;
mod words;

mod c10_isolation;
mod c11_completion;
mod c12_cancellation;
mod c1_conservation;
mod c2_sentinels;
mod c3_order;
mod c4_capacity;
mod c5_close;
mod c6_wakeups;
mod c7_no_hang;
mod c8_would_block_forever;
mod c9_timeouts;

mod jobs;
mod misuse;
mod forgotten;
mod handles;
mod scopes;
mod types;

mod oracle;
mod linearizable;
mod sequential;
mod stress;

mod blog;
mod comparison;
mod examples;
mod migration;
mod modules;
mod pages;
mod system_calls;
