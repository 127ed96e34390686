//! What waiting costs: workers that sleep, workers with little to do, and the end of many workers.

use crate::clock::{median, processor_time, processor_time_since};
use crate::contenders::{AsyncChannel, Contender, Crossbeam, Flume, Kanal, Ours, Std, NAMES};
use crate::options::Effort;
use crate::table::{Report, Round, Row};
use std::sync::{
    atomic::{AtomicBool, Ordering},
    Barrier, Mutex,
};
use std::thread;
use std::time::{Duration, Instant};

/// Workers that have nothing to do.
const IDLERS: usize = 8;
/// Where they wait with a timeout: longer than they are watched.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Long enough for a thread to have gone to sleep after whatever spinning precedes it.
const SETTLE: Duration = Duration::from_millis(150);
/// Items that come one by one, with a pause between them.
const TRICKLE: u32 = 100;
const PAUSE: Duration = Duration::from_millis(1);
/// Sleepers need little stack.
const STACK_BYTES: usize = 64 * 1024;

/// One measurement of one contender; `None` if that cannot do it.
type Measure = fn(&Effort) -> Option<f64>;

/// What each column runs: the function written once, with every contender in turn.
macro_rules! columns {
    ($measure:ident) => {
        [
            $measure::<Ours>,
            $measure::<Crossbeam>,
            $measure::<Flume>,
            $measure::<Kanal>,
            $measure::<AsyncChannel>,
            $measure::<Std>,
        ]
    };
}
pub(crate) use columns;

/// Measures and prints all rows, and returns this queue's milliseconds of processor time per idle second:
/// of workers in `recv`, and of workers in `recv_timeout`.
pub(crate) fn run(effort: &Effort, report: &Report) -> [Option<f64>; 2] {
    let sleepers = format!("{} sleeping workers", effort.sleepers);
    let rows: [(&str, &str, &str, [Measure; NAMES.len()]); 6] = [
        ("8 idle workers, a second", "recv", "CPU-ms", columns!(idle)),
        ("8 idle workers, a second", "recv_timeout", "CPU-ms", columns!(idle_timed)),
        ("8 workers, 1 item a ms", "processor time", "CPU-µs/item", columns!(trickle_cost)),
        ("8 workers, 1 item a ms", "send to receive", "µs", columns!(trickle_delay)),
        ("  and every core busy", "send to receive", "µs", columns!(trickle_delay_busy)),
        (&sleepers, "close to last one gone", "ms", columns!(close)),
    ];
    let rows = rows.map(|(what, how, unit, columns)| {
        let rounds: Vec<Round> =
            (0..effort.rounds_slow).map(|_| columns.map(|measure| measure(effort))).collect();
        let row = Row::new([what, "unbounded", how], unit, &rounds, &rounds);
        report.row(&row);
        row
    });
    [rows[0].medians[0], rows[1].medians[0]]
}

// ----- workers without work ----------------------------------------------------------------------

fn idle<C: Contender<usize>>(effort: &Effort) -> Option<f64> {
    idle_in::<C>(effort, |receiver| while C::recv(receiver).is_some() {})
}

fn idle_timed<C: Contender<usize>>(effort: &Effort) -> Option<f64> {
    let wait = C::WAIT?;
    idle_in::<C>(effort, |receiver| while wait(receiver, TIMEOUT) {})
}

fn idle_in<C: Contender<usize>>(
    effort: &Effort,
    work: impl Fn(&C::Receiver) + Sync,
) -> Option<f64> {
    let used = with_workers::<C, _>(work, |_| {
        let before = processor_time();
        thread::sleep(effort.idle);
        processor_time_since(before)
    })??;
    Some(milliseconds(used) / effort.idle.as_secs_f64())
}

// ----- workers with little to do -----------------------------------------------------------------

/// What one item costs, waking and going back to sleep included.
fn trickle_cost<C: Contender<usize>>(_: &Effort) -> Option<f64> {
    let (used, _) = trickle::<C>()?;
    Some(milliseconds(used?) * 1e3 / f64::from(TRICKLE))
}

/// How long it takes from the send to the receive of an item; the median.
fn trickle_delay<C: Contender<usize>>(_: &Effort) -> Option<f64> {
    let (_, delays) = trickle::<C>()?;
    median(delays)
}

/// The same while other threads want all the cores there are.
fn trickle_delay_busy<C: Contender<usize>>(effort: &Effort) -> Option<f64> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let enough = &AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| while !enough.load(Ordering::Relaxed) {});
        }
        let delay = trickle_delay::<C>(effort);
        enough.store(true, Ordering::Relaxed);
        delay
    })
}

/// The processor time of all items, and the microseconds each was on its way.
fn trickle<C: Contender<usize>>() -> Option<(Option<Duration>, Vec<f64>)> {
    let delays = &Mutex::new(Vec::new());
    let epoch = Instant::now();
    let now = || usize::try_from(epoch.elapsed().as_nanos()).expect("it does not take years");
    let work = |receiver: &C::Receiver| {
        while let Some(sent) = C::recv(receiver) {
            let delay = Duration::from_nanos((now() - sent) as u64);
            delays.lock().unwrap().push(milliseconds(delay) * 1e3);
        }
    };
    let used = with_workers::<C, _>(work, |sender| {
        let before = processor_time();
        for _ in 0..TRICKLE {
            thread::sleep(PAUSE);
            C::send(sender, now());
        }
        thread::sleep(PAUSE);
        processor_time_since(before)
    })?;
    let delays = std::mem::take(&mut *delays.lock().unwrap());
    Some((used, delays))
}

// ----- the end of workers ------------------------------------------------------------------------

fn close<C: Contender<usize>>(effort: &Effort) -> Option<f64> {
    let (sender, receiver) = C::open(None);
    let mut receivers = vec![receiver];
    while receivers.len() < effort.sleepers {
        receivers.push(C::share(&receivers[0])?);
    }
    let ready = &Barrier::new(effort.sleepers + 1);
    thread::scope(|scope| {
        let workers: Vec<_> = receivers
            .into_iter()
            .map(|receiver| {
                let worker = move || {
                    ready.wait();
                    while C::recv(&receiver).is_some() {}
                    drop(receiver);
                    Instant::now()
                };
                let builder = thread::Builder::new().stack_size(STACK_BYTES);
                builder.spawn_scoped(scope, worker).expect("a thread for each sleeper")
            })
            .collect();
        ready.wait();
        thread::sleep(SETTLE);
        let began = Instant::now();
        C::close(sender);
        let gone = workers.into_iter().map(|worker| worker.join().unwrap()).max()?;
        Some(milliseconds(gone - began))
    })
}

/// Runs `watch` while [`IDLERS`] are at work on an unbounded queue, and ends them afterwards.
fn with_workers<C: Contender<usize>, R>(
    work: impl Fn(&C::Receiver) + Sync,
    watch: impl FnOnce(&C::Sender) -> R,
) -> Option<R> {
    let (sender, receiver) = C::open(None);
    let mut receivers = vec![receiver];
    while receivers.len() < IDLERS {
        receivers.push(C::share(&receivers[0])?);
    }
    let work = &work;
    thread::scope(|scope| {
        for receiver in receivers {
            scope.spawn(move || work(&receiver));
        }
        thread::sleep(SETTLE);
        let watched = watch(&sender);
        C::close(sender);
        Some(watched)
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
