//! One thread of a client program.

use crate::answer::Answer;
use crate::desk::{Desk, Handle};
use crate::item::{Id, Item, Ledger};
use crate::program::{Op, Program};
use crate::subject::Subject;
use sentinel_queue_kernel::Backend;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// A thread with its handles, ready to run.
pub struct Client<S: Subject> {
    thread: usize,
    items: usize,
    sender: Option<Arc<S::Sender>>,
    receiver: Option<Arc<S::Receiver>>,
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
    let (sender, receiver) = S::create(program.capacity);
    let (sender, receiver) = (Arc::new(sender), Arc::new(receiver));
    let client = |(index, ops): (usize, &Vec<Op>)| {
        let takes = ops.iter().any(|op| op.receives());
        let sends = ops.iter().any(|op| op.sends());
        let controls = ops.iter().any(|op| op.controls());
        let own_sender = program.owns_senders() && (sends || (controls && !takes));
        let own_receiver = program.owns_receivers() && takes;
        let shared_sender = (!program.owns_senders()).then(|| Arc::clone(&sender));
        let shared_receiver = (!program.owns_receivers()).then(|| Arc::clone(&receiver));
        Client {
            thread: index + 1,
            items: 0,
            sender: own_sender.then(|| Arc::new(S::Sender::clone(&sender))).or(shared_sender),
            receiver: own_receiver
                .then(|| Arc::new(S::Receiver::clone(&receiver)))
                .or(shared_receiver),
            ledger: ledger.clone(),
            desk: Arc::clone(desk),
            reentrant,
        }
    };
    let clients: Vec<_> = program.threads.iter().enumerate().map(client).collect();
    for client in &clients {
        client.handles().iter().for_each(|handle| desk.knows(handle));
    }
    let kept = [
        (!program.owns_senders()).then(|| Handle::Sender(sender)),
        (!program.owns_receivers()).then(|| Handle::Receiver(receiver)),
    ];
    for handle in kept.into_iter().flatten() {
        desk.knows(&handle);
        desk.keeps(handle);
    }
    clients
}

impl<S: Subject> Client<S> {
    fn handles(&self) -> Vec<Handle<S>> {
        let sender = self.sender.iter().map(|sender| Handle::Sender(Arc::clone(sender)));
        let receiver = self.receiver.iter().map(|receiver| Handle::Receiver(Arc::clone(receiver)));
        sender.chain(receiver).collect()
    }

    /// Performs its operations, and leaves the handles it still has until the end.
    pub fn run(mut self, ops: &[Op]) {
        for &op in ops {
            self.desk.begins(self.thread, op);
            let answer = self.perform(op);
            let mut digest = DefaultHasher::new();
            answer.hash(&mut digest);
            self.desk.ends(self.thread, answer);
            S::Backend::operation_finished(digest.finish());
        }
        for handle in self.handles() {
            self.desk.keeps(handle);
        }
    }

    fn perform(&mut self, op: Op) -> Answer {
        match op {
            Op::Send => self.sends(S::send),
            Op::TrySend => self.sends(S::try_send),
            Op::SendTimeout => self.sends(S::send_timeout),
            Op::ForceSend => self.sends(S::force_send),
            Op::SendMany => self.send_many(),
            Op::Sentinel => S::send_sentinel(self.sender()),
            Op::Recv => S::recv(self.receiver()),
            Op::TryRecv => S::try_recv(self.receiver()),
            Op::RecvTimeout => S::recv_timeout(self.receiver()),
            Op::RecvMany => S::recv_many(self.receiver()),
            Op::Worker => S::worker(self.receiver()),
            Op::Task => S::task(self.receiver(), |_| ()),
            Op::Join => S::join(self.queue()),
            Op::JoinTimeout => S::join_timeout(self.queue()),
            Op::Close => S::close(self.queue()),
            Op::CloseNow => S::close_now(self.queue()),
            Op::DropSender => {
                self.sender = None;
                Answer::default()
            }
            Op::DropReceiver => {
                self.receiver = None;
                Answer::default()
            }
            Op::Die => self.die(),
        }
    }

    fn sender(&self) -> &S::Sender {
        self.sender.as_ref().expect("programs use no handle that they have dropped")
    }

    fn receiver(&self) -> &S::Receiver {
        self.receiver.as_ref().expect("programs use no handle that they have dropped")
    }

    fn queue(&self) -> &S::Queue {
        match &self.sender {
            Some(sender) => S::behind_sender(sender),
            None => S::behind_receiver(self.receiver()),
        }
    }

    fn item(&mut self) -> Item {
        let id = Id { thread: self.thread, number: self.items };
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

    fn sends(&mut self, send: fn(&S::Sender, Item) -> Answer) -> Answer {
        let item = self.item();
        send(self.sender(), item)
    }

    fn send_many(&mut self) -> Answer {
        let items: Vec<_> = (0..Op::SendMany.items()).map(|_| self.item()).collect();
        let advance = |_: &Item| {
            if self.reentrant {
                S::content(self.queue());
            }
        };
        S::send_many(self.sender(), items.into_iter().inspect(advance))
    }

    /// Takes a task and dies with it: on real threads by a panic; under the checkers, which cannot
    /// unwind, by dropping what unwinding would drop, in its order.
    fn die(&mut self) -> Answer {
        let receiver = self.receiver.take().expect("only who has a receiver dies at work");
        if S::Backend::QUIESCES {
            let answer = S::task(&receiver, |_| ());
            drop(receiver);
            return answer;
        }
        let mut told = None;
        let death = catch_unwind(AssertUnwindSafe(|| {
            let receiver = receiver;
            S::task(&receiver, |answer| {
                told = Some(answer.clone());
                resume_unwind(Box::new("a worker dies"));
            })
        }));
        death.unwrap_or_else(|_| told.expect("it died with a task"))
    }
}
