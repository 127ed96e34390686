//! Every counterexample as a schedule: those of the model, with its seeded bugs, and those of the
//! code, by their tokens.

use super::builder::Builder;
use super::data::{Kind, Mutation, Schedule, Step};
use super::interleaving;
use crate::explore::replay::Token;
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
    let (threads, steps) = interleaving::read(&failure.interleaving);
    let claim = failure.message.split_once(':').map(|(claim, _)| claim.to_owned());
    Ok(Schedule {
        id: "replay".to_owned(),
        kind: Kind::Code,
        title: title.to_owned(),
        source: "The code itself, under the schedule of a token.".to_owned(),
        again: Some(format!("cargo verify --replay '{token}'")),
        claim: claim
            .filter(|claim| crate::report::claims::CLAIMS.iter().any(|(id, _)| id == claim)),
        threads,
        wrong: Some((steps.len().saturating_sub(1), failure.message)),
        steps,
        beside: None,
    })
}
