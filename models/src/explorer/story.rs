//! A counterexample, as a story: which thread did what in each step.
//!
//! The search forgets which of several interchangeable threads is which. Here the way is walked
//! again with names, each step done by a thread in the same situation.

use std::fmt;

use super::search::{Broken, Road, Search};
use super::System;

/// One step in a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene<S: System> {
    /// The number of the thread in `Counterexample::names`.
    pub thread: usize,
    /// What it set out to do.
    pub step: S::Step,
    /// What happened.
    pub acts: Vec<S::Act>,
}

/// A shortest way from the beginning to a breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<S: System> {
    /// The program, and the fault in it.
    pub configuration: S,
    /// What the threads are called.
    pub names: Vec<String>,
    /// What happened.
    pub scenes: Vec<Scene<S>>,
    /// Who sleeps at the end, in words.
    pub asleep: Vec<(usize, String)>,
    /// What is wrong.
    pub fault: S::Fault,
}

impl<S: System> Search<'_, S> {
    /// The story of a breach.
    pub(super) fn tell(&self, broken: Broken<S>) -> Counterexample<S> {
        let mut way = vec![broken.world];
        while let Some(&world) = way.last().filter(|&&world| world != 0) {
            way.push(self.store.parent(world));
        }
        way.reverse();
        let mut cast = Cast::of(self.system);
        for pair in way.windows(2) {
            let mut roads = self.roads(pair[0]).into_iter();
            let road = roads.find(|road| road.target == pair[1]);
            cast.act(&self.world(pair[0]), &road.expect("the world was found from there"));
        }
        if let Some((thread, step)) = broken.step {
            let here = self.world(broken.world);
            let (mut there, mut scratch) = (here.clone(), S::Scratch::default());
            // The breach itself: how far it came is what the scene shows.
            let _breach = self.system.play(self.properties, &mut there, thread, step, &mut scratch);
            cast.act(&here, &Road { thread, step, there, scratch, target: broken.world });
        }
        Counterexample {
            configuration: self.system.clone(),
            asleep: cast.asleep(),
            names: cast.names,
            scenes: cast.scenes,
            fault: broken.fault,
        }
    }
}

/// The threads by name, in the situations that they are in.
struct Cast<S: System> {
    names: Vec<String>,
    situations: Vec<S::Situation>,
    scenes: Vec<Scene<S>>,
}

impl<S: System> Cast<S> {
    fn of(system: &S) -> Self {
        let mut names = Vec::new();
        for (name, threads) in system.cast() {
            let call = |number| match threads {
                1 => name.to_owned(),
                _ => format!("{name} {number}"),
            };
            names.extend((1..=threads).map(call));
        }
        let first = system.first();
        let situations = (0..names.len()).map(|thread| S::situation(&first, thread)).collect();
        Self { names, situations, scenes: Vec::new() }
    }

    /// A step may change more threads than the one that does it.
    fn act(&mut self, here: &S::World, road: &Road<S>) {
        let mut numbers: Vec<usize> = Vec::new();
        for thread in 0..self.names.len() {
            let situation = S::situation(here, thread);
            let same = |who: &usize| !numbers.contains(who) && self.situations[*who] == situation;
            let who = (0..self.names.len()).find(same);
            numbers.push(who.expect("the same step was possible when the world was found"));
        }
        for (thread, &who) in numbers.iter().enumerate() {
            self.situations[who] = S::situation(&road.there, thread);
        }
        let (thread, acts) = (numbers[road.thread], S::acts(&road.scratch).to_vec());
        self.scenes.push(Scene { thread, step: road.step, acts });
    }

    fn asleep(&self) -> Vec<(usize, String)> {
        let told =
            |(who, situation): (usize, &S::Situation)| Some((who, S::tell_asleep(*situation)?));
        self.situations.iter().enumerate().filter_map(told).collect()
    }
}

impl<S: System> fmt::Display for Counterexample<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.configuration)?;
        for (scene, number) in self.scenes.iter().zip(1..) {
            let (name, told) = (&self.names[scene.thread], self.configuration.tell(scene));
            writeln!(formatter, "{number:>4}. {name} {told}")?;
        }
        for (thread, told) in &self.asleep {
            writeln!(formatter, "      {} {told}", self.names[*thread])?;
        }
        write!(formatter, "  =>  {}", self.fault)
    }
}
