//! Panics of explored code become values: their text is kept for the failure and not printed.

use shuttle::scheduler::RoundRobinScheduler;
use shuttle::{Config, FailurePersistence, Runner};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static SPENT: Cell<bool> = const { Cell::new(false) };
}

/// The payload that ends an execution whose failure is already known.
pub(crate) struct Stop;

/// The way in which work was cut short.
pub(crate) enum Panic {
    /// By [`Stop`]: the failure is already recorded.
    Stop,
    /// By a panic with this text.
    Text(String),
}

/// Keeps the panics of this thread from here on instead of printing them.
pub(crate) fn capture() {
    install();
    CAPTURING.set(true);
}

/// Runs `work` and returns its panic as a value.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R, Panic> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        spend_thread();
        if payload.is::<Stop>() {
            Panic::Stop
        } else {
            Panic::Text(last().unwrap_or_else(|| text(payload.as_ref())))
        }
    })
}

/// Records that an execution has failed in this thread, and may have left coroutines behind.
pub(crate) fn spend_thread() {
    SPENT.set(true);
}

/// Returns whether an execution has ever failed in this thread.
pub(crate) fn is_spent() -> bool {
    SPENT.get()
}

/// Takes the text of the latest panic of this thread.
pub(crate) fn last() -> Option<String> {
    LAST.with(|last| last.borrow_mut().take())
}

/// Installs the panic hook. Shuttle's own hook, which prints an unneeded schedule, is installed
/// first, so that this one replaces it and stays in place.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let original = panic::take_hook();
        warm_up();
        panic::set_hook(Box::new(move |info| {
            if CAPTURING.get() {
                LAST.with(|last| *last.borrow_mut() = Some(describe(info)));
            } else {
                original(info);
            }
        }));
    });
}

/// Makes shuttle install its panic hook now, so that it does not do so later.
fn warm_up() {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    Runner::new(RoundRobinScheduler::new(1), config).run(|| {});
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let text = text(info.payload());
    info.location()
        .map_or_else(|| text.clone(), |place| format!("{text} ({}:{})", place.file(), place.line()))
}

fn text(payload: &(dyn Any + Send)) -> String {
    let known = payload.downcast_ref::<String>().map(String::as_str);
    known.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
