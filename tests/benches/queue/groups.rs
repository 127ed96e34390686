//! What a group costs: queues that come and go in it, and threads that block in it, beside many others.

use crate::contenders::NAMES;
use crate::options::Effort;
use crate::table::{ratio, Report, Round, Row};
use sentinel_queue::{bounded, unbounded, Group, Participant, Receiver, Sender};
use sentinel_queue_tests::Rng;
use std::thread;
use std::time::Instant;

/// Other threads need little stack.
const STACK_BYTES: usize = 64 * 1024;

/// A request, and where its reply goes.
type Request = (u64, Sender<u64>);

/// What is measured, with a group and without; it returns nanoseconds a time.
type Measure = fn(Option<&Group>, usize, &Effort) -> f64;

/// Measures and prints all rows. Returns how many times dearer in a group the two are that are promised:
/// a reply queue beside the most others, and a request to the most workers.
pub(crate) fn run(effort: &Effort, report: &Report) -> [Option<f64>; 2] {
    let measures: [(&str, Measure, &[usize]); 3] = [
        ("reply queue beside", reply_queue, &effort.neighbours),
        ("request, one queue of", shared_queue, &effort.workers),
        ("request, a queue each of", own_queues, &effort.workers),
    ];
    let dearer = measures.map(|(what, measure, counts)| {
        let pair = |&count| row_pair(what, measure, count, effort, report);
        let ratios: Vec<_> = counts.iter().map(pair).collect();
        *ratios.last()?
    });
    [dearer[0], dearer[1]]
}

/// Prints two rows, without a group and in one; the ratio of them.
fn row_pair(
    what: &str,
    measure: Measure,
    count: usize,
    effort: &Effort,
    report: &Report,
) -> Option<f64> {
    let mut rounds: [Vec<Round>; 2] = Default::default();
    for _ in 0..effort.rounds_slow {
        for (in_group, rounds) in rounds.iter_mut().enumerate() {
            let group = (in_group == 1).then(Group::new);
            let mut round = [None; NAMES.len()];
            round[0] = Some(measure(group.as_ref(), count, effort));
            rounds.push(round);
        }
    }
    let what = format!("{what} {count}");
    for (how, rounds) in ["outside of a group", "in a group"].into_iter().zip(&rounds) {
        report.row(&Row::new([&what, "unbounded", how], "ns", rounds, rounds));
    }
    let [outside, inside] = &rounds;
    let beside = |round: &Round| {
        let mut beside = [None; NAMES.len()];
        beside[1] = round[0];
        beside
    };
    let outside: Vec<Round> = outside.iter().map(beside).collect();
    Some(ratio(inside, &outside, 1)?.value)
}

fn open<T: Send + 'static>(group: Option<&Group>) -> (Sender<T>, Receiver<T>) {
    group.map_or_else(unbounded, Group::unbounded)
}

/// A queue is made, one item goes through it, and it is dropped, while others live.
fn reply_queue(group: Option<&Group>, others: usize, effort: &Effort) -> f64 {
    let _others: Vec<_> = (0..others).map(|_| open::<u64>(group)).collect();
    let began = Instant::now();
    for number in 0..effort.items_small {
        let (tx, rx) = group.map_or_else(|| bounded(1), |group| group.bounded(1));
        tx.send(number).unwrap();
        assert_eq!(rx.recv(), Ok(number));
    }
    nanoseconds_each(began, effort.items_small)
}

/// Requests, one at a time, to workers that share a queue.
fn shared_queue(group: Option<&Group>, workers: usize, effort: &Effort) -> f64 {
    let (requests, queue) = open(group);
    let queues = vec![queue; workers];
    ask(group, &[requests], queues, effort)
}

/// Requests, one at a time, each to a worker chosen at random.
fn own_queues(group: Option<&Group>, workers: usize, effort: &Effort) -> f64 {
    let (requests, queues): (Vec<_>, Vec<_>) = (0..workers).map(|_| open(group)).unzip();
    ask(group, &requests, queues, effort)
}

fn ask(
    group: Option<&Group>,
    requests: &[Sender<Request>],
    queues: Vec<Receiver<Request>>,
    effort: &Effort,
) -> f64 {
    let this = group.map(|group| group.participant("client"));
    let register = |number| group.map(|group| group.participant(format!("worker {number}")));
    let workers: Vec<_> = queues.into_iter().enumerate().map(|(n, q)| (register(n), q)).collect();
    let count = workers.len();
    let workers: Vec<_> = workers
        .into_iter()
        .map(|(participant, queue)| {
            let body = move || queue.iter().for_each(|(n, reply)| reply.send(n + 1).unwrap());
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn(move || run_as(participant, body)).expect("a thread for each worker")
        })
        .collect();
    let waiting = || requests.iter().map(|queue| queue.stats().waiting_receivers).sum::<usize>();
    while waiting() < count {
        thread::yield_now();
    }
    let nanoseconds = run_as(this, || {
        let (reply, replies) = open(group);
        let mut rng = Rng::new(2026);
        let began = Instant::now();
        for _ in 0..effort.items_one {
            let to = rng.below(requests.len());
            requests[to].send((1, reply.clone())).unwrap();
            assert_eq!(replies.recv(), Ok(2));
        }
        nanoseconds_each(began, effort.items_one)
    });
    for queue in requests {
        queue.close();
    }
    for worker in workers {
        worker.join().unwrap();
    }
    nanoseconds
}

fn run_as<R>(participant: Option<Participant>, body: impl FnOnce() -> R) -> R {
    match participant {
        Some(participant) => participant.run(body),
        None => body(),
    }
}

fn nanoseconds_each(began: Instant, times: usize) -> f64 {
    let times = u32::try_from(times).expect("a benchmark is short");
    began.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}
