//! The search: every reachable state, breadth first.

use std::time::{Duration, Instant};

use super::store::Store;
use super::Model;

/// Where a search may end before it is complete.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// The number of states after which it stops.
    pub states: Option<usize>,
    /// The time after which it stops.
    pub time: Option<Duration>,
}

/// An action in a state that violates a property; without an action the state itself does.
#[derive(Debug)]
pub(super) struct Failure<M: Model> {
    pub(super) state: usize,
    pub(super) action: Option<(usize, M::Action)>,
    pub(super) violation: M::Violation,
}

pub(super) struct Search<'a, M: Model> {
    pub(super) model: &'a M,
    pub(super) properties: M::Properties,
    pub(super) store: Store,
    threads: usize,
    pub(super) visited: usize,
    pub(super) transitions: usize,
    pub(super) terminals: usize,
}

/// Memory that every transition reuses.
struct Workspace<M: Model> {
    next: M::State,
    buffers: M::Buffers,
    key: Vec<u8>,
}

impl<'a, M: Model> Search<'a, M> {
    pub(super) fn new(model: &'a M, properties: M::Properties) -> Self {
        let threads = model.processes().iter().map(|(_, threads)| threads).sum();
        let store = Store::new();
        Self { model, properties, store, threads, visited: 0, transitions: 0, terminals: 0 }
    }

    pub(super) fn run(&mut self, limits: Limits, start: Instant) -> Result<(), Failure<M>> {
        let mut state = self.model.init_state();
        let (buffers, key) = (M::Buffers::default(), Vec::new());
        let mut workspace = Workspace { next: state.clone(), buffers, key };
        self.model.encode(&mut state, &mut workspace.key);
        self.store.insert(&workspace.key, 0);
        while self.visited < self.store.len() && !self.is_past(limits, start) {
            self.model.decode(&mut state, self.store.key(self.visited));
            self.visit(&state, &mut workspace)?;
            self.visited += 1;
        }
        Ok(())
    }

    /// Returns whether a limit is exceeded; the clock is read once in 1024 states.
    fn is_past(&self, limits: Limits, start: Instant) -> bool {
        let states = limits.states.is_some_and(|states| self.store.len() >= states);
        let read_clock = self.visited % 1024 == 0;
        states || read_clock && limits.time.is_some_and(|time| start.elapsed() >= time)
    }

    /// Takes every action in a state, once for interchangeable threads.
    fn visit(&mut self, state: &M::State, workspace: &mut Workspace<M>) -> Result<(), Failure<M>> {
        let (number, model, properties) = (self.visited, self.model, self.properties);
        let failure = |action, violation| Failure { state: number, action, violation };
        let checked = model.check_state(properties, state);
        checked.map_err(|violation| failure(None, violation))?;
        let before = model.rank(state);
        let mut terminal = true;
        for thread in distinct::<M>(state, self.threads) {
            for action in model.actions(state, thread) {
                terminal &= M::is_spurious(action);
                workspace.next.clone_from(state);
                let taken = self.take(workspace, thread, action, before);
                taken.map_err(|violation| failure(Some((thread, action)), violation))?;
            }
        }
        if terminal {
            self.terminals += 1;
            let checked = model.check_terminal(properties, state);
            checked.map_err(|violation| failure(None, violation))?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        workspace: &mut Workspace<M>,
        thread: usize,
        action: M::Action,
        before: usize,
    ) -> Result<(), M::Violation> {
        self.transitions += 1;
        let Workspace { next, buffers, key } = workspace;
        self.model.next_state(self.properties, next, thread, action, buffers)?;
        let after = self.model.rank(next);
        self.model.check_transition(self.properties, action, before, after)?;
        self.model.encode(next, key);
        debug_assert!(
            !self.model.is_stutter(action) || self.store.find(key) == Some(self.visited),
            "a stuttering step changes the state"
        );
        self.store.insert(key, self.visited);
        Ok(())
    }

    /// Returns the state of a number.
    pub(super) fn state(&self, number: usize) -> M::State {
        let mut state = self.model.init_state();
        self.model.decode(&mut state, self.store.key(number));
        state
    }

    /// Returns the transitions out of a state that violate nothing.
    pub(super) fn edges(&self, number: usize) -> Vec<Edge<M>> {
        let (model, state) = (self.model, self.state(number));
        let (mut edges, mut key) = (Vec::new(), Vec::new());
        for thread in distinct::<M>(&state, self.threads) {
            for action in model.actions(&state, thread) {
                let (mut next, mut buffers) = (state.clone(), M::Buffers::default());
                let taken =
                    model.next_state(self.properties, &mut next, thread, action, &mut buffers);
                if taken.is_ok() {
                    model.encode(&mut next.clone(), &mut key);
                    let target = self.store.find(&key);
                    let edge = |target| Edge { thread, action, next, buffers, target };
                    edges.extend(target.map(edge));
                }
            }
        }
        edges
    }
}

/// A transition from one state to another.
pub(super) struct Edge<M: Model> {
    pub(super) thread: usize,
    pub(super) action: M::Action,
    /// The state that it leads to, before its threads are sorted.
    pub(super) next: M::State,
    pub(super) buffers: M::Buffers,
    /// The number of that state.
    pub(super) target: usize,
}

/// Iterates over one of each kind of interchangeable threads, in a sorted state.
fn distinct<M: Model>(
    state: &M::State,
    threads: usize,
) -> impl Iterator<Item = usize> + use<'_, M> {
    let thread_state = |thread| M::thread_state(state, thread);
    (0..threads).filter(move |&one| one == 0 || thread_state(one) != thread_state(one - 1))
}
