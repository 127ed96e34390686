//! Prints the litmus tests with their outcomes: what `LITMUS.md` holds.

fn main() {
    print!("{}", sentinel_queue_verification::litmus::document());
}
