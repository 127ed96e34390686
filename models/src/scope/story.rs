//! A counterexample, as a story: which thread did what under which lock.
//!
//! The search forgets which of several interchangeable threads is which. Here the way is walked
//! again with names, each step done by a thread in the same situation.

use std::fmt;

use super::play::Scratch;
use super::search::{Broken, Search};
use super::world::{Phase, Thread, World};
use super::{Configuration, Fault, Step};
use crate::explorer::tell;
use crate::violation::wish;
use crate::{Event, Side};

/// One thing that happens in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// An event of a queue.
    At {
        /// The queue.
        queue: usize,
        /// The event.
        event: Event,
    },
    /// Enters itself in the book as waiting.
    Enters {
        /// Where it will wait.
        queue: usize,
        /// For what.
        side: Side,
    },
    /// Waits for the end of others.
    Awaits,
    /// Looked again whether others have left, and sleeps.
    AwaitsOn,
    /// Returns from its sleep.
    WakesAt {
        /// Where.
        queue: usize,
        /// Whether the clock ended it.
        timed_out: bool,
    },
    /// Returns from its wait for the end of others.
    Wakes,
    /// Those have left whose end it waited for.
    Joins,
    /// Learns that it would block forever.
    IsTold,
    /// Strikes itself out of the book, too late.
    StrikesOut,
    /// Looks into the book.
    Examines {
        /// Whether everybody waits.
        stuck: bool,
    },
    /// Asks a queue.
    Asks {
        /// The queue.
        queue: usize,
        /// What its sleepers wait for.
        side: Side,
        /// Whether it is there.
        ready: bool,
    },
    /// Finds that the book has changed.
    FindsChange,
    /// Tells those who wait that they would block forever.
    Tells {
        /// How many.
        count: usize,
    },
    /// Wakes who sleeps on a queue.
    WakesAll {
        /// The queue.
        queue: usize,
    },
    /// Leaves the group.
    Leaves,
    /// Drops a token.
    DropsToken,
    /// Dies.
    Dies,
}

/// One step in a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The number of the thread in `Counterexample::names`.
    pub thread: usize,
    /// What it set out to do.
    pub step: Step,
    /// What happened.
    pub acts: Vec<Act>,
}

/// A shortest way from the beginning to a breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The program, and the fault in the group.
    pub configuration: Configuration,
    /// What the threads are called.
    pub names: Vec<String>,
    /// What happened.
    pub scenes: Vec<Scene>,
    /// Who sleeps at the end.
    pub asleep: Vec<usize>,
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
    situations: Vec<Thread>,
    scenes: Vec<Scene>,
}

impl Cast {
    fn of(configuration: &Configuration) -> Self {
        let mut names = Vec::new();
        for role in &configuration.roles {
            let call = |number| match role.threads {
                1 => role.name.to_owned(),
                _ => format!("{} {number}", role.name),
            };
            names.extend((1..=role.threads).map(call));
        }
        let situations = World::first(configuration).threads;
        Self { names, situations, scenes: Vec::new() }
    }

    /// The step that leads from one world to another, done by somebody who can.
    fn follow(&mut self, search: &Search<'_>, from: usize, to: usize) {
        let configuration = search.player.configuration;
        let mut here = World::first(configuration);
        here.decode(configuration, search.store.key(from));
        let (mut scratch, mut key) = (Scratch::default(), Vec::new());
        for thread in here.distinct() {
            for step in here.steps(configuration, thread) {
                let mut there = here.clone();
                if search.player.play(&mut there, thread, step, &mut scratch).is_err() {
                    continue;
                }
                let unsorted = there.threads.clone();
                there.encode(&mut key);
                if search.store.find(&key) == Some(to) {
                    return self.act(&here.threads, &unsorted, thread, step, &scratch);
                }
            }
        }
    }

