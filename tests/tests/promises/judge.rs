//! The abstract model as a second opinion on what the queue answers: each answer is told to it as
//! the events it claims, and the model objects if these may not happen, or knows of other items.

use crate::reference::{Answer, Operation, Why};
use sentinel_queue_models::{Condition, Effect, Event, State};

/// The model, and which number each of its items stands for.
pub(crate) struct Judge {
    state: State,
    numbers: Vec<usize>,
}

impl Judge {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        Judge { state: State::new(capacity), numbers: Vec::new() }
    }

    /// Objects to an answer by a panic.
    pub(crate) fn hear(&mut self, operation: &Operation, answer: &Answer) {
        let sections = self.claims(operation, answer);
        let (sent, received) = moved(operation, answer);
        self.numbers.extend(sent);
        let mut taken = Vec::new();
        for section in sections {
            let effects = self.state.run_section(0, &section);
            let effects = effects.unwrap_or_else(|violation| {
                panic!("{operation:?} answered {answer:?}: {violation}")
            });
            for effect in effects {
                if let Effect::Out(items) = effect {
                    taken.extend(items.map(|item| usize::try_from(item).unwrap()));
                }
            }
        }
        let taken: Vec<_> = taken.into_iter().map(|item| self.numbers[item]).collect();
        if *operation != Operation::DropReceiver {
            assert_eq!(taken, received, "{operation:?}, says the model");
        }
    }

    /// The critical sections that an answer claims to have happened.
    fn claims(&self, operation: &Operation, answer: &Answer) -> Vec<Vec<Event>> {
        let tasks = *operation == Operation::RecvTask;
        let section = match answer {
            Answer::Received(items) if items.is_empty() => return Vec::new(),
            Answer::Received(items) => vec![Event::Take { items: items.len(), tasks }],
            Answer::Looped(items, end) => return looped(items.len(), *end),
            Answer::Refused(why, _) => vec![refusal(operation, *why)],
            Answer::Evicted(None) => vec![Event::Push { items: 1 }],
            Answer::Evicted(Some(_)) => vec![Event::Evict, Event::Push { items: 1 }],
            Answer::Closed { .. } => vec![Event::Close],
            Answer::Drained(items, sentinels) => {
                vec![Event::Close, Event::Drain { items: items.len(), sentinels: *sentinels }]
            }
            Answer::Done => self.done(operation),
        };
        vec![section]
    }

    fn done(&self, operation: &Operation) -> Vec<Event> {
        match operation {
            Operation::Send(..) => vec![Event::Push { items: 1 }],
            Operation::SendMany(items) if items.is_empty() => Vec::new(),
            Operation::SendMany(items) => vec![Event::Push { items: items.len() }],
            Operation::SendSentinels(count) => vec![Event::PushSentinels { count: *count }],
            Operation::Join(_) => vec![Event::Joined],
            Operation::EndTask => vec![Event::TaskDone],
            Operation::CloneSender => vec![Event::AddSender],
            Operation::CloneReceiver => vec![Event::AddReceiver],
            Operation::DropSender if self.state.senders() > 1 => vec![Event::DropSender],
            Operation::DropSender => vec![Event::DropSender, Event::Close],
            Operation::DropReceiver if self.state.receivers() > 1 => vec![Event::DropReceiver],
            Operation::DropReceiver => {
                let (items, sentinels) = (self.state.len(), self.state.sentinels());
                vec![Event::DropReceiver, Event::Close, Event::Drain { items, sentinels }]
            }
            other => panic!("{other:?} cannot just be done"),
        }
    }
}

fn refusal(operation: &Operation, why: Why) -> Event {
    let condition = match operation {
        Operation::Send(..)
        | Operation::SendMany(_)
        | Operation::ForceSend(_)
        | Operation::SendSentinels(_) => Condition::NotFull,
        Operation::Join(_) => Condition::Completed,
        _ => Condition::NotEmpty,
    };
    match why {
        Why::Sentinel => Event::TakeSentinel,
        Why::Closed => Event::Refuse { condition, closed: true },
        Why::NotNow => Event::Refuse { condition, closed: false },
    }
}

fn looped(count: usize, end: Option<Why>) -> Vec<Vec<Event>> {
    let mut sections = vec![vec![Event::Take { items: 1, tasks: false }]; count];
    sections.extend(end.map(|why| vec![refusal(&Operation::Loop(0), why)]));
    sections
}

/// The items that have gone in and come out, if the answer is true.
fn moved(operation: &Operation, answer: &Answer) -> (Vec<usize>, Vec<usize>) {
    match (operation, answer) {
        (Operation::Send(_, item), Answer::Done) => (vec![*item], Vec::new()),
        (Operation::SendMany(items), Answer::Done) => (items.clone(), Vec::new()),
        (Operation::ForceSend(item), Answer::Evicted(evicted)) => {
            (vec![*item], evicted.iter().copied().collect())
        }
        (_, Answer::Received(items) | Answer::Looped(items, _) | Answer::Drained(items, _)) => {
            (Vec::new(), items.clone())
        }
        _ => (Vec::new(), Vec::new()),
    }
}
