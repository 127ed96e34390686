//! One execution of a configuration, chosen by chance, as a recorded trace.
//!
//! It is what a real execution of such a program could have recorded, which makes it good for
//! trying the replay and whatever reads traces.

use crate::one_queue::section::{Buffers, Executor};
use crate::one_queue::{Action, Claims, Configuration, GlobalState, Violation};
use crate::{Event, Recorded};

/// A trace, and how it ended.
#[derive(Clone, Debug)]
pub struct RandomWalk {
    /// What was recorded, beginning with the creation of queue 0 by thread 0.
    pub events: Vec<Recorded>,
    /// The breach that ended it; `None` if it came to an end by itself.
    pub violation: Option<Violation>,
}

/// Lets the threads of a configuration run in an order that the seed decides, with a spurious
/// wakeup now and then. Breaches of `claims` end the walk.
pub fn simulate(configuration: &Configuration, claims: Claims, seed: u64) -> RandomWalk {
    let mut global = GlobalState::init(configuration);
    let mut chance = Chance(seed);
    let mut buffers = Buffers::default();
    let mut events = creation(configuration, &global);
    let executor = Executor { configuration, claims };
    loop {
        let threads = 0..global.threads.len();
        let actions =
            |thread| executor.actions(&global, thread).map(move |action| (thread, action));
        let mut actions: Vec<(usize, Action)> = threads.flat_map(actions).collect();
        if actions.iter().all(|(_, action)| action.is_spurious()) {
            return RandomWalk { events, violation: None };
        }
        if chance.below(4) > 0 {
            actions.retain(|(_, action)| !action.is_spurious());
        }
        let (thread, action) = actions[chance.below(actions.len())];
        let done = executor.execute(&mut global, thread, action, &mut buffers);
        let record = |&event: &Event| Recorded { thread, queue: 0, event };
        events.extend(buffers.events.iter().map(record));
        if let Err(violation) = done {
            return RandomWalk { events, violation: Some(violation) };
        }
    }
}

/// The creation, with one handle of each kind for everybody who owns one.
fn creation(configuration: &Configuration, global: &GlobalState) -> Vec<Recorded> {
    let record = |event| Recorded { thread: 0, queue: 0, event };
    let mut events = vec![record(Event::Create { capacity: configuration.capacity })];
    events.extend((1..global.state.senders()).map(|_| record(Event::AddSender)));
    events.extend((1..global.state.receivers()).map(|_| record(Event::AddReceiver)));
    events.push(record(Event::Unlock));
    events
}

/// A small generator of numbers without pattern (`splitmix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        usize::try_from((mixed ^ (mixed >> 31)) % limit).unwrap_or_default()
    }
}
