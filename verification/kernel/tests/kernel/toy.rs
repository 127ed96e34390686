//! A toy bounded queue over the kernel, and clients for it. It is as small as a queue
//! with two conditions can be, and its bugs are switches.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "test support")]

use sentinel_queue_kernel::harness;
use std::sync::{Arc, Mutex};

/// What may be wrong with the toy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bugs {
    pub one_condition: bool,
    pub looks_once: bool,
    pub close_wakes_one: bool,
}

pub trait Toy: Send + Sync + 'static {
    fn new(capacity: usize, bugs: Bugs) -> Self;
    fn push(&self, item: u32) -> bool;
    fn pop(&self) -> Option<u32>;
    fn pop_timed(&self) -> Result<Option<u32>, ()>;
    fn close(&self);
}

/// One operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Push,
    Pop,
    PopTimed,
    Close,
}

/// Runs one thread per list. Main checks that every waiter lacks what it waits for, that every
/// thread finishes after a close, and that pushed items come out once.
pub fn program<Q: Toy>(threads: &[Vec<Op>], capacity: usize, bugs: Bugs) {
    let queue = Arc::new(Q::new(capacity, bugs));
    let results: Arc<Mutex<Vec<Results>>> =
        Arc::new(Mutex::new(vec![Results::new(); threads.len()]));
    for (number, ops) in threads.iter().cloned().enumerate() {
        let queue = Arc::clone(&queue);
        let results = Arc::clone(&results);
        harness::spawn(move || {
            for (place, op) in ops.into_iter().enumerate() {
                let result = execute(&*queue, op, u32::try_from(10 * number + place).unwrap());
                results.lock().unwrap()[number].push(result);
                harness::operation_finished(&result);
            }
        });
    }
    harness::all_spawned();
    harness::quiesce();
    check(threads, &results.lock().unwrap(), capacity);
    queue.close();
    harness::finish();
}

/// What the finished operations of a thread gave.
type Results = Vec<Option<u32>>;

pub fn execute(queue: &impl Toy, op: Op, item: u32) -> Option<u32> {
    match op {
        Op::Push => queue.push(item).then_some(item),
        Op::Pop => queue.pop(),
        Op::PopTimed => queue.pop_timed().ok().flatten(),
        Op::Close => {
            queue.close();
            None
        }
    }
}

fn check(threads: &[Vec<Op>], results: &[Results], capacity: usize) {
    let pairs = threads.iter().zip(results).flat_map(|(ops, results)| ops.iter().zip(results));
    let done: Vec<(Op, Option<u32>)> = pairs.map(|(op, result)| (*op, *result)).collect();
    let pushed = done.iter().filter(|(op, value)| *op == Op::Push && value.is_some()).count();
    let mut popped: Vec<u32> =
        done.iter().filter(|(op, _)| *op != Op::Push).filter_map(|(_, value)| *value).collect();
    let total = popped.len();
    popped.sort_unstable();
    popped.dedup();
    assert_eq!(popped.len(), total, "an item came out twice");
    let closed = done.iter().any(|(op, _)| *op == Op::Close);
    for sleeper in harness::sleepers() {
        let thread = sleeper.thread - 1;
        let entitled = match threads[thread][results[thread].len()] {
            Op::Push => pushed - total == capacity,
            _ => pushed == total,
        };
        assert!(entitled && !closed, "thread {} sleeps without being entitled", sleeper.thread);
    }
}

