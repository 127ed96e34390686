//! Promises of the compiler: which types may move to other threads, and which errors meet in one
//! function.

use sentinel_queue::{
    unbounded, IntoIter, Iter, JoinFuture, JoinTimeoutError, Queue, QueueError, Receiver,
    RecvFuture, RecvManyFuture, RecvStream, RecvTaskFuture, RecvTimeoutError, SendError,
    SendFuture, SendTimeoutError, Sender, Task, TryIter,
};
use std::error::Error;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;
use std::time::Duration;

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
fn futures_go_to_other_threads_if_their_items_do_and_need_no_pin() {
    type Pinned = std::marker::PhantomPinned;
    assert!(has!(RecvFuture<'static, String>: Send) && has!(RecvFuture<'static, Pinned>: Unpin));
    assert!(
        has!(RecvManyFuture<'static, u8>: Send) && has!(RecvManyFuture<'static, Pinned>: Unpin)
    );
    assert!(
        has!(RecvTaskFuture<'static, u8>: Send) && has!(RecvTaskFuture<'static, Pinned>: Unpin)
    );
    assert!(has!(SendFuture<'static, String>: Send) && has!(SendFuture<'static, Pinned>: Unpin));
    assert!(has!(JoinFuture<'static, String>: Send) && has!(JoinFuture<'static, Pinned>: Unpin));
    assert!(has!(RecvStream<String>: Send) && has!(RecvStream<Pinned>: Unpin));
    assert!(!has!(RecvFuture<'static, Rc<u8>>: Send) && !has!(SendFuture<'static, Rc<u8>>: Send));
    assert!(!has!(JoinFuture<'static, Rc<u8>>: Send) && !has!(RecvStream<Rc<u8>>: Send));
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

/// Every operation of both handles with `?`, and one error type for all.
macro_rules! every_operation {
    ($tx:ident, $rx:ident, $item:expr) => {{
        let now = Duration::ZERO;
        $tx.send($item)?;
        $tx.try_send($rx.recv()?)?;
        $tx.send_timeout($rx.try_recv()?, now)?;
        $tx.send_many([$rx.recv_timeout(now)?])?;
        $tx.force_send($rx.iter().next().unwrap())?;
        $tx.send_sentinel()?;
        drop($rx.recv_task()?);
        $rx.join_timeout(now)?;
        $tx.join()?;
        $tx.send_sentinels(2)?;
        $tx.close();
        $rx.recv()?;
        Ok(())
    }};
}

#[test]
fn errors_of_all_operations_meet_in_one_function() {
    fn borrowed<'a>(
        tx: &Sender<&'a str>,
        rx: &Receiver<&'a str>,
        item: &'a str,
    ) -> Result<(), QueueError> {
        every_operation!(tx, rx, item)
    }
    fn boxed(tx: &Sender<u8>, rx: &Receiver<u8>) -> Result<(), Box<dyn Error + Send + Sync>> {
        every_operation!(tx, rx, 1)
    }
    let text = String::from("an item that is not 'static");
    let (tx, rx) = unbounded();
    assert_eq!(borrowed(&tx, &rx, &text), Err(QueueError::Sentinel));
    assert_eq!(borrowed(&tx, &rx, &text), Err(QueueError::Closed), "its first send");
    let (tx, rx) = unbounded();
    assert_eq!(boxed(&tx, &rx).unwrap_err().to_string(), QueueError::Sentinel.to_string());
}

#[test]
fn errors_that_lose_nothing_convert() {
    fn sends(tx: &Sender<u8>) -> Result<(), SendError<Vec<u8>>> {
        tx.send_many([1, 2])?;
        tx.send(3)?;
        Ok(())
    }
    fn timed_sends(tx: &Sender<u8>) -> Result<(), SendTimeoutError<u8>> {
        tx.send_timeout(1, Duration::ZERO)?;
        tx.send(2)?;
        Ok(())
    }
    fn timed(rx: &Receiver<u8>) -> Result<(), RecvTimeoutError> {
        rx.recv_timeout(Duration::ZERO)?;
        rx.recv()?;
        Ok(())
    }
    fn timed_join(rx: &Receiver<u8>) -> Result<(), JoinTimeoutError> {
        rx.join_timeout(Duration::ZERO)?;
        rx.join()?;
        Ok(())
    }
    let (tx, rx) = unbounded();
    assert_eq!((sends(&tx), timed_sends(&tx)), (Ok(()), Ok(())));
    assert_eq!(timed_join(&rx), Err(JoinTimeoutError::Timeout));
    assert_eq!(timed(&rx), Ok(()));
    drop(rx.close_now());
    assert_eq!(sends(&tx), Err(SendError::Closed(vec![1, 2])));
    assert_eq!(timed_join(&rx), Ok(()));
    assert_eq!(SendError::<Vec<u8>>::from(SendError::Closed(3)), SendError::Closed(vec![3]));
}
