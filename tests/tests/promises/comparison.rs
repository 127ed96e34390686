//! The table that compares this crate with others: each cell that is not *no* is a test here, named
//! after its row, in the module of its column.

use std::time::Duration;

const TABLE: &str = include_str!("../../../core/docs/comparison.md");
const SOURCE: &str = include_str!("comparison.rs");
/// Modules in the order of the columns; the last column, gevent, is not run.
const MODULES: [&str; 6] =
    ["sentinel_queue", "crossbeam", "flume", "kanal", "async_channel", "tokio"];
const LONG: Duration = Duration::from_secs(3600);

/// The table: of each row its name and the cells of the columns that are run.
fn rows() -> Vec<(String, Vec<&'static str>)> {
    let lines = TABLE.lines().filter(|line| line.starts_with("| ")).skip(2);
    let rows = lines.map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let name = cells.next().unwrap().to_lowercase().replace(' ', "_");
        (name, cells.take(MODULES.len()).collect())
    });
    rows.collect()
}

#[test]
fn each_cell_of_the_table_is_a_test_and_each_no_is_none() {
    let rows = rows();
    assert!(rows.len() >= 18, "the table was not read: {rows:?}");
    for (column, module) in MODULES.iter().enumerate() {
        let start = SOURCE.find(&format!("\nmod {module} {{")).expect(module);
        let body = &SOURCE[start..start + SOURCE[start..].find("\n}\n").expect("the module ends")];
        let tests = body.matches("#[test]").count();
        let mut offered = 0;
        for (row, cells) in &rows {
            let offers = cells[column] != "no";
            let tested = body.contains(&format!("fn {row}()"));
            assert_eq!(offers, tested, "{module}: {row} is {:?}", cells[column]);
            offered += usize::from(offers);
        }
        assert_eq!(offered, tests, "{module} has a test without a cell");
    }
}

/// Runs a future to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    ::tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

mod sentinel_queue {
    use super::{block_on, LONG};
    use ::sentinel_queue::{bounded, scope, unbounded, JoinTimeoutError, RecvError, Task};
    use std::time::Duration;

    #[test]
    fn several_receivers() {
        let (tx, rx) = unbounded();
        let other = rx.clone();
        tx.send_many([1, 2]).unwrap();
        assert_eq!((rx.recv(), other.recv()), (Ok(1), Ok(2)));
    }

    #[test]
    fn close_keeps_queued_items() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert!(tx.close());
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Err(RecvError::Closed)));
    }

    #[test]
    fn close_returns_queued_items() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert_eq!(rx.close_now().items, [1]);
    }

    #[test]
    fn end_one_loop_without_room() {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        tx.send_sentinel().unwrap();
        assert_eq!(rx.iter().count(), 1);
        assert!(!rx.is_closed());
    }

    #[test]
    fn retire_workers_now() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        tx.send_sentinels_front(1).unwrap();
        assert_eq!((rx.recv(), rx.recv()), (Err(RecvError::Sentinel), Ok(1)));
    }

    #[test]
    fn report_a_deadlock() {
        let outcome = scope(|s| {
            let (_tx, rx) = s.unbounded::<u8>();
            rx.recv()
        });
        assert!(outcome.is_err());
    }

    #[test]
    fn wait_until_work_is_done() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        assert_eq!(tx.join_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        drop(task);
        assert_eq!(tx.join(), Ok(()));
    }

    #[test]
    fn flush_while_producers_go_on() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        assert_eq!(tx.flush_timeout(Duration::ZERO), Err(JoinTimeoutError::Timeout));
        let flush = std::thread::spawn({
            let weak = tx.downgrade();
            move || weak.flush()
        });
        drop(task);
        assert_eq!(flush.join().unwrap(), Ok(()));
    }

    #[test]
    fn put_a_task_back() {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        let task = rx.recv_task().unwrap();
        tx.send(2).unwrap();
        assert!(Task::put_back(task).is_ok());
        assert_eq!((rx.recv(), rx.recv()), (Ok(2), Ok(1)));
    }

    #[test]
    fn leave_when_idle() {
        let (tx, rx) = unbounded();
        let worker = rx.clone();
        tx.send(1).unwrap();
        let worker = worker.leave_if_idle().unwrap_err();
        assert_eq!(worker.recv(), Ok(1));
        assert!(worker.leave_if_idle().is_ok());
        assert!(rx.leave_if_idle().is_err(), "the last one stays");
    }

    #[test]
    fn handle_that_keeps_no_side_alive() {
        let (tx, rx) = unbounded::<u8>();
        let weak = tx.downgrade();
        assert!(weak.upgrade_sender().is_some());
        drop(tx);
        assert_eq!(rx.recv(), Err(RecvError::Closed));
        assert!(weak.upgrade_sender().is_none());
    }

    #[test]
    fn receive_with_a_timeout() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert_eq!(rx.recv_timeout(LONG), Ok(1));
    }

    #[test]
    fn receive_a_batch_in_one_step() {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3]).unwrap();
        let mut batch = Vec::new();
        assert_eq!(rx.recv_many(&mut batch, 2), Ok(2));
    }

    #[test]
    fn fill_a_batch_by_size_or_age() {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3]).unwrap();
        tx.close();
        let mut batch = Vec::new();
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Ok(2));
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Ok(1), "the close interrupts");
        assert_eq!(rx.recv_full(&mut batch, 2, LONG), Err(RecvError::Closed));
    }

    #[test]
    fn send_a_batch_in_one_step() {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2, 3]).unwrap();
        assert_eq!(rx.len(), 3);
    }

    #[test]
    fn take_out_all_items() {
        let (tx, rx) = unbounded();
        tx.send_many([1, 2]).unwrap();
        assert_eq!(rx.drain(), [1, 2]);
        assert!(!rx.is_closed());
    }

    #[test]
    fn overwrite_the_oldest_item() {
        let (tx, _rx) = bounded(1);
        tx.send(1).unwrap();
        assert_eq!(tx.force_send(2), Ok(Some(1)));
    }

    #[test]
    fn threads_and_async_tasks() {
        let (tx, rx) = unbounded();
        let producer = std::thread::spawn(move || tx.send(1));
        assert_eq!(block_on(rx.recv_async()), Ok(1));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, rx) = unbounded();
        let (_other_tx, other_rx) = unbounded::<u8>();
        tx.send(1).unwrap();
        let first = block_on(async {
            ::tokio::select! {
                item = rx.recv_async() => item,
                _ = other_rx.recv_async() => unreachable!("nothing was sent"),
            }
        });
        assert_eq!(first, Ok(1));
    }
}

