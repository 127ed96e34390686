//! One thread of a client program in a group.

use super::diary::{Diary, Entry};
use super::subject::{Grouped, Told};
use crate::desk::{Desk, Handle};
use crate::item::{Item, Ledger};
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{ItemId, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::resume_unwind;
use std::sync::Arc;

/// What the clients of an execution share.
pub struct World<S: Grouped> {
    /// The group; without it the same program may hang.
    pub group: Option<S::Group>,
    /// One desk per queue.
    pub desks: Vec<Desk<S>>,
    /// What they were told.
    pub diary: Diary,
    /// Items that were dropped inside of a queue.
    pub ledger: Ledger,
    /// Whether a report is to be looked at when somebody is told, since there may be another.
    pub reads: bool,
}

/// A thread with its handles, ready to run.
pub struct Client<S: Grouped> {
    thread: usize,
    items: usize,
    senders: Vec<Option<Arc<S::Sender>>>,
    receivers: Vec<Option<Arc<S::Receiver>>>,
    world: Arc<World<S>>,
}

/// The clients of a program, and a queue for each of its capacities. Handles that they share are
/// kept until the end.
pub fn clients<S: Grouped>(
    program: &Program,
    world: &Arc<World<S>>,
    create: impl Fn(Option<usize>) -> (S::Sender, S::Receiver),
) -> Vec<Client<S>> {
    let new = |(index, _): (usize, _)| Client {
        thread: index + 1,
        items: 0,
        senders: Vec::new(),
        receivers: Vec::new(),
        world: Arc::clone(world),
    };
    let mut clients: Vec<_> = program.all_threads().enumerate().map(new).collect();
    for (queue, &capacity) in program.capacities.iter().enumerate() {
        let (sender, receiver) = create(capacity);
        let (sender, receiver) = (Arc::new(sender), Arc::new(receiver));
        for (who, steps) in clients.iter_mut().zip(program.all_threads()) {
            let (feeds, empties) = Program::first_handles(steps, queue);
            if program.owning {
                let sender = || Arc::new(S::Sender::clone(&sender));
                let receiver = || Arc::new(S::Receiver::clone(&receiver));
                who.senders.push(feeds.then(sender));
                who.receivers.push(empties.then(receiver));
            } else {
                who.senders.push(Some(Arc::clone(&sender)));
                who.receivers.push(Some(Arc::clone(&receiver)));
            }
            who.handles(queue).iter().for_each(|handle| world.desks[queue].knows(handle));
        }
        if !program.owning {
            for handle in [Handle::Sender(sender), Handle::Receiver(receiver)] {
                world.desks[queue].knows(&handle);
                world.desks[queue].keeps(handle);
            }
        }
    }
    clients
}

impl<S: Grouped> Client<S> {
    fn handles(&self, queue: usize) -> Vec<Handle<S>> {
        let sender = self.senders[queue].iter().map(|sender| Handle::Sender(Arc::clone(sender)));
        let receiver = self.receivers[queue].iter();
        let receiver = receiver.map(|receiver| Handle::Receiver(Arc::clone(receiver)));
        sender.chain(receiver).collect()
    }

    /// Performs its operations. Who is told that one would block forever stops there and keeps its
    /// handles, unless it resumes; all others drop theirs with what they return.
    #[must_use]
    pub fn run(mut self, steps: &[Step], resuming: bool) -> Self {
        S::Backend::operation_finished(0);
        for &step in steps {
            let told = self.perform(step);
            let forever = told.forever;
            let report = self.world.group.as_ref().filter(|_| forever && self.world.reads);
            let report = report.and_then(S::report);
            let mut digest = DefaultHasher::new();
            (&told, format!("{report:?}")).hash(&mut digest);
            self.world.diary.enter(self.thread, Entry { told, report });
            S::Backend::operation_finished(digest.finish());
            if forever && !resuming {
                self.keep_handles();
                break;
            }
        }
        self
    }

    fn keep_handles(&self) {
        for (queue, desk) in self.world.desks.iter().enumerate() {
            self.handles(queue).into_iter().for_each(|handle| desk.keeps(handle));
        }
    }

    fn perform(&mut self, step: Step) -> Told {
        let Step { op, queue } = step;
        match op {
            Op::Await => S::await_others(self.world.group.as_ref().expect("others of a group")),
            Op::Send => {
                let item = self.item();
                S::send_in(self.sender(queue), item)
            }
            Op::SendMany(items) => {
                let items = (0..items).map(|_| self.item()).collect();
                S::send_many_in(self.sender(queue), items)
            }
            Op::Recv => S::recv_in(self.receiver(queue)),
            Op::RecvMany(limit) => S::recv_many_in(self.receiver(queue), limit),
            Op::Worker => S::worker_in(self.receiver(queue)),
            Op::Task => S::task_in(self.receiver(queue)),
            Op::Join => S::join_in(self.queue(queue)),
            op => self.perform_at_once(op, queue).into(),
        }
    }

    /// What never waits, or not for ever.
    fn perform_at_once(&mut self, op: Op, queue: usize) -> Response {
        match op {
            Op::TrySend | Op::SendTimeout | Op::SendDeadline | Op::ForceSend => {
                let item = self.item();
                let send = match op {
                    Op::TrySend => S::try_send,
                    Op::SendTimeout => S::send_timeout,
                    Op::SendDeadline => S::send_deadline,
                    _ => S::force_send,
                };
                send(self.sender(queue), item)
            }
            Op::Sentinel => S::send_sentinel(self.sender(queue)),
            Op::Sentinels(count) => S::send_sentinels(self.sender(queue), count),
            Op::TryRecv => S::try_recv(self.receiver(queue)),
            Op::RecvTimeout => S::recv_timeout(self.receiver(queue)),
            Op::RecvDeadline => S::recv_deadline(self.receiver(queue)),
            Op::TryRecvMany(limit) => S::try_recv_many(self.receiver(queue), limit),
            Op::RecvManyTimeout(limit) => S::recv_many_timeout(self.receiver(queue), limit),
            Op::JoinTimeout => S::join_timeout(self.queue(queue)),
            Op::Close => S::close(self.queue(queue)),
            Op::CloseNow => S::close_now(self.queue(queue)),
            // The checkers do not unwind; whoever dies there leaves its handles, and returns.
            Op::Die if S::Backend::QUIESCES => Response::default(),
            Op::Die => resume_unwind(Box::new("a participant dies")),
            op => panic!("{op} is not for programs in a group"),
        }
    }

    fn sender(&self, queue: usize) -> &S::Sender {
        self.senders[queue].as_ref().expect("programs use no handle that they do not have")
    }

    fn receiver(&self, queue: usize) -> &S::Receiver {
        self.receivers[queue].as_ref().expect("programs use no handle that they do not have")
    }

    fn queue(&self, queue: usize) -> &S::Queue {
        match &self.senders[queue] {
            Some(sender) => S::behind_sender(sender),
            None => S::behind_receiver(self.receiver(queue)),
        }
    }

    fn item(&mut self) -> Item {
        let id = ItemId { thread: self.thread, number: self.items };
        self.items += 1;
        Item::new(id, &self.world.ledger)
    }
}
