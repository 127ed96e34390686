//! Prints what belongs into `models/counts.txt`: the size of every exploration.
//!
//! With a protocol and a size it prints the canonical states of that one configuration, which is
//! what `models/tla/check.sh` compares with: `counts sentinels 2 2 2 1`. Capacity 0 is unbounded.

use sentinel_queue_models::explorer::{explore, Limits};
use sentinel_queue_models::one_queue::{Claims, Protocol, Size};
use sentinel_queue_models::suite::{runs, Tier};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((name, size)) => one(name, size),
        None => all(),
    }
}

fn one(name: &str, size: &[String]) {
    let numbers: Vec<usize> = size.iter().filter_map(|number| number.parse().ok()).collect();
    let [producers, workers, items, capacity] = numbers[..] else {
        panic!("usage: counts PROTOCOL PRODUCERS WORKERS ITEMS CAPACITY");
    };
    let protocol = Protocol::named(name).expect("the name of a protocol");
    let capacity = (capacity > 0).then_some(capacity);
    let configuration = protocol.configuration(Size { producers, workers, items, capacity });
    let explored = explore(&configuration, Claims::ALL, Limits::default());
    assert!(explored.complete && explored.counterexample.is_none(), "{explored:?}");
    println!("{}", explored.states);
}

fn all() {
    println!("# run configurations states steps; README.md says how to make it anew");
    for run in runs(Tier::Verify) {
        let report = run.explore(|_, _| ());
        assert!(report.complete && report.counterexample.is_none(), "{report}");
        println!(
            "{} {} {} {}",
            report.name, report.configurations, report.states, report.transitions
        );
        eprintln!("{report}");
    }
}
