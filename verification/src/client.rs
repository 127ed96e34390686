//! The clients of a program: each executes the operations of one thread, alone or in a group, on one
//! queue or on several.

pub mod subject;
pub mod builds;
pub mod observations;
pub mod spawn;

use crate::client::observations::{Handle, Observations};
use crate::client::subject::{Guard, Handles, Held, Item, Subject};
use sentinel_queue_kernel::harness;
use sentinel_queue_models::program::{Environment, Op, Program, Step};
use sentinel_queue_models::{ItemId, Response};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::Arc;

/// What the clients of an execution share.
pub struct Shared<S: Subject> {
    /// What they do.
    pub program: Arc<Program>,
    /// The group that main has made, if it has.
    pub group: Option<S::Group>,
    /// What is observed of them.
    pub observations: Observations<S>,
    /// Whether a deadlocked operation reads its report, since there may be another one later.
    pub reads_reports: bool,
    /// Items and iterators use the queue while they are dropped and advanced.
    reentrant: bool,
}

impl<S: Subject> Shared<S> {
    /// For an execution of this program.
    pub fn new(program: &Arc<Program>, reentrant: bool) -> Self {
        let external = !program.external.is_empty() && program.environment != Environment::Alone;
        let (threads, queues) = (program.all_threads().count(), program.capacities.len());
        Shared {
            program: Arc::clone(program),
            group: program.environment.has_group().then(S::group),
            observations: Observations::new(threads, queues, external),
            reads_reports: program.resuming || program.has(|op| op == Op::Await),
            reentrant,
        }
    }
}

/// The panic by which a thread dies.
pub struct Death;

/// A thread with its handles, ready to run.
pub struct Client<S: Subject> {
    thread: usize,
    items: usize,
    dies: bool,
    /// The tasks that it holds, each with its queue.
    tasks: VecDeque<(usize, Guard)>,
    /// Its senders of each queue.
    senders: Vec<Vec<Arc<S::Sender>>>,
    /// Its receivers of each queue.
    receivers: Vec<Vec<Arc<S::Receiver>>>,
    /// A handle of neither side of each queue.
    weak: Vec<S::Weak>,
    shared: Arc<Shared<S>>,
}

/// The clients of a program, and a queue for each of its capacities. Threads that have no handle of
/// their own share the first pair, which lives until the end.
pub fn clients<S: Subject>(
    shared: &Arc<Shared<S>>,
    create: impl Fn(Option<usize>) -> Handles<S>,
) -> Vec<Client<S>> {
    let program = &shared.program;
    let new = |(index, _): (usize, _)| Client {
        thread: index + 1,
        items: 0,
        dies: false,
        tasks: VecDeque::new(),
        senders: Vec::new(),
        receivers: Vec::new(),
        weak: Vec::new(),
        shared: Arc::clone(shared),
    };
    let mut clients: Vec<Client<S>> = program.all_threads().enumerate().map(new).collect();
    let own = (program.owns_senders(), program.owns_receivers());
    for (queue, &capacity) in program.capacities.iter().enumerate() {
        let (sender, receiver) = create(capacity);
        let (sender, receiver) = (Arc::new(sender), Arc::new(receiver));
        for (client, steps) in clients.iter_mut().zip(program.all_threads()) {
            let needs = Program::first_handles(steps, queue);
            client.weak.push(S::downgrade_sender(&sender));
            client.senders.push(match own.0 {
                true if needs.0 => vec![Arc::new(S::Sender::clone(&sender))],
                true => Vec::new(),
                false => vec![Arc::clone(&sender)],
            });
            client.receivers.push(match own.1 {
                true if needs.1 => vec![Arc::new(S::Receiver::clone(&receiver))],
                true => Vec::new(),
                false => vec![Arc::clone(&receiver)],
            });
            let track = |handle: &_| shared.observations.track_handle(queue, handle);
            client.handles(queue).iter().for_each(track);
        }
        let sender = (!own.0).then_some(sender).map(Handle::Sender);
        let receiver = (!own.1).then_some(receiver).map(Handle::Receiver);
        for handle in [sender, receiver].into_iter().flatten() {
            shared.observations.track_handle(queue, &handle);
            shared.observations.retain_handle(queue, handle);
        }
    }
    clients
}

