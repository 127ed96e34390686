//! One thread of a client program.

use crate::desk::{Desk, Handle};
use crate::item::{Item, Ledger};
use crate::subject::{Guard, Subject};
use sentinel_queue_kernel::Backend;
use sentinel_queue_models::program::{Op, Program, Step};
use sentinel_queue_models::{ItemId, Response};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// A thread with its handles, ready to run.
pub struct Client<S: Subject> {
    thread: usize,
    items: usize,
    senders: Vec<Arc<S::Sender>>,
    receivers: Vec<Arc<S::Receiver>>,
    tasks: VecDeque<Guard>,
    ledger: Ledger,
    desk: Arc<Desk<S>>,
    /// Items and iterators use the queue while they are dropped and advanced.
    reentrant: bool,
}

/// The clients of a program. Whoever has no handle of its own shares the first pair, which stays.
pub fn clients<S: Subject>(
    program: &Program,
    desk: &Arc<Desk<S>>,
    ledger: &Ledger,
    reentrant: bool,
) -> Vec<Client<S>> {
    let (sender, receiver) = S::create(program.capacities[0]);
    let (sender, receiver) = (Arc::new(sender), Arc::new(receiver));
    let own = (program.owns_senders(), program.owns_receivers());
    let client = |(index, steps): (usize, &[Step])| {
        let needs = Program::first_handles(steps, 0);
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        match own.0 {
            true if needs.0 => senders.push(Arc::new(S::Sender::clone(&sender))),
            true => {}
            false => senders.push(Arc::clone(&sender)),
        }
        match own.1 {
            true if needs.1 => receivers.push(Arc::new(S::Receiver::clone(&receiver))),
            true => {}
            false => receivers.push(Arc::clone(&receiver)),
        }
        let (ledger, desk) = (ledger.clone(), Arc::clone(desk));
        let (thread, tasks) = (index + 1, VecDeque::new());
        Client { thread, items: 0, senders, receivers, tasks, ledger, desk, reentrant }
    };
    let clients: Vec<_> = program.all_threads().enumerate().map(client).collect();
    for client in &clients {
        client.handles().iter().for_each(|handle| desk.knows(handle));
    }
    let kept =
        [(!own.0).then(|| Handle::Sender(sender)), (!own.1).then(|| Handle::Receiver(receiver))];
    for handle in kept.into_iter().flatten() {
        desk.knows(&handle);
        desk.keeps(handle);
    }
    clients
}

impl<S: Subject> Client<S> {
    fn handles(&self) -> Vec<Handle<S>> {
        let sender = self.senders.iter().map(|sender| Handle::Sender(Arc::clone(sender)));
        let receiver = self.receivers.iter().map(|receiver| Handle::Receiver(Arc::clone(receiver)));
        sender.chain(receiver).collect()
    }

    /// Performs its operations and ends the tasks that it holds. The handles that it still has then
    /// are kept until the end of the execution, unless they end with the thread.
    pub fn run(mut self, steps: &[Step], owning: bool) {
        for &Step { op, .. } in steps {
            self.desk.begins(self.thread, op);
            let response = self.perform(op);
            let mut digest = DefaultHasher::new();
            response.hash(&mut digest);
            self.desk.ends(self.thread, response);
            S::Backend::operation_finished(digest.finish());
        }
        self.tasks.clear();
        if !owning {
            self.handles().into_iter().for_each(|handle| self.desk.keeps(handle));
        }
    }

