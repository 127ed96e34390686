//! One execution of real threads: its record, its threads and its first failure. The driver runs
//! many of them, with a watchdog that turns a hang into a failure.

use crate::outcome::{Failure, Outcome};
use crate::panics::{self, Panic};
use sentinel_queue_models::{Event, Recorded};
use std::cell::RefCell;
use std::fmt::Write;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

thread_local! {
    static CURRENT: RefCell<Option<CurrentThread>> = const { RefCell::new(None) };
}

/// The state that all threads of an execution share.
struct Execution {
    log: Mutex<Log>,
    verdict: Sender<Result<(), String>>,
}

#[derive(Default)]
struct Log {
    /// For each mutex the queue it protects, from its `Create` on.
    mutexes: Vec<Option<usize>>,
    queues: usize,
    record: Vec<Recorded>,
    /// A copy that is never taken, for the failure.
    history: Vec<Recorded>,
    threads: Vec<JoinHandle<()>>,
    started: usize,
}

/// The thread-local state of a thread.
pub(super) struct CurrentThread {
    execution: Arc<Execution>,
    me: usize,
    held: Vec<usize>,
}

/// Runs `work` on the state of the running thread.
pub(super) fn current<R>(work: impl FnOnce(&mut CurrentThread) -> R) -> R {
    CURRENT.with(|thread| {
        let mut thread = thread.borrow_mut();
        work(thread.as_mut().expect("the kernel exists only inside an execution"))
    })
}

impl Execution {
    fn log<R>(&self, work: impl FnOnce(&mut Log) -> R) -> R {
        work(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Log {
    fn append(&mut self, recorded: Recorded) {
        self.record.push(recorded);
        self.history.push(recorded);
    }
}

impl CurrentThread {
    pub(super) fn me(&self) -> usize {
        self.me
    }

    pub(super) fn new_mutex(&mut self) -> usize {
        self.execution.log(|log| {
            log.mutexes.push(None);
            log.mutexes.len() - 1
        })
    }

    pub(super) fn locked(&mut self, mutex: usize) {
        self.held.push(mutex);
    }

    pub(super) fn unlocking(&mut self, mutex: usize) {
        self.held.retain(|held| *held != mutex);
        let thread = self.me;
        self.execution.log(|log| {
            if let Some(queue) = log.mutexes[mutex] {
                log.append(Recorded { thread, queue, event: Event::Unlock });
            }
        });
    }

    pub(super) fn record(&mut self, event: Event) {
        let (thread, held) = (self.me, &self.held);
        let creates = matches!(event, Event::Create { .. });
        self.execution.log(|log| {
            let fits = |mutex: &&usize| creates || log.mutexes[**mutex].is_some();
            let mutex = held.iter().rev().find(fits).copied();
            let mutex = mutex.unwrap_or_else(|| {
                panic!("{event:?} is recorded outside of the critical sections of a created queue")
            });
            if creates {
                assert!(log.mutexes[mutex].is_none(), "the queue of this mutex is created twice");
                log.mutexes[mutex] = Some(log.queues);
                log.queues += 1;
            }
            let queue = log.mutexes[mutex].expect("just found or made");
            log.append(Recorded { thread, queue, event });
        });
    }

    pub(super) fn take_record(&mut self) -> Vec<Recorded> {
        self.execution.log(|log| std::mem::take(&mut log.record))
    }
}

pub(super) fn spawn(body: Box<dyn FnOnce() + Send>) {
    let (execution, me) = current(|thread| (Arc::clone(&thread.execution), thread.me));
    assert!(me == 0, "only main spawns, or the numbers of the threads would be a race");
    let me = execution.log(|log| {
        log.started += 1;
        log.started
    });
    let handle = start(Arc::clone(&execution), me, body);
    execution.log(|log| log.threads.push(handle));
}

pub(super) fn join() {
    let execution = current(|thread| Arc::clone(&thread.execution));
    for handle in execution.log(|log| std::mem::take(&mut log.threads)) {
        handle.join().expect("threads catch their panics");
    }
}

fn start(execution: Arc<Execution>, me: usize, body: Box<dyn FnOnce() + Send>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        panics::capture();
        CURRENT.with(|thread| {
            *thread.borrow_mut() =
                Some(CurrentThread { execution: Arc::clone(&execution), me, held: Vec::new() });
        });
        if let Err(Panic::Text(message)) = panics::caught(body) {
            // The send fails if the driver has already given up; the message is then not needed.
            let _ = execution.verdict.send(Err(message));
        }
    })
}

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
    let (verdict, result): (_, Receiver<Result<(), String>>) = channel();
    let execution = Arc::new(Execution { log: Mutex::default(), verdict: verdict.clone() });
    let main = Box::new(move || {
        body();
        join();
        let _ = verdict.send(Ok(()));
    });
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
    let interleaving = execution.log(|log| render(&log.history));
    Err(Failure { message, token: String::new(), interleaving })
}

fn render(history: &[Recorded]) -> String {
    let mut text = String::new();
    for (line, Recorded { thread, queue, event }) in history.iter().enumerate() {
        writeln!(text, "{line:>4}  thread {thread}  queue {queue}: {event:?}")
            .expect("strings take everything");
    }
    text
}