impl<S: Subject> Client<S> {
    fn handles(&self, queue: usize) -> Vec<Handle<S>> {
        let senders = self.senders[queue].iter().map(|sender| Handle::Sender(Arc::clone(sender)));
        let receivers = self.receivers[queue].iter();
        senders.chain(receivers.map(|receiver| Handle::Receiver(Arc::clone(receiver)))).collect()
    }

    fn retain_handles(&self) {
        for queue in 0..self.senders.len() {
            let retain = |handle| self.shared.observations.retain_handle(queue, handle);
            self.handles(queue).into_iter().for_each(retain);
        }
    }

    /// Performs its operations and ends the tasks that it holds. The handles that it still has then
    /// live until the end of the execution, or end with what this returns. A thread that is
    /// reported as deadlocked stops there, and keeps handles and tasks, unless it resumes.
    ///
    /// # Panics
    ///
    /// With [`Death`], on real threads, when it dies.
    #[must_use]
    pub fn run(mut self) -> Self {
        let shared = Arc::clone(&self.shared);
        let steps = shared.program.all_threads().nth(self.thread - 1).unwrap_or_default();
        for &step in steps {
            self.shared.observations.begin(self.thread, step);
            let response = self.perform(step);
            if self.finish(step, response) && !shared.program.resuming {
                self.retain_handles();
                let tasks = self.tasks.drain(..).map(|(_, guard)| guard);
                self.shared.observations.retain_tasks(tasks);
                return self;
            }
        }
        if self.dies {
            self.unwind();
        }
        self.tasks.clear();
        if !self.shared.program.owning {
            self.retain_handles();
        }
        self
    }

    /// Its tasks and its receivers end by unwinding.
    fn unwind(self) -> ! {
        if !self.shared.program.owning {
            for (queue, senders) in self.senders.iter().enumerate() {
                let senders = senders.iter().map(|sender| Handle::Sender(Arc::clone(sender)));
                senders.for_each(|sender| self.shared.observations.retain_handle(queue, sender));
            }
        }
        resume_unwind(Box::new(Death))
    }

    /// Returns whether it was reported as deadlocked.
    fn finish(&self, step: Step, response: Response) -> bool {
        let Shared { program, group, observations, reads_reports, .. } = &*self.shared;
        let deadlocked = response.deadlocked;
        let may = program.environment != Environment::Alone && step.op.may_block_forever();
        assert!(may || !deadlocked, "C8: {step}, which cannot be deadlocked, is: {response}");
        let report = group.as_ref().filter(|_| deadlocked && *reads_reports).and_then(S::report);
        harness::operation_finished(&(&response, report.as_ref().map(|it| format!("{it:?}"))));
        observations.finish(self.thread, step, response, report);
        deadlocked
    }

