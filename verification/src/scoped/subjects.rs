//! The builds of the queue, each made [`Grouped`] by the same lines.

use super::subject::{Grouped, Picture, Reported, Thread, Told, Want};
use crate::item::Item;
use crate::subject::{Content, Subject};
use crate::subjects::{MutantUnderLoom, MutantUnderShuttle, MutantUnderThreads};
use crate::subjects::{UnderLoom, UnderShuttle, UnderThreads};
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::program::Environment;
use sentinel_queue_models::{ItemId, Response, Side};
use std::panic::resume_unwind;

/// A type that is [`Grouped`]: this build of the queue. A macro for the reason that
/// [`crate::subjects`] has one.
macro_rules! grouped {
    ($name:ident, $queue:ident) => {
        impl $name {
            /// Starts the first of these threads, which starts the next one.
            fn start_next<R: Send + 'static>(
                scope: &$queue::Scope<'_, '_>,
                mut threads: std::vec::IntoIter<Thread<R>>,
            ) {
                let Some((name, body)) = threads.next() else { return };
                let inside = scope.clone();
                drop(scope.spawn_named(name, move || {
                    Self::start_next(&inside, threads);
                    body()
                }));
                <Self as Subject>::Backend::operation_finished(0);
            }

            fn reported(report: &$queue::Report) -> Reported {
                let want = |blocked: &$queue::report::Blocked| {
                    let want = match &blocked.operation {
                        $queue::report::Operation::Receive { queue } => Want::Receive(*queue),
                        $queue::report::Operation::Send { queue } => Want::Send(*queue),
                        $queue::report::Operation::Join { queue } => Want::Join(*queue),
                        $queue::report::Operation::JoinThread { thread: None } => Want::Others,
                        _ => Want::Other,
                    };
                    (blocked.thread.clone(), want)
                };
                let picture = |queue: &$queue::report::QueueReport| Picture {
                    number: queue.number,
                    content: Content {
                        items: queue.stats.len,
                        sentinels: queue.stats.sentinels,
                        capacity: queue.stats.capacity,
                        closed: queue.stats.is_closed,
                        unfinished: queue.stats.unfinished_tasks,
                        senders: queue.stats.senders,
                        receivers: queue.stats.receivers,
                    },
                    accepted: usize::try_from(queue.stats.accepted).unwrap_or(usize::MAX),
                };
                let left = |left: &$queue::report::Departed| {
                    (left.thread.clone(), left.outcome == $queue::report::Outcome::Panicked)
                };
                Reported {
                    occurrence: report.occurrence,
                    blocked: report.blocked.iter().map(want).collect(),
                    awaiting: report.blocked_on_join.iter().map(want).collect(),
                    queues: report.queues.iter().map(picture).collect(),
                    left: report.departed.iter().map(left).collect(),
                }
            }
        }

        impl Grouped for $name {
            type Group = $queue::Group;
            type Participant = $queue::Participant;
            type External = $queue::External;

            fn group() -> Self::Group {
                $queue::Group::new()
            }

            fn participant(group: &Self::Group, name: String) -> Self::Participant {
                group.participant(name)
            }

            fn run(participant: Self::Participant, body: impl FnOnce()) {
                participant.run(body);
            }

            fn external(group: &Self::Group) -> Self::External {
                group.external()
            }

            fn report(group: &Self::Group) -> Option<Reported> {
                group.report().as_ref().map(Self::reported)
            }

            fn scope<R: Send + 'static>(
                environment: Environment,
                prepare: impl FnOnce(
                    &dyn Fn(Option<usize>) -> (Self::Sender, Self::Receiver),
                ) -> Vec<Thread<R>>,
            ) -> Option<Reported> {
                let outcome = $queue::scope(|s| {
                    let threads = prepare(&|capacity| match capacity {
                        Some(capacity) => s.bounded(capacity),
                        None => s.unbounded(),
                    });
                    if environment == Environment::Nested {
                        return Self::start_next(s, threads.into_iter());
                    }
                    let handles = threads.into_iter().map(|(name, body)| {
                        <Self as Subject>::Backend::operation_finished(0);
                        s.spawn_named(name, body)
                    });
                    if environment == Environment::Scope {
                        handles.for_each(drop);
                        return <Self as Subject>::Backend::operation_finished(0);
                    }
                    let mut handles: Vec<_> = handles.collect();
                    match handles.remove(0).join() {
                        Ok(rest) => drop((rest, handles)),
                        Err(payload) if payload.is::<$queue::JoinError>() => {
                            panic!("C8: a thread that waits at a queue is given up")
                        }
                        Err(payload) => resume_unwind(payload),
                    }
                });
                outcome.err().map(|ended| Self::reported(ended.report()))
            }

            fn await_others(group: &Self::Group) -> Told {
                match group.join() {
                    Ok(()) => Response { joined: true, ..Response::default() }.into(),
                    Err(_) => Told::forever(Response::default()),
                }
            }

            fn create_in(
                group: &Self::Group,
                capacity: Option<usize>,
            ) -> (Self::Sender, Self::Receiver) {
                match capacity {
                    Some(capacity) => group.bounded(capacity),
                    None => group.unbounded(),
                }
            }

            fn send_in(sender: &Self::Sender, item: Item) -> Told {
                let id = item.id();
                match sender.send(item) {
                    Ok(()) => Response { accepted: vec![id], ..Response::default() }.into(),
                    Err($queue::SendError::Closed(item)) => Told::from(kept(item, true)),
                    Err($queue::SendError::WouldBlockForever(item)) => {
                        Told::forever(kept(item, false))
                    }
                }
            }

            fn recv_in(receiver: &Self::Receiver) -> Told {
                match receiver.recv() {
                    Ok(item) => got(vec![item.open()]).into(),
                    Err($queue::RecvError::Sentinel) => a_sentinel(Vec::new()),
                    Err($queue::RecvError::Closed) => closed(Vec::new()),
                    Err($queue::RecvError::WouldBlockForever) => empty(Vec::new()),
                }
            }

            fn send_many_in(sender: &Self::Sender, items: Vec<Item>) -> Told {
                let mut accepted: Vec<_> = items.iter().map(Item::id).collect();
                let (rest, was_closed) = match sender.send_many(items) {
                    Ok(()) => return Response { accepted, ..Response::default() }.into(),
                    Err($queue::SendError::Closed(rest)) => (rest, true),
                    Err($queue::SendError::WouldBlockForever(rest)) => (rest, false),
                };
                let returned: Vec<_> = rest.into_iter().map(Item::open).collect();
                accepted.truncate(accepted.len() - returned.len());
                let refused = Response::refused(Side::NotFull, was_closed);
                Told { answer: Response { accepted, returned, ..refused }, forever: !was_closed }
            }

            fn recv_many_in(receiver: &Self::Receiver, limit: usize) -> Told {
                let mut batch = Vec::new();
                let received = receiver.recv_many(&mut batch, limit);
                let obtained: Vec<_> = batch.into_iter().map(Item::open).collect();
                match received {
                    Ok(count) => {
                        assert!(count == obtained.len(), "a batch is as told");
                        got(obtained).into()
                    }
                    Err($queue::RecvError::Sentinel) => a_sentinel(obtained),
                    Err($queue::RecvError::Closed) => closed(obtained),
                    Err($queue::RecvError::WouldBlockForever) => empty(obtained),
                }
            }

            fn worker_in(receiver: &Self::Receiver) -> Told {
                let mut items = receiver.iter();
                let obtained: Vec<_> = items.by_ref().map(Item::open).collect();
                match items.end() {
                    Some($queue::RecvError::Sentinel) => a_sentinel(obtained),
                    Some($queue::RecvError::Closed) => closed(obtained),
                    Some($queue::RecvError::WouldBlockForever) => empty(obtained),
                    None => panic!("C7: a worker loop ended and cannot tell why"),
                }
            }

            fn task_in(receiver: &Self::Receiver) -> Told {
                match receiver.recv_task() {
                    Ok(task) => got(vec![$queue::Task::into_inner(task).open()]).into(),
                    Err($queue::RecvError::Sentinel) => a_sentinel(Vec::new()),
                    Err($queue::RecvError::Closed) => closed(Vec::new()),
                    Err($queue::RecvError::WouldBlockForever) => empty(Vec::new()),
                }
            }

            fn join_in(queue: &<Self as Subject>::Queue) -> Told {
                match queue.join() {
                    Ok(()) => Response { joined: true, ..Response::default() }.into(),
                    Err(_) => Told::forever(Response::refused(Side::AllDone, false)),
                }
            }
        }
    };
}

grouped!(UnderLoom, sentinel_queue_under_loom);
grouped!(UnderShuttle, sentinel_queue_under_shuttle);
grouped!(UnderThreads, sentinel_queue_under_threads);
grouped!(MutantUnderLoom, sentinel_queue_mutants_under_loom);
grouped!(MutantUnderShuttle, sentinel_queue_mutants_under_shuttle);
grouped!(MutantUnderThreads, sentinel_queue_mutants_under_threads);

fn kept(item: Item, closed: bool) -> Response {
    Response { returned: vec![item.open()], ..Response::refused(Side::NotFull, closed) }
}

fn got(obtained: Vec<ItemId>) -> Response {
    Response { obtained, ..Response::default() }
}

fn a_sentinel(obtained: Vec<ItemId>) -> Told {
    Response { obtained, sentinels_taken: 1, ..Response::default() }.into()
}

fn closed(obtained: Vec<ItemId>) -> Told {
    Response { obtained, ..Response::refused(Side::NotEmpty, true) }.into()
}

fn empty(obtained: Vec<ItemId>) -> Told {
    Told::forever(Response { obtained, ..Response::refused(Side::NotEmpty, false) })
}
