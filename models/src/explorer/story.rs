//! A counterexample, as a story: which thread did what in each critical section.
//!
//! The search forgets which of several interchangeable threads is which. Here the way is walked
//! again with names, each step done by a thread in the same situation.

use std::fmt;

use crate::client::section::Scratch;
use crate::client::{Configuration, Fault, Step, Thread, World};
use crate::explorer::search::{Broken, Search};
use crate::state::Place;
use crate::{Event, Side};

/// One critical section (or death) in a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The number of the thread in `Counterexample::names`.
    pub thread: usize,
    /// What it set out to do.
    pub step: Step,
    /// What happened.
    pub events: Vec<Event>,
}

/// A shortest way from the beginning to a breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The program, and the fault in it.
    pub configuration: Configuration,
    /// What the threads are called.
    pub names: Vec<String>,
    /// What happened.
    pub scenes: Vec<Scene>,
    /// Who sleeps at the end, and where.
    pub asleep: Vec<(usize, Side)>,
    /// What is wrong.
    pub fault: Fault,
}

impl Search<'_> {
    /// The story of a breach.
    pub(super) fn tell(&self, broken: Broken) -> Counterexample {
        let mut way = vec![broken.world];
        while let Some(&world) = way.last().filter(|&&world| world != 0) {
            way.push(self.store.parent(world));
        }
        way.reverse();
        let mut cast = Cast::of(self.player.configuration);
        for pair in way.windows(2) {
            cast.follow(self, pair[0], pair[1]);
        }
        if let Some((thread, step)) = broken.step {
            cast.last_scene(self, broken.world, thread, step);
        }
        Counterexample {
            configuration: self.player.configuration.clone(),
            asleep: cast.asleep(),
            names: cast.names,
            scenes: cast.scenes,
            fault: broken.fault,
        }
    }
}

/// The threads by name, in the situations that they are in.
struct Cast {
    names: Vec<String>,
    situations: Vec<(Thread, Place)>,
    scenes: Vec<Scene>,
}

impl Cast {
    fn of(configuration: &Configuration) -> Self {
        let mut names = Vec::new();
        for group in &configuration.groups {
            let call = |number| match group.threads {
                1 => group.name.to_owned(),
                _ => format!("{} {number}", group.name),
            };
            names.extend((1..=group.threads).map(call));
        }
        let world = World::first(configuration);
        let situations = world.threads.into_iter().zip(world.state.places).collect();
        Self { names, situations, scenes: Vec::new() }
    }

    /// The step that leads from one world to another, done by somebody who can.
    fn follow(&mut self, search: &Search<'_>, from: usize, to: usize) {
        let (player, configuration) = (search.player, search.player.configuration);
        let mut here = World::first(configuration);
        here.decode(configuration, search.store.key(from));
        let (mut scratch, mut wanted, mut key) = (Scratch::default(), Vec::new(), Vec::new());
        for thread in 0..here.threads.len() {
            player.steps(&here, thread, &mut wanted);
            for &step in &wanted {
                let mut there = here.clone();
                if player.play(&mut there, thread, step, &mut scratch).is_err() {
                    continue;
                }
                let after = (there.threads[thread], there.state.place(thread));
                there.sort();
                there.encode(configuration, &mut key);
                if search.store.find(&key) == Some(to) {
                    let before = (here.threads[thread], here.state.place(thread));
                    return self.act(before, after, step, &scratch.events);
                }
            }
        }
    }

    fn last_scene(&mut self, search: &Search<'_>, world: usize, thread: usize, step: Step) {
        let configuration = search.player.configuration;
        let mut here = World::first(configuration);
        here.decode(configuration, search.store.key(world));
        let before = (here.threads[thread], here.state.place(thread));
        let mut scratch = Scratch::default();
        // The breach itself: how far it came is what the scene shows.
        let _breach = search.player.play(&mut here, thread, step, &mut scratch);
        let after = (here.threads[thread], here.state.place(thread));
        self.act(before, after, step, &scratch.events);
    }

    fn act(
        &mut self,
        before: (Thread, Place),
        after: (Thread, Place),
        step: Step,
        events: &[Event],
    ) {
        let actor = self.situations.iter().position(|&situation| situation == before);
        let thread = actor.expect("the same step was possible when the world was found");
        self.situations[thread] = after;
        self.scenes.push(Scene { thread, step, events: events.to_vec() });
    }

    fn asleep(&self) -> Vec<(usize, Side)> {
        let asleep = |(number, &(_, place)): (usize, &(Thread, Place))| match place {
            Place::Asleep(side) => Some((number, side)),
            Place::Outside => None,
        };
        self.situations.iter().enumerate().filter_map(asleep).collect()
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.configuration)?;
        for (scene, number) in self.scenes.iter().zip(1..) {
            let name = &self.names[scene.thread];
            let told: Vec<String> = scene.events.iter().filter_map(|&event| tell(event)).collect();
            let told = match (scene.step, told.is_empty()) {
                (Step::Die, _) => "dies".to_owned(),
                (_, true) => "looks, and does nothing".to_owned(),
                (_, false) => told.join(", "),
            };
            writeln!(formatter, "{number:>4}. {name} {told}")?;
        }
        for &(thread, side) in &self.asleep {
            let wish = crate::violation::wish(side);
            writeln!(formatter, "      {} sleeps, waiting for {wish}", self.names[thread])?;
        }
        write!(formatter, "  =>  {}", self.fault)
    }
}

/// One event in words; `None` for the release of the lock, which ends every sentence.
pub(crate) fn tell(event: Event) -> Option<String> {
    let wish = crate::violation::wish;
    Some(match event {
        Event::Unlock => return None,
        Event::Create { .. } => "makes the queue".to_owned(),
        Event::Push { items: 1 } => "sends an item".to_owned(),
        Event::Push { items } => format!("sends {items} items"),
        Event::Evict => "takes the oldest item out again".to_owned(),
        Event::PushSentinels { count: 1 } => "sends a sentinel".to_owned(),
        Event::PushSentinels { count } => format!("sends {count} sentinels"),
        Event::Take { items: 1, tasks: false } => "takes an item".to_owned(),
        Event::Take { items, tasks: false } => format!("takes {items} items"),
        Event::Take { items, tasks: true } => format!("takes {items} as tasks"),
        Event::TakeSentinel => "takes a sentinel".to_owned(),
        Event::Refuse { side, closed: true } => {
            format!("wants {}, is told that the queue is closed", wish(side))
        }
        Event::Refuse { side, closed: false } => format!("wants {}, gives up", wish(side)),
        Event::Close => "closes".to_owned(),
        Event::Drain { items, sentinels } => {
            format!("takes out all {items} items and {sentinels} sentinels")
        }
        Event::AddSender => "clones a sender".to_owned(),
        Event::DropSender => "drops its sender".to_owned(),
        Event::AddReceiver => "clones a receiver".to_owned(),
        Event::DropReceiver => "drops its receiver".to_owned(),
        Event::TaskDone => "finishes its task".to_owned(),
        Event::Joined => "has joined".to_owned(),
        Event::Wait { side } => format!("waits for {}", wish(side)),
        Event::Wake { timed_out: true, .. } => "is out of time".to_owned(),
        Event::Wake { timed_out: false, .. } => "wakes up".to_owned(),
        Event::Notify { side, all: true } => format!("notifies all who want {}", wish(side)),
        Event::Notify { side, all: false } => format!("notifies one who wants {}", wish(side)),
    })
}
