//! Every counterexample as a schedule: those of the model, with its seeded bugs, and those of the
//! code, by their tokens.

use super::builder::Builder;
use super::data::{Kind, Mutation, Schedule, Step};
use crate::explore::engine::Token;
use crate::report::kills::claim_of;
use sentinel_queue_models::explorer::{Counterexample, Model};
use sentinel_queue_models::kill_table::{Kill, KillTable, SeededBug};
use sentinel_queue_models::{groups, one_queue, Condition, Event};

/// The command that searches for the counterexamples of the model.
const AGAIN: &str = "cargo test -p sentinel-queue-verification --test verify kills";

/// Returns the seeded bugs of the model, and a shortest counterexample of each.
pub fn of_model() -> (Vec<Mutation>, Vec<Schedule>) {
    let (mut mutations, mut schedules) = (Vec::new(), Vec::new());
    for kill in &KillTable::<one_queue::Mutant>::make().0 {
        add(kill, steps_of_queue, (&mut mutations, &mut schedules));
    }
    for kill in &KillTable::<groups::Mutant>::make().0 {
        add(kill, steps_of_group, (&mut mutations, &mut schedules));
    }
    (mutations, schedules)
}

fn add<M: SeededBug>(
    kill: &Kill<M>,
    steps: fn(&Counterexample<M::Model>) -> Vec<Step>,
    (mutations, schedules): (&mut Vec<Mutation>, &mut Vec<Schedule>),
) {
    let (name, property) = (kill.mutant.to_string(), kill.mutant.target());
    let claim = claim_of(&property.to_string()).to_owned();
    let found = kill.counterexample(property);
    let id = found.map(|_| format!("model-{name}"));
    let length =
        |(by, found): &(M::Property, Counterexample<M::Model>)| (by.to_string(), found.steps.len());
    let shown = found.map(|found| (found, steps(found)));
    schedules.extend(shown.map(|(found, steps)| Schedule {
        id: format!("model-{name}"),
        kind: Kind::Model,
        title: spaced(&name),
        source: format!(
            "A shortest counterexample of the model with the seeded bug {name}: {}.",
            found.configuration
        ),
        again: Some(AGAIN.to_owned()),
        claim: Some(claim.clone()),
        threads: found.names.clone(),
        wrong: Some((steps.len().saturating_sub(1), sentence(found))),
        steps,
        beside: None,
    }));
    let stopped_by = kill.killed_by.iter().map(length).collect();
    mutations.push(Mutation { name, claim, stopped_by, schedule: id });
}

/// Describes the violation and the threads that are blocked in it.
fn sentence<M: Model>(found: &Counterexample<M>) -> String {
    let blocked =
        found.blocked.iter().map(|(thread, text)| format!("{} {text}. ", found.names[*thread]));
    let violation = found.violation.to_string();
    format!(
        "{}{violation}{}",
        blocked.collect::<String>(),
        if violation.ends_with('.') { "" } else { "." }
    )
}

fn steps_of_queue(found: &Counterexample<one_queue::Configuration>) -> Vec<Step> {
    let mut builder = Builder::new(found.names.len(), &[found.configuration.capacity]);
    for step in &found.steps {
        builder.begin(step.thread);
        for &event in &step.events {
            builder.event(step.thread, 0, event);
        }
        if step.events.is_empty() {
            builder.line(step.thread, found.configuration.describe(step));
        }
        builder.end();
    }
    builder.build()
}

fn steps_of_group(found: &Counterexample<groups::Configuration>) -> Vec<Step> {
    let mut builder = Builder::new(found.names.len(), &found.configuration.capacities);
    for step in &found.steps {
        builder.begin(step.thread);
        for event in &step.events {
            match *event {
                groups::GroupEvent::OnQueue { queue, event } => {
                    builder.event(step.thread, queue, event);
                }
                groups::GroupEvent::WakesOnQueue { timed_out, .. } => {
                    builder.wake_anywhere(step.thread, timed_out);
                }
                groups::GroupEvent::NotifiesAll { queue } => {
                    for condition in Condition::ALL {
                        builder.event(step.thread, queue, Event::Notify { condition, all: true });
                    }
                }
                _ => {}
            }
        }
        builder.describe_last(found.configuration.describe(step));
        builder.end();
    }
    builder.build()
}

/// Spells a name as words: `NotifyOnlyWhenEmpty` becomes *Notify only when empty*.
fn spaced(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            text.push(' ');
            text.extend(letter.to_lowercase());
        } else {
            text.push(letter);
        }
    }
    text
}

/// Returns the failing schedules of the tokens in these texts, each replayed.
pub fn of_code(texts: &[String]) -> Vec<Schedule> {
    let mut schedules: Vec<Schedule> = Vec::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let Some((before, rest)) = line.split_once("cargo verify --replay '") else { continue };
        let Some((token, _)) = rest.split_once('\'') else { continue };
        let name = before.trim().trim_end_matches(':');
        let title = if name == "replay" { "A failing schedule" } else { name };
        match replayed(token, title) {
            Ok(schedule) => {
                let id = format!("code-{}", schedules.len() + 1);
                schedules.push(Schedule { id, ..schedule });
            }
            Err(error) => eprintln!("{token}: not shown: {error}"),
        }
    }
    schedules
}

