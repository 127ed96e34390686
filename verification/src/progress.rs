//! A bar on the terminal, so that whoever waits knows for what, and for how long.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One line on standard error. Where that is no terminal, one line per run.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    runs: usize,
    begun: Instant,
    current: Mutex<Current>,
    done: AtomicUsize,
}

#[derive(Debug)]
struct Current {
    run: usize,
    name: String,
    total: usize,
    drawn: Instant,
}

impl Progress {
    /// A bar for so many runs.
    pub fn over(runs: usize) -> Self {
        let now = Instant::now();
        let current = Current { run: 0, name: String::new(), total: 0, drawn: now };
        Progress {
            terminal: std::io::stderr().is_terminal(),
            runs,
            begun: now,
            current: Mutex::new(current),
            done: AtomicUsize::new(0),
        }
    }

    /// A run of so many steps begins.
    pub fn begin(&self, name: &str, total: usize) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.run += 1;
        name.clone_into(&mut current.name);
        current.total = total;
        self.done.store(0, Ordering::Relaxed);
        if self.terminal {
            self.draw(&mut current);
        } else {
            eprintln!("[{}/{}] {name}", current.run, self.runs);
        }
    }

    /// One step is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if self.terminal {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if current.drawn.elapsed() > Duration::from_millis(100) {
                self.draw(&mut current);
            }
        }
    }

    /// Makes room for other output.
    pub fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }

    fn draw(&self, current: &mut Current) {
        const WIDTH: usize = 30;
        current.drawn = Instant::now();
        let done = self.done.load(Ordering::Relaxed).min(current.total);
        let filled = WIDTH * done / current.total.max(1);
        let (full, rest) = ("#".repeat(filled), "-".repeat(WIDTH - filled));
        let (run, runs, total) = (current.run, self.runs, current.total);
        let seconds = self.begun.elapsed().as_secs();
        let name = &current.name;
        eprint!("\r\x1b[K[{run}/{runs}] [{full}{rest}] {done}/{total} {name} {seconds} s");
        let _ = std::io::stderr().flush();
    }
}
