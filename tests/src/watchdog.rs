//! A watchdog that turns a hang into a named failure.

use std::panic::resume_unwind;
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The limit: far beyond what any test here needs, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `body` on a thread of its own, and panics if it hangs.
///
/// A hung body is left behind; it ends with the process.
///
/// # Panics
///
/// When `body` does, with its panic; and when it hangs, with the name of the test.
pub fn with_watchdog<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    watched(LIMIT, body)
}

fn watched<R: Send + 'static>(limit: Duration, body: impl FnOnce() -> R + Send + 'static) -> R {
    // The test harness names the thread of each test after it.
    let name = thread::current().name().unwrap_or("a test").to_owned();
    // Not the queue under test: a watchdog must not need what it watches.
    let (ended, end) = channel::<()>();
    let body = move || {
        let _ended = ended; // dropped at the end, by a panic too
        body()
    };
    let body = thread::Builder::new().name(name.clone()).spawn(body).expect("a thread to spare");
    match end.recv_timeout(limit) {
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            body.join().unwrap_or_else(|panic| resume_unwind(panic))
        }
        Err(RecvTimeoutError::Timeout) => {
            panic!("{name} hangs: not over after {} seconds", limit.as_secs())
        }
    }
}

/// Yields until a condition holds. If it never does, the watchdog ends the test.
pub fn spin_until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_of_the_body_is_returned() {
        assert_eq!(with_watchdog(|| 7), 7);
    }

    #[test]
    #[should_panic(expected = "of its own")]
    fn panic_of_the_body_is_propagated() {
        with_watchdog(|| panic!("a panic of its own"));
    }

    #[test]
    #[should_panic(expected = "hang_becomes_a_named_failure hangs")]
    fn hang_becomes_a_named_failure() {
        watched(Duration::ZERO, || loop {
            thread::park();
        });
    }
}
