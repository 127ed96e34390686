//! Prints what belongs into `models/KILLS.md`, the kill table and every counterexample; with the
//! argument `groups`, what belongs into `models/KILLS_OF_GROUPS.md`.

use sentinel_queue_models::{kills, scope};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("groups") => print!("{}", scope::KillTable::make().page()),
        _ => print!("{}", kills::KillTable::make().page()),
    }
}
