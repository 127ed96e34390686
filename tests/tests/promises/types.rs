//! Promises of the compiler: which types may move to other threads.

use sentinel_queue::{IntoIter, Iter, Queue, Receiver, Sender, Task, TryIter};
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;

/// Evaluates to whether a type has a trait: the inherent constant wins over that of the trait if its
/// bound holds.
macro_rules! has {
    ($type:ty: $bound:path) => {{
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code)] // whichever of the two constants is not chosen
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T> Otherwise for Probe<T> {}
        #[allow(dead_code)]
        impl<T: $bound> Probe<T> {
            const HAS: bool = true;
        }
        Probe::<$type>::HAS
    }};
}

#[test]
fn handles_go_to_other_threads_if_their_items_do() {
    assert!(has!(Sender<String>: Send) && has!(Sender<String>: Sync));
    assert!(has!(Receiver<String>: Send) && has!(Receiver<String>: Sync));
    assert!(has!(Queue<String>: Send) && has!(Queue<String>: Sync));
    assert!(has!(Iter<'static, String>: Send) && has!(TryIter<'static, String>: Send));
    assert!(has!(IntoIter<String>: Send) && has!(Task<String>: Send));
    assert!(has!(Sender<String>: Clone) && has!(Receiver<Rc<u8>>: Clone));
}

#[test]
fn items_that_stay_with_their_thread_hold_their_handles_there() {
    assert!(!has!(Sender<Rc<u8>>: Send) && !has!(Sender<Rc<u8>>: Sync));
    assert!(!has!(Receiver<Rc<u8>>: Send) && !has!(Receiver<Rc<u8>>: Sync));
    assert!(!has!(Queue<Rc<u8>>: Send) && !has!(Queue<Rc<u8>>: Sync));
    assert!(!has!(IntoIter<Rc<u8>>: Send) && !has!(Task<Rc<u8>>: Send));
    // Shared by reference is not enough: the queue hands items over.
    assert!(has!(MutexGuard<'static, u8>: Sync) && !has!(MutexGuard<'static, u8>: Send));
    assert!(!has!(Sender<MutexGuard<'static, u8>>: Sync));
}

#[test]
fn items_that_are_sent_need_not_be_shared() {
    use std::cell::Cell;
    assert!(!has!(Cell<u8>: Sync));
    assert!(has!(Sender<Cell<u8>>: Sync) && has!(Receiver<Cell<u8>>: Sync));
    assert!(!has!(Task<Cell<u8>>: Sync), "a task gives its item out by reference");
}

#[test]
fn handles_may_be_used_after_a_panic() {
    assert!(has!(Sender<String>: UnwindSafe) && has!(Sender<String>: RefUnwindSafe));
    assert!(has!(Receiver<String>: UnwindSafe) && has!(Receiver<String>: RefUnwindSafe));
}
