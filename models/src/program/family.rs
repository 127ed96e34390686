//! All programs of a size: every assignment of operations to threads, up to the order of threads.

use super::{Environment, Op, Program, Step};
use std::fmt::Write;

/// A family of programs: everything that these operations, threads and capacities allow.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name in reports.
    pub name: &'static str,
    /// Where the threads live.
    pub environment: Environment,
    /// The operations of the threads.
    pub alphabet: &'static [Op],
    /// The maximum number of threads.
    pub threads: usize,
    /// The maximum number of operations per thread.
    pub operations: usize,
    /// The maximum number of operations of all threads together.
    pub total: usize,
    /// The capacities, the same for each queue; `None` is unbounded.
    pub capacities: &'static [Option<usize>],
    /// The number of queues, all of them used.
    pub queues: usize,
    /// Handles end with their threads.
    pub owning: bool,
    /// Threads continue after a deadlock.
    pub resuming: bool,
    /// An external thread performs one of these; none if there are none.
    pub external: &'static [Op],
    /// Further programs, by their texts.
    pub extra: &'static [&'static str],
    /// Programs that are left out, by their texts.
    pub without: &'static [&'static str],
}

impl Family {
    /// Makes the family of these operations around one queue of capacity 1 or 2, in no group.
    pub const fn of(
        name: &'static str,
        alphabet: &'static [Op],
        threads: usize,
        operations: usize,
    ) -> Self {
        Family {
            name,
            environment: Environment::Alone,
            alphabet,
            threads,
            operations,
            total: threads * operations,
            capacities: &[Some(1), Some(2)],
            queues: 1,
            owning: false,
            resuming: false,
            external: &[],
            extra: &[],
            without: &[],
        }
    }

    /// Returns all of its programs, the smallest first, so that the first that fails is a minimal
    /// one; then the further ones.
    ///
    /// # Panics
    ///
    /// Panics if the text of a further one is not a program, or one that is left out is not in the
    /// family.
    pub fn programs(&self) -> Vec<Program> {
        let mut programs = self.on_one_queue();
        if self.queues > 1 {
            programs = programs.iter().flat_map(|program| self.on_queues(program)).collect();
        }
        programs.retain(|program| program.size() <= self.total);
        let parse = |text: &&str| text.parse().unwrap_or_else(|error| panic!("{error}"));
        programs.extend(self.extra.iter().map(parse));
        for program in &mut programs {
            program.environment = self.environment;
            program.owning |= self.owning;
            program.resuming |= self.resuming;
        }
        for program in self.without.iter().map(parse) {
            let place = programs.iter().position(|other| *other == program);
            programs.remove(place.unwrap_or_else(|| panic!("{program} is not in the family")));
        }
        if self.external.is_empty() {
            return programs;
        }
        let with = |op: Op| {
            let external = vec![Step::from(op)];
            programs
                .iter()
                .map(move |program| Program { external: external.clone(), ..program.clone() })
        };
        self.external.iter().flat_map(|op| with(*op)).collect()
    }

    fn on_one_queue(&self) -> Vec<Program> {
        let lists = lists(self.alphabet, self.operations);
        let mut programs = Vec::new();
        for threads in 1..=self.threads {
            for chosen in multisets(&lists, threads, self.total) {
                let threads: Vec<_> = chosen.iter().map(|&list| lists[list].clone()).collect();
                let program = |&capacity| Program::on_one_queue(capacity, threads.clone());
                programs.extend(self.capacities.iter().map(program).filter(Program::is_possible));
            }
        }
        programs.sort_by_key(|program| (program.size(), program.threads.len()));
        programs
    }

    /// Returns every assignment of the operations to the queues, up to the order of the queues.
    fn on_queues(&self, program: &Program) -> Vec<Program> {
        let mut assignments = vec![Vec::new()];
        for _ in 0..program.size() {
            let longer = |assigned: Vec<usize>| {
                let new = assigned.iter().max().map_or(0, |last| last + 1);
                let queues = 0..=new.min(self.queues - 1);
                queues.map(move |queue| assigned.iter().copied().chain([queue]).collect())
            };
            assignments = assignments.into_iter().flat_map(longer).collect::<Vec<Vec<usize>>>();
        }
        assignments.retain(|assigned| assigned.contains(&(self.queues - 1)));
        let assign = |assigned: Vec<usize>| {
            let mut program = program.clone();
            program.capacities = vec![program.capacities[0]; self.queues];
            let steps = program.threads.iter_mut().flatten();
            steps.zip(assigned).for_each(|(step, queue)| step.queue = queue);
            program
        };
        assignments.into_iter().map(assign).collect()
    }

    /// Returns its bounds in words.
    pub fn bounds(&self) -> String {
        let alphabet: Vec<_> = self.alphabet.iter().map(ToString::to_string).collect();
        let capacity = |capacity: &Option<usize>| {
            capacity.map_or("unbounded".to_owned(), |items| items.to_string())
        };
        let capacities: Vec<_> = self.capacities.iter().map(capacity).collect();
        let group = if self.environment == Environment::Alone { "" } else { "in a group: " };
        let mut bounds = format!(
            "{group}<= {} threads x <= {} of {{{}}}, capacity {}",
            self.threads,
            self.operations,
            alphabet.join(", "),
            capacities.join(" "),
        );
        if self.total < self.threads * self.operations {
            let _ = write!(bounds, ", <= {} operations in all", self.total);
        }
        let scope = match self.environment {
            Environment::Alone | Environment::Group => "",
            Environment::Late => ", whose threads register while others run",
            Environment::Scope => ", in a scope that drops all join handles",
            Environment::Nested => ", in a scope whose threads start each other",
            Environment::Joined => ", in a scope that joins the first thread",
        };
        bounds.push_str(scope);
        let external: Vec<_> = self.external.iter().map(ToString::to_string).collect();
        let words = [
            (self.queues > 1, format!(", on all of {} queues", self.queues)),
            (self.owning, ", handles end with their threads".to_owned()),
            (self.resuming, ", threads continue after a deadlock".to_owned()),
            (!external.is_empty(), format!(", an external thread and {}", external.join(" or "))),
            (!self.extra.is_empty(), format!(", and {}", self.extra.join(", "))),
            (!self.without.is_empty(), format!(", without {}", self.without.join(", "))),
        ];
        bounds.extend(words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word));
        bounds
    }
}

/// Returns all lists of at least one and at most so many operations.
fn lists(alphabet: &[Op], operations: usize) -> Vec<Vec<Op>> {
    let mut all = Vec::new();
    let mut longest = vec![Vec::new()];
    for _ in 0..operations {
        longest = longest
            .iter()
            .flat_map(|list: &Vec<Op>| {
                alphabet.iter().map(|&op| list.iter().copied().chain([op]).collect())
            })
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// Returns all ways to choose so many of the lists, with repetition, without order, and of at most
/// so many operations in all.
fn multisets(lists: &[Vec<Op>], count: usize, total: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|chosen: Vec<usize>| {
                let from = chosen.last().copied().unwrap_or(0);
                let used: usize = chosen.iter().map(|&list| lists[list].len()).sum();
                let few = move |next: &usize| used + lists[*next].len() <= total;
                (from..lists.len())
                    .filter(few)
                    .map(move |next| chosen.iter().copied().chain([next]).collect())
            })
            .collect();
    }
    all
}
