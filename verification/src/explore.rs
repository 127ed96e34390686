//! The exploration of programs. What is asked of an execution, and what is collected from it, is
//! defined here; below are one execution, the engines, and the search of many programs.

pub mod run;
pub mod engine;
pub mod search;

use sentinel_queue_kernel::{digest, whole_digest, Digests};
use sentinel_queue_models::{ItemId, Recorded, RegistryRecorded};
use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The outcomes that a search has seen.
#[derive(Clone, Debug, Default)]
pub struct Outcomes(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    digests: Digests,
    texts: BTreeSet<String>,
}

impl Outcomes {
    /// Returns all of them.
    pub fn seen(&self) -> BTreeSet<String> {
        lock(&self.0).texts.clone()
    }

    /// Adds one; its text is made only if it is new.
    pub fn insert(&self, outcome: &impl Hash, text: impl FnOnce() -> String) {
        let mut seen = lock(&self.0);
        if seen.digests.insert(whole_digest(outcome)) {
            seen.texts.insert(text());
        }
    }
}

/// The record of an execution: its events, each with the items that it moved.
pub type Trace = Vec<(Recorded, Vec<ItemId>)>;

/// The record of an execution in a group, until all threads have ended: the events of its queues, and
/// the steps of its registry.
pub type GroupTrace = (Vec<Recorded>, Vec<RegistryRecorded>);

/// The records of executions.
#[derive(Clone, Debug, Default)]
pub struct Records<T = Trace>(Arc<Mutex<Vec<T>>>);

impl<T> Records<T> {
    /// Takes all of them, in the order in which the executions ended.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut lock(&self.0))
    }

    /// Adds one.
    pub fn add(&self, record: T) {
        lock(&self.0).push(record);
    }
}

/// What the outcomes of a program are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// With nothing.
    Nothing,
    /// With the outcomes that the model allows: there must be no other, and each of them.
    WithModel,
    /// With those of the search that recognizes no state.
    WithoutRecognition,
    /// With the model, and the endings with those of the same program in no group: reported as
    /// deadlocked is the same as asleep forever.
    WithoutGroup {
        /// An ending is the order of all effects too, and not only what was returned and what is
        /// left.
        effects: bool,
    },
}

/// What is asked of an execution.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The oracles that ask the clients. A mutant whose outcomes are compared is not asked, so that
    /// the comparison is seen to stop it by itself.
    pub clients: bool,
    /// The replay of the record through the model, of each queue by itself and of the group; and its
    /// comparison with the notifications that the kernel has seen.
    pub record: bool,
    /// Items and iterators use the queue while they are dropped and advanced.
    pub reentrant: bool,
    /// What the outcomes of all executions are compared with.
    pub compared: Compared,
    /// The mutant to run, in the builds that have any.
    pub mutant: Option<usize>,
    /// Where outcomes are collected: what the operations returned.
    pub outcomes: Option<Outcomes>,
    /// Where endings are collected: what those that are not blocked forever returned, and what is
    /// left. Only of programs in a group, and of those that they are compared with.
    pub endings: Option<Outcomes>,
    /// The digest of the text of an outcome or ending that is a failure.
    pub unwanted: Option<u64>,
    /// Where the records are kept.
    pub records: Option<Records>,
    /// Where those of groups are kept.
    pub group_records: Option<Records<GroupTrace>>,
}

impl Checks {
    /// The clients' oracles and the replay.
    pub const ALL: Checks = Checks {
        clients: true,
        record: true,
        reentrant: false,
        compared: Compared::Nothing,
        mutant: None,
        outcomes: None,
        endings: None,
        unwanted: None,
        records: None,
        group_records: None,
    };
    /// The clients' oracles alone.
    pub const CLIENTS: Checks = Checks { record: false, ..Checks::ALL };
    /// The replay alone.
    pub const RECORD: Checks = Checks { clients: false, ..Checks::ALL };
    /// The outcomes alone, compared with those that the model allows.
    pub const OUTCOMES: Checks =
        Checks { clients: false, record: false, compared: Compared::WithModel, ..Checks::ALL };

    /// Says what is asked, where that is not everything.
    pub fn asked(&self) -> &'static str {
        match (self.clients, self.record) {
            (true, true) => "",
            (true, false) => "; clients asked",
            (false, true) => "; record replayed",
            (false, false) => "; outcomes alone",
        }
    }

    /// Collects the outcome of an execution.
    ///
    /// # Panics
    ///
    /// When it is the unwanted one.
    pub fn collect(&self, outcome: &impl Hash, text: impl Fn() -> String) {
        self.collect_in(self.outcomes.as_ref(), outcome, text);
    }

    /// Collects the ending of an execution.
    ///
    /// # Panics
    ///
    /// When it is the unwanted one.
    pub fn collect_ending(&self, text: impl Fn() -> String) {
        if self.endings.is_some() || self.unwanted.is_some() {
            let text = text();
            self.collect_in(self.endings.as_ref(), &text, || text.clone());
        }
    }

    fn collect_in(
        &self,
        outcomes: Option<&Outcomes>,
        outcome: &impl Hash,
        text: impl Fn() -> String,
    ) {
        if let Some(unwanted) = self.unwanted {
            let text = text();
            assert!(digest(text.as_str()) != unwanted, "an outcome that must not be: {text}");
        }
        if let Some(outcomes) = outcomes {
            outcomes.insert(outcome, text);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
