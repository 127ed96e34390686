//! What the explorer has to know of that which it explores: threads in a world, and their steps.

use std::fmt::{Debug, Display};

use super::Scene;

/// A program of threads around something that they share, as its explorer sees it.
///
/// Threads in the same situation are interchangeable, and stand side by side in a world in order.
pub trait System: Clone + Debug + Eq + Display {
    /// What is looked at.
    type Properties: Copy;
    /// Everything at one moment.
    type World: Clone;
    /// One thread at one moment.
    type Situation: Copy + Eq;
    /// What a thread does next.
    type Step: Copy + Debug + Eq;
    /// One thing that happens in a step.
    type Act: Clone + Debug + Eq;
    /// What may be wrong.
    type Fault: Clone + Debug + Eq + Display;
    /// Memory that is used again in every step, and the record of the last one.
    type Scratch: Default;

    /// The threads: what one of them is called, and how many of them there are.
    fn cast(&self) -> Vec<(&'static str, usize)>;

    /// The world before anything has happened.
    fn first(&self) -> Self::World;

    /// The situation that a thread is in.
    fn situation(world: &Self::World, thread: usize) -> Self::Situation;

    /// Puts the threads in order and writes the exact key: no two different worlds share one.
    fn encode(&self, world: &mut Self::World, key: &mut Vec<u8>);

    /// The world of a key.
    fn decode(&self, world: &mut Self::World, key: &[u8]);

    /// The steps that a thread can do now.
    fn steps(&self, world: &Self::World, thread: usize) -> impl Iterator<Item = Self::Step>;

    /// Whether a step is a wakeup without any reason, which must not count as something that can
    /// happen.
    fn is_spurious(step: Self::Step) -> bool;

    /// Whether it is known beforehand that a step changes nothing.
    fn is_idle(&self, step: Self::Step) -> bool;

    /// Lets a thread do a step.
    ///
    /// # Errors
    ///
    /// The first fault that breaks a property which is looked at; so do the other judgements.
    fn play(
        &self,
        properties: Self::Properties,
        world: &mut Self::World,
        thread: usize,
        step: Self::Step,
        scratch: &mut Self::Scratch,
    ) -> Result<(), Self::Fault>;

    /// A number that decreases on every step that is not spurious, so that every execution ends.
    fn measure(&self, world: &Self::World) -> usize;

    /// Judges what a step did to the measure.
    #[allow(clippy::missing_errors_doc)] // `play` says it
    fn weigh_step(
        &self,
        properties: Self::Properties,
        step: Self::Step,
        before: usize,
        after: usize,
    ) -> Result<(), Self::Fault>;

    /// Judges a world by itself.
    #[allow(clippy::missing_errors_doc)] // `play` says it
    fn weigh(&self, properties: Self::Properties, world: &Self::World) -> Result<(), Self::Fault>;

    /// Judges a world in which nothing can happen any more, except spurious wakeups.
    #[allow(clippy::missing_errors_doc)] // `play` says it
    fn weigh_end(
        &self,
        properties: Self::Properties,
        world: &Self::World,
    ) -> Result<(), Self::Fault>;

    /// What happened in the last step.
    fn acts(scratch: &Self::Scratch) -> &[Self::Act];

    /// A scene in words, to stand after the name of its thread.
    fn tell(&self, scene: &Scene<Self>) -> String;

    /// The same of a thread that sleeps; `None` if it does not.
    fn tell_asleep(situation: Self::Situation) -> Option<String>;
}
