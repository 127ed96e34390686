//! Choices of main under loom. Main knows what it stored for the threads' choices, so its own are
//! given from outside: the whole search runs once for each tape, a list of values for main's first,
//! second, ... choice, zero where it ends.
//!
//! # Why every sequence of values is explored
//!
//! By induction on the place of the last value that is not zero: without it the sequence belongs to
//! a shorter tape, whose search meets the choice at that place with the same past, and asks for the
//! tapes with every other value there.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// The values of main's choices.
pub(crate) type Tape = Vec<usize>;

#[derive(Default)]
struct Reader {
    tape: Tape,
    place: usize,
    wanted: BTreeSet<Tape>,
}

thread_local! {
    static READER: RefCell<Reader> = RefCell::new(Reader::default());
}

/// Begins a search with this tape.
pub(crate) fn insert(tape: Tape) {
    READER.set(Reader { tape, ..Reader::default() });
}

/// Begins an execution.
pub(crate) fn rewind() {
    READER.with(|reader| reader.borrow_mut().place = 0);
}

/// Returns the next choice of main.
pub(crate) fn read(options: usize) -> usize {
    READER.with(|reader| {
        let reader = &mut *reader.borrow_mut();
        let place = reader.place;
        reader.place += 1;
        if let Some(value) = reader.tape.get(place) {
            return (*value).min(options - 1);
        }
        for value in 1..options {
            let mut tape = reader.tape.clone();
            tape.resize(place, 0);
            tape.push(value);
            reader.wanted.insert(tape);
        }
        0
    })
}

/// Takes the tapes that this search has shown to be needed.
pub(crate) fn wanted() -> BTreeSet<Tape> {
    READER.with(|reader| std::mem::take(&mut reader.borrow_mut().wanted))
}
