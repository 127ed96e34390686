//! Many items at a time: a batch goes in, and comes out, in one step under the lock, which is far
//! cheaper than item by item. The buffer is reused, and no batch reaches past a sentinel.

use sentinel_queue::{unbounded, Receiver, RecvError};
use std::thread;

const LIMIT: usize = 32;
const ITEMS: u64 = 10_000;

/// How many items came, and their sum.
fn worker(numbers: &Receiver<u64>) -> (usize, u64) {
    let (mut count, mut sum) = (0, 0);
    let mut batch = Vec::with_capacity(LIMIT);
    loop {
        match numbers.recv_many(&mut batch, LIMIT) {
            Ok(received) => {
                assert!((1..=LIMIT).contains(&received));
                count += received;
                sum += batch.drain(..).sum::<u64>();
            }
            Err(RecvError::Sentinel) => return (count, sum),
            Err(error) => panic!("only a sentinel ends this loop, but {error}"),
        }
    }
}

fn main() {
    let (sender, numbers) = unbounded();
    let workers = [(); 2].map(|()| {
        let numbers = numbers.clone();
        thread::spawn(move || worker(&numbers))
    });
    drop(numbers); // only the workers receive: if all of them panic, sending fails

    let all: Vec<u64> = (1..=ITEMS).collect();
    for chunk in all.chunks(100) {
        sender.send_many(chunk.iter().copied()).unwrap();
    }
    sender.send_sentinels(workers.len()).unwrap();

    let (mut count, mut sum) = (0, 0);
    for worker in workers {
        let (its_count, its_sum) = worker.join().unwrap();
        count += its_count;
        sum += its_sum;
    }
    println!("{count} numbers in batches of at most {LIMIT}, and their sum is {sum}");
    assert_eq!((count as u64, sum), (ITEMS, ITEMS * (ITEMS + 1) / 2));
}
