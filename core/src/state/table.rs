//! The comparison of `state.rs` and `buffer.rs` with their transcription in Coq,
//! `models/proofs/State.v`.
//!
//! Over all sequences of so many operations, both compute one digest for each first operation, of
//! every result and of every field of every state, the capacities of chunks included (but not the
//! flags `in_grace` and `has_surplus`, which unit tests compare with what they stand for). What both
//! have to agree on is `table.txt`; `models/proofs/StateTable.v` is this file in Coq, line by line,
//! and `models/proofs/state.sh` compares it with the same table.

use super::*;
use std::fmt::Write;

/// An item of `N` bytes, with its number.
struct Sized<const N: usize>([u8; N]);

#[derive(Clone, Copy)]
enum Operation {
    Push,
    PushBatch(usize),
    PushSentinels(usize),
    PushSentinelsFront(usize),
    PutBack,
    Evict,
    Take(bool),
    TakeBatch(usize),
    Drain,
    DrainItems,
    FreeSurplus,
    Close,
    AddSender,
    DropSender,
    AddReceiver,
    DropReceiver,
    LeaveIfIdle,
    UpgradeSender,
    UpgradeReceiver,
    FinishTask,
    BeginWait(Condition),
    EndWait(Condition),
    TakeWakeups,
}

use Operation::*;

const CONTENTS: [Operation; 8] = [
    Push,
    PushBatch(2),
    PushBatch(3),
    PushSentinels(1),
    Evict,
    Take(false),
    TakeBatch(2),
    TakeBatch(usize::MAX),
];

const WAITING: [Operation; 12] = [
    Push,
    PushSentinels(2),
    PushSentinels(usize::MAX),
    Take(true),
    FinishTask,
    Drain,
    Close,
    BeginWait(Condition::NotEmpty),
    BeginWait(Condition::NotFull),
    BeginWait(Condition::Completed),
    EndWait(Condition::NotEmpty),
    TakeWakeups,
];

const COUNTING: [Operation; 7] = [
    FreeSurplus,
    AddSender,
    DropSender,
    AddReceiver,
    DropReceiver,
    EndWait(Condition::NotFull),
    EndWait(Condition::Completed),
];

const POOL: [Operation; 12] = [
    Push,
    PushSentinels(1),
    PushSentinelsFront(1),
    PushSentinelsFront(usize::MAX),
    Evict,
    Take(true),
    TakeBatch(2),
    PutBack,
    Drain,
    DrainItems,
    Close,
    FinishTask,
];

const WEAK: [Operation; 9] = [
    Push,
    Take(false),
    Close,
    AddReceiver,
    DropSender,
    DropReceiver,
    LeaveIfIdle,
    UpgradeSender,
    UpgradeReceiver,
];

fn word(number: usize) -> u64 {
    number as u64
}

/// The number of an item.
fn number<const N: usize>(item: &Sized<N>) -> Vec<u64> {
    vec![item.0[0].into()]
}

fn front_words<X>(front: &Front<X>, words: impl Fn(&X) -> Vec<u64>) -> Vec<u64> {
    match front {
        Front::Item(item) => [vec![1], words(item)].concat(),
        Front::Sentinel => vec![2],
        Front::Closed => vec![3],
        Front::Empty => vec![4],
    }
}

fn wakeup_words(wakeups: Wakeups) -> Vec<u64> {
    match wakeups {
        Wakeups::None => vec![0],
        Wakeups::Some(count) => vec![1, word(count)],
        Wakeups::All => vec![2],
    }
}

