//! A space-time diagram: threads as columns, time downwards, a box for each critical section, a
//! dashed line where a thread sleeps, an arrow from each notification to the wakeup that used it.
//!
//! The queue cannot know which wakeup that was. The earliest one is drawn.

use std::fmt::Write as _;

use crate::explorer::Counterexample;
use crate::one_queue::Configuration;
use crate::{Condition, Event, Recorded, Rejection};

const COLUMN: usize = 190;
const BOX: usize = 160;
const LINE: usize = 16;
const GAP: usize = 12;
const TOP: usize = 64;
const MARGIN: usize = 24;

/// The contents of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceTime {
    /// The title.
    pub title: String,
    /// The names of the threads.
    pub names: Vec<String>,
    /// The critical sections in order: the thread, and its events.
    pub sections: Vec<(usize, Vec<Event>)>,
    /// The violation at the end.
    pub verdict: Option<String>,
}

impl From<&Counterexample<Configuration>> for SpaceTime {
    fn from(counterexample: &Counterexample<Configuration>) -> Self {
        let steps = counterexample.steps.iter();
        Self {
            title: counterexample.configuration.to_string(),
            names: counterexample.names.clone(),
            sections: steps.map(|step| (step.thread, step.events.clone())).collect(),
            verdict: Some(counterexample.violation.to_string()),
        }
    }
}

impl SpaceTime {
    /// Returns the diagram of a trace of one queue, up to the event that is rejected, if one is.
    pub fn of_trace(title: &str, trace: &[Recorded], refused: Option<(usize, Rejection)>) -> Self {
        let shown = refused.map_or(trace, |(position, _)| &trace[..=position]);
        let mut sections: Vec<(usize, Vec<Event>)> = Vec::new();
        let mut open = false;
        for recorded in shown {
            match sections.last_mut().filter(|(thread, _)| open && *thread == recorded.thread) {
                Some((_, events)) => events.push(recorded.event),
                None => sections.push((recorded.thread, vec![recorded.event])),
            }
            open = recorded.event != Event::Unlock;
        }
        let threads = shown.iter().map(|recorded| recorded.thread + 1).max().unwrap_or(0);
        Self {
            title: title.to_owned(),
            names: (0..threads).map(|number| format!("thread {number}")).collect(),
            sections,
            verdict: refused.map(|(_, rejection)| rejection.to_string()),
        }
    }

    /// Returns the diagram as SVG.
    pub fn svg(&self) -> String {
        let tops = self.tops();
        let bottom = tops.last().copied().unwrap_or(TOP);
        let wide = self.verdict.as_deref().map_or(0, str::len).max(self.title.len()) * 7;
        let width = (self.names.len() * COLUMN).max(wide) + 2 * MARGIN;
        let height = bottom + 3 * LINE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" \
             orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#1f5fa8\"/></marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        text(&mut svg, (MARGIN, 22), "font-weight=\"bold\"", &self.title);
        for (number, name) in self.names.iter().enumerate() {
            let anchor = "text-anchor=\"middle\" font-weight=\"bold\"";
            text(&mut svg, (center(number), TOP - GAP), anchor, name);
            self.lifeline(&mut svg, number, &tops);
        }
        for (number, (thread, events)) in self.sections.iter().enumerate() {
            draw_section(&mut svg, *thread, tops[number], events);
        }
        self.arrows(&mut svg, &tops);
        if let Some(verdict) = &self.verdict {
            let red = "fill=\"#b00020\" font-weight=\"bold\"";
            text(&mut svg, (MARGIN, bottom + LINE), red, verdict);
        }
        svg + "</svg>\n"
    }

    /// Returns where each section begins, and where the last one ends.
    fn tops(&self) -> Vec<usize> {
        let mut tops = vec![TOP + GAP];
        for (_, events) in &self.sections {
            let top = tops[tops.len() - 1];
            tops.push(top + height_of(events) + GAP);
        }
        tops
    }

    /// Draws a solid line where the thread is awake, a dashed one where it sleeps, none before it
    /// begins.
    fn lifeline(&self, svg: &mut String, thread: usize, tops: &[usize]) {
        let mut from = TOP;
        let mut asleep = false;
        let bottom = tops.last().copied().unwrap_or(TOP);
        let ours = self.sections.iter().zip(tops).filter(|((actor, _), _)| *actor == thread);
        for ((_, events), &top) in ours {
            line(svg, center(thread), from, top, asleep);
            from = top + height_of(events);
            asleep = events.iter().any(|event| matches!(event, Event::Wait { .. }));
        }
        line(svg, center(thread), from, bottom, asleep);
    }

    fn arrows(&self, svg: &mut String, tops: &[usize]) {
        let mut used = vec![false; self.sections.len()];
        for (number, (thread, events)) in self.sections.iter().enumerate() {
            for (row, condition, all) in notifications(events) {
                for target in number + 1..self.sections.len() {
                    let (waker, woken) = (*thread, &self.sections[target]);
                    if !used[target] && wakes(&woken.1, condition) {
                        used[target] = true;
                        let start = (waker, tops[number] + row * LINE + LINE / 2);
                        arrow(svg, start, (woken.0, tops[target] + LINE / 2));
                        if !all {
                            break;
                        }
                    }
                }
            }
        }
    }
}