    fn perform(&mut self, op: Op) -> Response {
        match op {
            Op::Send => self.sends(S::send),
            Op::TrySend => self.sends(S::try_send),
            Op::SendTimeout => self.sends(S::send_timeout),
            Op::SendDeadline => self.sends(S::send_deadline),
            Op::ForceSend => self.sends(S::force_send),
            Op::SendMany(items) => self.send_many(items),
            Op::Sentinel => S::send_sentinel(self.sender()),
            Op::Sentinels(count) => S::send_sentinels(self.sender(), count),
            Op::Recv => S::recv(self.receiver()),
            Op::TryRecv => S::try_recv(self.receiver()),
            Op::RecvTimeout => S::recv_timeout(self.receiver()),
            Op::RecvDeadline => S::recv_deadline(self.receiver()),
            Op::RecvMany(limit) => S::recv_many(self.receiver(), limit),
            Op::TryRecvMany(limit) => S::try_recv_many(self.receiver(), limit),
            Op::RecvManyTimeout(limit) => S::recv_many_timeout(self.receiver(), limit),
            Op::Worker => S::worker(self.receiver()),
            Op::Task => S::take_task(self.receiver()).0,
            Op::Join => S::join(self.queue()),
            Op::JoinTimeout => S::join_timeout(self.queue()),
            Op::Close => S::close(self.queue()),
            Op::CloseNow => S::close_now(self.queue()),
            Op::Die => self.die(),
            Op::TakeTask | Op::EndTask => self.hold(op),
            Op::CloneSender | Op::CloneReceiver | Op::DropSender | Op::DropReceiver => {
                self.change_handles(op)
            }
            Op::Await => panic!("{op} is for programs in a group"),
        }
    }

    fn hold(&mut self, op: Op) -> Response {
        if op == Op::EndTask {
            drop(self.tasks.pop_front());
            return Response::default();
        }
        let (response, guard) = S::take_task(self.receiver());
        self.tasks.extend(guard);
        response
    }

    fn change_handles(&mut self, op: Op) -> Response {
        let new = match op {
            Op::CloneSender => Some(Handle::Sender(Arc::new(self.sender().clone()))),
            Op::CloneReceiver => Some(Handle::Receiver(Arc::new(self.receiver().clone()))),
            Op::DropSender => {
                drop(self.senders.pop());
                None
            }
            _ => {
                drop(self.receivers.pop());
                None
            }
        };
        if let Some(handle) = &new {
            self.desk.knows(handle);
        }
        match new {
            Some(Handle::Sender(sender)) => self.senders.push(sender),
            Some(Handle::Receiver(receiver)) => self.receivers.push(receiver),
            None => {}
        }
        Response::default()
    }

    fn sender(&self) -> &S::Sender {
        self.senders.last().expect("programs use no handle that they have dropped")
    }

    fn receiver(&self) -> &S::Receiver {
        self.receivers.last().expect("programs use no handle that they have dropped")
    }

    fn queue(&self) -> &S::Queue {
        match self.senders.last() {
            Some(sender) => S::behind_sender(sender),
            None => S::behind_receiver(self.receiver()),
        }
    }

    fn item(&mut self) -> Item {
        let id = ItemId { thread: self.thread, number: self.items };
        self.items += 1;
        if self.reentrant {
            let desk = Arc::downgrade(&self.desk);
            let look = move || {
                if let Some(handle) = desk.upgrade().and_then(|desk| desk.handle()) {
                    S::content(handle.queue());
                }
            };
            Item::that_ends_with(id, &self.ledger, Box::new(look))
        } else {
            Item::new(id, &self.ledger)
        }
    }

    fn sends(&mut self, send: fn(&S::Sender, Item) -> Response) -> Response {
        let item = self.item();
        send(self.sender(), item)
    }

    fn send_many(&mut self, items: usize) -> Response {
        let items: Vec<_> = (0..items).map(|_| self.item()).collect();
        let advance = |_: &Item| {
            if self.reentrant {
                S::content(self.queue());
            }
        };
        S::send_many(self.sender(), items.into_iter().inspect(advance))
    }

    /// Takes a task and dies with it: on real threads by a panic; under the checkers, which cannot
    /// unwind, by dropping what unwinding would drop, in its order.
    fn die(&mut self) -> Response {
        let receivers = std::mem::take(&mut self.receivers);
        let tasks = std::mem::take(&mut self.tasks);
        let take = |receivers: &Vec<Arc<S::Receiver>>| {
            S::take_task(receivers.last().expect("only a thread with a receiver dies at work"))
        };
        if S::Backend::QUIESCES {
            let response = take(&receivers).0;
            drop(tasks);
            drop(receivers);
            return response;
        }
        let mut told = None;
        let death = catch_unwind(AssertUnwindSafe(|| {
            let (receivers, _tasks) = (receivers, tasks);
            let (response, guard) = take(&receivers);
            told = Some(response);
            if guard.is_some() {
                resume_unwind(Box::new("a worker dies"));
            }
        }));
        drop(death);
        told.expect("it has returned from the receive")
    }
}
