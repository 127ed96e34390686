//! All programs up to a size: every assignment of at most two deeds to each thread, up to the order
//! of the threads.

use super::{Configuration, Instruction, Role};
use crate::one_queue::{Operation, Timeout};

/// The name of every program of a family.
pub(super) const NAME: &str = "program";

/// All programs of at most so many threads and deeds, and at most two deeds of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// One or two queues.
    pub queues: u8,
    /// How many items fit into each; `None` is unbounded.
    pub capacity: Option<usize>,
    /// How many participants there are at the most.
    pub threads: usize,
    /// How many deeds they have together at the most.
    pub instructions: usize,
    /// Whether there is somebody outside as well, who does one thing with a token.
    pub external: bool,
    /// Whether those who are told go on with their next deed.
    pub resuming: bool,
}

impl Family {
    /// Every program of it.
    pub fn programs(&self) -> Vec<Configuration> {
        let scripts = self.scripts();
        let mut casts = vec![Vec::new()];
        let mut programs = Vec::new();
        while let Some(cast) = casts.pop() {
            self.cast(&scripts, &cast, &mut casts);
            if !cast.is_empty() {
                self.complete(&scripts, &cast, &mut programs);
            }
        }
        programs
    }

    /// Larger casts: one thread more, whose script is not before those of the others.
    fn cast(&self, scripts: &[Vec<Instruction>], cast: &[usize], casts: &mut Vec<Vec<usize>>) {
        let used: usize = cast.iter().map(|&script| scripts[script].len()).sum();
        if cast.len() == self.threads {
            return;
        }
        let first = cast.last().copied().unwrap_or_default();
        for (number, script) in scripts.iter().enumerate().skip(first) {
            if used + script.len() <= self.instructions {
                casts.push([cast, &[number]].concat());
            }
        }
    }

    fn complete(
        &self,
        scripts: &[Vec<Instruction>],
        cast: &[usize],
        programs: &mut Vec<Configuration>,
    ) {
        let mut roles: Vec<Role> = Vec::new();
        for &script in cast {
            match roles.last_mut() {
                Some(role) if role.instructions == scripts[script] => role.threads += 1,
                _ => roles.push(Role::new("thread", scripts[script].clone())),
            }
        }
        for (role, name) in roles.iter_mut().zip(["ada", "ben", "cyd", "dan"]) {
            role.name = name;
        }
        let capacities = vec![self.capacity; usize::from(self.queues)];
        let program = Configuration {
            resuming: self.resuming,
            ..Configuration::new(NAME, capacities, roles)
        };
        if !self.external {
            programs.push(program);
            return;
        }
        for instruction in self.external_instructions() {
            let mut program = program.clone();
            program.roles.push(Role::new("outsider", vec![instruction]).external(true));
            programs.push(program);
        }
    }

    /// What one thread may do: one deed, or two.
    fn scripts(&self) -> Vec<Vec<Instruction>> {
        let instructions = self.single_instructions();
        let one = instructions.iter().map(|&instruction| vec![instruction]);
        let pair = |first: Instruction| instructions.iter().map(move |&second| vec![first, second]);
        one.chain(instructions.iter().flat_map(|&first| pair(first))).collect()
    }

    fn single_instructions(&self) -> Vec<Instruction> {
        let mut instructions = vec![Instruction::JoinAll { again: false }];
        for queue in 0..self.queues {
            instructions.extend([Instruction::send(queue), Instruction::receive(queue)]);
            instructions.push(Instruction::Work { queue, fanout: None });
            instructions.push(Instruction::on(queue, Operation::Close));
            if self.queues == 1 {
                instructions.push(Instruction::receive(queue).timed());
                instructions.push(Instruction::send(queue).timed());
                instructions.push(Instruction::on(queue, Operation::SendSentinels { count: 1 }));
                instructions.push(Instruction::on(queue, Operation::Receive { tasks: true }));
                instructions.push(Instruction::on(queue, Operation::Join));
            }
        }
        instructions
    }

    /// None of them waits without a deadline: the token is dropped at last.
    fn external_instructions(&self) -> Vec<Instruction> {
        let mut instructions = Vec::new();
        for queue in 0..self.queues {
            let (operation, timeout) = (Operation::Send, Timeout::Immediate);
            instructions.push(Instruction::Do { queue, operation, timeout });
            instructions.push(Instruction::receive(queue).timed());
            instructions.push(Instruction::on(queue, Operation::Close));
        }
        instructions
    }
}
