//! Prints what belongs into `models/KILLS.md`: the kill table and every counterexample.

use sentinel_queue_models::kills::KillTable;

fn main() {
    print!("{}", KillTable::make().page());
}
