//! All programs of a size: every assignment of operations to threads, up to the order of threads.

use crate::program::{Op, Program};

/// A family of programs: everything that these operations, threads and capacities allow.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name in reports.
    pub name: &'static str,
    /// What threads may do.
    pub alphabet: &'static [Op],
    /// At most so many threads.
    pub threads: usize,
    /// At most so many operations per thread.
    pub operations: usize,
    /// The capacities; `None` is unbounded.
    pub capacities: &'static [Option<usize>],
}

impl Family {
    /// All of its programs, the smallest first, so that the first that fails is a minimal one.
    pub fn programs(&self) -> Vec<Program> {
        let lists = lists(self.alphabet, self.operations);
        let mut programs = Vec::new();
        for threads in 1..=self.threads {
            for chosen in multisets(lists.len(), threads) {
                let threads: Vec<_> = chosen.iter().map(|&list| lists[list].clone()).collect();
                programs.extend(
                    self.capacities
                        .iter()
                        .map(|&capacity| Program { capacity, threads: threads.clone() })
                        .filter(Program::is_possible),
                );
            }
        }
        programs.sort_by_key(|program| (program.size(), program.threads.len()));
        programs
    }

    /// Its bounds in words.
    pub fn bounds(&self) -> String {
        let alphabet: Vec<_> = self.alphabet.iter().map(ToString::to_string).collect();
        let capacities: Vec<_> = self
            .capacities
            .iter()
            .map(|capacity| capacity.map_or("unbounded".to_owned(), |items| items.to_string()))
            .collect();
        format!(
            "<= {} threads x <= {} of {{{}}}, capacity {}",
            self.threads,
            self.operations,
            alphabet.join(" "),
            capacities.join(" "),
        )
    }
}

/// All lists of at least one and at most `most` operations.
fn lists(alphabet: &[Op], most: usize) -> Vec<Vec<Op>> {
    let mut all = Vec::new();
    let mut longest = vec![Vec::new()];
    for _ in 0..most {
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

/// All ways to choose `count` of `kinds`, with repetition, without order.
fn multisets(kinds: usize, count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|chosen: Vec<usize>| {
                let from = chosen.last().copied().unwrap_or(0);
                (from..kinds).map(move |next| chosen.iter().copied().chain([next]).collect())
            })
            .collect();
    }
    all
}
