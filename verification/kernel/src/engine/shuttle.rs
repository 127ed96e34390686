//! What the kernel takes from shuttle: threads, and nothing else.

use shuttle_engine::runtime::{execution::ExecutionState, thread};

pub(super) use thread::switch;

pub(super) fn me() -> usize {
    usize::from(ExecutionState::me())
}

pub(super) fn sleep() {
    ExecutionState::with(|state| state.current_mut().block(false));
    switch();
}

pub(super) fn wake(thread: usize) {
    ExecutionState::with(|state| state.get_mut(thread.into()).unblock());
}

/// The schedulers of the kernel know the number of options and answer below it.
pub(super) fn choose() -> usize {
    usize::try_from(ExecutionState::next_u64()).expect("few options")
}

/// The scheduler is called once more, sees the failure, and does not return here.
pub(super) fn stop() -> ! {
    loop {
        switch();
    }
}