    #[allow(clippy::too_many_lines)] // a line for each operation
    fn perform(&mut self, Step { op, queue }: Step) -> Response {
        match op {
            Op::Send => self.send(queue, S::send),
            Op::TrySend => self.send(queue, S::try_send),
            Op::SendTimeout => self.send(queue, S::send_timeout),
            Op::SendDeadline => self.send(queue, S::send_deadline),
            Op::ForceSend => self.send(queue, S::force_send),
            Op::SendMany(_) | Op::TrySendMany(_) | Op::SendManyTimeout(_) => {
                self.send_many(queue, op)
            }
            Op::SendAsync => self.send(queue, S::send_async),
            Op::SendAsyncDrop => self.send(queue, S::send_async_drop),
            Op::Sentinel => S::send_sentinel(self.sender(queue)),
            Op::Sentinels(count) => S::send_sentinels(self.sender(queue), count),
            Op::SentinelsFront(count) => S::send_sentinels_front(self.sender(queue), count),
            Op::Recv => S::recv(self.receiver(queue)),
            Op::TryRecv => S::try_recv(self.receiver(queue)),
            Op::RecvTimeout => S::recv_timeout(self.receiver(queue)),
            Op::RecvDeadline => S::recv_deadline(self.receiver(queue)),
            Op::RecvMany(limit) => S::recv_many(self.receiver(queue), limit),
            Op::TryRecvMany(limit) => S::try_recv_many(self.receiver(queue), limit),
            Op::RecvManyTimeout(limit) => S::recv_many_timeout(self.receiver(queue), limit),
            Op::RecvFull(limit) => S::recv_full(self.receiver(queue), limit),
            Op::RecvAsync => S::recv_async(self.receiver(queue)),
            Op::RecvAsyncDrop => S::recv_async_drop(self.receiver(queue)),
            Op::RecvManyAsync(limit) => S::recv_many_async(self.receiver(queue), limit),
            Op::Worker => S::worker(self.receiver(queue)),
            Op::Task => S::take_task(self.receiver(queue)).0,
            Op::TryTask => S::try_task(self.receiver(queue)).0,
            Op::TaskTimeout => S::task_timeout(self.receiver(queue)).0,
            Op::TaskAsync => S::task_async(self.receiver(queue)).0,
            Op::Join => S::join(self.queue(queue)),
            Op::JoinTimeout => S::join_timeout(self.queue(queue)),
            Op::JoinAsync => S::join_async(self.queue(queue)),
            Op::JoinAsyncDrop => S::join_async_drop(self.queue(queue)),
            Op::Flush => S::flush(self.queue(queue)),
            Op::FlushTimeout => S::flush_timeout(self.queue(queue)),
            Op::Drain => S::drain(self.queue(queue)),
            Op::Close => S::close(self.queue(queue)),
            Op::CloseNow => S::close_now(self.queue(queue)),
            Op::TakeTask => self.take_task(queue),
            Op::TakeTasks(limit) => self.take_tasks(queue, limit),
            Op::EndTask => {
                drop(self.held_longest(queue));
                Response::default()
            }
            Op::PutBack => self.held_longest(queue).map(Held::put_back).unwrap_or_default(),
            Op::CloneSender | Op::CloneReceiver => self.clone_handle(op, queue),
            Op::UpgradeSender | Op::UpgradeReceiver => self.upgrade(op, queue),
            Op::Leave => self.leave(queue),
            Op::DropSender => {
                drop(self.senders[queue].pop());
                Response::default()
            }
            Op::DropReceiver => {
                drop(self.receivers[queue].pop());
                Response::default()
            }
            Op::Die => self.die(queue),
            Op::Await => S::join_others(self.shared.group.as_ref().expect("others of a group")),
        }
    }

    fn take_task(&mut self, queue: usize) -> Response {
        let (response, guard) = S::take_task(self.receiver(queue));
        self.tasks.extend(guard.map(|guard| (queue, guard)));
        response
    }

    fn take_tasks(&mut self, queue: usize, limit: usize) -> Response {
        let (response, guards) = S::take_tasks(self.receiver(queue), limit);
        self.tasks.extend(guards.into_iter().map(|guard| (queue, guard)));
        response
    }

    fn held_longest(&mut self, queue: usize) -> Option<Guard> {
        let longest = self.tasks.iter().position(|(of, _)| *of == queue);
        longest.and_then(|place| self.tasks.remove(place)).map(|(_, guard)| guard)
    }

    /// Takes a task and dies with it: on real threads by a panic; under the checkers, which cannot
    /// unwind, by dropping what unwinding would drop, in its order.
    fn die(&mut self, queue: usize) -> Response {
        let (response, guard) = S::take_task(self.receiver(queue));
        match guard {
            Some(guard) if !harness::quiesces() => {
                self.tasks.push_front((queue, guard));
                self.dies = true;
            }
            guard if !response.deadlocked => {
                drop(guard);
                self.tasks.clear();
                self.receivers.iter_mut().for_each(Vec::clear);
            }
            _ => {}
        }
        response
    }

