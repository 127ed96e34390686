//! A queue and the threads around it at one moment, in a canonical form.
//!
//! Threads of one role at the same program counter and location are interchangeable: their numbers
//! are never compared. Only their number counts, which makes the number of states polynomial in the
//! number of threads. The key of a state is exact: no two different states share one.

use std::collections::VecDeque;

use crate::one_queue::{Configuration, Handle, Mutant, Program, Role};
use crate::state::{Location, State, Totals, CONDITIONS};
use crate::{Cell, Condition};

/// The program counter of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProgramCounter {
    /// Within its program; so many items or operations are left (a worker always has one left).
    Program {
        /// The number of items or operations.
        left: u8,
    },
    /// A worker loop that continues after its sentinel. Only a mutant leads here.
    Again,
    /// A worker that holds an unfinished task.
    Busy,
    /// A worker that died holding a task, about to drop it.
    Unwinding,
    /// About to drop its handle.
    Leaving,
    /// Ended.
    Ended,
}

/// One thread: its role and its program counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread {
    /// The number of its role.
    pub role: u8,
    /// Its program counter.
    pub pc: ProgramCounter,
}

/// The state of a queue and the threads around it.
#[derive(Debug, PartialEq, Eq)]
pub struct GlobalState {
    /// The queue, as the specification sees it. Threads are numbered as in `threads`.
    pub state: State,
    /// The threads.
    pub threads: Vec<Thread>,
    /// The queue's own count of pending notifications, which a mutant may get wrong.
    pub counted: [usize; CONDITIONS],
    /// The number of workers that may still die.
    pub deaths: usize,
}

impl Clone for GlobalState {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            threads: self.threads.clone(),
            counted: self.counted,
            deaths: self.deaths,
        }
    }

    /// Reuses the memory of an old state: the explorer copies states all the time.
    fn clone_from(&mut self, source: &Self) {
        self.state.clone_from(&source.state);
        self.threads.clone_from(&source.threads);
        self.counted = source.counted;
        self.deaths = source.deaths;
    }
}

impl GlobalState {
    /// Returns the initial state.
    pub fn init(configuration: &Configuration) -> Self {
        let mut state = State::new(configuration.capacity);
        state.senders = configuration.handles(Handle::Sender);
        state.receivers = configuration.handles(Handle::Receiver);
        let mut threads = Vec::new();
        for (role, number) in configuration.roles.iter().zip(0..) {
            let thread = Thread { role: number, pc: ProgramCounter::init(role) };
            threads.extend(std::iter::repeat_n(thread, role.threads));
        }
        state.locations = vec![Location::Outside; threads.len()];
        let mut global =
            Self { state, threads, counted: [0; CONDITIONS], deaths: configuration.deaths };
        global.sort();
        global
    }

    /// Sorts the threads, which makes interchangeable states equal.
    pub(crate) fn sort(&mut self) {
        let locations = &mut self.state.locations;
        for end in 1..self.threads.len() {
            let mut here = end;
            while here > 0
                && (self.threads[here - 1], locations[here - 1])
                    > (self.threads[here], locations[here])
            {
                self.threads.swap(here - 1, here);
                locations.swap(here - 1, here);
                here -= 1;
            }
        }
    }

    /// Returns whether every thread has ended.
    pub fn is_over(&self) -> bool {
        self.threads.iter().all(|thread| thread.pc == ProgramCounter::Ended)
    }

    /// Returns whether all threads of the selected roles have ended.
    pub(crate) fn have_ended(
        &self,
        configuration: &Configuration,
        fits: impl Fn(&Role) -> bool,
    ) -> bool {
        self.threads.iter().all(|thread| {
            thread.pc == ProgramCounter::Ended
                || !fits(&configuration.roles[usize::from(thread.role)])
        })
    }