/// Replays a token and returns its schedule.
///
/// # Errors
///
/// When the token is invalid, or not one of this code, or its execution does not fail.
pub fn replayed(token: &str, title: &str) -> Result<Schedule, String> {
    let outcome = Token::parse(token)?.replay()?;
    let failure = outcome.failure.ok_or("this schedule passes, so there is no failure to show")?;
    let (threads, steps) = read_interleaving(&failure.interleaving);
    let claim = failure.message.split_once(':').map(|(claim, _)| claim.to_owned());
    Ok(Schedule {
        id: "replay".to_owned(),
        kind: Kind::Code,
        title: title.to_owned(),
        source: "The code itself, under the schedule of a token.".to_owned(),
        again: Some(format!("cargo verify --replay '{token}'")),
        claim: claim.filter(|claim| crate::report::CLAIMS.iter().any(|(id, _)| id == claim)),
        threads,
        wrong: Some((steps.len().saturating_sub(1), failure.message)),
        steps,
        beside: None,
    })
}

/// Returns the names of the threads, and their steps. An unknown line is shown as it is.
fn read_interleaving(interleaving: &str) -> (Vec<String>, Vec<Step>) {
    let lines: Vec<_> = interleaving.lines().filter_map(split).collect();
    let threads = lines.iter().map(|(thread, _)| thread + 1).max().unwrap_or(0);
    let mut builder = Builder::new(threads, &[]);
    for &(thread, words) in &lines {
        if words.starts_with("locks queue ") {
            builder.begin(thread);
        } else if words.starts_with("locks ") {
            // A critical section of no queue and without a change is not shown.
            builder.end_unless_empty();
        } else if words.starts_with("unlocks ") {
            builder.end();
        } else if let Some((queue, event)) = event(words) {
            builder.event(thread, queue, event);
        } else if let Some((_, woken)) = words.split_once(": ").filter(|_| is_notify(words)) {
            builder.notified(&threads_in(woken.split(';').next().unwrap_or_default()));
        } else if words == "finishes" {
            builder.begin(thread);
            builder.line(thread, words);
            builder.finish(thread);
        } else if !is_known(words) {
            builder.line(thread, words.trim_start_matches("-- "));
        }
    }
    let names = (0..threads).map(|thread| match thread {
        0 => "main".to_owned(),
        _ => format!("thread {thread}"),
    });
    (names.collect(), builder.build())
}

/// Splits a numbered line into the thread and its action.
fn split(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    number.parse::<usize>().ok()?;
    let (name, words) = (rest.get(1..10)?, rest.get(11..)?);
    let thread = match name.trim() {
        "main" => 0,
        name => name.strip_prefix("thread ")?.parse().ok()?,
    };
    Some((thread, words.trim()))
}

fn is_notify(words: &str) -> bool {
    words.starts_with("notifies one of ") || words.starts_with("notifies all at ")
}

/// Returns whether a line repeats an event of the same step.
fn is_known(words: &str) -> bool {
    words.starts_with("waits") || words.starts_with("wakes from ")
}

fn threads_in(names: &str) -> Vec<usize> {
    let names = names.trim_matches(['[', ']']).split(", ");
    names.filter_map(|name| name.strip_prefix("thread ")?.parse().ok()).collect()
}

/// Parses an event such as `queue 0: Take { items: 1, tasks: false }`.
fn event(words: &str) -> Option<(usize, Event)> {
    let (queue, event) = words.strip_prefix("queue ")?.split_once(": ")?;
    Some((queue.parse().ok()?, Event::from_debug(event)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interleaving as the kernel writes it.
    const INTERLEAVING: &str = "   0  main      locks queue 0
   1  main          queue 0: Create { capacity: Some(1) }
   2  main      unlocks queue 0
   3  thread 2  locks queue 0
   4  thread 2      queue 0: Wait { condition: NotEmpty }
   5  thread 2      waits until NotEmpty
   6  thread 2  unlocks queue 0
   7  thread 1  locks queue 0
   8  thread 1  locks mutex 0
   9  thread 1  unlocks mutex 0
  10  thread 1      queue 0: Push { items: 1 }
  11  thread 1      queue 0: Notify { condition: NotEmpty, all: false }
  12  thread 1      notifies one of 1 at NotEmpty: thread 2
  13  thread 1  unlocks queue 0
  14  thread 1  finishes
  15  thread 2  locks queue 0
  16  thread 2      wakes from NotEmpty: Notified
  17  thread 2      queue 0: Wake { condition: NotEmpty, timed_out: false }
  18  thread 2      queue 0: Take { items: 1, tasks: false }
  19  thread 2  unlocks queue 0
      thread 3 sleeps until NotEmpty
";

    #[test]
    fn interleaving_is_read_back_into_sections_with_what_they_did() {
        let (names, steps) = read_interleaving(INTERLEAVING);
        assert_eq!(names, ["main", "thread 1", "thread 2"]);
        let lines: Vec<_> = steps.iter().map(|step| step.lines.join(", ")).collect();
        let expected = [
            "creates the queue for 1",
            "waits for something to receive",
            "sends an item, notifies one waiter for something to receive",
            "finishes",
            "wakes up, takes an item",
        ];
        assert_eq!(lines, expected);
        assert_eq!(steps[1].asleep, [None, None, Some((0, "not empty"))]);
        assert_eq!(
            (steps[2].queues[0].cells.len(), steps[2].queues[0].notified),
            (1, [1, 0, 0, 0])
        );
        assert_eq!((steps[4].woken_by, steps[4].queues[0].cells.len()), (Some(2), 0));
        assert!(steps[3].finished && steps[4].asleep == [None; 3]);
    }
}
