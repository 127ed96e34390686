//! One execution of real threads: its record, its threads, its first failure; and the driver that
//! runs many of them, with a watchdog that turns a hang into a failure.

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
    static HERE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// What all threads of an execution share.
struct World {
    books: Mutex<Books>,
    verdict: Sender<Result<(), String>>,
}

#[derive(Default)]
struct Books {
    /// For each mutex the queue it protects, from its `Create` on.
    mutexes: Vec<Option<usize>>,
    queues: usize,
    record: Vec<Recorded>,
    /// A copy that is never taken, for the failure.
    history: Vec<Recorded>,
    threads: Vec<JoinHandle<()>>,
    started: usize,
}

/// Where a thread is.
pub(super) struct Place {
    world: Arc<World>,
    me: usize,
    held: Vec<usize>,
}

/// The running thread's place.
pub(super) fn here<R>(work: impl FnOnce(&mut Place) -> R) -> R {
    HERE.with(|place| {
        let mut place = place.borrow_mut();
        work(place.as_mut().expect("the kernel exists only inside an execution"))
    })
}

impl World {
    fn books<R>(&self, work: impl FnOnce(&mut Books) -> R) -> R {
        work(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Books {
    fn enter(&mut self, recorded: Recorded) {
        self.record.push(recorded);
        self.history.push(recorded);
    }
}

impl Place {
    pub(super) fn me(&self) -> usize {
        self.me
    }

    pub(super) fn new_mutex(&mut self) -> usize {
        self.world.books(|books| {
            books.mutexes.push(None);
            books.mutexes.len() - 1
        })
    }

    pub(super) fn locked(&mut self, mutex: usize) {
        self.held.push(mutex);
    }

    pub(super) fn unlocking(&mut self, mutex: usize) {
        self.held.retain(|held| *held != mutex);
        let thread = self.me;
        self.world.books(|books| {
            if let Some(queue) = books.mutexes[mutex] {
                books.enter(Recorded { thread, queue, event: Event::Unlock });
            }
        });
    }

    pub(super) fn record(&mut self, event: Event) {
        let (thread, held) = (self.me, &self.held);
        let creates = matches!(event, Event::Create { .. });
        self.world.books(|books| {
            let fits = |mutex: &&usize| creates || books.mutexes[**mutex].is_some();
            let mutex = held.iter().rev().find(fits).copied();
            let mutex = mutex.unwrap_or_else(|| {
                panic!("{event:?} is recorded outside of the critical sections of a created queue")
            });
            if creates {
                assert!(books.mutexes[mutex].is_none(), "the queue of this mutex is created twice");
                books.mutexes[mutex] = Some(books.queues);
                books.queues += 1;
            }
            let queue = books.mutexes[mutex].expect("just found or made");
            books.enter(Recorded { thread, queue, event });
        });
    }

    pub(super) fn take_record(&mut self) -> Vec<Recorded> {
        self.world.books(|books| std::mem::take(&mut books.record))
    }
}

pub(super) fn spawn(body: Box<dyn FnOnce() + Send>) {
    let (world, me) = here(|place| (Arc::clone(&place.world), place.me));
    assert!(me == 0, "only main spawns, or the numbers of the threads would be a race");
    let me = world.books(|books| {
        books.started += 1;
        books.started
    });
    let handle = start(Arc::clone(&world), me, body);
    world.books(|books| books.threads.push(handle));
}

pub(super) fn join() {
    let world = here(|place| Arc::clone(&place.world));
    for handle in world.books(|books| std::mem::take(&mut books.threads)) {
        handle.join().expect("threads catch their panics");
    }
}

fn start(world: Arc<World>, me: usize, body: Box<dyn FnOnce() + Send>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        panics::capture();
        HERE.with(|place| {
            *place.borrow_mut() = Some(Place { world: Arc::clone(&world), me, held: Vec::new() });
        });
        if let Err(Panic::Text(message)) = panics::caught(body) {
            // The driver may have given up already; then nobody needs to know.
            let _ = world.verdict.send(Err(message));
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
    let (verdict, judge): (_, Receiver<Result<(), String>>) = channel();
    let world = Arc::new(World { books: Mutex::default(), verdict: verdict.clone() });
    let main = Box::new(move || {
        body();
        join();
        let _ = verdict.send(Ok(()));
    });
    let handle = start(Arc::clone(&world), 0, main);
    let result = judge.recv_timeout(watchdog);
    let message = match result {
        Ok(Ok(())) => {
            handle.join().expect("main catches its panics");
            return Ok(());
        }
        Ok(Err(message)) => message,
        Err(_) => format!("a hang: not finished after {watchdog:?}"),
    };
    let interleaving = world.books(|books| render(&books.history));
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
