//! Work that makes more work, and `join`, which knows when all of it is done.
//!
//! An empty queue does not say that: a worker may be about to send more. `recv_task` counts an
//! item as unfinished until the worker drops it, also when the worker panics.

use sentinel_queue::{unbounded, JoinError, Receiver, Sender};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const DEPTH: u32 = 9;
const WORKERS: usize = 3;

/// Walks a binary tree: visiting a node sends its children.
fn walk(nodes: &Receiver<u32>, found: &Sender<u32>, visited: &AtomicUsize) {
    while let Ok(node) = nodes.recv_task() {
        if *node < DEPTH {
            found.send_many([*node + 1, *node + 1]).unwrap();
        }
        visited.fetch_add(1, Ordering::Relaxed);
        // `node` is dropped here, after its children were sent: the queue is never empty and
        // without unfinished tasks before the whole tree has been walked.
    }
}

fn main() -> Result<(), JoinError> {
    let (found, nodes) = unbounded();
    let visited = AtomicUsize::new(0);

    thread::scope(|scope| {
        for _ in 0..WORKERS {
            let (nodes, found, visited) = (nodes.clone(), found.clone(), &visited);
            scope.spawn(move || walk(&nodes, &found, visited));
        }
        // Now only the workers can receive. If all of them panic, the last receiver is dropped and
        // `join` returns; a receiver kept here would make it wait forever.
        drop(nodes);

        found.send(0).unwrap();
        found.join()?;
        println!("all {} nodes of the tree were visited", visited.load(Ordering::Relaxed));
        assert_eq!(visited.load(Ordering::Relaxed), 2_usize.pow(DEPTH + 1) - 1);

        // The workers hold senders themselves, so the queue does not close by itself.
        found.close();
        Ok(())
    })
}