    /// Writes the exact key of a sorted state.
    pub(crate) fn encode(&self, configuration: &Configuration, key: &mut Vec<u8>) {
        let state = &self.state;
        key.clear();
        key.extend([byte(state.cells.len()), u8::from(state.closed), byte(state.unfinished)]);
        key.extend(Condition::ALL.map(|condition| byte(state.notified(condition))));
        key.extend([byte(state.senders), byte(state.receivers), byte(self.deaths)]);
        if configuration.mutant == Some(Mutant::TimeoutKeepsNotification) {
            key.extend(self.counted.map(byte));
        }
        encode_cells(&state.cells, key);
        let mut threads = self.threads.iter().zip(&state.locations).peekable();
        while let Some(here) = threads.next() {
            let mut count = 1_u8;
            while threads.next_if_eq(&here).is_some() {
                count += 1;
            }
            let (thread, location) = here;
            key.extend([thread.role, thread.pc.code(), location.code(), count]);
        }
    }

    /// Restores the state of a key.
    pub(crate) fn decode(&mut self, configuration: &Configuration, key: &[u8]) {
        let mut rest = key.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        let state = &mut self.state;
        let cells = usize::from(next());
        state.closed = next() == 1;
        state.unfinished = usize::from(next());
        state.notified = [(); CONDITIONS].map(|()| usize::from(next()));
        [state.senders, state.receivers, self.deaths] = [(); 3].map(|()| usize::from(next()));
        self.counted = state.notified;
        if configuration.mutant == Some(Mutant::TimeoutKeepsNotification) {
            self.counted = [(); CONDITIONS].map(|()| usize::from(next()));
        }
        decode_cells(cells, &mut next, &mut state.cells);
        state.items = state.cells.iter().filter(|&&cell| cell == Cell::Item).count();
        state.oldest = 0;
        state.totals = Totals::default();
        state.section = None;
        state.waiting = [0; CONDITIONS];
        state.locations.clear();
        self.threads.clear();
        while let Some(role) = rest.next() {
            let mut next = || rest.next().unwrap_or_default();
            let thread = Thread { role, pc: ProgramCounter::of_code(next()) };
            let (location, count) = (Location::of_code(next()), usize::from(next()));
            self.threads.extend(std::iter::repeat_n(thread, count));
            state.locations.extend(std::iter::repeat_n(location, count));
            if let Location::Asleep(condition) = location {
                state.waiting[condition as usize] += count;
            }
        }
    }
}

/// Converts a number of a state. All are small: threads, items and sentinels of one configuration.
fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("a configuration is small")
}

fn encode_cells(cells: &VecDeque<Cell>, key: &mut Vec<u8>) {
    for (position, &cell) in cells.iter().enumerate() {
        if position % 8 == 0 {
            key.push(0);
        }
        if let Some(last) = key.last_mut() {
            *last |= u8::from(cell == Cell::Sentinel) << (position % 8);
        }
    }
}

fn decode_cells(length: usize, mut next: impl FnMut() -> u8, cells: &mut VecDeque<Cell>) {
    cells.clear();
    let mut bits = 0;
    for position in 0..length {
        if position % 8 == 0 {
            bits = next();
        }
        let sentinel = (bits >> (position % 8)) & 1 == 1;
        cells.push_back(if sentinel { Cell::Sentinel } else { Cell::Item });
    }
}

impl ProgramCounter {
    fn init(role: &Role) -> Self {
        let left = match &role.program {
            Program::Produce { items, .. } => *items,
            Program::Work { .. } => 1,
            Program::Sequence { operations, .. } => operations.len(),
        };
        Self::Program { left: byte(left) }
    }

    fn code(self) -> u8 {
        match self {
            Self::Ended => 0,
            Self::Again => 1,
            Self::Busy => 2,
            Self::Unwinding => 3,
            Self::Leaving => 4,
            Self::Program { left } => 8 + left,
        }
    }

    fn of_code(code: u8) -> Self {
        match code {
            0 => Self::Ended,
            1 => Self::Again,
            2 => Self::Busy,
            3 => Self::Unwinding,
            4 => Self::Leaving,
            left => Self::Program { left: left - 8 },
        }
    }
}

impl Location {
    fn code(self) -> u8 {
        match self {
            Self::Outside => 0,
            Self::Asleep(condition) => 1 + condition as u8,
        }
    }

    fn of_code(code: u8) -> Self {
        match code {
            0 => Self::Outside,
            condition => Self::Asleep(Condition::ALL[usize::from(condition) - 1]),
        }
    }
}
