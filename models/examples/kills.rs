//! Prints what belongs into `models/KILLS.md`, the kill table and every counterexample; with the
//! argument `groups`, what belongs into `models/KILLS_OF_GROUPS.md`.

use sentinel_queue_models::kill_table::KillTable;
use sentinel_queue_models::{groups, one_queue};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("groups") => print!("{}", KillTable::<groups::Mutant>::make().page()),
        _ => print!("{}", KillTable::<one_queue::Mutant>::make().page()),
    }
}
