//! The abstract model as an oracle for the queue's responses: each response is translated into the
//! events it implies, and the model rejects events that may not happen and items that differ.

use crate::reference::{Operation, Reason, Response};
use sentinel_queue_models::{Condition, Effect, Event, State};

/// The model, with the number of each of its items.
pub(crate) struct Oracle {
    state: State,
    numbers: Vec<usize>,
}

impl Oracle {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        Oracle { state: State::new(capacity), numbers: Vec::new() }
    }

    /// Checks a response; panics if the model rejects it.
    pub(crate) fn check(&mut self, operation: &Operation, response: &Response) {
        let sections = self.claims(operation, response);
        let (sent, received) = moved(operation, response);
        self.numbers.extend(sent);
        let mut taken = Vec::new();
        for section in sections {
            let effects = self.state.run_section(0, &section);
            let effects = effects.unwrap_or_else(|violation| {
                panic!("{operation:?} answered {response:?}: {violation}")
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

    /// Returns the critical sections that a response implies.
    fn claims(&self, operation: &Operation, response: &Response) -> Vec<Vec<Event>> {
        let tasks = *operation == Operation::RecvTask;
        let section = match response {
            Response::Received(items) if items.is_empty() => return Vec::new(),
            Response::Received(items) => vec![Event::Take { items: items.len(), tasks }],
            Response::Looped(items, end) => return looped(items.len(), *end),
            Response::Refused(reason, _) => vec![refusal(operation, *reason)],
            Response::Evicted(None) => vec![Event::Push { items: 1 }],
            Response::Evicted(Some(_)) => vec![Event::Evict, Event::Push { items: 1 }],
            Response::Closed { .. } => vec![Event::Close],
            Response::Drained(items, sentinels) => {
                vec![Event::Close, Event::Drain { items: items.len(), sentinels: Some(*sentinels) }]
            }
            Response::Done => self.done(operation),
        };
        vec![section]
    }

    fn done(&self, operation: &Operation) -> Vec<Event> {
        match operation {
            Operation::Send(..) => vec![Event::Push { items: 1 }],
            Operation::SendMany(items) if items.is_empty() => Vec::new(),
            Operation::SendMany(items) => vec![Event::Push { items: items.len() }],
            Operation::SendSentinels(count) => {
                vec![Event::PushSentinels { count: *count, front: false }]
            }
            Operation::Join(_) => vec![Event::Joined],
            Operation::EndTask => vec![Event::TaskDone { generation: 0 }],
            Operation::CloneSender => vec![Event::AddSender],
            Operation::CloneReceiver => vec![Event::AddReceiver],
            Operation::DropSender if self.state.senders() > 1 => vec![Event::DropSender],
            Operation::DropSender => vec![Event::DropSender, Event::Close],
            Operation::DropReceiver if self.state.receivers() > 1 => vec![Event::DropReceiver],
            Operation::DropReceiver => {
                let (items, sentinels) = (self.state.len(), Some(self.state.sentinels()));
                vec![Event::DropReceiver, Event::Close, Event::Drain { items, sentinels }]
            }
            other => panic!("{other:?} cannot just be done"),
        }
    }
}

fn refusal(operation: &Operation, reason: Reason) -> Event {
    let condition = match operation {
        Operation::Send(..)
        | Operation::SendMany(_)
        | Operation::ForceSend(_)
        | Operation::SendSentinels(_) => Condition::NotFull,
        Operation::Join(_) => Condition::Completed,
        _ => Condition::NotEmpty,
    };
    match reason {
        Reason::Sentinel => Event::TakeSentinel,
        Reason::Closed => Event::Refuse { condition, closed: true },
        Reason::NotNow => Event::Refuse { condition, closed: false },
    }
}

fn looped(count: usize, end: Option<Reason>) -> Vec<Vec<Event>> {
    let mut sections = vec![vec![Event::Take { items: 1, tasks: false }]; count];
    sections.extend(end.map(|reason| vec![refusal(&Operation::Loop(0), reason)]));
    sections
}

/// Returns the items sent and received, according to the response.
fn moved(operation: &Operation, response: &Response) -> (Vec<usize>, Vec<usize>) {
    match (operation, response) {
        (Operation::Send(_, item), Response::Done) => (vec![*item], Vec::new()),
        (Operation::SendMany(items), Response::Done) => (items.clone(), Vec::new()),
        (Operation::ForceSend(item), Response::Evicted(evicted)) => {
            (vec![*item], evicted.iter().copied().collect())
        }
        (
            _,
            Response::Received(items) | Response::Looped(items, _) | Response::Drained(items, _),
        ) => (Vec::new(), items.clone()),
        _ => (Vec::new(), Vec::new()),
    }
}
