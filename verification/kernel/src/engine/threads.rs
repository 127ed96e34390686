//! One execution of real threads: its record, and its threads. The standard library's mutex and
//! condition variable run it.

use super::Engine;
use crate::panics::{self, Panic};
use sentinel_queue_models::{Event, Recorded, RegistryEvent, RegistryRecorded};
use std::cell::RefCell;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

thread_local! {
    static CURRENT: RefCell<Option<CurrentThread>> = const { RefCell::new(None) };
}

/// The state that all threads of an execution share.
pub(crate) struct Execution {
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
    registry_record: Vec<RegistryRecorded>,
    threads: Vec<JoinHandle<()>>,
    started: usize,
}

/// The thread-local state of a thread.
pub(crate) struct CurrentThread {
    execution: Arc<Execution>,
    me: usize,
    held: Vec<usize>,
}

/// Runs `work` on the state of the running thread.
pub(crate) fn current<R>(work: impl FnOnce(&mut CurrentThread) -> R) -> R {
    CURRENT.with(|thread| {
        let mut thread = thread.borrow_mut();
        work(thread.as_mut().expect("the kernel exists only inside an execution"))
    })
}

impl Execution {
    pub(crate) fn new(verdict: Sender<Result<(), String>>) -> Arc<Self> {
        Arc::new(Execution { log: Mutex::default(), verdict })
    }

    /// Returns all events so far.
    pub(crate) fn history(&self) -> Vec<Recorded> {
        self.log(|log| log.history.clone())
    }

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
    pub(crate) fn me(&self) -> usize {
        self.me
    }

    pub(crate) fn holds_a_mutex(&self) -> bool {
        !self.held.is_empty()
    }

    pub(crate) fn new_mutex(&mut self) -> usize {
        self.execution.log(|log| {
            log.mutexes.push(None);
            log.mutexes.len() - 1
        })
    }

    pub(crate) fn locked(&mut self, mutex: usize) {
        self.held.push(mutex);
    }

    pub(crate) fn unlocking(&mut self, mutex: usize) {
        self.held.retain(|held| *held != mutex);
        let thread = self.me;
        self.execution.log(|log| {
            if let Some(queue) = log.mutexes[mutex] {
                log.append(Recorded { thread, queue, event: Event::Unlock });
            }
        });
    }

    pub(crate) fn record(&mut self, event: Event) {
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

    pub(crate) fn record_in_group(&mut self, event: RegistryEvent) {
        let (thread, held) = (self.me, &self.held);
        assert!(!held.is_empty(), "{event:?} is recorded outside of critical sections");
        self.execution.log(|log| {
            let queue = held.iter().rev().find_map(|mutex| log.mutexes[*mutex]);
            let position = log.history.len();
            log.registry_record.push(RegistryRecorded { position, thread, queue, event });
        });
    }

    pub(crate) fn take_registry_record(&mut self) -> Vec<RegistryRecorded> {
        self.execution.log(|log| std::mem::take(&mut log.registry_record))
    }

    pub(crate) fn take_record(&mut self) -> Vec<Recorded> {
        self.execution.log(|log| std::mem::take(&mut log.record))
    }
}

/// Starts a thread of the running execution.
pub(crate) fn spawn(body: impl FnOnce() + Send + 'static) {
    let (execution, me) = current(|thread| (Arc::clone(&thread.execution), thread.me));
    assert!(me == 0, "only main spawns, or the numbers of the threads would be a race");
    let me = execution.log(|log| {
        log.started += 1;
        log.started
    });
    let handle = start(Arc::clone(&execution), me, body);
    execution.log(|log| log.threads.push(handle));
}

/// Joins the threads of the running execution.
pub(crate) fn join() {
    let execution = current(|thread| Arc::clone(&thread.execution));
    for handle in execution.log(|log| std::mem::take(&mut log.threads)) {
        handle.join().expect("threads catch their panics");
    }
}

/// Starts a thread of this execution, of that number.
pub(crate) fn start(
    execution: Arc<Execution>,
    me: usize,
    body: impl FnOnce() + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        panics::capture();
        super::begin(Engine::Threads);
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