/// Writes the toy over one facade.
#[macro_export]
macro_rules! toy {
    ($name:ident, $facade:path) => {
        /// The toy over this facade.
        #[allow(missing_docs, unreachable_pub, reason = "test support")]
        pub mod $name {
            use facade::{record, Condvar, Mutex, MutexGuard};
            use sentinel_queue_models::{Condition, Event};
            use std::collections::VecDeque;
            use std::time::Instant;
            use $crate::toy::{Bugs, Toy};
            use $facade as facade;

            pub struct Queue {
                state: Mutex<(VecDeque<u32>, bool)>,
                not_empty: Condvar,
                not_full: Condvar,
                capacity: usize,
                bugs: Bugs,
            }

            type Guard<'a> = MutexGuard<'a, (VecDeque<u32>, bool)>;

            impl Queue {
                fn pushed(&self) -> &Condvar {
                    if self.bugs.one_condition {
                        &self.not_full
                    } else {
                        &self.not_empty
                    }
                }

                fn notify(&self, condvar: &Condvar, condition: Condition) {
                    condvar.notify_one();
                    record(Event::Notify { condition, all: false });
                }

                fn attempt(&self, state: &mut Guard<'_>) -> Option<Option<u32>> {
                    let item = state.0.pop_front();
                    if item.is_some() {
                        record(Event::Take { items: 1, tasks: false });
                        self.notify(&self.not_full, Condition::NotFull);
                        return Some(item);
                    }
                    if state.1 {
                        record(Event::Refuse { condition: Condition::NotEmpty, closed: true });
                    }
                    state.1.then_some(None)
                }
            }

            impl Toy for Queue {
                fn new(capacity: usize, bugs: Bugs) -> Self {
                    let state = Mutex::new((VecDeque::new(), false));
                    let (not_empty, not_full) = (Condvar::new(), Condvar::new());
                    let guard = state.lock();
                    record(Event::Create { capacity: Some(capacity) });
                    drop(guard);
                    Queue { state, not_empty, not_full, capacity, bugs }
                }

                fn push(&self, item: u32) -> bool {
                    let mut state = self.state.lock();
                    while !state.1 && state.0.len() == self.capacity {
                        record(Event::Wait { condition: Condition::NotFull });
                        self.not_full.wait(&mut state);
                        record(Event::Wake { condition: Condition::NotFull, timed_out: false });
                    }
                    if state.1 {
                        record(Event::Refuse { condition: Condition::NotFull, closed: true });
                        return false;
                    }
                    state.0.push_back(item);
                    record(Event::Push { items: 1 });
                    self.notify(self.pushed(), Condition::NotEmpty);
                    true
                }

                fn pop(&self) -> Option<u32> {
                    let mut state = self.state.lock();
                    loop {
                        if let Some(result) = self.attempt(&mut state) {
                            return result;
                        }
                        record(Event::Wait { condition: Condition::NotEmpty });
                        self.pushed().wait(&mut state);
                        record(Event::Wake { condition: Condition::NotEmpty, timed_out: false });
                        if self.bugs.looks_once {
                            return Some(state.0.pop_front().expect("an item was pushed"));
                        }
                    }
                }

                fn pop_timed(&self) -> Result<Option<u32>, ()> {
                    let mut state = self.state.lock();
                    let mut timed_out = false;
                    loop {
                        if let Some(result) = self.attempt(&mut state) {
                            return Ok(result);
                        }
                        if timed_out {
                            record(Event::Refuse { condition: Condition::NotEmpty, closed: false });
                            return Err(());
                        }
                        record(Event::Wait { condition: Condition::NotEmpty });
                        timed_out = self.pushed().wait_until(&mut state, Instant::now());
                        record(Event::Wake { condition: Condition::NotEmpty, timed_out });
                    }
                }

                fn close(&self) {
                    let mut state = self.state.lock();
                    state.1 = true;
                    record(Event::Close);
                    if self.bugs.close_wakes_one {
                        self.notify(&self.not_empty, Condition::NotEmpty);
                        self.notify(&self.not_full, Condition::NotFull);
                    } else {
                        self.not_empty.notify_all();
                        self.not_full.notify_all();
                        record(Event::Notify { condition: Condition::NotEmpty, all: true });
                        record(Event::Notify { condition: Condition::NotFull, all: true });
                    }
                }
            }
        }
    };
}

toy!(toy, sentinel_queue_kernel);
