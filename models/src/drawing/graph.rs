//! The reachable states of a small configuration and the transitions between them, for Graphviz.

use std::collections::BTreeSet;

use crate::explorer::StateGraph;
use crate::one_queue::{Action, Claims, Configuration, GlobalState, ProgramCounter, Thread};
use crate::state::Location;
use crate::{Cell, Condition};

/// Returns the state graph of a configuration, in the language of Graphviz (`dot -Tsvg`).
///
/// Spurious wakeups are left out: without a mutant they change nothing.
pub fn state_graph(configuration: &Configuration) -> String {
    let graph = StateGraph::of(configuration, Claims::NONE);
    let mut lines = vec![
        "digraph {".to_owned(),
        format!("  label=\"{configuration}\"; labelloc=t; fontname=\"sans-serif\";"),
        "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];"
            .to_owned(),
        "  edge [fontname=\"sans-serif\", fontsize=10];".to_owned(),
    ];
    let states = (0..graph.len()).map(|number| (number, graph.state(number)));
    for (number, global) in states {
        let end = if global.is_over() { ", fillcolor=\"#d9ead3\", penwidth=2" } else { "" };
        let label = describe(configuration, &global);
        lines.push(format!("  w{number} [label=\"{label}\"{end}];"));
        let mut arrows = BTreeSet::new();
        for (thread, action, target) in graph.transitions(number) {
            if !action.is_spurious() {
                let role = usize::from(global.threads[thread].role);
                let name = configuration.roles[role].name;
                arrows.insert((target, format!("{name} {}", call(action))));
            }
        }
        for (target, label) in arrows {
            lines.push(format!("  w{number} -> w{target} [label=\"{label}\"];"));
        }
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

/// Describes the queue (items, sentinels, whether closed), and below it the threads by role.
fn describe(configuration: &Configuration, global: &GlobalState) -> String {
    let cells: String = global
        .state
        .cells()
        .map(|cell| match cell {
            Cell::Item => '●',
            Cell::Sentinel => '◆',
        })
        .collect();
    let closed = if global.state.is_closed() { " closed" } else { "" };
    let mut lines = vec![format!("[{cells}]{closed}")];
    let mut threads: Vec<(String, usize)> = Vec::new();
    for (thread, number) in global.threads.iter().zip(0..) {
        let name = configuration.roles[usize::from(thread.role)].name;
        let doing = match (thread.pc, global.state.location(number)) {
            (ProgramCounter::Ended, _) => "ended".to_owned(),
            (_, Location::Asleep(_)) => "asleep".to_owned(),
            (ProgramCounter::Program { .. }, Location::Outside)
                if works(configuration, *thread) =>
            {
                "awake".to_owned()
            }
            (ProgramCounter::Program { left }, Location::Outside) => format!("awake, {left} left"),
            (pc, Location::Outside) => format!("{pc:?}").to_lowercase(),
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
    let notified =
        Condition::ALL.map(|condition| global.state.notified(condition)).iter().sum::<usize>();
    if notified > 0 {
        lines.push(format!("{notified} notified"));
    }
    lines.join("\\n")
}

/// Returns whether a thread is a worker, whose program has no counter.
fn works(configuration: &Configuration, thread: Thread) -> bool {
    configuration.roles[usize::from(thread.role)].works()
}

fn call(action: Action) -> String {
    match action {
        Action::Attempt(operation) => operation.to_string(),
        Action::Wake { operation, timed_out: true, .. } => format!("{operation}: time out"),
        Action::Wake { operation, .. } => format!("{operation}: wakes"),
        Action::Cancel { .. } => "drops its future".to_owned(),
        Action::Die => "dies".to_owned(),
    }
}
