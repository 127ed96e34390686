//! A progress line on the terminal: the run, how much of it is done, and the elapsed time.

use crate::report::table::fitted;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use terminal_size::terminal_size_of;

/// The minimum time between two drawings of the line.
const INTERVAL: Duration = Duration::from_millis(500);

/// A line on standard error; if that is no terminal, one line per run.
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
    /// Creates a progress line for so many runs.
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

    /// Begins a run of so many steps.
    pub fn begin(&self, name: &str, total: usize) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.run += 1;
        name.clone_into(&mut current.name);
        current.total = total;
        self.done.store(0, Ordering::Relaxed);
        if self.terminal {
            self.draw(&mut current);
        } else {
            let _ = writeln!(std::io::stderr(), "[{}/{}] {name}", current.run, self.runs);
        }
    }

    /// Counts one step.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if self.terminal {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if current.drawn.elapsed() > INTERVAL {
                self.draw(&mut current);
            }
        }
    }

    /// Clears the line for other output.
    pub fn clear(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn draw(&self, current: &mut Current) {
        current.drawn = Instant::now();
        let done = self.done.load(Ordering::Relaxed).min(current.total);
        let place = format!("[{}/{}]", current.run, self.runs);
        let seconds = self.begun.elapsed().as_secs();
        let line = line(&place, done, current.total, &current.name, seconds);
        let mut terminal = std::io::stderr().lock();
        // The last column stays free: a character there makes some terminals begin a new line.
        let room = terminal_size_of(&terminal).map_or(80, |(width, _)| usize::from(width.0));
        let _ = write!(terminal, "\r\x1b[K{}", fitted(&line, room.saturating_sub(1)));
        let _ = terminal.flush();
    }
}

/// Returns the text of the line, the most important parts first.
fn line(place: &str, done: usize, total: usize, name: &str, seconds: u64) -> String {
    const WIDTH: usize = 16;
    let filled = WIDTH * done / total.max(1);
    let (full, rest) = ("#".repeat(filled), "-".repeat(WIDTH - filled));
    format!("{place} {seconds} s [{full}{rest}] {done}/{total} {name}")
}
