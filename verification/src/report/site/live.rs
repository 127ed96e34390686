//! Executions of the code that were recorded for the site: the programs of the blog in a scope, and
//! a pool of workers on real threads.

use super::builder::Builder;
use super::data::{Beside, Kind, Schedule, Step};
use sentinel_queue_checked as checked;
use sentinel_queue_kernel::shuttle::{self, Sampler};
use sentinel_queue_kernel::{harness, threads, Limits};
use sentinel_queue_models::{Event, Recorded};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An entry of the log of an execution.
#[derive(Debug)]
enum Entry {
    Event(Recorded),
    Printed(usize, String),
    Finished(usize),
}

/// The log that all threads of an execution write to.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<(Vec<Entry>, Option<String>)>>);

impl Log {
    fn open(&self) -> MutexGuard<'_, (Vec<Entry>, Option<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry after all events that were recorded before it.
    fn add(&self, entry: impl FnOnce(usize) -> Entry) {
        let mut log = self.open();
        log.0.extend(harness::take_record().into_iter().map(Entry::Event));
        log.0.push(entry(harness::me()));
    }

    fn print(&self, text: String) {
        self.add(|thread| Entry::Printed(thread, text));
    }

    fn finish(&self) {
        self.add(Entry::Finished);
    }
}

/// The description of a deadlock of a program of the blog.
const DEADLOCK: &str =
    "Deadlock: all threads of the scope are blocked and none can be woken. Each \
     blocked operation returns WouldBlockForever, and the scope returns the report.";

/// The loop of the blog's workers, and what its producer sends at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    WhileNotEmpty,
    Forgotten,
    Sentinels,
}

const WORKERS: [&str; 3] = ["steve", "john", "nancy"];

/// Runs the programs of the blog with this queue, each under one schedule of shuttle.
pub fn blog() -> Vec<Schedule> {
    let beside = |program, gevent| Beside { program, gevent, report: None };
    let first = beside(
        include_str!("assets/blog/01_blog_while_not_empty.py"),
        include_str!("assets/blog/01_blog_while_not_empty.out"),
    );
    let second = beside(
        include_str!("assets/blog/02_blog_iter_loopexit.py"),
        include_str!("assets/blog/02_blog_iter_loopexit.out"),
    );
    let third = beside(
        include_str!("assets/blog/03_blog_stopiteration.py"),
        include_str!("assets/blog/03_blog_stopiteration.out"),
    );
    let ends = "While the queue is not empty: each worker sees the queue empty, and ends";
    let races = "While the queue is not empty, in another schedule: a worker sees the last task, \
                 and another one takes it";
    let forgotten = "A loop that nothing ends: a deadlock, reported to every worker";
    let sentinels = "A sentinel for each worker: three loops ended by three sentinels";
    let plays = [
        ("blog-1", ends, Program::WhileNotEmpty, false, first.clone()),
        ("blog-1-race", races, Program::WhileNotEmpty, true, first),
        ("blog-2", forgotten, Program::Forgotten, true, second),
        ("blog-3", sentinels, Program::Sentinels, false, third),
    ];
    let play =
        |(id, title, program, deadlock, beside)| blog_play(id, title, program, deadlock, &beside);
    plays.into_iter().filter_map(play).collect()
}

/// Returns the first schedule, by seed, that ends in a deadlock, or that does not.
fn blog_play(
    id: &str,
    title: &str,
    program: Program,
    deadlock: bool,
    beside: &Beside,
) -> Option<Schedule> {
    const SEEDS: u64 = 500;
    let run = |seed| Some((seed, execution(program, seed)?));
    let wanted =
        |(_, (_, report)): &(u64, (Vec<Entry>, Option<String>))| report.is_some() == deadlock;
    let (seed, (entries, report)) = (1..SEEDS).filter_map(run).find(wanted)?;
    let names = ["main", "boss"].into_iter().chain(WORKERS).map(str::to_owned).collect();
    let source = format!(
        "This crate's own source in a scope, under shuttle's random scheduler with seed {seed}. \
         What gevent printed beside it is the recorded output of the Python program; StopIteration \
         is its sentinel, LoopExit its deadlock."
    );
    let mut schedule = schedule(id, title, Kind::Blog, names, &entries);
    schedule.source = source;
    let asleep = |step: &Step| step.asleep.get(step.thread).is_some_and(Option::is_some);
    let last = schedule.steps.iter().rposition(asleep).unwrap_or(0);
    // These programs have no deadline: a wait that ended without a notification was a deadlock.
    for line in schedule.steps.iter_mut().flat_map(|step| &mut step.lines) {
        match line.as_str() {
            "times out" => "wakes: the deadlock was detected".clone_into(line),
            text if text.ends_with(", gives up") => {
                "returns WouldBlockForever".clone_into(line);
            }
            _ => {}
        }
    }
    schedule.wrong = report.as_ref().map(|_| (last, DEADLOCK.to_owned()));
    schedule.beside = Some(Beside { report, ..beside.clone() });
    Some(schedule)
}

/// Runs one execution of a program of the blog; returns the report if it ends in a deadlock.
fn execution(program: Program, seed: u64) -> Option<(Vec<Entry>, Option<String>)> {
    let log = Log::default();
    let inner = log.clone();
    let body = move || {
        harness::all_spawned();
        let report = in_scope(program, &inner);
        inner.finish();
        inner.open().1 = report;
        harness::finish();
    };
    let limits = Limits { steps: 200_000, ..Limits::default() };
    let outcome = shuttle::sample(Sampler::Random, seed, 1, &limits, body);
    let logged = take(&mut *log.open());
    outcome.failure.is_none().then_some(logged)
}

