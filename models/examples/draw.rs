//! Makes the drawings of `models/drawings`: `cargo run -p sentinel-queue-models --example draw`.
//!
//! With arguments, `draw PROTOCOL PRODUCERS WORKERS ITEMS CAPACITY [MUTATION]`, it draws that
//! configuration instead: without mutation its state graph, and with one the shortest
//! counterexample. Graphs are turned into SVG by Graphviz, if `dot` is installed.

use std::path::Path;
use std::process::Command;

use sentinel_queue_models::drawing::{state_graph, SpaceTime};
use sentinel_queue_models::explorer::{explore, Limits};
use sentinel_queue_models::one_queue::{simulate, Claims, Configuration, Mutant, Protocol, Size};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("drawings");
    std::fs::create_dir_all(&folder)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.is_empty() {
        return draw_one(&folder, &arguments);
    }
    let size = |producers, workers, items, capacity| Size {
        producers,
        workers,
        items,
        capacity: Some(capacity),
    };
    let small = Protocol::Sentinels.configuration(size(1, 1, 2, 1));
    draw_graph(&folder.join("sentinels"), &small)?;
    for mutant in [
        Mutant::NotifyOnlyWhenEmpty,
        Mutant::CloseWakesReceiversOnly,
        Mutant::TimeoutKeepsNotification,
        Mutant::TimeoutWithoutRecheck,
    ] {
        let kill = sentinel_queue_models::kill_table::Kill::of(mutant);
        let found = kill.counterexample(mutant.target()).expect("every mutant is found");
        let path = folder.join(format!("{mutant}.svg"));
        write(&path, &SpaceTime::from(found).svg())?;
    }
    let pool = Protocol::Sentinels.configuration(size(1, 2, 2, 1));
    let ended = simulate(&pool, Claims::ALL, 5);
    let picture = SpaceTime::of_trace("one random walk of the model", &ended.events, None);
    write(&folder.join("execution.svg"), &picture.svg())
}

fn draw_one(folder: &Path, arguments: &[String]) -> std::io::Result<()> {
    let numbers: Vec<usize> = arguments.iter().filter_map(|number| number.parse().ok()).collect();
    let [producers, workers, items, capacity] = numbers[..] else {
        panic!("usage: draw PROTOCOL PRODUCERS WORKERS ITEMS CAPACITY [MUTATION]");
    };
    let protocol = Protocol::named(&arguments[0]).expect("the name of a protocol");
    let capacity = (capacity > 0).then_some(capacity);
    let configuration = protocol.configuration(Size { producers, workers, items, capacity });
    let Some(name) = arguments.get(5) else {
        return draw_graph(&folder.join(protocol.name()), &configuration);
    };
    let mutant = Mutant::ALL.into_iter().find(|mutant| mutant.to_string() == *name);
    let broken = configuration.with(mutant.expect("the name of a mutant"));
    let Some(found) = explore(&broken, Claims::ALL, Limits::default()).counterexample else {
        println!("{broken}: nothing is wrong here");
        return Ok(());
    };
    println!("{found}");
    write(&folder.join(format!("{name}.svg")), &SpaceTime::from(&found).svg())
}

fn draw_graph(path: &Path, configuration: &Configuration) -> std::io::Result<()> {
    let (dot, svg) = (path.with_extension("dot"), path.with_extension("svg"));
    write(&dot, &state_graph(configuration))?;
    match Command::new("dot").arg("-Tsvg").arg(&dot).arg("-o").arg(&svg).status() {
        Ok(status) if status.success() => println!("{}", svg.display()),
        _ => println!("no SVG of {}: Graphviz is not installed", dot.display()),
    }
    Ok(())
}

fn write(path: &Path, content: &str) -> std::io::Result<()> {
    println!("{}", path.display());
    std::fs::write(path, content)
}
