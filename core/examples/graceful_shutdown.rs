//! A service that stops on a signal: `cargo run --example graceful_shutdown`, then Ctrl-C.
//!
//! The first SIGINT or SIGTERM closes the queue: no new jobs, and what is queued is still done. The
//! second one takes back what is left, and reports it. Either way every job accepted is accounted
//! for. A number as argument is how many milliseconds a job takes.

use sentinel_queue::{bounded, unbounded, Receiver};
use std::time::Duration;

const JOBS: usize = 12;
const WORKERS: usize = 2;

/// Does jobs until the queue ends, and says how many.
///
/// A job here only waits. It waits on a queue that never holds anything, so closing that queue wakes
/// all workers at once and cuts the jobs at hand short.
fn worker(jobs: &Receiver<usize>, hurry: &Receiver<()>, job_time: Duration) -> usize {
    let mut done = 0;
    for _job in jobs {
        let _ = hurry.recv_timeout(job_time);
        done += 1;
    }
    done
}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use std::thread;

    let milliseconds = std::env::args().nth(1).map_or(500, |argument| argument.parse().unwrap());
    let job_time = Duration::from_millis(milliseconds);
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let listening = signals.handle();
    let (jobs, inbox) = bounded(JOBS);
    let (hurry, patience) = unbounded();

    let workers = [(); WORKERS].map(|()| {
        let (inbox, patience) = (inbox.clone(), patience.clone());
        thread::spawn(move || worker(&inbox, &patience, job_time))
    });
    drop(inbox); // only the workers receive: if all of them panic, sending fails
    jobs.send_many(1..=JOBS).unwrap();
    println!("{JOBS} jobs accepted");

    let listener = thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            jobs.close();
            println!("closed: what is queued will be done");
        }
        let second = signals.next();
        second.map_or(0, |_| {
            let left = jobs.close_now().items;
            hurry.close();
            println!("in a hurry: {} jobs were taken back", left.len());
            left.len()
        })
    });

    let done: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    listening.close();
    let taken_back = listener.join().unwrap();
    println!("{done} jobs done, {taken_back} taken back");
    assert_eq!(done + taken_back, JOBS);
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("this example is about the signals of Unix");
    let _ = (bounded::<()>, unbounded::<()>, worker, JOBS, WORKERS);
}