fn in_scope(program: Program, log: &Log) -> Option<String> {
    let outcome = checked::scope(|s| {
        let (sender, tasks) = s.unbounded();
        let (boss, own) = (sender.clone(), log.clone());
        let started = s.spawn_named("boss", move || {
            send_all(program, &boss);
            drop(boss);
            own.finish();
        });
        let _ends = started.join();
        let work = |name: &'static str| {
            let (tasks, own, held) = (tasks.clone(), log.clone(), sender.clone());
            s.spawn_named(name, move || {
                worker(program, name, &tasks, &own);
                drop((held, tasks));
                own.finish();
            })
        };
        let workers = WORKERS.map(work);
        for worker in workers {
            drop(worker.join());
        }
    });
    outcome.err().map(|deadlock| deadlock.to_string())
}

fn send_all(program: Program, tasks: &checked::Sender<u32>) {
    let sent = (1..25).all(|task| tasks.send(task).is_ok());
    assert!(sent, "an open queue accepts items");
    if program == Program::Sentinels {
        let sent = (0..WORKERS.len()).all(|_| tasks.send_sentinel().is_ok());
        assert!(sent, "an open queue accepts sentinels");
    }
}

fn worker(program: Program, name: &str, tasks: &checked::Receiver<u32>, log: &Log) {
    let got = |task| log.print(format!("Worker {name} got task {task}"));
    match program {
        Program::WhileNotEmpty => {
            while !tasks.is_empty() {
                match tasks.recv() {
                    Ok(task) => got(task),
                    Err(end) => return log.print(format!("{name}: {end}")),
                }
            }
            log.print("Quitting time!".to_owned());
        }
        Program::Forgotten | Program::Sentinels => {
            let mut loop_over = tasks.iter();
            loop_over.by_ref().for_each(got);
            match loop_over.end() {
                Some(checked::RecvError::Sentinel) => log.print(format!("{name} quitting time!")),
                Some(end) => log.print(format!("{name}: {end}")),
                None => log.print(format!("{name}: the loop has not ended")),
            }
        }
    }
}

/// Records executions of the code on real threads, and returns the one that waits most.
pub fn recorded() -> Option<Schedule> {
    const EXECUTIONS: u64 = 200;
    let best = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&best);
    let body = move || {
        let entries = pool();
        let mut best = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if waits(&entries) >= waits(&best) {
            *best = entries;
        }
    };
    let outcome = threads::stress(EXECUTIONS, Duration::from_secs(20), body);
    let entries = take(&mut *best.lock().unwrap_or_else(PoisonError::into_inner));
    if outcome.failure.is_some() || entries.is_empty() {
        return None;
    }
    let names = ["main", "producer 1", "producer 2", "worker 1", "worker 2"].map(str::to_owned);
    let title = "An execution of the code, as it was recorded";
    let schedule = schedule("recorded", title, Kind::Recorded, names.to_vec(), &entries);
    let source = format!(
        "Two producers and two workers on real threads and a queue for 1 item. The code recorded \
         its events while it held its lock; of {EXECUTIONS} executions this one waited most. Which \
         waiter a notification went to the code cannot know: the first one to wake is drawn."
    );
    Some(Schedule { source, ..schedule })
}

fn waits(entries: &[Entry]) -> usize {
    let wait =
        |entry: &&Entry| matches!(entry, Entry::Event(Recorded { event: Event::Wait { .. }, .. }));
    entries.iter().filter(wait).count()
}

fn pool() -> Vec<Entry> {
    let log = Log::default();
    let (sender, tasks) = checked::bounded::<u32>(1);
    for _ in 0..2 {
        let (sender, log) = (sender.clone(), log.clone());
        harness::spawn(move || {
            let sent = (0..3).all(|item| sender.send(item).is_ok());
            assert!(sent && sender.send_sentinel().is_ok(), "an open queue accepts items");
            drop(sender);
            log.finish();
        });
    }
    for _ in 0..2 {
        let (tasks, log) = (tasks.clone(), log.clone());
        harness::spawn(move || {
            tasks.iter().for_each(drop);
            drop(tasks);
            log.finish();
        });
    }
    harness::all_spawned();
    harness::finish();
    drop((sender, tasks));
    log.finish();
    let entries = take(&mut log.open().0);
    entries
}

fn schedule(
    id: &str,
    title: &str,
    kind: Kind,
    threads: Vec<String>,
    entries: &[Entry],
) -> Schedule {
    let mut builder = Builder::new(threads.len(), &[]);
    for entry in entries {
        match entry {
            Entry::Event(Recorded { thread, queue, event }) => {
                builder.event(*thread, *queue, *event);
            }
            Entry::Printed(thread, text) => builder.print(*thread, text.clone()),
            Entry::Finished(thread) => {
                builder.begin(*thread);
                builder.line(*thread, "finishes");
                builder.finish(*thread);
            }
        }
    }
    Schedule {
        id: id.to_owned(),
        kind,
        title: title.to_owned(),
        source: String::new(),
        again: None,
        claim: None,
        threads,
        steps: builder.build(),
        wrong: None,
        beside: None,
    }
}
