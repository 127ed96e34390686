//! A queue and the threads around it at one moment, in a form in which equal situations are equal.
//!
//! Threads of one group in the same stage and place are interchangeable: their numbers are never
//! compared. So only how many they are counts, which makes the number of situations polynomial in
//! the number of threads. The key of a world is exact: no two different situations share one.

use std::collections::VecDeque;

use crate::one_queue::{Configuration, Handle, Mutant, Program, Role};
use crate::state::{Location, State};
use crate::{Cell, Condition};

/// How far a thread has come with what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProgramCounter {
    /// Within its program; so many items or steps are left (a worker always has one left).
    Program {
        /// How many.
        left: u8,
    },
    /// A worker loop that goes on after its sentinel. Only a fault leads here.
    Again,
    /// A worker with an unfinished task in its hands.
    Busy,
    /// A worker that died with a task in its hands, about to drop it.
    Unwinding,
    /// About to drop its handle.
    Leaving,
    /// Over.
    Ended,
}

/// One thread: what it is, how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread {
    /// The number of its group.
    pub role: u8,
    /// How far it has come.
    pub pc: ProgramCounter,
}

/// A queue and the threads around it.
#[derive(Debug, PartialEq, Eq)]
pub struct GlobalState {
    /// The queue, as the specification sees it. Threads are numbered as in `threads`.
    pub state: State,
    /// The threads.
    pub threads: Vec<Thread>,
    /// The queue's own count of pending notifications, which a fault may let go astray.
    pub counted: [usize; 3],
    /// How many workers may still die.
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

    /// The explorer copies worlds all the time; this reuses the memory of an old one.
    fn clone_from(&mut self, source: &Self) {
        self.state.clone_from(&source.state);
        self.threads.clone_from(&source.threads);
        self.counted = source.counted;
        self.deaths = source.deaths;
    }
}

impl GlobalState {
    /// Before anything has happened.
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
        let mut global = Self { state, threads, counted: [0; 3], deaths: configuration.deaths };
        global.sort();
        global
    }

    /// Puts the threads in order, which makes interchangeable situations equal.
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

    /// Whether every thread has ended.
    pub fn is_over(&self) -> bool {
        self.threads.iter().all(|thread| thread.pc == ProgramCounter::Ended)
    }

    /// Whether all threads of the groups that fit have ended.
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

    /// Writes the exact key of a sorted world.
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
            key.extend([thread.role, thread.pc.code(), location.code() | (count << 2)]);
        }
    }

    /// The world of a key.
    pub(crate) fn decode(&mut self, configuration: &Configuration, key: &[u8]) {
        let mut rest = key.iter().copied();
        let mut next = || rest.next().unwrap_or_default();
        let state = &mut self.state;
        let cells = usize::from(next());
        state.closed = next() == 1;
        state.unfinished = usize::from(next());
        state.notified = [(); 3].map(|()| usize::from(next()));
        [state.senders, state.receivers, self.deaths] = [(); 3].map(|()| usize::from(next()));
        self.counted = state.notified;
        if configuration.mutant == Some(Mutant::TimeoutKeepsNotification) {
            self.counted = [(); 3].map(|()| usize::from(next()));
        }
        decode_cells(cells, &mut next, &mut state.cells);
        state.items = state.cells.iter().filter(|&&cell| cell == Cell::Item).count();
        state.oldest = 0;
        state.section = None;
        state.waiting = [0; 3];
        state.locations.clear();
        self.threads.clear();
        while let Some(role) = rest.next() {
            let mut next = || rest.next().unwrap_or_default();
            let thread = Thread { role, pc: ProgramCounter::of_code(next()) };
            let packed = next();
            let (location, count) = (Location::of_code(packed & 3), usize::from(packed >> 2));
            self.threads.extend(std::iter::repeat_n(thread, count));
            state.locations.extend(std::iter::repeat_n(location, count));
            if let Location::Asleep(condition) = location {
                state.waiting[condition as usize] += count;
            }
        }
    }
}

/// Every number in a world is small: threads, items and sentinels of one configuration.
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