    fn clone_handle(&mut self, op: Op, queue: usize) -> Response {
        if op == Op::CloneSender {
            self.own_sender(queue, self.sender(queue).clone());
        } else {
            self.own_receiver(queue, self.receiver(queue).clone());
        }
        Response::default()
    }

    fn own_sender(&mut self, queue: usize, sender: S::Sender) {
        let sender = Arc::new(sender);
        let handle = Handle::Sender(Arc::clone(&sender));
        self.shared.observations.track_handle(queue, &handle);
        self.senders[queue].push(sender);
    }

    fn own_receiver(&mut self, queue: usize, receiver: S::Receiver) {
        let receiver = Arc::new(receiver);
        let handle = Handle::Receiver(Arc::clone(&receiver));
        self.shared.observations.track_handle(queue, &handle);
        self.receivers[queue].push(receiver);
    }

    fn upgrade(&mut self, op: Op, queue: usize) -> Response {
        let granted = if op == Op::UpgradeSender {
            let sender = S::upgrade_sender(&self.weak[queue]);
            sender.map(|sender| self.own_sender(queue, sender)).is_some()
        } else {
            let receiver = S::upgrade_receiver(&self.weak[queue]);
            receiver.map(|receiver| self.own_receiver(queue, receiver)).is_some()
        };
        Response { granted: Some(granted), ..Response::default() }
    }

    /// Leaves with its latest receiver, which no other thread can reach.
    fn leave(&mut self, queue: usize) -> Response {
        let receiver = self.receivers[queue].pop().and_then(Arc::into_inner);
        let stays = receiver.and_then(|receiver| S::leave(receiver).err());
        let granted = stays.is_none();
        if let Some(receiver) = stays {
            self.own_receiver(queue, receiver);
        }
        Response { granted: Some(granted), ..Response::default() }
    }

    fn sender(&self, queue: usize) -> &S::Sender {
        self.senders[queue].last().expect("programs use no handle that they have dropped")
    }

    fn receiver(&self, queue: usize) -> &S::Receiver {
        self.receivers[queue].last().expect("programs use no handle that they have dropped")
    }

    fn queue(&self, queue: usize) -> &S::Queue {
        match self.senders[queue].last() {
            Some(sender) => S::behind_sender(sender),
            None => S::behind_receiver(self.receiver(queue)),
        }
    }

    fn item(&mut self, queue: usize) -> Item {
        let id = ItemId { thread: self.thread, number: self.items };
        self.items += 1;
        let dropped = &self.shared.observations.dropped;
        if !self.shared.reentrant {
            return Item::new(id, dropped);
        }
        let shared = Arc::downgrade(&self.shared);
        let look = move || {
            let handle = shared.upgrade().and_then(|shared| shared.observations.handle(queue));
            if let Some(handle) = handle {
                S::snapshot(handle.queue());
            }
        };
        Item::that_ends_with(id, dropped, Box::new(look))
    }

    fn send(&mut self, queue: usize, send: fn(&S::Sender, Item) -> Response) -> Response {
        let item = self.item(queue);
        send(self.sender(queue), item)
    }

    fn send_many(&mut self, queue: usize, op: Op) -> Response {
        let items: Vec<_> = (0..op.items()).map(|_| self.item(queue)).collect();
        let advance = |_: &Item| {
            if self.shared.reentrant {
                S::snapshot(self.queue(queue));
            }
        };
        let items = items.into_iter().inspect(advance);
        match op {
            Op::TrySendMany(_) => S::try_send_many(self.sender(queue), items),
            Op::SendManyTimeout(_) => S::send_many_timeout(self.sender(queue), items),
            _ => S::send_many(self.sender(queue), items),
        }
    }
}
