//! From crossbeam-channel: the same programs compile, and pass, with the import changed and
//! *disconnected* called *closed*. Nothing else differs between the two lines at the end.

/// Programs over a channel of that crate, in which *disconnected* is called so.
macro_rules! programs {
    ($name:ident: $channel:ident, $Disconnected:ident, $is_disconnected:ident) => {
        mod $name {
            use sentinel_queue_tests::with_watchdog;
            use std::error::Error;
            use std::thread;
            use std::time::{Duration, Instant};
            use $channel::{
                bounded, unbounded, Receiver, RecvTimeoutError, SendTimeoutError, Sender,
                TryRecvError, TrySendError,
            };

            const SOON: Duration = Duration::from_millis(1);

            fn squares(numbers: &Receiver<u64>, squares: &Sender<u64>) {
                for number in numbers {
                    squares.send(number * number).unwrap();
                }
            }

            #[test]
            fn workers_share_the_work() {
                with_watchdog(|| {
                    let (number_tx, number_rx) = bounded(4);
                    let (square_tx, square_rx) = unbounded();
                    let workers: Vec<_> = (0..3)
                        .map(|_| (number_rx.clone(), square_tx.clone()))
                        .map(|(rx, tx)| thread::spawn(move || squares(&rx, &tx)))
                        .collect();
                    drop((number_rx, square_tx));
                    (1..=100).try_for_each(|number| number_tx.send(number)).unwrap();
                    drop(number_tx);
                    assert_eq!(square_rx.iter().sum::<u64>(), 338_350);
                    for worker in workers {
                        worker.join().unwrap();
                    }
                });
            }

            /// Passes on items of any type.
            fn pass_on<T: Send + 'static>(items: Vec<T>) -> Vec<T> {
                let (tx, rx) = bounded::<T>(1);
                let producer = thread::spawn(move || {
                    for item in items {
                        tx.send(item).unwrap();
                    }
                });
                let received = rx.into_iter().collect();
                producer.join().unwrap();
                received
            }

            #[test]
            fn any_item_passes() {
                with_watchdog(|| {
                    let words = vec![String::from("spam"), String::from("eggs")];
                    assert_eq!(pass_on(words.clone()), words);
                    assert_eq!(pass_on(vec![(); 9]).len(), 9);
                });
            }

            #[test]
            fn attempts_say_why_they_fail() {
                let (tx, rx) = bounded(1);
                assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
                assert_eq!(tx.try_send(1), Ok(()));
                match tx.try_send(2) {
                    Err(TrySendError::Full(item)) => assert_eq!(item, 2),
                    other => panic!("{other:?}"),
                }
                assert_eq!((tx.len(), tx.is_full(), rx.is_empty()), (1, true, false));
                assert_eq!((tx.capacity(), unbounded::<u8>().1.capacity()), (Some(1), None));
                let second = rx.clone();
                drop(rx);
                assert_eq!(second.recv(), Ok(1));
                drop(second);
                assert_eq!(tx.try_send(3), Err(TrySendError::$Disconnected(3)));
                assert!(tx.try_send(4).unwrap_err().$is_disconnected());
                assert_eq!(tx.send(5).unwrap_err().into_inner(), 5);
            }

            #[test]
            fn timeouts_say_why_they_fail() {
                with_watchdog(|| {
                    let (tx, rx) = bounded(1);
                    let early = rx.recv_timeout(SOON);
                    assert_eq!(early, Err(RecvTimeoutError::Timeout));
                    assert!(rx.recv_deadline(Instant::now()).unwrap_err().is_timeout());
                    tx.send_timeout('a', SOON).unwrap();
                    let late = tx.send_timeout('b', SOON);
                    assert_eq!(late, Err(SendTimeoutError::Timeout('b')));
                    let past = tx.send_deadline('c', Instant::now());
                    assert_eq!(past.map_err(SendTimeoutError::into_inner), Err('c'));
                    drop(tx);
                    assert_eq!(rx.recv_timeout(SOON), Ok('a'));
                    let end = rx.recv_timeout(SOON);
                    assert_eq!(end, Err(RecvTimeoutError::$Disconnected));
                    assert!(end.unwrap_err().$is_disconnected() && rx.recv().is_err());
                });
            }

            #[test]
            fn loops_end_with_the_last_sender() {
                with_watchdog(|| {
                    let (tx, rx) = unbounded();
                    let second = tx.clone();
                    tx.send(1).unwrap();
                    second.send(2).unwrap();
                    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);
                    drop(tx);
                    second.send(3).unwrap();
                    drop(second);
                    let mut items = rx.iter();
                    assert_eq!((items.next(), items.next()), (Some(3), None));
                    while let Ok(item) = rx.recv() {
                        panic!("{item} came after the end");
                    }
                    assert_eq!(rx.try_recv(), Err(TryRecvError::$Disconnected));
                });
            }

            fn relay(from: &Receiver<u8>, to: &Sender<u8>) -> Result<(), Box<dyn Error>> {
                to.send(from.recv()?)?;
                to.try_send(from.try_recv()?)?;
                to.send_timeout(from.recv_timeout(SOON)?, SOON)?;
                Ok(())
            }

            #[test]
            fn errors_are_errors() {
                with_watchdog(|| {
                    let (tx, rx) = unbounded();
                    (1..=3).try_for_each(|item| tx.send(item)).unwrap();
                    relay(&rx, &tx).unwrap();
                    assert_eq!(rx.len(), 3);
                    let (_, ended) = unbounded();
                    assert!(relay(&ended, &tx).is_err());
                });
            }
        }
    };
}

programs!(before: crossbeam_channel, Disconnected, is_disconnected);
programs!(after: sentinel_queue, Closed, is_closed);