/// Iterates over the notifications of a section, with their rows in the box.
fn notifications(events: &[Event]) -> impl Iterator<Item = (usize, Condition, bool)> + '_ {
    let notifies = |(row, event): (usize, &Event)| match *event {
        Event::Notify { condition, all } => Some((row, condition, all)),
        _ => None,
    };
    events.iter().enumerate().filter_map(notifies)
}

fn wakes(events: &[Event], condition: Condition) -> bool {
    matches!(events.first(), Some(Event::Wake { condition: woken, .. }) if *woken == condition)
}

fn rows(events: &[Event]) -> usize {
    events.iter().filter(|event| **event != Event::Unlock).count().max(1)
}

fn height_of(events: &[Event]) -> usize {
    rows(events) * LINE + 6
}

fn center(thread: usize) -> usize {
    MARGIN + thread * COLUMN + COLUMN / 2
}

fn draw_section(svg: &mut String, thread: usize, top: usize, events: &[Event]) {
    let (left, height) = (center(thread) - BOX / 2, height_of(events));
    let sleeps = events.iter().any(|event| matches!(event, Event::Wait { .. }));
    let fill = if sleeps { "#eeeeee" } else { "#fff4d6" };
    let _infallible = writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{BOX}\" height=\"{height}\" rx=\"4\" \
         fill=\"{fill}\" stroke=\"#555555\"/>"
    );
    let shown = events.iter().filter(|event| **event != Event::Unlock);
    let mut lines: Vec<String> = shown.map(|&event| call(event)).collect();
    if lines.is_empty() {
        lines.push(if events.is_empty() { "dies" } else { "rechecks" }.to_owned());
    }
    for (row, line) in lines.iter().enumerate() {
        let at = (center(thread), top + (row + 1) * LINE - 2);
        text(svg, at, "text-anchor=\"middle\"", line);
    }
}

/// Describes an event in a few letters, where its text would not fit; the box around it means that
/// the lock is held.
fn call(event: Event) -> String {
    let waiter = |condition| match condition {
        Condition::NotEmpty => "receiver",
        Condition::NotFull => "sender",
        Condition::Completed => "joiner",
        Condition::Flushed => "flusher",
    };
    let text = match event {
        Event::Create { .. } => "create",
        Event::Push { items: 1 } => "push",
        Event::Push { .. } => "push several",
        Event::PushSentinels { .. } => "push sentinel",
        Event::Take { items: 1, tasks: false } => "take",
        Event::Take { tasks: false, .. } => "take several",
        Event::Take { tasks: true, .. } => "take as task",
        Event::TakeSentinel => "take sentinel",
        Event::Refuse { closed: true, .. } => "refused: closed",
        Event::Refuse { closed: false, .. } => "gives up",
        Event::Close => "close",
        Event::Drain { sentinels: Some(_), .. } => "take everything out",
        Event::Drain { sentinels: None, .. } => "take all items out",
        Event::DropSender => "drop sender",
        Event::DropReceiver => "drop receiver",
        Event::TaskDone { .. } => "task done",
        Event::Joined => "joined",
        Event::Wait { condition: Condition::NotEmpty } => "wait: empty",
        Event::Wait { condition: Condition::NotFull } => "wait: full",
        Event::Wait { condition: Condition::Completed } => "wait: not all done",
        Event::Wait { condition: Condition::Flushed } => "wait: not flushed",
        Event::Wake { timed_out: true, .. } => "wake: timed out",
        Event::Wake { timed_out: false, .. } => "wake",
        Event::Cancel { .. } => "cancel",
        Event::Notify { condition, all: false } => {
            return format!("notify one {}", waiter(condition))
        }
        Event::Notify { condition, all: true } => {
            return format!("notify all {}s", waiter(condition))
        }
        other => return other.to_string(),
    };
    text.to_owned()
}

fn text(svg: &mut String, (x, y): (usize, usize), style: &str, content: &str) {
    let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _infallible = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" {style}>{escaped}</text>");
}

fn line(svg: &mut String, x: usize, from: usize, to: usize, asleep: bool) {
    let style = if asleep { "stroke-dasharray=\"4 4\"" } else { "stroke-width=\"2\"" };
    let _infallible = writeln!(
        svg,
        "<line x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\" stroke=\"#888888\" {style}/>"
    );
}

/// Draws an arrow from the border of one box to the border of another.
fn arrow(svg: &mut String, from: (usize, usize), to: (usize, usize)) {
    let beside = |this: usize, other: usize| {
        if this < other {
            center(this) + BOX / 2
        } else {
            center(this) - BOX / 2
        }
    };
    let (x1, x2) = (beside(from.0, to.0), beside(to.0, from.0));
    let _infallible = writeln!(
        svg,
        "<line x1=\"{x1}\" y1=\"{}\" x2=\"{x2}\" y2=\"{}\" stroke=\"#1f5fa8\" \
         stroke-width=\"1.5\" marker-end=\"url(#tip)\"/>",
        from.1, to.1
    );
}
