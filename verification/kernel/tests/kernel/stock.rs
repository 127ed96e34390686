//! Loom's own mutex and condition variable behind the facade, writing the lock order down. Nothing
//! of the kernel takes part.
#![allow(missing_docs, unreachable_pub, reason = "test support")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as StdMutex};

use std::time::{Duration, Instant};

thread_local! {
    static ORDER: RefCell<String> = const { RefCell::new(String::new()) };
    static THREADS: RefCell<Vec<loom::thread::ThreadId>> = const { RefCell::new(Vec::new()) };
    static RUNNING: Cell<usize> = const { Cell::new(0) };
}

pub struct Mutex<T>(loom::sync::Mutex<T>);
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);
pub struct Condvar(loom::sync::Condvar);

fn locked() {
    let me = loom::thread::current().id();
    let place = THREADS.with(|threads| threads.borrow().iter().position(|id| *id == me));
    let letter = place.map_or('a', |place| char::from(b'b' + u8::try_from(place).unwrap()));
    ORDER.with(|order| order.borrow_mut().push(letter));
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        let guard = self.0.lock().unwrap();
        locked();
        MutexGuard(Some(guard))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap()
    }
}

impl Condvar {
    pub fn new() -> Self {
        Condvar(loom::sync::Condvar::new())
    }

    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0 = Some(self.0.wait(guard.0.take().unwrap()).unwrap());
        locked();
    }

    /// Stock loom's timed waits never expire.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> bool {
        let (inner, end) = self.0.wait_timeout(guard.0.take().unwrap(), Duration::ZERO).unwrap();
        guard.0 = Some(inner);
        locked();
        end.timed_out()
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Stock loom keeps no record.
pub fn record(_: sentinel_queue_models::Event) {}

type Bodies = Vec<Box<dyn FnOnce() + Send>>;

/// Every lock order of the threads, by stock loom, on an operating system thread of its own.
pub fn lock_orders(bodies: impl Fn() -> Bodies + Send + Sync + 'static) -> BTreeSet<String> {
    let orders: Arc<StdMutex<BTreeSet<String>>> = Arc::default();
    let found = Arc::clone(&orders);
    let search = std::thread::spawn(move || {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = None;
        builder.max_branches = 20_000;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.expect_explicit_explore = true;
        builder.check(move || {
            ORDER.with(|order| order.borrow_mut().clear());
            THREADS.with(|threads| threads.borrow_mut().clear());
            let bodies = bodies();
            RUNNING.set(bodies.len());
            for body in bodies {
                let found = Arc::clone(&found);
                let handle = loom::thread::spawn(move || {
                    body();
                    RUNNING.set(RUNNING.get() - 1);
                    if RUNNING.get() == 0 {
                        found.lock().unwrap().insert(ORDER.with(|order| order.borrow().clone()));
                    }
                });
                THREADS.with(|threads| threads.borrow_mut().push(handle.thread().id()));
            }
            loom::explore();
        });
    });
    search.join().unwrap();
    let orders = orders.lock().unwrap();
    orders.clone()
}