    fn last_scene(&mut self, search: &Search<'_>, world: usize, thread: usize, step: Step) {
        let configuration = search.player.configuration;
        let mut here = World::first(configuration);
        here.decode(configuration, search.store.key(world));
        let before = here.threads.clone();
        let mut scratch = Scratch::default();
        // The breach itself: how far it came is what the scene shows.
        let _breach = search.player.play(&mut here, thread, step, &mut scratch);
        self.act(&before, &here.threads, thread, step, &scratch);
    }

    /// A step changes more threads than the one that does it: the book says something of all.
    fn act(
        &mut self,
        before: &[Thread],
        after: &[Thread],
        thread: usize,
        step: Step,
        scratch: &Scratch,
    ) {
        let mut numbers = vec![usize::MAX; before.len()];
        let mut taken = vec![false; before.len()];
        for (place, situation) in before.iter().enumerate() {
            let same = |&who: &usize| !taken[who] && self.situations[who] == *situation;
            let who = (0..taken.len()).find(same);
            let who = who.expect("the same step was possible when the world was found");
            (numbers[place], taken[who]) = (who, true);
        }
        for (place, situation) in after.iter().enumerate() {
            self.situations[numbers[place]] = *situation;
        }
        self.scenes.push(Scene { thread: numbers[thread], step, acts: scratch.acts.clone() });
    }

    fn asleep(&self) -> Vec<usize> {
        let sleeps = |thread: &Thread| matches!(thread.phase, Phase::Asleep { .. });
        (0..self.names.len()).filter(|&who| sleeps(&self.situations[who])).collect()
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.configuration)?;
        let queues = self.configuration.capacities.len();
        for (scene, number) in self.scenes.iter().zip(1..) {
            let told = scene.acts.iter().filter_map(|act| act.tell(queues));
            let told: Vec<String> = told.collect();
            let told = match (scene.step, told.is_empty()) {
                (_, true) => "goes on".to_owned(),
                (_, false) => told.join(", "),
            };
            writeln!(formatter, "{number:>4}. {} {told}", self.names[scene.thread])?;
        }
        for &thread in &self.asleep {
            writeln!(formatter, "      {} sleeps", self.names[thread])?;
        }
        write!(formatter, "  =>  {}", self.fault)
    }
}

impl Act {
    /// In words; queues have numbers if there are several.
    fn tell(self, queues: usize) -> Option<String> {
        let on = |queue: usize| match queues {
            1 => String::new(),
            _ => format!(" (queue {})", queue + 1),
        };
        Some(match self {
            Self::WakesAt { queue, timed_out: false } => format!("wakes up{}", on(queue)),
            Self::WakesAt { queue, timed_out: true } => format!("is out of time{}", on(queue)),
            // That it was told stands before it.
            Self::At { event: Event::Refuse { closed: false, .. }, .. } => "gives up".to_owned(),
            Self::At { queue, event } => tell(event)? + &on(queue),
            Self::Enters { queue, side } => {
                format!("is about to wait for {}{}, and enters itself", wish(side), on(queue))
            }
            Self::Asks { queue, side, ready } => {
                let there = if ready { "it is there" } else { "it is not there" };
                format!("asks for {}{}: {there}", wish(side), on(queue))
            }
            Self::WakesAll { queue } => format!("wakes who sleeps{}", on(queue)),
            Self::Tells { count: 1 } => "tells one that it would block forever".to_owned(),
            Self::Tells { count } => format!("tells {count} that they would block forever"),
            other => other.simply().to_owned(),
        })
    }

    const fn simply(self) -> &'static str {
        match self {
            Self::Awaits => "waits for others to leave",
            Self::AwaitsOn => "goes on waiting for others to leave",
            Self::Wakes => "wakes up",
            Self::Joins => "finds that they have left",
            Self::IsTold => "learns that it would block forever",
            Self::StrikesOut => "strikes itself out",
            Self::Examines { stuck: true } => "examines: everybody waits",
            Self::Examines { stuck: false } => "examines: somebody runs",
            Self::FindsChange => "finds that the book has changed",
            Self::Leaves => "leaves",
            Self::DropsToken => "drops a token",
            _ => "dies",
        }
    }
}