impl<T> State<T> {
    fn words(&self, item: impl Fn(&T) -> Vec<u64>) -> Vec<u64> {
        let mut words = self.items.words(item);
        words.extend(self.runs.words(|run| vec![run.position, word(run.count)]));
        words.extend([word(self.front), word(self.sentinels), self.head, self.closed.into()]);
        words.extend([word(self.senders), word(self.receivers), word(self.unfinished)]);
        words.extend([self.put_back, self.stats().accepted]);
        words.push(self.has_no_waiters().into());
        let waiters = [&self.not_empty, &self.not_full, &self.completed];
        let conditions = [Condition::NotEmpty, Condition::NotFull, Condition::Completed];
        for (waiters, condition) in waiters.into_iter().zip(conditions) {
            words.extend([waiters.waiting, waiters.pending, self.ready(condition)].map(word));
        }
        match self.room() {
            Room::Free(count) => words.extend([1, word(count)]),
            Room::Full => words.push(2),
            Room::Closed => words.push(3),
            Room::Exhausted => words.push(4),
        }
        words
    }
}

/// A state, and the number of the next item.
struct Run<const N: usize> {
    state: State<Sized<N>>,
    next: u8,
}

impl<const N: usize> Run<N> {
    fn item(&mut self) -> Sized<N> {
        self.next += 1;
        Sized([self.next - 1; N])
    }

    /// Applies an operation as its callers do, and returns what it returned.
    fn apply(&mut self, operation: Operation) -> Vec<u64> {
        match operation {
            Push | PushBatch(_) | PushSentinels(_) | PushSentinelsFront(_) | PutBack => {
                self.send(operation)
            }
            Evict | Take(_) | TakeBatch(_) | Drain | DrainItems => self.receive(operation),
            BeginWait(_) | EndWait(_) | TakeWakeups => self.wait(operation),
            _ => self.count(operation),
        }
    }

    fn send(&mut self, operation: Operation) -> Vec<u64> {
        match operation {
            Push if matches!(self.state.room(), Room::Free(_)) => {
                let item = self.item();
                self.state.push(item);
                vec![1]
            }
            PushBatch(count) => {
                let mut batch = Chunk::with_capacity(count);
                (0..count).for_each(|_| batch.push_back(self.item()));
                let taken = self.state.push_batch(&mut batch);
                let mut words = vec![word(taken), word(batch.capacity()), word(batch.len())];
                words.extend(batch.iter().flat_map(number));
                words
            }
            PushSentinels(count) => vec![self.state.push_sentinels(count).into()],
            PushSentinelsFront(count) => vec![self.state.push_sentinels_front(count).into()],
            PutBack if self.state.unfinished > 0 => {
                let item = self.item();
                vec![self.state.put_back(item, 0).is_ok().into()]
            }
            _ => vec![0],
        }
    }

    fn receive(&mut self, operation: Operation) -> Vec<u64> {
        match operation {
            Evict => match self.state.evict() {
                Some(item) => [vec![1], number(&item)].concat(),
                None => vec![0],
            },
            Take(task) => front_words(&self.state.take(task), number),
            TakeBatch(limit) => {
                let mut items = Vec::new();
                let mut batch = Batch::new::<ITEM_BYTES>(&mut items, limit);
                let front = self.state.take_batch(&mut batch, limit, false);
                batch.unpack();
                let mut words = front_words(&front, |&count| vec![word(count)]);
                words.extend(items.iter().flat_map(number));
                words
            }
            _ => {
                let undelivered = match operation {
                    DrainItems => self.state.drain_items(),
                    _ => self.state.drain(),
                };
                let items = undelivered.items.into_items();
                let mut words = vec![word(undelivered.sentinels), word(items.len())];
                words.extend(items.iter().flat_map(number));
                words
            }
        }
    }

    fn wait(&mut self, operation: Operation) -> Vec<u64> {
        match operation {
            BeginWait(condition) => self.state.begin_wait(condition),
            EndWait(condition) if self.state.waiters(condition).waiting > 0 => {
                self.state.end_wait(condition);
                return vec![1];
            }
            TakeWakeups => {
                let conditions = [Condition::NotEmpty, Condition::NotFull, Condition::Completed];
                return conditions.map(|one| wakeup_words(self.state.take_wakeups(one))).concat();
            }
            _ => {}
        }
        vec![0]
    }

