//! Puts the mutants into a copy of the queue's source and compiles it over the shuttle backend.

fn main() {
    sentinel_queue_mutants::build("shuttle");
}
