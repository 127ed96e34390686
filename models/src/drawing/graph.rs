//! The worlds that a small configuration can reach, and the steps between them, for Graphviz.

use std::collections::BTreeSet;

use crate::client::{Claims, Configuration, Operation, Stage, Step, Thread, World};
use crate::explorer::Atlas;
use crate::state::Place;
use crate::{Cell, Side};

/// The state graph of a configuration, in the language of Graphviz (`dot -Tsvg`).
///
/// Spurious wakeups are left out: without a fault they change nothing.
pub fn state_graph(configuration: &Configuration) -> String {
    let atlas = Atlas::of(configuration, Claims::NONE);
    let mut lines = vec![
        "digraph {".to_owned(),
        format!("  label=\"{configuration}\"; labelloc=t; fontname=\"sans-serif\";"),
        "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];"
            .to_owned(),
        "  edge [fontname=\"sans-serif\", fontsize=10];".to_owned(),
    ];
    let worlds = (0..atlas.len()).map(|number| (number, atlas.world(number)));
    for (number, world) in worlds {
        let end = if world.is_over() { ", fillcolor=\"#d9ead3\", penwidth=2" } else { "" };
        let label = describe(configuration, &world);
        lines.push(format!("  w{number} [label=\"{label}\"{end}];"));
        let mut arrows = BTreeSet::new();
        for (thread, step, target) in atlas.steps(number) {
            if !step.is_spurious() {
                let group = usize::from(world.threads[thread].group);
                let name = configuration.groups[group].name;
                arrows.insert((target, format!("{name} {}", call(step))));
            }
        }
        for (target, label) in arrows {
            lines.push(format!("  w{number} -> w{target} [label=\"{label}\"];"));
        }
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

/// The queue (items, sentinels, whether closed), and below it the threads, grouped.
fn describe(configuration: &Configuration, world: &World) -> String {
    let cells: String = world
        .state
        .cells()
        .map(|cell| match cell {
            Cell::Item => '●',
            Cell::Sentinel => '◆',
        })
        .collect();
    let closed = if world.state.is_closed() { " closed" } else { "" };
    let mut lines = vec![format!("[{cells}]{closed}")];
    let mut threads: Vec<(String, usize)> = Vec::new();
    for (thread, number) in world.threads.iter().zip(0..) {
        let name = configuration.groups[usize::from(thread.group)].name;
        let doing = match (thread.stage, world.state.place(number)) {
            (Stage::Ended, _) => "ended".to_owned(),
            (_, Place::Asleep(_)) => "asleep".to_owned(),
            (Stage::Program { .. }, Place::Outside) if works(configuration, *thread) => {
                "awake".to_owned()
            }
            (Stage::Program { left }, Place::Outside) => format!("awake, {left} left"),
            (stage, Place::Outside) => format!("{stage:?}").to_lowercase(),
        };
        let line = format!("{name}: {doing}");
        match threads.last_mut().filter(|(last, _)| *last == line) {
            Some((_, count)) => *count += 1,
            None => threads.push((line, 1)),
        }
    }
    lines.extend(threads.into_iter().map(|(line, count)| match count {
        1 => line,
        _ => format!("{count} × {line}"),
    }));
    let told = Side::ALL.map(|side| world.state.notified(side)).iter().sum::<usize>();
    if told > 0 {
        lines.push(format!("{told} told"));
    }
    lines.join("\\n")
}

/// What a worker does is never counted down.
fn works(configuration: &Configuration, thread: Thread) -> bool {
    configuration.groups[usize::from(thread.group)].works()
}

fn call(step: Step) -> String {
    let name = |operation| match operation {
        Operation::Send => "send",
        Operation::SendMany { .. } => "send_many",
        Operation::ForceSend => "force_send",
        Operation::SendSentinels { .. } => "send_sentinel",
        Operation::Receive { .. } => "recv",
        Operation::ReceiveMany { .. } => "recv_many",
        Operation::Close => "close",
        Operation::CloseNow => "close_now",
        Operation::DropSender => "drops its sender",
        Operation::DropReceiver => "drops its receiver",
        Operation::FinishTask => "finishes",
        Operation::Join => "join",
    };
    match step {
        Step::Attempt(operation) => name(operation).to_owned(),
        Step::Wake { operation, timed_out: true, .. } => format!("{}: time out", name(operation)),
        Step::Wake { operation, .. } => format!("{}: wakes", name(operation)),
        Step::Die => "dies".to_owned(),
    }
}