mod crossbeam {
    use super::LONG;
    use crossbeam_channel::{bounded, select, unbounded};

    #[test]
    fn several_receivers() {
        let (tx, rx) = unbounded();
        let other = rx.clone();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        assert_eq!((rx.recv(), other.recv()), (Ok(1), Ok(2)));
    }

    #[test]
    fn receive_with_a_timeout() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert_eq!(rx.recv_timeout(LONG), Ok(1));
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, rx) = unbounded();
        let (_other_tx, other_rx) = unbounded::<u8>();
        tx.send(1).unwrap();
        select! {
            recv(rx) -> item => assert_eq!(item, Ok(1)),
            recv(other_rx) -> _ => unreachable!("nothing was sent"),
        }
    }

    #[test]
    fn rendezvous() {
        let (tx, rx) = bounded(0);
        let sender = std::thread::spawn(move || tx.send(1));
        assert_eq!(rx.recv(), Ok(1));
        sender.join().unwrap().unwrap();
    }
}

mod flume {
    use super::{block_on, LONG};
    use ::flume::{bounded, unbounded, Selector};

    #[test]
    fn several_receivers() {
        let (tx, rx) = unbounded();
        let other = rx.clone();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        assert_eq!((rx.recv(), other.recv()), (Ok(1), Ok(2)));
    }

    #[test]
    fn handle_that_keeps_no_side_alive() {
        let (tx, rx) = unbounded::<u8>();
        let weak = tx.downgrade();
        drop(tx);
        assert!(rx.recv().is_err());
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn receive_with_a_timeout() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert_eq!(rx.recv_timeout(LONG), Ok(1));
    }

    #[test]
    fn receive_a_batch_in_one_step() {
        take_out_all_items();
    }

    #[test]
    fn take_out_all_items() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        assert_eq!(rx.drain().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn threads_and_async_tasks() {
        let (tx, rx) = unbounded();
        let producer = std::thread::spawn(move || tx.send(1));
        assert_eq!(block_on(rx.recv_async()), Ok(1));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, rx) = unbounded();
        let (_other_tx, other_rx) = unbounded::<u8>();
        tx.send(1).unwrap();
        let first = Selector::new().recv(&rx, Result::ok).recv(&other_rx, |_| None).wait();
        assert_eq!(first, Some(1));
    }

    #[test]
    fn rendezvous() {
        let (tx, rx) = bounded(0);
        let sender = std::thread::spawn(move || tx.send(1));
        assert_eq!(rx.recv(), Ok(1));
        sender.join().unwrap().unwrap();
    }
}

mod kanal {
    use super::{block_on, LONG};
    use ::kanal::{bounded, unbounded};

