//! The active mutant: a property of the thread of the operating system. The checkers run a whole
//! search in one; with real threads, each of them selects the mutant.

use std::cell::Cell;

thread_local! {
    static ACTIVE: Cell<Option<usize>> = const { Cell::new(None) };
    static GAVE_UP: Cell<bool> = const { Cell::new(false) };
}

/// Activates a mutant by its place in the list, or none.
pub fn select(mutant: Option<usize>) {
    ACTIVE.set(mutant);
    GAVE_UP.set(false);
}

/// Returns whether this mutant is the active one. Called from the mutated source.
pub fn is(mutant: usize) -> bool {
    ACTIVE.get() == Some(mutant)
}

/// Remembers, until the end of the critical section, how a wait has ended: for mutants whose edit in
/// one place depends on what happened in another.
pub fn gave_up(timed_out: bool) {
    GAVE_UP.set(timed_out);
}

/// Takes what [`gave_up`] remembered.
pub fn has_given_up() -> bool {
    GAVE_UP.replace(false)
}
