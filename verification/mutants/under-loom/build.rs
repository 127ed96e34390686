//! Puts the mutants into a copy of the queue's source and compiles it over the loom backend.

fn main() {
    sentinel_queue_mutants::build("loom");
}