    #[test]
    fn several_receivers() {
        let (tx, rx) = unbounded();
        let other = rx.clone();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        assert_eq!((rx.recv(), other.recv()), (Ok(1), Ok(2)));
    }

    #[test]
    fn receive_with_a_timeout() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        assert_eq!(rx.recv_timeout(LONG), Ok(1));
    }

    #[test]
    fn receive_a_batch_in_one_step() {
        take_out_all_items();
    }

    #[test]
    fn take_out_all_items() {
        let (tx, rx) = unbounded();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        let mut items = Vec::new();
        assert_eq!(rx.drain_into(&mut items), Ok(2));
        assert_eq!(items, [1, 2]);
    }

    #[test]
    fn threads_and_async_tasks() {
        let (tx, rx) = unbounded();
        let producer = std::thread::spawn(move || tx.send(1));
        assert_eq!(block_on(rx.as_async().recv()), Ok(1));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, rx) = unbounded();
        let (_other_tx, other_rx) = unbounded::<u8>();
        tx.send(1).unwrap();
        let (rx, other_rx) = (rx.as_async(), other_rx.as_async());
        let first = block_on(async {
            ::tokio::select! {
                item = rx.recv() => item,
                _ = other_rx.recv() => unreachable!("nothing was sent"),
            }
        });
        assert_eq!(first, Ok(1));
    }

    #[test]
    fn rendezvous() {
        let (tx, rx) = bounded(0);
        let sender = std::thread::spawn(move || tx.send(1));
        assert_eq!(rx.recv(), Ok(1));
        sender.join().unwrap().unwrap();
    }
}

mod async_channel {
    use super::block_on;
    use ::async_channel::{bounded, unbounded};

    #[test]
    fn several_receivers() {
        let (tx, rx) = unbounded();
        let other = rx.clone();
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        assert_eq!((rx.recv_blocking(), other.recv_blocking()), (Ok(1), Ok(2)));
    }

    #[test]
    fn close_keeps_queued_items() {
        let (tx, rx) = unbounded();
        tx.try_send(1).unwrap();
        assert!(tx.close());
        assert_eq!(rx.recv_blocking(), Ok(1));
        assert!(rx.recv_blocking().is_err());
    }

    #[test]
    fn handle_that_keeps_no_side_alive() {
        let (tx, rx) = unbounded::<u8>();
        let weak = tx.downgrade();
        drop(tx);
        assert!(rx.recv_blocking().is_err());
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn overwrite_the_oldest_item() {
        let (tx, _rx) = bounded(1);
        tx.try_send(1).unwrap();
        assert_eq!(tx.force_send(2), Ok(Some(1)));
    }

    #[test]
    fn threads_and_async_tasks() {
        let (tx, rx) = unbounded();
        let producer = std::thread::spawn(move || tx.send_blocking(1));
        assert_eq!(block_on(rx.recv()), Ok(1));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, rx) = unbounded();
        let (_other_tx, other_rx) = unbounded::<u8>();
        tx.try_send(1).unwrap();
        let first = block_on(async {
            ::tokio::select! {
                item = rx.recv() => item,
                _ = other_rx.recv() => unreachable!("nothing was sent"),
            }
        });
        assert_eq!(first, Ok(1));
    }
}

mod tokio {
    use super::block_on;
    use ::tokio::sync::mpsc::{channel, unbounded_channel};

    #[test]
    fn close_keeps_queued_items() {
        let (tx, mut rx) = channel(1);
        tx.try_send(1).unwrap();
        rx.close();
        assert_eq!((rx.blocking_recv(), rx.blocking_recv()), (Some(1), None));
    }

    #[test]
    fn handle_that_keeps_no_side_alive() {
        let (tx, mut rx) = unbounded_channel::<u8>();
        let weak = tx.downgrade();
        drop(tx);
        assert_eq!(rx.blocking_recv(), None);
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn receive_a_batch_in_one_step() {
        let (tx, mut rx) = channel(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let mut batch = Vec::new();
        assert_eq!(rx.blocking_recv_many(&mut batch, 2), 2);
    }

    #[test]
    fn threads_and_async_tasks() {
        let (tx, mut rx) = channel(1);
        let producer = std::thread::spawn(move || tx.blocking_send(1));
        assert_eq!(block_on(rx.recv()), Some(1));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn wait_for_one_of_several() {
        let (tx, mut rx) = channel(1);
        let (_other_tx, mut other_rx) = channel::<u8>(1);
        tx.try_send(1).unwrap();
        let first = block_on(async {
            ::tokio::select! {
                item = rx.recv() => item,
                _ = other_rx.recv() => unreachable!("nothing was sent"),
            }
        });
        assert_eq!(first, Some(1));
    }
}
