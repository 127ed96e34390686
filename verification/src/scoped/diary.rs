//! What the threads of an execution were told, kept outside of the explored world; main looks when
//! everybody has finished or sleeps.

use super::subject::{Reported, Told};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// One operation that has returned.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it told.
    pub told: Told,
    /// The report that was the latest then, if the operation told that it would block forever.
    pub report: Option<Reported>,
}

/// The diary of one execution.
#[derive(Debug)]
pub struct Diary {
    threads: Vec<Mutex<Vec<Entry>>>,
    held: AtomicBool,
}

impl Diary {
    /// For so many threads, main not among them; whether somebody holds a token.
    pub fn new(threads: usize, held: bool) -> Self {
        let threads = (0..threads).map(|_| Mutex::default()).collect();
        Diary { threads, held: AtomicBool::new(held) }
    }

    /// An operation of a thread has returned.
    ///
    /// # Panics
    ///
    /// When a participant is told that it would block forever while somebody holds a token.
    pub fn enter(&self, thread: usize, entry: Entry) {
        let held = self.held.load(Ordering::SeqCst);
        assert!(!(entry.told.forever && held), "C8: a report, and somebody holds a token");
        let place = self.threads[thread - 1].lock();
        place.unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// The token is about to be dropped.
    pub fn lets_go(&self) {
        self.held.store(false, Ordering::SeqCst);
    }

    /// What everybody was told; the first is thread 1.
    pub fn entries(&self) -> Vec<Vec<Entry>> {
        let entries = |thread: &Mutex<Vec<Entry>>| {
            thread.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        self.threads.iter().map(entries).collect()
    }
}
