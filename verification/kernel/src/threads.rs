//! The driver of real threads, with a watchdog that turns a hang into a failure. Nothing is explored
//! here; it is for stress runs, and for what checkers cannot do, such as unwinding through a critical
//! section.

use crate::engine::threads::{join, start, Execution};
use crate::outcome::{Failure, Outcome};
use sentinel_queue_models::Recorded;
use std::fmt::Write;
use std::sync::mpsc::channel;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs `body`, main's part, `executions` times on real threads. An execution that takes longer
/// than `watchdog` is a failure; its threads are left behind.
pub fn stress(
    executions: u64,
    watchdog: Duration,
    body: impl Fn() + Send + Sync + 'static,
) -> Outcome {
    let body = Arc::new(body);
    let start = Instant::now();
    let mut outcome = Outcome { engine: "threads", version: "std", ..Outcome::default() };
    while outcome.executions < executions && outcome.failure.is_none() {
        outcome.executions += 1;
        outcome.failure = once(watchdog, Arc::clone(&body)).err();
    }
    outcome.elapsed = start.elapsed();
    outcome
}

fn once(watchdog: Duration, body: Arc<impl Fn() + Send + Sync + 'static>) -> Result<(), Failure> {
    let (verdict, result) = channel();
    let execution = Execution::new(verdict.clone());
    let main = move || {
        body();
        join();
        let _ = verdict.send(Ok(()));
    };
    let handle = start(Arc::clone(&execution), 0, main);
    let result = result.recv_timeout(watchdog);
    let message = match result {
        Ok(Ok(())) => {
            handle.join().expect("main catches its panics");
            return Ok(());
        }
        Ok(Err(message)) => message,
        Err(_) => format!("a hang: not finished after {watchdog:?}"),
    };
    Err(Failure { message, token: String::new(), interleaving: render(&execution.history()) })
}

fn render(history: &[Recorded]) -> String {
    let mut text = String::new();
    for (line, Recorded { thread, queue, event }) in history.iter().enumerate() {
        writeln!(text, "{line:>4}  thread {thread}  queue {queue}: {event:?}")
            .expect("strings take everything");
    }
    text
}
