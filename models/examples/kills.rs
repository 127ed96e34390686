//! Prints what belongs into `models/KILLS.md`, the kill table and every counterexample; with the
//! argument `groups`, what belongs into `models/KILLS_OF_GROUPS.md`.

use sentinel_queue_models::kills::KillTable;
use sentinel_queue_models::{client, scope};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("groups") => print!("{}", KillTable::<scope::Mutation>::make().page()),
        _ => print!("{}", KillTable::<client::Mutation>::make().page()),
    }
}