    fn count(&mut self, operation: Operation) -> Vec<u64> {
        match operation {
            Close => return vec![self.state.close().into()],
            DropSender if self.state.senders > 0 => return vec![self.state.drop_sender().into()],
            DropReceiver if self.state.receivers > 0 => {
                return vec![self.state.drop_receiver().into()]
            }
            LeaveIfIdle if self.state.receivers > 0 => {
                return vec![self.state.leave_if_idle().into()]
            }
            UpgradeSender => return vec![self.state.upgrade_sender().into()],
            UpgradeReceiver => return vec![self.state.upgrade_receiver().into()],
            FinishTask if self.state.unfinished > 0 => {
                self.state.finish_task(0);
                return vec![1];
            }
            AddSender => self.state.add_sender(),
            AddReceiver => self.state.add_receiver(),
            FreeSurplus => drop(self.state.take_surplus()),
            _ => {}
        }
        vec![0]
    }
}

/// Digests every sequence that begins with `sequence`, of up to `depth` operations, a shorter one
/// before those that it begins.
fn explore<const N: usize>(
    alphabet: &[Operation],
    depth: usize,
    capacity: Option<usize>,
    sequence: &mut Vec<Operation>,
    digest: &mut u64,
) {
    let mut run = Run::<N> { state: State::new(capacity), next: 0 };
    let mut words = Vec::new();
    for &operation in &*sequence {
        words = run.apply(operation);
    }
    words.extend(run.state.words(number));
    for word in words {
        *digest = digest.wrapping_mul(31).wrapping_add(word) & u64::from(u32::MAX);
    }
    if sequence.len() < depth {
        for &operation in alphabet {
            sequence.push(operation);
            explore::<N>(alphabet, depth, capacity, sequence, digest);
            sequence.pop();
        }
    }
}

/// A line of the table: a digest for each first operation.
fn row<const N: usize>(
    table: &mut String,
    alphabet: &[Operation],
    depth: usize,
    capacity: Option<usize>,
) {
    let digests = alphabet.iter().map(|&first| {
        let mut digest = 0;
        explore::<N>(alphabet, depth, capacity, &mut vec![first], &mut digest);
        digest.to_string()
    });
    writeln!(table, "{}", digests.collect::<Vec<_>>().join(" ")).unwrap();
}

/// Fails if `state.rs` or `buffer.rs` computes anything else than the transcription that is proved to
/// refine the model: change `models/proofs/State.v` with it.
#[test]
#[cfg_attr(miri, ignore = "too many sequences for Miri")]
#[cfg(target_pointer_width = "64")]
fn state_computes_what_its_transcription_does() {
    const FIFTH: usize = ITEM_BYTES / 5;
    const HALF: usize = ITEM_BYTES / 2;
    const LONGER: usize = ITEM_BYTES + 1;
    const LARGE: usize = 3 * ITEM_BYTES + 1;
    let mut table = String::new();
    row::<HALF>(&mut table, &CONTENTS, 5, None);
    for capacity in [None, Some(3)] {
        row::<FIFTH>(&mut table, &CONTENTS, 4, capacity);
        row::<HALF>(&mut table, &CONTENTS, 4, capacity);
        row::<ITEM_BYTES>(&mut table, &CONTENTS, 4, capacity);
        row::<LONGER>(&mut table, &CONTENTS, 4, capacity);
        row::<LARGE>(&mut table, &CONTENTS, 4, capacity);
    }
    row::<HALF>(&mut table, &WAITING, 4, Some(1));
    row::<HALF>(&mut table, &[&WAITING[..], &COUNTING].concat(), 3, None);
    row::<HALF>(&mut table, &POOL, 4, Some(1));
    row::<HALF>(&mut table, &WEAK, 4, None);
    assert_eq!(table, include_str!("table.txt"), "left: the code; right: its transcription");
}
