//! A program around one queue, as its explorer sees it.

use super::measure::Measure;
use super::section::{Player, Scratch};
use super::{Claims, Configuration, Fault, Step, Thread, World};
use crate::explorer::{Scene, System};
use crate::state::Place;
use crate::violation::wish;
use crate::Event;

impl System for Configuration {
    type Properties = Claims;
    type World = World;
    type Situation = (Thread, Place);
    type Step = Step;
    type Act = Event;
    type Fault = Fault;
    type Scratch = Scratch;

    fn cast(&self) -> Vec<(&'static str, usize)> {
        self.groups.iter().map(|group| (group.name, group.threads)).collect()
    }

    fn first(&self) -> World {
        World::first(self)
    }

    fn situation(world: &World, thread: usize) -> (Thread, Place) {
        (world.threads[thread], world.state.place(thread))
    }

    fn encode(&self, world: &mut World, key: &mut Vec<u8>) {
        world.sort();
        world.encode(self, key);
    }

    fn decode(&self, world: &mut World, key: &[u8]) {
        world.decode(self, key);
    }

    fn steps(&self, world: &World, thread: usize) -> impl Iterator<Item = Step> {
        Player { configuration: self, claims: Claims::NONE }.steps(world, thread)
    }

    fn is_spurious(step: Step) -> bool {
        step.is_spurious()
    }

    /// Without a fault a spurious wakeup changes nothing.
    fn is_idle(&self, step: Step) -> bool {
        self.mutation.is_none() && step.is_spurious()
    }

    fn play(
        &self,
        claims: Claims,
        world: &mut World,
        thread: usize,
        step: Step,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        Player { configuration: self, claims }.play(world, thread, step, scratch)
    }

    fn measure(&self, world: &World) -> usize {
        Measure::of(self).weigh(self, world)
    }

    fn weigh_step(
        &self,
        claims: Claims,
        step: Step,
        before: usize,
        after: usize,
    ) -> Result<(), Fault> {
        let closer = after < before || step.is_spurious() && after == before;
        // A broken queue that is followed past its fault owes nobody a decreasing measure, unless
        // that is what is asked.
        if closer {
            Ok(())
        } else {
            let player = Player { configuration: self, claims };
            player.report(Fault::NoCloser { before, after })
        }
    }

    fn weigh(&self, _: Claims, _: &World) -> Result<(), Fault> {
        Ok(())
    }

    fn weigh_end(&self, claims: Claims, world: &World) -> Result<(), Fault> {
        Player { configuration: self, claims }.weigh_end(world)
    }

    fn acts(scratch: &Scratch) -> &[Event] {
        &scratch.events
    }

    fn tell(&self, scene: &Scene<Self>) -> String {
        let told: Vec<String> = scene.acts.iter().filter_map(|&event| tell(event)).collect();
        match (scene.step, told.is_empty()) {
            (Step::Die, _) => "dies".to_owned(),
            (_, true) => "looks, and does nothing".to_owned(),
            (_, false) => told.join(", "),
        }
    }

    fn tell_asleep((_, place): (Thread, Place)) -> Option<String> {
        match place {
            Place::Asleep(side) => Some(format!("sleeps, waiting for {}", wish(side))),
            Place::Outside => None,
        }
    }
}

/// One event in words; `None` for the release of the lock, which ends every sentence.
pub(crate) fn tell(event: Event) -> Option<String> {
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
