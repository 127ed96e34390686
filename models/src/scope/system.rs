//! A program in a group, as its explorer sees it.

use super::measure::weigh;
use super::play::{Player, Scratch};
use super::world::{Phase, Thread, World};
use super::{Act, Configuration, Fault, Properties, Step};
use crate::explorer::{Scene, System};

impl System for Configuration {
    type Properties = Properties;
    type World = World;
    type Situation = Thread;
    type Step = Step;
    type Act = Act;
    type Fault = Fault;
    type Scratch = Scratch;

    fn cast(&self) -> Vec<(&'static str, usize)> {
        self.roles.iter().map(|role| (role.name, role.threads)).collect()
    }

    fn first(&self) -> World {
        World::first(self)
    }

    fn situation(world: &World, thread: usize) -> Thread {
        world.threads[thread]
    }

    fn encode(&self, world: &mut World, key: &mut Vec<u8>) {
        world.encode(key);
    }

    fn decode(&self, world: &mut World, key: &[u8]) {
        world.decode(self, key);
    }

    fn steps(&self, world: &World, thread: usize) -> impl Iterator<Item = Step> {
        world.steps(self, thread).into_iter()
    }

    fn is_spurious(step: Step) -> bool {
        step.is_spurious()
    }

    /// After every wakeup a thread is struck out of the book first.
    fn is_idle(&self, _: Step) -> bool {
        false
    }

    fn play(
        &self,
        properties: Properties,
        world: &mut World,
        thread: usize,
        step: Step,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        Player { configuration: self, properties }.play(world, thread, step, scratch)
    }

    fn measure(&self, world: &World) -> usize {
        weigh(self, world)
    }

    fn weigh_step(
        &self,
        properties: Properties,
        step: Step,
        before: usize,
        after: usize,
    ) -> Result<(), Fault> {
        if after < before || step.is_spurious() {
            Ok(())
        } else {
            properties.report(Fault::NoCloser { before, after })
        }
    }

    /// Does the group miss it?
    fn weigh(&self, properties: Properties, world: &World) -> Result<(), Fault> {
        if !world.is_examined() && world.blocks_forever(self) {
            properties.report(Fault::Missed)?;
        }
        Ok(())
    }

    fn weigh_end(&self, properties: Properties, world: &World) -> Result<(), Fault> {
        match world.left_behind(self) {
            0 => Ok(()),
            participants => properties.report(Fault::Stuck { participants }),
        }
    }

    fn acts(scratch: &Scratch) -> &[Act] {
        &scratch.acts
    }

    fn tell(&self, scene: &Scene<Self>) -> String {
        let queues = self.capacities.len();
        let told: Vec<String> = scene.acts.iter().filter_map(|act| act.tell(queues)).collect();
        if told.is_empty() {
            "goes on".to_owned()
        } else {
            told.join(", ")
        }
    }

    fn tell_asleep(thread: Thread) -> Option<String> {
        matches!(thread.phase, Phase::Asleep { .. }).then(|| "sleeps".to_owned())
    }
}
