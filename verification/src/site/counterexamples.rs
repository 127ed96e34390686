//! Every counterexample as a schedule: those of the model, with its seeded bugs, and those of the
//! code, by their tokens.

use super::builder::Builder;
use super::data::{Kind, Mutation, Schedule, Step};
use super::interleaving;
use crate::replay::Token;
use sentinel_queue_models::explorer::{Counterexample, System};
use sentinel_queue_models::kills::{Kill, KillTable, Seeded};
use sentinel_queue_models::{client, scope, Event, Side};

/// The command that prints the counterexamples of the model.
const AGAIN: &str = "cargo run --release -p sentinel-queue-models --example kills";

/// Returns the seeded bugs of the model, and a shortest counterexample of each.
pub fn of_model() -> (Vec<Mutation>, Vec<Schedule>) {
    let (mut mutations, mut schedules) = (Vec::new(), Vec::new());
    for kill in &KillTable::<client::Mutation>::make().0 {
        add(kill, steps_of_queue, (&mut mutations, &mut schedules));
    }
    for kill in &KillTable::<scope::Mutation>::make().0 {
        add(kill, steps_of_group, (&mut mutations, &mut schedules));
    }
    (mutations, schedules)
}

fn add<M: Seeded>(
    kill: &Kill<M>,
    steps: fn(&Counterexample<M::System>) -> Vec<Step>,
    (mutations, schedules): (&mut Vec<Mutation>, &mut Vec<Schedule>),
) {
    let (name, property) = (kill.mutation.to_string(), kill.mutation.made_to_break());
    let claim = claim_of(&property.to_string()).to_owned();
    let found = kill.counterexample(property);
    let id = found.map(|_| format!("model-{name}"));
    let length = |(by, found): &(M::Property, Counterexample<M::System>)| {
        (by.to_string(), found.scenes.len())
    };
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
    let stopped_by = kill.stopped_by.iter().map(length).collect();
    mutations.push(Mutation { name, claim, stopped_by, schedule: id });
}

/// Describes the violation and the threads that sleep in it.
fn sentence<S: System>(found: &Counterexample<S>) -> String {
    let asleep = found.asleep.iter().map(|(who, told)| format!("{} {told}. ", found.names[*who]));
    let fault = found.fault.to_string();
    format!("{}{fault}{}", asleep.collect::<String>(), if fault.ends_with('.') { "" } else { "." })
}

fn steps_of_queue(found: &Counterexample<client::Configuration>) -> Vec<Step> {
    let mut builder = Builder::new(found.names.len(), &[found.configuration.capacity]);
    for scene in &found.scenes {
        builder.begin(scene.thread);
        for &event in &scene.acts {
            builder.event(scene.thread, 0, event);
        }
        if scene.acts.is_empty() {
            builder.line(scene.thread, found.configuration.tell(scene));
        }
        builder.end();
    }
    builder.build()
}

fn steps_of_group(found: &Counterexample<scope::Configuration>) -> Vec<Step> {
    let mut builder = Builder::new(found.names.len(), &found.configuration.capacities);
    for scene in &found.scenes {
        builder.begin(scene.thread);
        for act in &scene.acts {
            match *act {
                scope::Act::At { queue, event } => builder.event(scene.thread, queue, event),
                scope::Act::WakesAt { timed_out, .. } => {
                    builder.wake_anywhere(scene.thread, timed_out);
                }
                scope::Act::WakesAll { queue } => {
                    for side in Side::ALL {
                        builder.event(scene.thread, queue, Event::Notify { side, all: true });
                    }
                }
                _ => {}
            }
        }
        builder.describe_last(found.configuration.tell(scene));
        builder.end();
    }
    builder.build()
}

/// Returns the claim of a property of the model; those of one queue are named like it.
fn claim_of(property: &str) -> &str {
    match property {
        "NoHang" | "Termination" => "C7",
        "QueueRules" => "C6",
        id if id.starts_with('C') => id,
        _ => "C8",
    }
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
        claim: claim.filter(|claim| crate::claims::CLAIMS.iter().any(|(id, _)| id == claim)),
        threads,
        wrong: Some((steps.len().saturating_sub(1), failure.message)),
        steps,
        beside: None,
    })
}
