//! All programs up to a size: every assignment of at most two instructions to each thread, up to
//! the order of the threads.

use super::program::IN_FAMILY;
use super::{Configuration, Instruction, Role};
use crate::one_queue::{Operation, Timeout};

/// All programs of at most so many threads and instructions, and at most two instructions per
/// thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The number of queues: one or two.
    pub queues: u8,
    /// The capacity of each queue; `None` is unbounded.
    pub capacity: Option<usize>,
    /// The maximum number of participants.
    pub threads: usize,
    /// The maximum number of instructions of all participants together.
    pub instructions: usize,
    /// Whether there is an external thread as well, with one instruction and a token.
    pub external: bool,
    /// Whether a thread continues with its next instruction after a report.
    pub resuming: bool,
}

impl Family {
    /// Returns all of its programs.
    pub fn programs(&self) -> Vec<Configuration> {
        let scripts = self.scripts();
        let mut assignments = vec![Vec::new()];
        let mut programs = Vec::new();
        while let Some(assignment) = assignments.pop() {
            self.extend(&scripts, &assignment, &mut assignments);
            if !assignment.is_empty() {
                self.complete(&scripts, &assignment, &mut programs);
            }
        }
        programs
    }

    /// Pushes the assignments with one thread more, whose script is not before those of the others.
    fn extend(
        &self,
        scripts: &[Vec<Instruction>],
        assignment: &[usize],
        assignments: &mut Vec<Vec<usize>>,
    ) {
        let used: usize = assignment.iter().map(|&script| scripts[script].len()).sum();
        if assignment.len() == self.threads {
            return;
        }
        let first = assignment.last().copied().unwrap_or_default();
        for (number, script) in scripts.iter().enumerate().skip(first) {
            if used + script.len() <= self.instructions {
                assignments.push([assignment, &[number]].concat());
            }
        }
    }

    fn complete(
        &self,
        scripts: &[Vec<Instruction>],
        assignment: &[usize],
        programs: &mut Vec<Configuration>,
    ) {
        let mut roles: Vec<Role> = Vec::new();
        for &script in assignment {
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
            ..Configuration::new(IN_FAMILY, capacities, roles)
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

    /// Returns the scripts of one thread: one instruction, or two.
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

    /// Returns the instructions of an external thread. None of them waits without a deadline, so
    /// the token is dropped in the end.
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
