//! Puts the mutants into a copy of the queue's source, and compiles it over the kernel.

#[path = "src"]
mod seeded {
    #[allow(dead_code, unreachable_pub, reason = "the library uses and exports the rest")]
    mod list;
    pub(super) mod splice;
}

fn main() {
    seeded::splice::build();
}
