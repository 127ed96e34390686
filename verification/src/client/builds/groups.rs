//! What only groups have, of every build: scopes and reports.

/// The scopes and reports of one build, for [`subject`](crate::client::builds).
macro_rules! groups {
    ($name:ident, $queue:ident) => {
        impl $name {
            fn run_scope<R: Send + 'static>(
                environment: Environment,
                prepare: impl FnOnce(&dyn Fn(Option<usize>) -> Handles<Self>) -> Vec<Thread<R>>,
            ) -> Option<Report> {
                let outcome = $queue::scope(|scope| {
                    let threads = prepare(&|capacity| match capacity {
                        Some(capacity) => scope.bounded(capacity),
                        None => scope.unbounded(),
                    });
                    if environment == Environment::Nested {
                        return Self::spawn_next(scope, threads.into_iter());
                    }
                    let handles = threads.into_iter().map(|(name, body)| {
                        harness::operation_finished(&());
                        scope.spawn_named(name, body)
                    });
                    if environment == Environment::Scope {
                        handles.for_each(drop);
                        return harness::operation_finished(&());
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
                outcome.err().map(|ended| Self::convert(ended.report()))
            }

            /// Starts the first of these threads, which starts the next one.
            fn spawn_next<R: Send + 'static>(
                scope: &$queue::Scope<'_, '_>,
                mut threads: std::vec::IntoIter<Thread<R>>,
            ) {
                let Some((name, body)) = threads.next() else { return };
                let inside = scope.clone();
                drop(scope.spawn_named(name, move || {
                    Self::spawn_next(&inside, threads);
                    body()
                }));
                harness::operation_finished(&());
            }

            fn convert(report: &$queue::Report) -> Report {
                let target = |blocked: &$queue::report::Blocked| {
                    let target = match &blocked.operation {
                        $queue::report::Operation::Receive { queue } => WaitTarget::Receive(*queue),
                        $queue::report::Operation::Send { queue } => WaitTarget::Send(*queue),
                        $queue::report::Operation::Join { queue } => WaitTarget::Join(*queue),
                        $queue::report::Operation::Flush { queue } => WaitTarget::Flush(*queue),
                        $queue::report::Operation::JoinThread { thread: None } => {
                            WaitTarget::AllOthers
                        }
                        _ => WaitTarget::Participant,
                    };
                    (blocked.thread.clone(), target)
                };
                let departed = |departed: &$queue::report::Departed| {
                    (departed.thread.clone(), departed.outcome == $queue::report::Outcome::Panicked)
                };
                let queues = report.queues.iter();
                let queues = queues.map(|queue| (queue.number, Self::convert_stats(&queue.stats)));
                Report {
                    occurrence: report.occurrence,
                    blocked: report.blocked.iter().map(target).collect(),
                    blocked_on_join: report.blocked_on_join.iter().map(target).collect(),
                    queues: queues.collect(),
                    departed: report.departed.iter().map(departed).collect(),
                }
            }

            fn convert_stats(stats: &$queue::Stats) -> Snapshot {
                let waiting = stats.waiting_receivers + stats.waiting_senders;
                let waiting = waiting + stats.waiting_joiners + stats.waiting_flushers;
                Snapshot {
                    items: stats.len,
                    sentinels: stats.sentinels,
                    capacity: stats.capacity,
                    closed: stats.is_closed,
                    unfinished: stats.unfinished_tasks,
                    accepted: stats.accepted,
                    senders: stats.senders,
                    receivers: stats.receivers,
                    waiting,
                }
            }
        }
    };
}

pub(super) use groups;
